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

struct term_config {
	bool colour, mouse;
	const char *tint;  /* of the environment's word; NULL: red */
	const char *title; /* of the window, where it has one; NULL: as it is */
};

/* Kind USAGE when standard input or output is no terminal, or it cannot be driven. */
struct term *term_open(const struct term_config *config, struct err *err);
/* One that is not drawn on: only lines are read from it and written to it, by others. What is painted
 * goes nowhere; its canvas is TERM_LINES_ROWS high. */
#define TERM_LINES_ROWS 400
#define TERM_LINES_COLS 100
struct term *term_open_lines(struct err *err);
void term_close(struct term *t);

void term_size(const struct term *t, int *ret_rows, int *ret_cols);
bool term_has_colour(const struct term *t);
bool term_is_utf8(const struct term *t);

/* The window changed: ask for its size anew. The next paint writes over every cell. */
void term_resized(struct term *t);

/* One key if there is one. */
bool term_key(struct term *t, struct key *ret);

/* In how many ms term_key() is to be called though nothing more came: an escape may be the key.
 * -1: never. */
int term_wait(const struct term *t);

/* Forget what was typed and not read. */
void term_flush(struct term *t);

/* False once the terminal hung up. */
bool term_alive(const struct term *t);

/* Bring the canvas to the screen: one update, only what differs, between the marks of a synchronized
 * update where the terminal said that it knows them. */
void term_paint(struct term *t, const struct canvas *c);
void term_redraw(struct term *t); /* the next paint clears and writes everything */

/* What it has not taken yet of what was painted, in bytes; a frame more would only wait. */
int term_backlog(const struct term *t);

/* Mouse on or off: off, the terminal's own selection works without Shift. */
void term_mouse(struct term *t, bool on);
bool term_has_mouse(const struct term *t);

/* Put text on the clipboard of the user's terminal (OSC 52), cleaned but for its lines. False: it is
 * longer than terminals take, or this one is known to take none. Whether it did is never told. */
#define TERM_COPY_MAX 70000
bool term_copy(struct term *t, const char *text);

/* Hand the terminal to another program or the shell, and take it back. */
void term_suspend(struct term *t);
void term_resume(struct term *t);

/* Bytes for the test harness behind a paint: an OSC that says the program is idle. */
void term_mark_idle(struct term *t, unsigned long n);

#endif
