/*
 * What the Fleet screen needs to know beside the scene, and what it asks for that is no console's.
 *
 * A table of functions over an opaque user; owned by who made it. Hosts are places in the scene.
 */
#ifndef DROVER_TUI_FLEET_SOURCE_H
#define DROVER_TUI_FLEET_SOURCE_H

#include <stdbool.h>
#include <stddef.h>

struct err;

struct fleet_source {
	void *user;
	/* What a host is labelled with: a variable of the inventory, or a fact. NULL: nothing. Borrowed
	 * until the next call. */
	const char *(*label)(void *user, size_t host, const char *key);
	/* Sets in[host] for each host of a node set, and only those. -1, err: it is wrong, or empty. */
	int (*set)(void *user, const char *expr, bool *in, struct err *err);
	/* "r-193 ok 2h ago"; "" when no run is known. */
	void (*last_run)(void *user, size_t host, char *to, size_t size);
};

#endif
