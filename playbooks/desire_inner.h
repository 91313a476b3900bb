/* One evaluation of a playbook for one host, shared by the parts of desire. For
 * playbooks/desire*.c alone. */
#ifndef DROVER_PLAYBOOKS_DESIRE_INNER_H
#define DROVER_PLAYBOOKS_DESIRE_INNER_H

#include "base/strmap.h"
#include "playbooks/ability.h"
#include "playbooks/app.h"
#include "playbooks/model.h"
#include "playbooks/playbook.h"
#include "playbooks/scope.h"
#include "playbooks/tags.h"
#include "playbooks/value.h"

#include <stdbool.h>
#include <stddef.h>

#define DESIRE_STEPS_MAX 20000 /* tasks of one host, each item of a loop one */

/* Where a task stands: what its includes and loops bind. */
struct here {
	const struct scope_local *items; /* of loops */
	const struct scope_local *vars;  /* of `vars:` beside it, the nearest first */
	const struct tag_link *tags;
	const char *suffix; /* ".2" in the second turn of a loop; "" */
	bool maybe;         /* it is not known yet whether it is wanted */
};

/* A task in one turn of its loops. */
struct placed {
	const struct task_decl *task;
	struct here here;
};

struct desire {
	const struct playbook *playbook;
	const struct host *host;
	const struct facts *facts;
	struct arena *arena;
	struct diag *diag;
	struct scope scope;
	struct here here;
	bool later; /* what was filled in last held something that is not known yet */
	struct resource_list list;
	bool *maybe;         /* beside list */
	struct strmap known; /* ids and paths of what is wanted for certain, to its place in list */
	size_t maybe_cap;
	struct placed *placed;
	size_t placed_count, placed_cap;
	bool full; /* there were more than DESIRE_STEPS_MAX, which was told */
	struct skipped *skipped;
	size_t skipped_count, skipped_cap;
	const bool *app_there;        /* beside the apps of the playbook */
	const struct app_port **port; /* of all apps, for overlaps; with the app beside */
	const struct app_decl **port_app;
	size_t port_count, port_cap, port_app_cap;
	struct strmap logs; /* files that replicas log to, to their app in playbook */
};

/* Names: how they are looked up for this host. */
void desire_scope(struct desire *d);
/* What is filled in from now on stands there. */
void desire_enter(struct desire *d, const struct here *here);

/* A fact of the host; NULL: not known (yet). */
const char *desire_fact(struct desire *d, const char *name);

/* A mistake, which only warns where it may not come to it. */
__attribute__((format(printf, 3, 4))) void desire_wrong(
    struct desire *d, struct mark mark, const char *fmt, ...);
/* The same, of a text that was filled in: nothing is told when it is not known yet what it will be. */
__attribute__((format(printf, 3, 4))) void desire_wrong_text(
    struct desire *d, struct mark mark, const char *fmt, ...);

/* Filled in for the host; NULL when a mistake was told (or would be too early), "" for what was not
 * given. A word holds no control bytes but tab and newline; a path is absolute and plain. */
const char *desire_fill(struct desire *d, const struct source *s, size_t *ret_len);
const char *desire_word(struct desire *d, const struct source *s);
const char *desire_path(struct desire *d, const struct source *s, const char *name);
const char *desire_content(struct desire *d, const struct text_decl *t, size_t *ret_len);
/* argv ended by NULL; a shell text becomes sh -c. */
const char *const *desire_argv(struct desire *d, const struct argv_decl *decl);

/* Environment variables to ret, one for each decl; false when a mistake was told. */
bool desire_env(struct desire *d, const struct env_decl *decl, size_t n, struct app_env *ret);
/* A command or a script; false when a mistake was told. */
bool desire_run(struct desire *d, const struct task_decl *t, struct resource *r);

/* One more that is wanted; false when a mistake was told. */
bool desire_add(struct desire *d, const struct resource *r);
/* One that several things need: wanted where the first of them stands. */
void desire_add_once(struct desire *d, struct resource *r, struct mark mark);
/* The image, wanted in front of what needs it; its name, or NULL when a mistake was told. The same image
 * of two apps is one resource. */
const char *desire_image(struct desire *d, const struct image_decl *decl, const char *app);

/* What a user needs in front of an app of their own: lingering, ids, its image in their store. */
void desire_for_app(struct desire *d, const char *user, const struct app_decl *app);

/* All that makes up an app, its image apart, which has this name; NULL: it has none, or a mistake in it
 * was told. */
void desire_want_app(struct desire *d, const struct app_decl *decl, const char *image);

/* Where what an app prints goes; false when a mistake was told. */
bool desire_log(struct desire *d, const struct app_decl *decl, const char *as, struct app_log *ret);

/* What the host can hold an app to; not known as long as its facts are not. */
struct ability desire_ability(struct desire *d);

/* The tasks that this host has, with their loops and includes unrolled, to d->placed. */
void desire_place(struct desire *d);
/* Whether the host has the app: false, or true with *ret_here. */
bool desire_app(struct desire *d, const struct app_decl *app, struct here *ret_here);

#endif
