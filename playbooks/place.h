/*
 * What the tasks about files, directories and links have in common.
 *
 * Readers tell mistakes to the context's diag; resources are filled in an arena.
 */
#ifndef DROVER_PLAYBOOKS_PLACE_H
#define DROVER_PLAYBOOKS_PLACE_H

#include "playbooks/scope.h"

struct arena;
struct field_context;
struct resource;
struct yaml_node;

extern const char *const place_states[]; /* present, absent */

/* A path on the host, which may hold templates. */
void place_read_path(
    const struct field_context *c, const char *name, const struct yaml_node *n, struct source *ret);

/* Why no task may put this there or take it away; NULL: it may. */
const char *place_forbidden(const struct resource *r);

/* What is to be absent has none of these keys (ended by NULL). */
void place_refuse_keys(
    const struct field_context *c, const struct yaml_node *n, const char *const *keys);

/* id, title and path of a directory, and nothing said about it. */
void place_dir(struct arena *a, struct resource *r, const char *path);
/* A whole link. */
void place_link(struct arena *a, struct resource *r, const char *path, const char *target);
/* The digest of a directory, once all is said of it. */
void place_seal(struct resource *r);
/* Before it goes it is looked what is in it. */
void place_look_in(struct arena *a, struct resource *r);

#endif
