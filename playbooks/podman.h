/*
 * What the tasks about podman's things share: names, maps and lists as they are written, filled in
 * for a host, and compared with what podman says.
 *
 * Readers tell mistakes to the context's diag; the rest lives in the arena it is given.
 */
#ifndef DROVER_PLAYBOOKS_PODMAN_H
#define DROVER_PLAYBOOKS_PODMAN_H

#include "playbooks/render.h"

#include <stdbool.h>
#include <stddef.h>

struct arena;
struct buf;
struct desire;
struct env_decl;
struct field_context;
struct json;
struct yaml_node;

#define PODMAN_ROOT "-" /* the user of things that are root's */

struct podman_pairs {
	struct env_decl *item;
	size_t count;
	bool said;
};

struct podman_list {
	struct source *item;
	size_t count;
};

/* NULL when good: [A-Za-z0-9][A-Za-z0-9_.-]*, as podman has it. */
const char *podman_is_name(const char *s);

/* A name, checked at once when it holds no template; a mapping of names to texts; a text or a list. */
bool podman_read_name(
    const struct field_context *c, const struct yaml_node *n, const char *task, struct source *ret);
bool podman_read_pairs(const struct field_context *c, const char *name, const struct yaml_node *n,
    struct podman_pairs *ret);
bool podman_read_list(const struct field_context *c, const char *name, const struct yaml_node *n,
    struct podman_list *ret);

/* Filled in; NULL when a mistake was told. Pairs become sorted "NAME=value", lists end by NULL. */
const char *podman_name(struct desire *d, const struct source *s, const char *task);
const char *podman_user(struct desire *d, const struct source *as);
const char *const *podman_fill_pairs(struct desire *d, const struct podman_pairs *p);
const char *const *podman_fill_list(struct desire *d, const struct podman_list *l);

/* "volume data" or, of a user, "volume data of deploy"; and what it was made from. */
const char *podman_id(struct arena *a, const char *kind, const char *name, const char *user);
void podman_parse_id(struct arena *a, const char *id, const char **ret_name, const char **ret_user);

/* Whether a JSON object holds exactly these NAME=value, and how it reads: "a=b c=d". */
bool podman_same_pairs(const struct json *object, const char *const *pairs);
void podman_show_pairs(const struct json *object, struct buf *to);
void podman_show_list(const char *const *words, struct buf *to);

#endif
