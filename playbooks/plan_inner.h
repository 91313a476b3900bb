/* One step of a plan being decided. For playbooks/plan*.c and the kinds alone. */
#ifndef DROVER_PLAYBOOKS_PLAN_INNER_H
#define DROVER_PLAYBOOKS_PLAN_INNER_H

#include "base/buf.h"

#include <stdbool.h>

struct arena;
struct follow_up;
struct found;
struct plan_step;

/* What is decided goes to step; what it points to is made in arena. */
struct verdict {
	struct arena *arena;
	struct buf why; /* reasons, joined by commas */
	struct plan_step *step;
	bool
	    parted; /* a step before it changes what drover cannot foresee: what is missing may come */
	bool moved;          /* a step before it changes something */
	const char *failed;  /* what must hold of the host and does not; NULL: nothing */
	const char *refused; /* why drover must not act on this host; NULL when it may */
	const char *note;    /* what the plan must say beside the notes of the resource; or NULL */
};

/* A reason; a step that was the same is a change by it. */
__attribute__((format(printf, 2, 3))) void plan_because(struct verdict *v, const char *fmt, ...);

/* The same, and with it drover must not act on this host. */
__attribute__((format(printf, 2, 3))) void plan_refuse(struct verdict *v, const char *fmt, ...);

/* The same, unless a step before it may clear the way. */
__attribute__((format(printf, 2, 3))) void plan_blocked(struct verdict *v, const char *fmt, ...);

bool plan_same_follow_up(const struct follow_up *a, const struct follow_up *b);

/* What stands at a place: "a directory". */
const char *plan_standing(const struct found *f);
/* Mode, owner and group that are said against those found. */
void plan_decide_owners(struct verdict *v);

/* A file as it should be against what stands there; its contents alone; one that is to go. */
void plan_decide_file(struct verdict *v);
void plan_decide_contents(struct verdict *v);
void plan_decide_gone(struct verdict *v);

/* A unit with its file; the state of one that is somebody else's. */
void plan_decide_unit(struct verdict *v);
void plan_decide_service(struct verdict *v);

/* A unit file that drover made, by its manifest or its first line. */
bool plan_is_ours(const struct found *f);

/* Units that drover makes, of apps and containers, never take the place of what others made: with that
 * drover must not act on this host. */
bool plan_is_foreign(struct verdict *v);

/* A command or a script, by what observe found of its creates: and unless:. */
void plan_decide_run(struct verdict *v);

#endif
