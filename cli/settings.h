/*
 * How one host is reached, key by key, and where each value came from: the
 * inventory over ssh_config over ssh's own default.
 *
 * A document in the arena of its maker; immutable once made.
 */
#ifndef DROVER_CLI_SETTINGS_H
#define DROVER_CLI_SETTINGS_H

#include "remote/sshoption.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;
struct host;
struct inventory;
struct sshscan;

struct setting {
	const char *key;           /* as ssh -G prints it, in lower case */
	const char *const *values; /* ended by NULL; at least one */
	const char *from; /* "default", "/root/.ssh/config:3", "ssh_config", "inventory.yaml:7" */
	const struct sshoption *option; /* NULL: a newer ssh's */
	bool said;                      /* somebody set it: not ssh's default */
};

struct settings {
	struct setting *item; /* in ssh -G's order, what the inventory adds behind */
	size_t count;
};

/* What to read. */
struct settings_source {
	const char *lines;          /* what ssh -G prints for the host */
	const char *bare;           /* the same without any configuration */
	const char *file;           /* what -F named; NULL: ssh's own files */
	const struct sshscan *scan; /* of those files: where a line stands */
	const char *asked;          /* the name that ssh was asked for */
	const struct inventory *inventory;
	const struct host *host;    /* NULL: not in an inventory */
	const char *user;           /* typed before the name; or NULL */
	int port;                   /* typed behind it; or 0 */
	int64_t connect_timeout_ms; /* the command line's; 0: none */
};

struct settings *settings_read(struct arena *arena, const struct settings_source *from);

const struct setting *settings_find(const struct settings *s, const char *key); /* or NULL */

/* "inventory.yaml:7": where the inventory says something of a host that it does say. */
const char *settings_place(
    struct arena *arena, const struct inventory *inv, const struct host *h, const char *setting);

/* True when somebody set it and drover does not do it. */
bool setting_is_unused(const struct setting *s);

/* Why, for people; "" when there is nothing to say. */
const char *setting_note(const struct setting *s);

#endif
