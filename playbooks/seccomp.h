/*
 * Seccomp profiles as podman reads them: whether one says what it seems to.
 *
 * Pure. podman passes over keys that it does not know, so a misspelt one would silently
 * allow what it was to deny: here it is a mistake.
 */
#ifndef DROVER_PLAYBOOKS_SECCOMP_H
#define DROVER_PLAYBOOKS_SECCOMP_H

#include <stdbool.h>

struct diag;
struct source;

/* False when a mistake in the profile was told. *ret_open: it allows what it does not name. */
bool seccomp_check(const struct source *profile, struct diag *diag, bool *ret_open);

#endif
