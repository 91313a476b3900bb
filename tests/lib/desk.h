/*
 * A directory with a playbook in it, and what one reading of it gave.
 *
 * The state of a cmocka test; owns all it points to. Fails the test on trouble of
 * its own.
 */
#ifndef DROVER_TESTS_LIB_DESK_H
#define DROVER_TESTS_LIB_DESK_H

#include "base/buf.h"
#include "base/diag.h"
#include "inventory/inventory.h"
#include "playbooks/playbook.h"

struct desk {
	char dir[64];
	struct arena *arena;
	struct diag diag;
	struct playbook *playbook;
	struct host host;
	struct facts facts;
	const char *extra[4];
	const struct resource *const *want;
	size_t count;
	const struct skipped *skipped;
	size_t skipped_count;
	const char *domain;
	const char *const *told; /* the facts */
	char *fact;      /* the last one that was asked for: it is forgotten with the next */
	struct buf said; /* the mistakes, as they are printed, without the directory */
};

int desk_set_up(void **state);
int desk_tear_down(void **state);

/* A file beside the playbook. */
void desk_put(struct desk *d, const char *name, const char *text);

/* Read this text as shop.yaml; mistakes go to said. */
bool desk_load(struct desk *d, const char *text);

/* And work it out for the host, with facts. */
bool desk_desire(struct desk *d, const char *text);

/* Its facts: NAME, VALUE, ... ended by NULL; borrowed. NULL: none are known. */
void desk_facts(struct desk *d, const char *const *facts);

/* The resource of that id; the test fails when it is not wanted. */
const struct resource *desk_wanted(const struct desk *d, const char *id);

/* The plan of the one resource that text wants, where the host said this of it. */
const struct plan *desk_plan_one(struct desk *d, const char *text, const char *said);

/* These tasks are refused at their place, with words among them. */
void desk_refuses(struct desk *d, const char *tasks, const char *expected);

/* Words of a look or a step, joined by " | ". */
void desk_words_are(const char *const *words, const char *expected);

#endif
