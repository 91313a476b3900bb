/*
 * An act taken back: the wish that things be as they were before it.
 *
 * Pure. What an act did comes from its host (back.h); what is wanted instead is a
 * list of resources as in any apply; what was found since decides which of them
 * may be touched: what is no longer as the act left it is left alone and named.
 * All of it lives in the arena given.
 */
#ifndef DROVER_PLAYBOOKS_UNDO_H
#define DROVER_PLAYBOOKS_UNDO_H

#include <stdbool.h>
#include <stddef.h>

struct arena;
struct back;
struct host;
struct observation;
struct plan;
struct resource;

struct undo_spec {
	const char *uuid; /* of the run */
	bool force;       /* also what was changed since */
};

struct undo;

/* What is wanted of a host on which the act did this. */
struct undo *undo_wish(struct arena *a, const struct back *b, const struct undo_spec *spec);
const struct resource *const *undo_wanted(const struct undo *u, size_t *ret_count);

/* The plan, with notes for what cannot be taken back and what is not touched; seen is what was found of
 * undo_wanted(). */
struct plan *undo_plan(struct undo *u, const struct host *host, const struct observation *seen);

/* After undo_plan(): what is not touched since it changed after the act, in a line; NULL: nothing. */
const char *undo_stale(const struct undo *u);

/* The journal's word for it in place of a release, "undo of UUID"; and the uuid in such a word, or
 * NULL. */
const char *undo_release(const struct undo *u);
const char *undo_release_of(const char *release);
/* The playbook of the act. */
const char *undo_playbook(const struct undo *u);

#endif
