/*
 * The inventory while it is read and after: what inventory.h shows from outside.
 *
 * For inventory/ alone. Everything lies in the inventory's arena but the hash
 * tables and the lists that grow while sources are read.
 */
#ifndef DROVER_INVENTORY_MODEL_H
#define DROVER_INVENTORY_MODEL_H

#include "base/field.h"
#include "base/strmap.h"
#include "inventory/inventory.h"

struct yaml_node;

/* What a host, a group or the defaults may say about reaching a host. */
struct settings {
	const char *address, *user, *identity, *jump, *become, *become_user, *trust, *transport,
	    *proxy_command;
	int port;
	int64_t connect_timeout_ms;
};

enum setting {
	SETTING_ADDRESS,
	SETTING_USER,
	SETTING_IDENTITY,
	SETTING_JUMP,
	SETTING_BECOME,
	SETTING_BECOME_USER,
	SETTING_TRUST,
	SETTING_TRANSPORT,
	SETTING_PROXY_COMMAND,
	SETTING_PORT,
	SETTING_CONNECT_TIMEOUT,
	SETTING_COUNT
};

struct setting_kind {
	const char *name; /* the key in the file */
	size_t offset, size;
};
extern const struct setting_kind setting_kinds[SETTING_COUNT];

/* One place of a file that speaks about a host, a group or all. Several may speak about one: they
 * may not contradict each other. */
struct level {
	struct level *next;
	struct mark mark;
	struct settings settings;
	const struct yaml_node *said[SETTING_COUNT]; /* NULL: nothing about that */
	struct field_vars vars;
	const char *kind; /* "pet", "cattle" or NULL */
	struct field_texts host_keys;
};

struct model_host {
	struct host pub;
	struct level *levels;
	size_t *group; /* groups that name it themselves */
	size_t group_count, group_cap;
};

struct model_group {
	struct group pub;
	struct level *levels;
	struct field_texts *children; /* one list a place */
	size_t children_count, children_cap;
	size_t *parent;
	size_t parent_count, parent_cap;
};

struct inventory {
	struct arena *arena;
	struct model_host **host; /* in the order found; sorted at the end */
	size_t host_count, host_cap;
	struct strmap host_map, folded_map; /* by name; by name in lower case */
	struct model_group **group;
	size_t group_count, group_cap;
	struct strmap group_map;
	struct level *defaults;
	const char *fleet, *path;
	struct mark fleet_mark, environment_mark;
	struct environment environment;
	const char **known_hosts;
	size_t known_hosts_count, known_hosts_cap;
};

/* The host of that name, made when it is new; NULL, with a mistake in diag, when it is no name. */
struct model_host *model_host(
    struct inventory *inv, const char *name, struct mark at, struct diag *diag);
struct model_group *model_group(
    struct inventory *inv, const char *name, struct mark at, struct diag *diag);

/* Put the host into the group (a position in inv->group), once. */
void model_join(struct model_host *h, size_t group);

/* Put a level at the end of a list. */
void model_say(struct level **list, struct level *l);

#endif
