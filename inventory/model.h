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

struct sshargs;
struct yaml_node;

/* What a host, a group or the defaults may say about reaching a host. */
struct settings {
	const char *address, *user, *identity, *jump, *become, *become_user, *trust, *transport,
	    *proxy_command, *transcripts;
	int port;
	int64_t connect_timeout_ms;
	/* Only Ansible's files say these: */
	const char *become_flag, *become_method; /* "true" or "false"; sudo, doas, su, run0 */
	const struct sshargs *ssh_args, *common_args, *extra_args;
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
	SETTING_TRANSCRIPTS,
	SETTING_PROXY_COMMAND,
	SETTING_PORT,
	SETTING_CONNECT_TIMEOUT,
	SETTING_BECOME_FLAG,
	SETTING_BECOME_METHOD,
	SETTING_SSH_ARGS,
	SETTING_COMMON_ARGS,
	SETTING_EXTRA_ARGS,
	SETTING_EXECUTABLE, /* these three can only be refused */
	SETTING_SHELL,
	SETTING_BECOME_EXE,
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
	const char **refused; /* by setting: why a host that it holds for is refused; may be NULL */
	struct field_vars vars;
	bool from_file;   /* in host_vars/ or group_vars/, which go before what inventories say */
	const char *kind; /* "pet", "cattle" or NULL */
	struct field_texts host_keys;
};

struct model_host {
	struct host pub;
	struct level *levels;
	size_t *group; /* groups that name it themselves */
	size_t group_count, group_cap;
	bool listed; /* by the inventory program that is being read */
};

struct model_group {
	struct group pub;
	struct level *levels;
	struct field_texts *children; /* one list a place */
	size_t children_count, children_cap;
	size_t *parent;
	size_t parent_count, parent_cap;
	size_t depth;     /* the longest way down to it, when Ansible's order holds */
	int64_t priority; /* ansible_group_priority - 1 */
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
	bool ansible;      /* one of the sources is Ansible's: its order holds for all */
	struct level *all; /* what Ansible's files say of the group all */
	size_t read;       /* bytes of all files so far */
	const char **dir;  /* where group_vars/ and host_vars/ may be */
	size_t dir_count, dir_cap;
	unsigned warned; /* what was said once already: reach.c's bits */
	const char *fleet, *path;
	struct mark fleet_mark, environment_mark;
	struct environment environment;
	struct provision provision;
	struct retention retention;
	struct mark provision_mark;
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

/* What a value is when no YAML file said it: a node of the arena. */
const struct yaml_node *model_said(struct inventory *inv, const char *text, struct mark at);

/* A copy of the level in the arena, in no list. */
struct level *model_level(struct inventory *inv, const struct level *l);

/* Put a level at the end of a list. */
void model_say(struct level **list, struct level *l);

#endif
