/* What the parts of an undo share: the wishes (undo_wish.c), those of the file system (undo_place.c),
 * and what of them is carried out (undo.c). For playbooks/undo*.c alone. */
#ifndef DROVER_PLAYBOOKS_UNDO_INNER_H
#define DROVER_PLAYBOOKS_UNDO_INNER_H

#include "base/buf.h"
#include "playbooks/resource.h"

#include <stdbool.h>
#include <stddef.h>

struct arena;
struct back;
struct back_place;
struct back_step;
struct found;
struct manifest_line;

struct item {
	const struct back_step *step;
	struct resource *resource;
	struct undoing *how;
	const struct manifest_line *after; /* what the act wrote of it; NULL */
};

struct undo {
	struct arena *arena;
	const struct back *back;
	const char *uuid;
	bool force;
	struct item *item;
	const struct resource **wanted;
	size_t count;
	const char **note;
	size_t notes;
	struct buf stale;
	const char *stale_text;
};

void undo_note(struct undo *u, const char *text);

/* What a manifest says of a resource; NULL: nothing. */
const struct manifest_line *undo_line_of(const struct manifest_line *m, size_t n, const char *id);
bool undo_is_image_id(const struct manifest_line *m);
bool undo_is_enabled(const char *state);

/* A wish to take back a step, the last of u->item; its resource is still to be filled. */
struct undoing *undo_add(struct undo *u, const struct back_step *s, enum resource_kind kind);
void undo_cannot(struct undo *u, const struct back_step *s, const char *why);

/* A file or link that was there comes back; what was not there goes. False: it was not kept. */
bool undo_fill_place(
    struct undo *u, const struct back_step *s, struct resource *r, struct undoing *how);
/* What stood at the step's place. */
void undo_wish_place(struct undo *u, const struct back_step *s);
/* What went with a tree, and one by one, comes back with the tree. */
void undo_join_trees(struct undo *u);

/* Whether its place is as the act left it, or as it was before the act. */
bool undo_place_is_left(const struct back_place *p, const struct found *f);
bool undo_place_was(const struct item *item, const struct found *f);
/* A tree comes back whole or not at all: nothing that stands there now goes for it. */
bool undo_is_taken(const struct item *item, const struct found *f);

#endif
