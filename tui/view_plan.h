/* What the files of the Plan screen share: its rows and what stands right of them. For view_plan*.c alone. */
#ifndef DROVER_TUI_VIEW_PLAN_H
#define DROVER_TUI_VIEW_PLAN_H

#include "tui/list.h"
#include "tui/sieve.h"
#include "tui/text.h"

#include <stdbool.h>
#include <stddef.h>

struct canvas;
struct planned;
struct planned_step;
struct view;

#define PLAN_WIDE 90 /* columns: steps and diff side by side */

struct plan_row {
	enum { ROW_STEP, ROW_PART, ROW_HOST, ROW_AWAY } kind;
	size_t step, part, host;
	bool last; /* of its step */
	char *id;
};

struct planview {
	struct list list;
	struct plan_row *row;
	size_t rows, cap;
	const struct planned *plan; /* as of the last refresh */
	struct text text;           /* what would change at the row under the cursor */
	char *shown;                /* whose text that is */
	char *made;                 /* what the rows were made for */
	bool reading;               /* keys go to the text */
	bool changes, unfold;       /* only what changes; hosts one by one */
	size_t context;             /* lines around a change */
	struct sieve sieve;
};

/* Rows anew from the plan; the cursor stays. */
void planview_rows(struct planview *r);
void planview_free_rows(struct planview *r);
const char *planview_id(const void *user, size_t i);
/* The row under the cursor; NULL: there is none. */
const struct plan_row *planview_at(const struct planview *r);

/* What would change at a row, in words and as diffs; caller frees. */
char *planview_tell(const struct planned *p, const struct plan_row *row, size_t context);

/* view_plan_do.c */
void planview_edit(struct view *v);
void planview_keep(struct view *v);
void planview_drift(struct view *v);
void planview_apply(struct view *v);              /* after a question */
char *planview_equal_apply(const struct view *v); /* the command line; NULL: none. Caller frees. */

void planview_paint(const struct view *v, struct canvas *c, int top, int bottom);

#endif
