/* The parts of the screen of terminals; shared by its files alone: view_terms, view_terms_paint, view_terms_do,
 * view_terms_scroll, view_terms_set. */
#ifndef DROVER_TUI_VIEW_TERMS_H
#define DROVER_TUI_VIEW_TERMS_H

#include "tui/grid.h"
#include "tui/terms.h"
#include "tui/view.h"

struct canvas;
struct key;

enum terms_mode {
	TERMS_TYPING,  /* keys go to panes */
	TERMS_COMMAND, /* the next one is a command of ours */
	TERMS_SCROLL   /* they move in the lines of the pane */
};

struct terms_view {
	struct terms *terms;
	enum terms_mode mode;
	bool zoom;
	size_t *shown; /* panes that are not folded into another, by their places */
	size_t shown_count, shown_cap;
	struct grid grid; /* of the rows below the banner */
	size_t page;
	/* TERMS_SCROLL: lines as tui/pane numbers them */
	int64_t top, cursor, anchor; /* anchor -1: nothing is selected */
	char search[256];
	char *held; /* a paste, a line or a name that waits for its yes; may be NULL */
	size_t held_len;
	enum terms_kind kind; /* that waits with it */
};

/* The pane with the focus; NULL: there is none. */
struct terms_pane *terms_view_focus(const struct view *v);
/* The place on the screen of the pane in slot `slot` of the page; false: there is none. */
bool terms_view_box(
    const struct terms_view *tv, size_t slot, size_t *ret_pane, struct grid_box *ret_box);
/* The number of the slot that has the focus, of all shown. */
size_t terms_view_slot(const struct terms_view *tv);
void terms_view_say(struct view *v, bool bad, const char *text);

/* view_terms.c */
bool terms_view_typed(struct view *v, const struct key *k);

/* view_terms_paint.c */
void terms_view_paint(const struct view *v, struct canvas *c, int top, int bottom);
void terms_view_status(const struct view *v, char *to, size_t size);

/* view_terms_scroll.c */
bool terms_view_scroll_key(struct view *v, const char *key);
void terms_view_scroll(struct view *v, long by); /* enters the mode */
void terms_view_do_scroll(struct view *v);
void terms_view_do_search(struct view *v);
void terms_view_do_select(struct view *v);
void terms_view_do_copy(struct view *v);
bool terms_view_again(struct view *v, bool back); /* the next hit; false: nothing is scrolled */

/* view_terms_do.c: what the actions do. */
void terms_view_enter(struct view *v);
void terms_view_paste(struct view *v, const struct key *k);
extern const struct action terms_view_actions[];

/* view_terms_set.c: which panes there are. */
void terms_view_subject(struct view *v, const char *subject);
void terms_view_do_add(struct view *v);
void terms_view_do_drop(struct view *v);
void terms_view_do_close(struct view *v);
void terms_view_do_reconnect(struct view *v);
void terms_view_do_reconnect_all(struct view *v);
void terms_view_do_shell(struct view *v);
void terms_view_do_root(struct view *v);
void terms_view_do_container(struct view *v);
void terms_view_do_log(struct view *v);

#endif
