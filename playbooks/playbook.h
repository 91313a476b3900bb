/*
 * What should be: one playbook file, read and checked, before any host is known.
 *
 * A document in an arena of its own, immutable. Included files (templates, unit
 * files) are read at load time, relative to the playbook's directory.
 */
#ifndef DROVER_PLAYBOOKS_PLAYBOOK_H
#define DROVER_PLAYBOOKS_PLAYBOOK_H

#include "base/diag.h"
#include "playbooks/resource.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;
struct err;
struct host;
struct playbook;

struct count_or_percent {
	int64_t n;
	bool percent;
	bool said;
};

struct rollout {
	struct count_or_percent canary, batch, max_fail, max_unreachable;
	int64_t soak_ms;
	bool rollback; /* on_failure: rollback */
	const char
	    *domain; /* the variable or fact that names a host's failure domain; NULL: none */
	struct mark domain_mark;
	bool said;
};

/* What the command line says beside a playbook; lists are ended by NULL and may be NULL. */
struct playbook_given {
	const char *const *vars; /* -e NAME=VALUE */
	const char *const *sets; /* --set app.NAME.FIELD=VALUE */
	int64_t offset;          /* --offset: added to the host ports of apps */
	const char *as;          /* --as: a second copy of its apps, of this name; NULL: none */
};
/* As playbook_load(); the digest is of what is given, too, variables apart. */
struct playbook *playbook_load_given(
    const char *path, const struct playbook_given *given, struct diag *diag);
/* What was given, for plans; *ret_count of them. */
const char *const *playbook_notes(const struct playbook *p, size_t *ret_count);

/* NULL when diag got an error. extra_vars: "name=value" from -e, ended by NULL; may be NULL. */
struct playbook *playbook_load(const char *path, const char *const *extra_vars, struct diag *diag);
/* One that wants nothing and has no path: for acts that come from elsewhere, with the default rollout. */
struct playbook *playbook_none(const char *name);
/* In that order instead. */
void playbook_roll(struct playbook *p, const struct rollout *rollout);
void playbook_free(struct playbook *p);

const char *playbook_name(const struct playbook *p);   /* `name:`, else the file's stem */
const char *playbook_path(const struct playbook *p);   /* absolute */
const char *playbook_digest(const struct playbook *p); /* SHA-256 of the file and all it includes */
const char *playbook_hosts(
    const struct playbook *p); /* the set expression; NULL: give one by argument */
struct mark playbook_hosts_mark(const struct playbook *p);
const struct rollout *playbook_rollout(const struct playbook *p);

/* Looks up a fact of the host being evaluated; NULL when it is not known. */
struct facts {
	const char *(*fact)(void *user, const char *key);
	void *user;
	bool unknown_ok; /* a fact that is not known yet is no mistake: its name stands for it */
	size_t *used;    /* counts the facts that were asked for, known or not; may be NULL */
};

/* What a host would have under another condition, or with other tags. */
struct skipped {
	const char *title, *why;
};

struct desired {
	const struct resource *const *item;
	size_t count;
	const struct skipped *skipped;
	size_t skipped_count;
	const char
	    *domain; /* of the rollout, in which the host stands; NULL: none, or not known yet */
};

/* What one host should have, in order: images, app files and units, tasks as written. Allocated
 * in a. Mistakes that need a host (unknown variable) go to diag; false when there was one. Where facts
 * may be unknown, what depends on one is among it if it may be wanted, and its mistakes only warn: ask
 * again when they are known. */
bool playbook_desire(const struct playbook *p, const struct host *h, const struct facts *facts,
    struct arena *a, struct diag *diag, struct desired *ret);

/* Only tasks and apps with one of these tags, and none with one of those: lists of words, each with
 * commas between several; NULL: no choice. A tag that the playbook does not have goes to diag. */
bool playbook_choose(
    struct playbook *p, const char *const *only, const char *const *skip, struct diag *diag);
/* A choice was made: what is not desired may still be wanted. */
bool playbook_partial(const struct playbook *p);
/* It says its name; else any file of that name bears it. */
bool playbook_is_named(const struct playbook *p);
/* It says prune: false: what leaves it stays on the hosts. */
bool playbook_keeps(const struct playbook *p);

#endif
