/*
 * A plan kept in a file: what was planned for which hosts, without its contents.
 *
 * A document in an arena of its own. For each host it holds a digest of all that
 * its plan relies on and does (plan_digest), so that a later apply can tell that
 * it is about to do just that. A file is two lines of JSON: what it is and the
 * digest of the second line, and the plan.
 */
#ifndef DROVER_PLAYBOOKS_KEPT_H
#define DROVER_PLAYBOOKS_KEPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;
struct buf;
struct err;
struct plan;

#define KEPT_SIZE_MAX (64U << 20)

struct kept_host {
	const char *name;
	const char *digest; /* of its plan; NULL: there was none (it was not reached, say) */
	int64_t steps;
};

struct kept {
	const char *path;   /* of the playbook, absolute */
	const char *digest; /* of the playbook and all it includes */
	const char *fleet, *seat, *who;
	int64_t made_ms;
	bool no_prune;
	/* To write: NAME=VALUE. As read: names alone, and `values` is the digest of what they were. */
	const char *const *vars;
	const char *values;
	const char *const *tags, *const *skip_tags; /* ended by NULL; NULL: none */
	const struct kept_host *host;
	size_t host_count;
};

/* Hexadecimal SHA-256 over a plan: its steps, what it relies on and all that an act would send. Of
 * secrets only whether they differ. Kind INPUT: something in the plan that cannot be sent. */
int plan_digest(
    const struct plan *p, const char *playbook, const char *release, char hex[65], struct err *err);

/* Append the file. */
void kept_write(const struct kept *k, struct buf *to);

/* Whether the text begins as such a file does. */
bool kept_is(const char *text, size_t len);

/* NULL with kind INPUT when it is damaged; the text begins with "LINE:COL: ". Allocated in a. */
struct kept *kept_read(struct arena *a, const char *text, size_t len, struct err *err);

/* Whether these are the variables, NAME=VALUE each and ended by NULL, that the plan read was made with. */
bool kept_has_vars(const struct kept *k, const char *const *vars);

/* The host's entry, or NULL. */
const struct kept_host *kept_find(const struct kept *k, const char *host);

#endif
