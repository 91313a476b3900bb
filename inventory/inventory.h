/*
 * What there is: the hosts, groups, kinds and variables of one load.
 *
 * A document: built in one arena from files and -i arguments, immutable, freed
 * whole. Every pointer it hands out lives as long as it does.
 */
#ifndef DROVER_INVENTORY_INVENTORY_H
#define DROVER_INVENTORY_INVENTORY_H

#include "base/diag.h"
#include "base/var.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct inventory;
struct err;

enum host_kind { HOST_PET, HOST_CATTLE }; /* no kind says pet; when groups disagree pet wins */

/* How to reach a host, as the inventory says it; absent values are NULL or 0. */
struct host {
	const char *name;
	enum host_kind kind;
	bool kind_said;
	struct mark mark;
	const char *address, *user, *identity, *jump, *become, *proxy_command;
	const char *become_user; /* NULL: root */
	const char *transport;   /* NULL (as auto), auto, libssh, ssh or local */
	const char *refused; /* why drover cannot use this host, and where that is said; or NULL */
	int port;
	int64_t connect_timeout_ms;
	const char *trust;             /* "first-use" or NULL */
	const char *transcripts;       /* of its terminals: "always", "never" or NULL: when asked */
	const char *const *host_keys;  /* "ssh-ed25519 AAAA...", ended by NULL; never NULL */
	const char *const *groups;     /* every group it is in, nearest first, ended by NULL */
	const struct var *const *vars; /* merged: host, groups near to far, defaults */
	size_t var_count;
	size_t index; /* position in inventory_host() */
};

struct group {
	const char *name;
	struct mark mark;
	const struct host *const *hosts; /* all members, through children too, in natural order */
	size_t host_count;
	const char *const *children; /* ended by NULL */
};

/* Read every source in `sources` (paths, or "host1,user@host2:2222" lists; DESIGN 3 tells them
 * apart). With none: $DROVER_INVENTORY, ./inventory.yaml, the user's config directory. All
 * mistakes go to diag. NULL when there was one (err: kind INPUT, how many), when nothing was found or a
 * list of hosts is wrong (kind USAGE), when a source cannot be read (INPUT), or when other users
 * may write it (REFUSED); diag says nothing in the last three. */
struct inventory *inventory_load(
    const char *const *sources, size_t n, struct diag *diag, struct err *err);

/* The same from memory: one file called name in messages; its form is found as for any file. */
struct inventory *inventory_parse(
    const char *name, const char *text, size_t len, struct diag *diag, struct err *err);
void inventory_free(struct inventory *inv);

const char *inventory_fleet(const struct inventory *inv); /* "main" by default, "adhoc" for lists */
const char *inventory_path(const struct inventory *inv);  /* the first file, or NULL */
const char *const *inventory_known_hosts(const struct inventory *inv); /* absolute; ended by NULL */

/* environment: {name, readonly, colour}; name is NULL when not given. */
struct environment {
	const char *name, *colour;
	bool readonly;
};
const struct environment *inventory_environment(const struct inventory *inv);

/* What makes a new machine for a cattle host, run on this one; argv is NULL when nothing is said. */
struct provision {
	const char *const *argv; /* ended by NULL; argv[0] is absolute where it is a path */
	int64_t timeout_ms;
};
const struct provision *inventory_provision(const struct inventory *inv);

/* How long, and how much of them, transcripts are kept; 0: no bound. */
struct retention {
	int64_t keep_ms, most; /* bytes, as they lie in the ledger */
};
const struct retention *inventory_retention(const struct inventory *inv);

size_t inventory_count(const struct inventory *inv);
const struct host *inventory_host(
    const struct inventory *inv, size_t i); /* natural order of names */
const struct host *inventory_find(const struct inventory *inv, const char *name); /* NULL: none */
size_t inventory_group_count(const struct inventory *inv);
const struct group *inventory_group(const struct inventory *inv, size_t i);
const struct group *inventory_find_group(const struct inventory *inv, const char *name);

/* NULL when the host has no such variable. */
const struct var *host_var(const struct host *h, const char *name);

/* Where a setting ("user", "jump": the key in the file) of the host was said: by itself, its nearest
 * group, or the defaults. False: nowhere. */
bool inventory_said(
    const struct inventory *inv, const struct host *h, const char *setting, struct mark *ret);

const char *host_kind_name(enum host_kind k); /* "pet", "cattle" */

#endif
