/*
 * Releases of apps: what an app was on a host, its files, units and images by digest, and which are kept.
 *
 * Pure. A host keeps its releases itself (/var/lib/drover/releases/APP/ID), so that any seat can go back to
 * them. What is read of them is plain values in the arena given.
 */
#ifndef DROVER_PLAYBOOKS_RELEASE_H
#define DROVER_PLAYBOOKS_RELEASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;
struct buf;
struct err;
struct host;
struct resource;

#define RELEASE_ID   13 /* 12 digits and a NUL */
#define RELEASE_KEEP 3  /* of an app, by default */

/* An act that put it there; oldest first where there are several. */
struct release_put {
	const char *run, *time, *seat, *who, *verb;
};

struct release_image {
	const char *name, *id;
};

/* One that a host keeps. */
struct release_known {
	const char *app, *id, *playbook;
	const char *book; /* the digest of that playbook */
	const struct release_put *put;
	size_t put_count;
	const struct release_image *image;
	size_t image_count;
};

struct release_list {
	const struct release_known *item;
	size_t count;
};

/* The states of releases as they lie on the host, one behind another. What is no line of one is passed over. */
void release_parse(struct arena *a, const char *text, struct release_list *to);

/* What an app is to be on a host: its resources, in their order, its images first. */
struct release {
	const char *app;
	char id[RELEASE_ID];
	const struct resource **item;
	size_t count;
	int64_t keep;
};

/* The release of each app that is wanted; *ret_count of them. The host's own name in contents makes no other
 * release of them. */
struct release *release_made(struct arena *a, const struct host *host,
    const struct resource *const *wanted, size_t count, size_t *ret_count);
const struct release *release_find(const struct release *made, size_t count, const char *app);

/* What an act makes of the releases that a host keeps. */
struct release_change {
	struct release *made;
	size_t made_count;
	const struct release_known **drop;
	size_t drop_count;
	const char *verb; /* "apply" or "rollback" */
	const char *book; /* the digest of the playbook they come from */
};
/* Not all of the app is done: it makes no release. */
void release_leave_out(struct release_change *c, const char *app);

/* A release that stays has an image of this name; one that stays has the image of this id. */
bool release_uses_name(
    const struct release_change *c, const struct release_list *known, const char *name);
bool release_uses_id(const struct release_change *c, const struct release_list *known,
    const char *name, const char *id);

/* The last act that put it there; of an apply, if one did. Never NULL fields. */
struct release_put release_since(const struct release_known *r);

/* a was put there by an apply after b was. */
bool release_is_newer(const struct release_known *a, const struct release_known *b);

/* The one to go back to: by the beginning of its id, by a run that put it there, or (both NULL) the newest of
 * those older than the one in use. NULL with kind FAILED when there is none. */
const struct release_known *release_choose(const struct release_list *known, const char *app,
    const char *current, const char *id, const char *run, struct err *err);

/* Its resources as JSON, without their contents; and back again: NULL with kind INPUT when it is not what
 * release_write() makes, or holds what cannot be put back. */
void release_write(const struct release *r, struct buf *to);
struct release *release_read(struct arena *a, const char *text, size_t len, struct err *err);

/* The journal's word for such an act in place of a release, "rollback of APP to ID"; and whether it is one. */
const char *release_word(struct arena *a, const struct release_known *r);
bool release_is_word(const char *word);

#endif
