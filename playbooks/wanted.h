/*
 * What a playbook wants to run on hosts: its apps' replicas and its units, host by host.
 *
 * A document in an arena of its own. Nothing is contacted: what depends on facts that nobody knows yet is
 * marked as unsure.
 */
#ifndef DROVER_PLAYBOOKS_WANTED_H
#define DROVER_PLAYBOOKS_WANTED_H

#include <stdbool.h>
#include <stddef.h>

struct arena;
struct diag;
struct host;
struct health;
struct playbook;

struct wanted_unit {
	const char *app;  /* NULL: a unit of a task */
	const char *unit; /* "shop-0.service"; of a user's own "ops/shop-0.service" */
	const char *digest,
	    *config_digest;   /* of its text; of all that a restart would pick up, or NULL */
	const char *image;    /* NULL: none, or nobody can tell */
	const char *image_id; /* NULL: any that bears the name */
	const struct health *health;
	bool running;   /* it is to be up; else only there */
	bool container; /* a task's, that runs in a container */
};

struct wanted_host {
	const struct host *host;
	const struct wanted_unit *unit;
	size_t count;
	bool unsure; /* it hangs on facts that are not known: texts and digests mean nothing */
};

struct wanted {
	struct arena *arena;
	const char *playbook, *path;
	char release[13];
	struct wanted_host *host;
	size_t count;
};

/* fact(user, host, key) as in struct facts; may be NULL. NULL when the playbook cannot be evaluated for
 * one of the hosts (diag says why). */
struct wanted_spec {
	const struct playbook *playbook;
	const struct host *const *hosts;
	size_t count;
	const char *(*fact)(void *user, const struct host *h, const char *key);
	void *user;
};
struct wanted *wanted_new(const struct wanted_spec *spec, struct diag *diag);
void wanted_free(struct wanted *w);

/* NULL: the playbook has nothing to do with this host. */
const struct wanted_host *wanted_host(const struct wanted *w, const char *name);
const struct wanted_unit *wanted_unit(const struct wanted_host *h, const char *unit);

/* The units wanted on a host, a line each; caller frees. w may be NULL. */
char *wanted_names(const struct wanted *w, const char *host);

#endif
