/*
 * A playbook on the command line: read, observe, show the plan, and, when it is
 * an apply and nobody objects, carry it out. An undo goes the same way.
 */
#ifndef DROVER_CLI_CONVERGE_H
#define DROVER_CLI_CONVERGE_H

#include <stdbool.h>

struct call;
struct set;
struct undo_spec;

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
	struct set *set; /* an undo: its hosts, taken over; else no others than these; NULL: all */
	const char *before, *before_digest; /* owed: the newest run of it, and its playbook's */
	bool exit_code;                     /* 5 when there are differences */
};

/* argv[0] of the call is the playbook, but for an undo. Gives the exit code. */
int converge(struct call *c, const struct converge *spec);

#endif
