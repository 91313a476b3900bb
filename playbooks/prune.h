/*
 * What a playbook put on a host and no longer names: what is to go, and what stays nevertheless.
 *
 * Pure. prune_wishes() makes wishes that things be gone out of the manifest; they
 * are looked for on the host, and prune_settle() decides about each by what was
 * found: nothing that a person changed since, and nothing that drover found there
 * already, is taken away. All lives in the arena given.
 */
#ifndef DROVER_PLAYBOOKS_PRUNE_H
#define DROVER_PLAYBOOKS_PRUNE_H

#include "playbooks/resource.h"

#include <stdbool.h>
#include <stddef.h>

#define PRUNE_VERSIONS                                                                             \
	3 /* of an app's native program or root that stay, the one that is wanted among them */

struct arena;
struct observation;
struct release_change;

struct prune {
	struct resource **gone; /* in the order in which they go */
	size_t count;
	bool known;        /* something else that it put there it still names */
	const char **note; /* what stays and why */
	size_t note_count;
};

/* What the manifest knows as the playbook's and none of the wanted is; with an app, of what is the app's, images
 * apart. What a release has that stays (change; NULL: none) stays, and the images of those that go are to go. */
struct prune_scope {
	const char *playbook, *app;
	const struct release_change *change;
};
void prune_wishes(struct arena *a, const struct prune_scope *scope, const struct observation *seen,
    const struct resource *const *wanted, size_t count, struct prune *ret);

/* Nothing of it is to go: it is only noted, with the reason. */
void prune_keep(struct arena *a, struct prune *p, const char *why);

/* found: of the wishes, in their order. Gives what is wanted in all, with what was found of it, *count
 * of them: things that go stand before what is wanted (its ports may be theirs), images behind. */
void prune_settle(struct arena *a, struct prune *p, const struct found *left,
    const struct resource *const **wanted, struct found **found, size_t *count);

#endif
