/* The screen of runs: its state, shared by its files alone. */
#ifndef DROVER_TUI_VIEW_HISTORY_H
#define DROVER_TUI_VIEW_HISTORY_H

#include "cli/record.h"
#include "tui/history.h"
#include "tui/list.h"

struct canvas;
struct view;

struct histview {
	struct history runs;
	struct list list;
	struct record record; /* of the run under the cursor */
	char *detail;         /* it in lines; NULL: not made */
	char filter[256];
	int width; /* at the last paint there was room for the detail or not */
};

/* The row under the cursor; NULL: none. */
struct history_row *histview_row(const struct histview *h);

/* Rows of the screen that the list has, out of those of the view. */
int histview_rows(const struct histview *h, int height);

/* tui/view_history_do.c */
void histview_rerun(struct view *v);
void histview_undo(struct view *v);
void histview_export(struct view *v);
void histview_things(
    const struct view *v, void (*put)(void *user, const char *what, const char *text), void *user);
char *histview_again(const struct history_row *r); /* NULL: it cannot be */
char *histview_back(const struct history_row *r);

void histview_paint(const struct view *v, struct canvas *c, int top, int bottom);
void histview_status(const struct view *v, char *to, size_t size);

#endif
