/* Plans as people read them: equal plans of hosts are shown once. */
#ifndef DROVER_CLI_PLAN_VIEW_H
#define DROVER_CLI_PLAN_VIEW_H

#include <stdbool.h>

struct apply;
struct out;

struct plan_look {
	bool diffs;   /* with contents */
	bool skipped; /* and what the host does not have */
	bool drift;   /* it is about drift, not about what would be done */
};

/* Print the plan of every host that has one. Plans that differ only by the name of their host are one,
 * with {{ host }} in its place. */
void plan_view_print(const struct apply *a, struct out *o, const struct plan_look *look);

/* The text with {{ host }} wherever the name stands as a word; caller frees. */
char *plan_view_without_name(const char *text, const char *name);

#endif
