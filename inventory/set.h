/*
 * The set language: web[01-20],@db!db3&kind=pet to a list of hosts.
 *
 * Pure but for the look-up callback, through which facts come in without this
 * floor knowing them. Results are owned by the caller.
 */
#ifndef DROVER_INVENTORY_SET_H
#define DROVER_INVENTORY_SET_H

#include "inventory/fold.h"
#include "inventory/lookup.h"

#include <stddef.h>

struct inventory;
struct host;
struct err;

struct set {
	const struct host **hosts; /* natural order, each once */
	size_t count;
};

/* Kind USAGE: a mistake in the expression (the text says where and what was meant), a name outside
 * the inventory, or an empty result. lookup may be NULL. */
int set_eval(const struct inventory *inv, const char *expr, const struct set_lookup *lookup,
    struct set *ret, struct err *err);
void set_fini(struct set *s);

/* The same algebra on plain names, with no inventory (drover nodes); @groups only if inv is not
 * NULL. Names come in the order of the algebra, natural, each once. */
struct names {
	char **name;
	size_t count;
};
int names_eval(const struct inventory *inv, const char *expr, struct names *ret, struct err *err);
void names_fini(struct names *n);

#endif
