/*
 * A playbook carried out on a set of hosts: observe, plan, fetch images, act.
 *
 * Actor on the loop. Every host is observed before anything changes anywhere;
 * then the owner is asked (planned) and answers with apply_go() or apply_leave().
 * Images come to all hosts before the first act; hosts act in the batches of the
 * rollout. What happens becomes events of the run, each host ends with one
 * EVENT_HOST_END, and an act's EVENT_ACT_SENT is durable before its request
 * leaves. Owns the plans; borrows herd, run and playbook, which outlive it.
 */
#ifndef DROVER_PLAYBOOKS_APPLY_H
#define DROVER_PLAYBOOKS_APPLY_H

#include "base/outcome.h"

#include <stdbool.h>
#include <stddef.h>

struct apply;
struct diag;
struct err;
struct herd;
struct herd_host;
struct kept;
struct bidding;
struct plan;
struct playbook;
struct rollback_spec;
struct run;
struct undo_spec;

struct apply_config {
	struct herd *herd;
	const struct playbook *playbook;
	const struct undo_spec
	    *undo; /* take back this run instead of what the playbook wants; NULL */
	const struct rollback_spec
	    *rollback;                  /* an app becomes a release that its host keeps; NULL */
	const struct bidding *bidding;  /* do this instead; NULL */
	struct herd_host *const *hosts; /* borrowed for apply_new() */
	size_t count;
	int parallel;    /* hosts at work at once; 0: 64 */
	const char *who; /* the person, for the host's journal; borrowed */
	bool no_prune;   /* what left the playbook stays */
	/* Plans are told when they are answered and not when they are made: what is left out is not in
	 * what is recorded. */
	bool late;
	bool cordoned_too; /* hosts that are cordoned are not set aside */
	bool drift; /* look only for what an act made so and is so no longer; never apply_go() */
	/* Only the plans kept there are carried out: a host whose plan is another is stale. NULL: all. */
	const struct kept *kept; /* borrowed */
	/* Every host has been observed; answer from here or later. Not called when the run was
	 * stopped. */
	void (*planned)(void *user, struct apply *a);
	/* Every host has ended. From the loop, once, last. */
	void (*done)(void *user);
	void *user;
};

/* What each host should have is worked out at once; NULL, and nothing is contacted, when the playbook
 * cannot be evaluated for one of them (diag says why). */
struct apply *apply_new(const struct apply_config *config, struct diag *diag);
/* run is borrowed until apply_free(). */
void apply_start(struct apply *a, struct run *run);

/* While it waits for its answer: host i is left as it is and ends as held, whatever its plan; or not so. */
void apply_leave_out(struct apply *a, size_t i, bool out);

/* The same for the step with this id in the plan of host i. -1, kind HELD: others rely on it, or (taken in
 * again) it relies on one that is out. */
int apply_leave_out_step(struct apply *a, size_t i, const char *id, bool out, struct err *err);

/* Carry it out. */
void apply_go(struct apply *a);
/* No batch begins until it is taken back; hosts at work go on. A stop ends a pause. */
void apply_pause(struct apply *a, bool on);

/* Change nothing: the hosts that have a plan end as this (ok for a plan, held). */
void apply_leave(struct apply *a, enum outcome as);

size_t apply_count(const struct apply *a);
const char *apply_host_name(const struct apply *a, size_t i);
/* The plan of host i; NULL when there is none (it was not reached, say). */
const struct plan *apply_plan(const struct apply *a, size_t i);
/* The digest of that plan (plan_digest); false when there is none. */
bool apply_plan_digest(const struct apply *a, size_t i, char hex[65]);
/* How many hosts would be changed. */
size_t apply_changing(const struct apply *a);

/* From done() or later. */
void apply_free(struct apply *a);

#endif
