/* Plans as people read them: equal plans of hosts shown once. */
#ifndef DROVER_CLI_PLAN_VIEW_H
#define DROVER_CLI_PLAN_VIEW_H

#include <stdbool.h>

struct apply;
struct out;

/* Print the plan of every host that has one; without diffs on request. */
void plan_view_print(const struct apply *a, struct out *o, bool diffs, bool skipped);

#endif
