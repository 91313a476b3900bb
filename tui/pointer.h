/*
 * The mouse and pastes: what they mean as keys.
 *
 * Nothing is the mouse's alone: a click is the key of what is clicked on, or moves
 * the cursor there by its keys; a paste is typed where a line is typed, and
 * nowhere else.
 */
#ifndef DROVER_TUI_POINTER_H
#define DROVER_TUI_POINTER_H

#include <stdbool.h>

struct console;
struct key;

/* True when the key was the mouse's or a paste, and is dealt with. */
bool pointer_press(struct console *c, const struct key *k);

/* Move the cursor to a row of the canvas, as far as it is seen in this column (-1: in any), by the keys
 * that move it. */
void pointer_move(struct console *c, int row, int col);

#endif
