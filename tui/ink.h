/*
 * Cells to ncurses: what a style looks like with the colours there are, and what differs from what
 * the screen shows.
 *
 * Owns a copy of the last canvas. Stands between tui/term, which holds the
 * terminal, and ncurses' own update.
 */
#ifndef DROVER_TUI_INK_H
#define DROVER_TUI_INK_H

#include <stdbool.h>
#include <stddef.h>

struct canvas;
struct ink;

/* After ncurses has started. tint: the colour of the environment's word, or NULL: red. */
struct ink *ink_new(bool colour, bool utf8, const char *tint);
void ink_free(struct ink *ink);

/* Give ncurses the cells that are not as they were at the last call; returns how many. */
size_t ink_put(struct ink *ink, const struct canvas *c);

/* What the screen shows is unknown: the next call gives every cell. */
void ink_forget(struct ink *ink);

/* The window has this size. Nothing is cleared: every cell will be written over. */
void ink_resize(struct ink *ink, int rows, int cols);

#endif
