/*
 * The terminal: taken, painted, given back.
 *
 * Owns ncurses and the terminal's modes. One per process. Whatever ends the
 * program but SIGKILL, the terminal is as it was: term_close(), and a hook for
 * fatal signals and for running out of memory.
 */
#ifndef DROVER_TUI_TERM_H
#define DROVER_TUI_TERM_H

#include "tui/key.h"

#include <stdbool.h>

struct canvas;
struct err;
struct term;

/* Kind USAGE when standard input or output is no terminal, or it cannot be driven. */
struct term *term_open(bool colour, struct err *err);
void term_close(struct term *t);

void term_size(const struct term *t, int *ret_rows, int *ret_cols);
bool term_has_colour(const struct term *t);
bool term_is_utf8(const struct term *t);

/* The window changed: ask for its size anew. */
void term_resized(struct term *t);

/* One key if there is one. Bracketed pastes are swallowed whole and come as "paste". */
bool term_key(struct term *t, struct key *ret);

/* Forget what was typed and not read. */
void term_flush(struct term *t);

/* False once the terminal hung up. */
bool term_alive(const struct term *t);

/* Bring the canvas to the screen: one update, only what differs. */
void term_paint(struct term *t, const struct canvas *c);
void term_redraw(struct term *t); /* the next paint writes everything */

/* Hand the terminal to another program or the shell, and take it back. */
void term_suspend(struct term *t);
void term_resume(struct term *t);

/* Bytes for the test harness behind a paint: an OSC that says the program is idle. */
void term_mark_idle(struct term *t, unsigned long n);

#endif
