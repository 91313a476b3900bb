/*
 * Tests: what may stand behind `is`. A table of them. Pure.
 */
#ifndef DROVER_PLAYBOOKS_TEST_H
#define DROVER_PLAYBOOKS_TEST_H

#include "playbooks/value.h"

struct evaluation;
struct node;

struct test {
	const char *name;
	const char *params[4];
	size_t least;
	/* BOOL or BAD. v may be ABSENT where absent_ok; never LATER. */
	struct value (*holds)(
	    struct evaluation *e, struct node *n, const struct value *v, const struct value *arg);
	bool absent_ok;
};

const struct test *test_find(const char *name);
const char *test_near(const char *name);

extern const struct test tests[]; /* ended by a NULL name */

#endif
