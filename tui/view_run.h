/* What the files of the Run screen share: its rows, hosts in the same state as one. For view_run*.c alone. */
#ifndef DROVER_TUI_VIEW_RUN_H
#define DROVER_TUI_VIEW_RUN_H

#include "engine/progress.h"
#include "tui/list.h"
#include "tui/sieve.h"
#include "tui/text.h"

#include <stdbool.h>
#include <stddef.h>

struct canvas;
struct run_source;
struct view;

/* Hosts that are where each other are; the first stands for them. */
struct run_group {
	size_t *row, count, cap; /* rows of the progress */
	int rank;
};

struct runview {
	struct list list;
	struct run_group *group;
	size_t groups, cap;
	const struct progress *run; /* as of the last refresh */
	char *host;                 /* of the group under the cursor: whose output is shown */
	struct text text;
	bool reading; /* the output has the keys, and the screen */
	bool faults, unfold, times;
	struct sieve sieve;
};

void runview_groups(struct runview *r);
void runview_free_groups(struct runview *r);
const char *runview_id(const void *user, size_t i);
/* NULL: the cursor is on nothing. */
const struct run_group *runview_at(const struct runview *r);
const struct progress_row *runview_row(const struct runview *r, const struct run_group *g);
char *runview_set(const struct runview *r, const struct run_group *g); /* caller frees */

/* It failed, and nobody wanted it left alone. */
bool runview_is_bad(const struct progress_row *row);

/* What a host did, step by step, with the commands where they are known; caller frees. */
char *runview_tell(
    const struct progress *p, const struct progress_row *row, const struct run_source *source);

/* How it ended and what can be done next, or what it waits for; caller frees. */
char *runview_foot(const struct view *v);

int runview_output_rows(int height); /* of the pane under the list */
void runview_paint(const struct view *v, struct canvas *c, int top, int bottom);

#endif
