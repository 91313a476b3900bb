/*
 * Which releases of apps a host keeps, and which is in use, by its manifest.
 *
 * Pure; what is made lives in the arena given.
 */
#ifndef DROVER_PLAYBOOKS_RELEASES_H
#define DROVER_PLAYBOOKS_RELEASES_H

#include "playbooks/release.h"

struct arena;
struct manifest_line;

/* Of each app its newest stay, and the one in use; none of an app of the playbook that is no longer wanted
 * stays. manifest: what the host has now. */
void releases_policy(struct arena *a, const char *playbook, const struct release_list *known,
    const struct manifest_line *manifest, size_t manifest_count, struct release_change *to);
/* The release of an app that the manifest says is there; NULL: none. */
const char *releases_current(const struct manifest_line *m, size_t count, const char *app);

#endif
