/* One step of a plan being decided. For playbooks/plan*.c and the kinds alone. */
#ifndef DROVER_PLAYBOOKS_PLAN_INNER_H
#define DROVER_PLAYBOOKS_PLAN_INNER_H

#include "base/buf.h"

struct arena;
struct plan_step;

/* What is decided goes to step; what it points to is made in arena. */
struct verdict {
	struct arena *arena;
	struct buf why; /* reasons, joined by commas */
	struct plan_step *step;
};

/* A reason; a step that was the same is a change by it. */
__attribute__((format(printf, 2, 3))) void plan_because(struct verdict *v, const char *fmt, ...);

#endif
