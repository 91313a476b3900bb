/* How facts come into a set without this floor knowing them. A plain value. */
#ifndef DROVER_INVENTORY_LOOKUP_H
#define DROVER_INVENTORY_LOOKUP_H

#include <stdbool.h>

struct host;

/* Answers key=value tests that are no inventory property or variable: facts. Returns NULL when the
 * host lacks it; the text is borrowed until the next call. */
struct set_lookup {
	const char *(*fact)(void *user, const struct host *h, const char *key);
	void *user;
	bool known_only; /* --known: hosts that lack a fact are left out, not an error */
};

#endif
