/*
 * What would change on one host: wanted against found. Pure.
 *
 * A plan lives in the arena given to plan_make() and points into the resources
 * and findings it was made from.
 */
#ifndef DROVER_PLAYBOOKS_PLAN_H
#define DROVER_PLAYBOOKS_PLAN_H

#include "playbooks/resource.h"

#include <stdbool.h>
#include <stddef.h>

struct arena;
struct buf;
struct host;
struct release_change;
struct skipped;

enum plan_class {
	PLAN_SAME,
	PLAN_CREATE,
	PLAN_CHANGE,
	PLAN_REMOVE,
	PLAN_UNPREDICTED,
	PLAN_CLASSES
};
const char *plan_class_name(
    enum plan_class c);                  /* "same", "create", "change", "remove", "unpredicted" */
char plan_class_sign(enum plan_class c); /* ' ', '+', '~', '-', '?' */

struct plan_step {
	const struct resource *resource;
	const struct found *found;
	enum plan_class class;
	const char
	    *why; /* "mode 0600 -> 0644", "not running", ...; NULL when the class says it all */
	const char *diff; /* unified, NULL when there is none to show */
	bool foreign;     /* what it changes somebody else made so: a person, by hand */
	bool relies;      /* what stands in its way may be cleared by a step before it */
	bool out;         /* a person left it out: plan_drop_out() takes it away */
	bool stays;       /* a directory that goes later, when nothing is left in it */
	bool restart;     /* the unit must restart (or reload) to pick up a change */
	bool reload;
	const char *const
	    *doing;              /* a kind of the table: words for its do_KIND on the host, ended by
	                             NULL; NULL: nothing is done */
	const char *const *back; /* a kind of the table: words for its do_KIND that put back what
	                            was found; NULL: it cannot be taken back */
};

struct plan {
	const struct host *host;
	struct plan_step *steps;
	size_t count;
	size_t by_class[PLAN_CLASSES];
	size_t
	    records; /* of the steps that are the same: those the manifest does not know as they are */
	struct follow_up *then; /* what runs once after the tasks, each once, in order */
	size_t then_count;
	const char *const
	    *unmade; /* directories that go when nothing is left in them, the deepest first; NULL */
	const struct manifest_line
	    *relabel; /* of an undo: lines that are put back though what they tell of stayed */
	size_t relabel_count;
	struct release_change *releases; /* what the act makes of them; NULL: nothing */
	const char **notes;              /* "publishes 0.0.0.0:8080", "stop-first: ..." */
	size_t note_count;
	const struct skipped *skipped; /* what this host does not have, and why */
	size_t skipped_count;
	const char
	    *failed; /* an assertion that does not hold: the host is not acted on; NULL: none */
	const char *refused; /* why drover must not act on this host (the first reason: a unit name
	                        that somebody else made); NULL when it may */
};

struct plan *plan_make(struct arena *a, const struct host *host,
    const struct resource *const *wanted, const struct found *found, size_t count);

/* True when something on the host would change: any step but PLAN_SAME. */
bool plan_changes(const struct plan *p);

/* Why a step cannot be left out while others of the plan stay, in a; NULL: it can. */
const char *plan_bound(struct arena *a, const struct plan *p, const struct plan_step *s);

/* Steps that are out leave the plan, and so does what would follow them alone. */
void plan_drop_out(struct plan *p);

#endif
