/*
 * A terminal in a pane: what a host sends becomes cells, keys become what a program there expects.
 *
 * The one door to libvterm. Owns the emulated screen and the lines that left it. Whatever a host sends: cells hold
 * only text that may be printed, nothing but cells is kept of it (no title, no clipboard, no link), and what is
 * answered has passed tui/answer. Memory is bounded. Does not wait and knows no host.
 */
#ifndef DROVER_TUI_PANE_H
#define DROVER_TUI_PANE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cell;
struct pane;

#define PANE_LINES 5000              /* that left the screen */
#define PANE_BYTES ((size_t)1664000) /* of them */

struct pane_config {
	int rows, cols;
	/* Bytes for the program; answer: it asked, else somebody typed. From inside the calls below. */
	void (*send)(void *user, const void *bytes, size_t len, bool answer);
	void *user;
};

struct pane *pane_new(const struct pane_config *config);
void pane_free(struct pane *p);

/* What the program wrote. */
void pane_feed(struct pane *p, const void *bytes, size_t len);
void pane_resize(struct pane *p, int rows, int cols);

/* The program is gone and another will take the pane: the modes it set are taken back, and the text, which is ours,
 * stands on a line of its own below what there is. */
void pane_renew(struct pane *p, const char *text);

/* A key by its name (tui/key.h). False: no terminal sends anything for it. */
bool pane_key(struct pane *p, const char *name, bool printable);
/* Text as it would be typed: without its controls but TAB and line ends, which are Enter. */
void pane_type(struct pane *p, const char *text, size_t len);
/* The same between the marks of a paste where the program asked for them. */
void pane_paste(struct pane *p, const char *text, size_t len);

enum pane_button { PANE_CLICK, PANE_WHEEL_UP, PANE_WHEEL_DOWN };
/* At a cell, where pane_state.mouse. */
void pane_mouse(struct pane *p, int row, int col, enum pane_button button);

struct pane_state {
	int rows, cols;
	int cursor_row, cursor_col; /* on the screen */
	bool cursor, alternate, mouse;
	uint64_t changes; /* grows with whatever is fed */
	uint64_t bells;
	int64_t first; /* the oldest line that is kept; lines are numbered from 0 for ever */
	int64_t
	    top; /* the line that is the first row of the screen; top + rows is behind the last */
};
void pane_get(const struct pane *p, struct pane_state *ret);

/* A line, of the screen or of those that left it, in cells of STYLE_PANE: cut, or followed by blanks. */
void pane_line(const struct pane *p, int64_t line, struct cell *cells, int cols);

/* Lines [from, to) as text, each without the blanks at its end and with a line end; caller frees. At most max
 * bytes: the first are left out. */
char *pane_text(const struct pane *p, int64_t from, int64_t to, size_t max);

/* The next line from `from` on (from included; back: up) that has what finder says; -1: none. */
struct finder;
int64_t pane_find(const struct pane *p, const struct finder *f, int64_t from, bool back);

size_t pane_memory(const struct pane *p); /* of the lines that left, and of the screen, about */

#endif
