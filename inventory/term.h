/*
 * One term of a set expression, web[01-20], @group, a glob or key=value, to the
 * positions it means.
 *
 * Positions count the hosts of the inventory or, where names outside it are
 * allowed, the names met so far. Owns those names.
 */
#ifndef DROVER_INVENTORY_TERM_H
#define DROVER_INVENTORY_TERM_H

#include "base/strmap.h"
#include "inventory/bits.h"

#include <stdbool.h>
#include <stddef.h>

struct arena;
struct err;
struct inventory;
struct set_lookup;

struct universe {
	const struct inventory *inv;     /* may be NULL when open */
	const struct set_lookup *lookup; /* may be NULL */
	bool open;                       /* names outside the inventory are as good as any */
	struct arena *arena;             /* only when open, as all below */
	struct strmap map;
	const char **name; /* by position */
	size_t count, cap;
};

/* What was evaluated before a term and how they will be joined: a test asks for facts only where
 * the answer matters. */
struct scope {
	const struct bits *left;
	char op; /* 0 for the first term */
};

/* Kind USAGE: no such name or group, a fact that is lacking. term ends with a NUL. */
int term_eval(struct universe *u, const char *term, const struct scope *scope, struct bits *ret,
    struct err *err);

/* The same for key=value alone (inventory/test.c). */
int term_test(struct universe *u, const char *term, const struct scope *scope, struct bits *ret,
    struct err *err);

/* The position of a host in the universe. */
size_t term_host(struct universe *u, const char *name, size_t index);

/* Does the term begin with a key and an equals sign? */
bool term_is_test(const char *term);

#endif
