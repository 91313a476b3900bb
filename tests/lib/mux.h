/*
 * A program in a pane of tmux(1): what another terminal makes of the same bytes.
 *
 * Owns a server with a socket of its own, and the program in it. Cells are what capture-pane tells, read back
 * by the few sequences it writes.
 */
#ifndef DROVER_TESTS_LIB_MUX_H
#define DROVER_TESTS_LIB_MUX_H

#include "base/buf.h"
#include "tui/tone.h"

#include <stdbool.h>
#include <stddef.h>

struct mux;

struct mux_cell {
	char text[32]; /* "" right of a wide one */
	bool
	    told; /* capture-pane wrote it: where nothing was ever written it does not, in whatever colour */
	struct tone tone;
};

struct mux_state {
	int cursor_row, cursor_col;
	bool cursor;
};

/* A shell command in a pane of this size; env entries "NAME=value", ended by NULL, are its too. NULL: there is no
 * tmux that works; why is told on standard error. */
struct mux *mux_start(const char *command, const char *const *env, int rows, int cols);
/* A pane that shows what mux_write() gives it. */
struct mux *mux_start_blank(int rows, int cols);
void mux_free(struct mux *m);

/* Keys, for the program. */
void mux_type(struct mux *m, const char *bytes, size_t len);
/* Bytes, for the screen of a pane that was started blank; they are on it on return. False at the deadline. */
bool mux_write(struct mux *m, const void *bytes, size_t len, int deadline_ms);

/* Ask for all cells. False: the server is gone. */
bool mux_look(struct mux *m, struct mux_state *ret);
/* A cell as it was then. */
const struct mux_cell *mux_cell(const struct mux *m, int row, int col);
/* The screen as lines without trailing blanks, as it was then; caller frees. */
char *mux_text(const struct mux *m);

/* For tests: a screen from what capture-pane wrote. */
void mux_captured(struct mux_cell *cells, int rows, int cols, const char *captured);

#endif
