/*
 * What the manifest and the journal of a host have to say on its plan: who put what, who changed it.
 *
 * Pure but for the look-up it is given. It completes a plan that plan_make() made:
 * what drover takes into its manifest or out of it without touching it
 * (step->recorded, and a note), and, in the reasons of steps, whose work an act
 * would undo. All lives in the arena given.
 */
#ifndef DROVER_PLAYBOOKS_ACCOUNT_H
#define DROVER_PLAYBOOKS_ACCOUNT_H

#include <stdbool.h>

struct arena;
struct observation;
struct plan;

struct account {
	const char *playbook, *seat; /* the name of ours; this seat */
	const char *release;         /* of the playbook as it is now */
	const struct observation *seen;
	/* "r-12" for a run of this seat; NULL for those of others. */
	const char *(*alias)(void *user, const char *run);
	void *user;
};

void account_plan(struct arena *a, const struct account *acc, struct plan *p);

/* Leave of the plan what is drift: what an act of the playbook made so and is so no longer. What else
 * would change is the same then, and nothing follows. */
void account_drift(struct arena *a, const struct account *acc, struct plan *p);

#endif
