/*
 * Filters: what a value may pass through behind a |. A table of them. Pure.
 */
#ifndef DROVER_PLAYBOOKS_FILTER_H
#define DROVER_PLAYBOOKS_FILTER_H

#include "playbooks/value.h"

struct evaluation;
struct node;

struct filter_call {
	struct evaluation *e;
	struct node *node;
	struct value in;
	struct value arg[3]; /* ABSENT: not given */
};

struct filter {
	const char *name;
	const char *params[4]; /* of the arguments, ended by NULL */
	size_t least;          /* of them must be given */
	/* in is neither absent nor later; NULL for default, which the evaluation knows itself. */
	struct value (*apply)(struct filter_call *c);
};

const struct filter *filter_find(const char *name);
const char *filter_near(const char *name); /* for did-you-mean; NULL: none is near */

extern const struct filter filters[]; /* ended by a NULL name */

#endif
