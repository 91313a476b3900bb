/* The screen of one recorded run: its state, shared by its files alone. */
#ifndef DROVER_TUI_VIEW_RECORD_H
#define DROVER_TUI_VIEW_RECORD_H

#include "cli/history_row.h"
#include "cli/record.h"
#include "tui/list.h"
#include "tui/text.h"

struct canvas;
struct view;

enum record_mode { RECORD_HOSTS, RECORD_HOST, RECORD_DIFF, RECORD_COMPARE };

struct recordview {
	enum record_mode mode, first; /* first: what it was opened for */
	struct record record, other;  /* other: of the run that it is compared with */
	struct history_row *row, *other_row;
	struct list list;
	size_t *order; /* of hosts, worst first */
	size_t host;   /* RECORD_HOST: which */
	struct text text;
	bool told, faults;
	uint64_t generation;
	char missing[256]; /* why there is nothing to show */
};

/* Rows that the list has, out of those of the view. */
int recordview_rows(const struct recordview *r, int height);

void recordview_paint(const struct view *v, struct canvas *c, int top, int bottom);
void recordview_status(const struct view *v, char *to, size_t size);

#endif
