/*
 * A playbook on the command line: read, observe, show the plan, and, when it is
 * an apply and nobody objects, carry it out. An undo and a bidding
 * go the same way.
 */
#ifndef DROVER_CLI_CONVERGE_H
#define DROVER_CLI_CONVERGE_H

#include "cli/command.h"

#include <stdbool.h>
#include <stddef.h>

struct call;
struct bidding;
struct rollback_spec;
struct rollout;
struct set;
struct undo_spec;

/* What plan, diff and apply share of their options: the rows, with the place of a struct converge_scope. */
struct converge_scope {
	const char *limit, *diff;
	struct option_list tags, skip_tags;
};
#define CONVERGE_SCOPE(place)                                                                      \
	{ OPTION_TEXT, 'l', "limit", (place) + offsetof(struct converge_scope, limit), "SET",      \
		.summary = "only these of its hosts" },                                            \
	    { OPTION_LIST, 0, "tags", (place) + offsetof(struct converge_scope, tags), "TAG,...",  \
		    .summary = "only what has one of these tags" },                                \
	    { OPTION_LIST, 0, "skip-tags", (place) + offsetof(struct converge_scope, skip_tags),   \
		    "TAG,...", .summary = "nothing that has one of these tags" },                  \
	{                                                                                          \
		OPTION_TEXT, 0, "diff", (place) + offsetof(struct converge_scope, diff), "HOW",    \
		    .summary = "show contents that differ", .choices = "full|none"                 \
	}

struct converge {
	const char *verb;   /* "plan", "apply" */
	const char *limit;  /* a set the playbook's hosts are narrowed to; NULL: none */
	const char *output; /* keep the plan in this file; NULL: nowhere */
	const char *diff;   /* "full" or "none"; NULL: full */
	const char *const *tags, *const *skip_tags; /* as playbook_choose() takes them */
	bool drift;                   /* look for what is no longer as it was applied, instead */
	bool no_prune;                /* what left the playbook stays */
	bool change;                  /* carry it out; else only look */
	const struct undo_spec *undo; /* take this run back instead; NULL: argv[0] is
	                                               a playbook */
	const struct rollback_spec *rollback; /* an app goes back to a release instead; NULL */
	const struct bidding *bidding;        /* do this instead, in the order of rollout */
	const struct rollout *rollout;
	bool
	    anywhere; /* A bidding: no hosts were named, so pets count where it would change them */
	/* An undo, rollback or bidding: its hosts, taken over; else no others than these; NULL: all. */
	struct set *set;
	const char *before, *before_digest; /* owed: the newest run of it, and its playbook's */
	bool cordoned_too;                  /* hosts that are cordoned are not set aside */
	bool exit_code;                     /* 5 when there are differences */
};

/* argv[0] of the call is the playbook, but for an undo and a bidding. Gives the exit code. */
int converge(struct call *c, const struct converge *spec);

#endif
