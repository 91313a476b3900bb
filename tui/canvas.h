/*
 * Cells to paint on: a grid in memory, copied to the terminal by tui/term.
 *
 * Owns its cells. Everything printed passes the sanitiser here, so no byte of a
 * host reaches a terminal raw. Painting outside the grid is clipped, never an
 * error. A test paints on one and reads it back as text.
 */
#ifndef DROVER_TUI_CANVAS_H
#define DROVER_TUI_CANVAS_H

#include "tui/tone.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a cell means; tui/term turns it into colours the terminal has. */
enum style {
	STYLE_TEXT,
	STYLE_DIM,
	STYLE_BOLD,
	STYLE_BAR, /* the identity bar */
	STYLE_ENV, /* the environment's word in it */
	STYLE_TAB,
	STYLE_TAB_ON,
	STYLE_HEAD, /* column titles, section rules */
	STYLE_KEY,  /* a key in the hint bar */
	STYLE_HINT,
	STYLE_HINT_OFF,
	STYLE_GOOD,
	STYLE_WARN,
	STYLE_BAD,
	STYLE_UNKNOWN,
	STYLE_ADD, /* diff */
	STYLE_REMOVE,
	STYLE_FOUND, /* what a search found */
	STYLE_PANE,  /* of a program in a pane: as its tone says */
	STYLE_COUNT
};

struct cell {
	char text
	    [13]; /* one base character and what combines with it, UTF-8; "" right of a wide one */
	uint8_t style;
	uint8_t width;    /* 1, 2; 0 right of a wide one */
	bool selected;    /* the cursor's row */
	struct tone tone; /* STYLE_PANE alone */
};

#define CANVAS_TARGETS 64

/* A place where a click is a key. */
struct canvas_target {
	int row, col, width;
	char key[20];
};

struct canvas {
	int rows, cols;
	struct cell *cells;
	int cursor_row, cursor_col; /* where the terminal's cursor rests */
	struct canvas_target targets[CANVAS_TARGETS];
	size_t target_count;
};

struct canvas *canvas_new(int rows, int cols);
void canvas_free(struct canvas *c);
void canvas_resize(struct canvas *c, int rows, int cols); /* clears */
void canvas_clear(struct canvas *c);

/* Print in [col, col+width): cut with nothing when too long, not padded. Returns columns used. */
int canvas_print(struct canvas *c, int row, int col, int width, enum style style, const char *text);
__attribute__((format(printf, 6, 7))) int canvas_printf(
    struct canvas *c, int row, int col, int width, enum style style, const char *fmt, ...);

/* The same of len bytes, from column `skip` of what they print on: a text moved sideways. */
int canvas_print_part(struct canvas *c, int row, int col, int width, enum style style,
    const char *text, size_t len, int skip);

/* In lines of at most width columns from row to last, cut at blanks where there are any. Returns the row after
 * them; c NULL: nothing is printed. */
int canvas_wrap(
    struct canvas *c, int row, int col, int width, int last, enum style style, const char *text);

/* Right-aligned in [col, col+width). */
int canvas_print_right(
    struct canvas *c, int row, int col, int width, enum style style, const char *text);

/* Fill [col, col+width) with one character. */
void canvas_fill(struct canvas *c, int row, int col, int width, enum style style, char ch);

/* One cell as it is, its text clean already; a wide one that would be cut becomes a blank. */
void canvas_put(struct canvas *c, int row, int col, const struct cell *cell);

/* What is printed in [col, col+width) has this style from now on. */
void canvas_restyle(struct canvas *c, int row, int col, int width, enum style style);

/* The whole row is the cursor's. */
void canvas_select(struct canvas *c, int row, int col, int width);

/* A click in [col, col+width) is this key (of a binding "a|b" the first), until the canvas is
 * cleared or what is opened above it covers all: canvas_cover(). The last one given is on top. */
void canvas_target(struct canvas *c, int row, int col, int width, const char *binding);
void canvas_cover(struct canvas *c);
const char *canvas_target_at(const struct canvas *c, int row, int col); /* NULL: none */

/* The row the cursor is on, as far as it can be seen in this column (-1: in any); -1: none. */
int canvas_selected(const struct canvas *c, int col);

/* The columns a text takes once it is cleaned. */
int canvas_width(const char *text);

/* The grid as lines of text without trailing blanks; caller frees. With styles, a second block has
 * one letter a cell where the style is not TEXT. */
char *canvas_text(const struct canvas *c, bool styles);

#endif
