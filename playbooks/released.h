/*
 * What a host keeps of the releases of one app, as it tells.
 *
 * Pure: the command that asks for it, and the reply as plain values in the arena given. All that a host says
 * is taken as data and checked: contents that are not what their digest says are left out.
 */
#ifndef DROVER_PLAYBOOKS_RELEASED_H
#define DROVER_PLAYBOOKS_RELEASED_H

#include "playbooks/release.h"

struct arena;
struct err;
struct release_reading;

/* Which release an app is to become. */
struct rollback_spec {
	const char *app;
	const char *id; /* the beginning of its id; NULL */
	const char *
	    run; /* the UUID of a run that put it there; NULL. Neither: the one before that in use */
	const char *word; /* what the person called it; NULL */
};

struct released {
	const char *refused; /* why nothing can be told; NULL */
	const struct manifest_line *manifest;
	size_t manifest_count; /* the app's alone */
	struct release_list known;
};

/* The command that answers it; caller frees. */
char *released_command(const char *nonce, const char *app);

struct release_reading *released_new(struct arena *a, const char *nonce);
void released_feed(struct release_reading *r, const void *p, size_t n);
void released_free(struct release_reading *r);

/* The reply ended: NULL and kind FAILED when it was not whole. r lives on. */
const struct released *released_end(struct release_reading *r, struct err *err);

/* What that release was made of, with the contents that were told; others stay on the host. NULL with kind
 * FAILED when it cannot be put back. */
struct release *released_wish(
    struct release_reading *r, const struct release_known *known, struct err *err);

#endif
