#include "playbooks/undo_inner.h"

#include "base/arena.h"
#include "base/digest.h"
#include "base/str.h"
#include "playbooks/back.h"
#include "playbooks/observation.h"

#include <string.h>

/* Whether there is something there that goes when it is to be gone. */
static bool
went(const struct back_place *p)
{
	return strchr("reot", p->kind) != NULL;
}

/* A file or link that was there comes back; what was not there goes. False: it was not kept. */
bool
undo_fill_place(struct undo *u, const struct back_step *s, struct resource *r, struct undoing *how)
{
	const struct back_place *p = s->place;

	r->path = p->path;
	r->absent = !p->was;
	if (r->absent)
		return !went(p);
	if (p->kept != 'f' || p->was->kind != 'f')
		return false;
	r->mode = p->was->mode & 07777;
	r->owner = p->was->owner;
	r->group = p->was->group;
	r->content = p->content;
	r->content_len = p->content_len;
	str_copy(r->digest, sizeof(r->digest), p->kept_sum);
	how->kept = arena_printf(u->arena, "%s/old/%zu", u->uuid, s->number);
	return true;
}

static void
fill_owner(const struct stat_line *was, struct resource *r)
{
	r->owner = was->owner;
	r->group = was->group;
}

/* It went whole, and was kept whole. */
static bool
is_kept_tree(const struct back_place *p)
{
	return p && p->kind == 't' && p->kept == 'd' && p->was && p->was->kind == 'd';
}

/* A tree that went comes back, and one that an undo brought back goes again. */
static void
wish_tree(struct undo *u, const struct back_step *s)
{
	const struct back_place *p = s->place;
	const char **look = arena_alloc(u->arena, 3 * sizeof(*look));
	struct undoing *how = undo_add(u, s, RESOURCE_DIR);
	struct resource *r = u->item[u->count - 1].resource;

	look[0] = p->path;
	look[1] = "whole";
	r->look = look;
	r->path = p->path;
	r->mode = RESOURCE_KEEP;
	r->recursive = true;
	r->absent = p->kind == 'T';
	if (!r->absent)
		how->kept = arena_printf(u->arena, "%s/old/%zu", u->uuid, s->number);
}

/* A directory that the act made goes if nothing else is in it; what it changed of one, or took away when
 * it was empty, comes back. */
static void
wish_dir(struct undo *u, const struct back_step *s)
{
	const struct back_place *p = s->place;
	struct resource *r;

	if (is_kept_tree(p) || p->kind == 'T') {
		wish_tree(u, s);
		return;
	}
	if (p->kind == 't') {
		if (p->was)
			undo_cannot(u, s, "what was in it was not kept");
		return;
	}
	if (!p->was && went(p))
		return;
	undo_add(u, s, RESOURCE_DIR);
	r = u->item[u->count - 1].resource;
	r->path = p->path;
	r->absent = r->spared = !p->was;
	r->mode = RESOURCE_KEEP;
	if (!p->was)
		return;
	r->mode = p->was->mode & 07777;
	fill_owner(p->was, r);
}

/* It is a link now, or was one before. */
static void
wish_link(struct undo *u, const struct back_step *s)
{
	const struct back_place *p = s->place;
	struct resource *r;

	if (p->was && p->kept != 'l') {
		undo_cannot(u, s, "what stood there was not kept");
		return;
	}
	undo_add(u, s, RESOURCE_LINK);
	r = u->item[u->count - 1].resource;
	r->path = p->path;
	r->mode = RESOURCE_KEEP;
	r->absent = !p->was;
	if (!p->was)
		return;
	fill_owner(p->was, r);
	r->content = p->target;
	r->content_len = strlen(p->target);
	digest_hex(p->target, r->content_len, r->digest);
}

void
undo_wish_place(struct undo *u, const struct back_step *s)
{
	const struct back_place *p = s->place;
	struct undoing *how;

	if (strchr("deotT", p->kind)) {
		wish_dir(u, s);
		return;
	}
	if (p->was ? p->was->kind == 'l' : p->kind == 'l') {
		wish_link(u, s);
		return;
	}
	how = undo_add(u, s, RESOURCE_FILE);
	if (undo_fill_place(u, s, u->item[u->count - 1].resource, how))
		return;
	u->count--;
	undo_cannot(
	    u, s, p->kept == '-' ? "what stood there was not kept" : "it was no plain file");
}

/* What went with a tree, and one by one, comes back with the tree. */
void
undo_join_trees(struct undo *u)
{
	for (size_t i = 0; i < u->count; i++) {
		const struct item *tree = &u->item[i];
		const char *top = tree->resource->path;

		if (!is_kept_tree(tree->step->place))
			continue;
		for (size_t j = 0; j < u->count; j++) {
			const char *path = u->item[j].resource->path;

			if (j != i && path && str_starts(path, top) && path[strlen(top)] == '/' &&
			    !u->item[j].resource->unit)
				u->item[j].how->inside = tree->resource;
		}
	}
}

static bool
same_owner(const struct found *f, const char *owner, const char *group)
{
	return str_eq(f->owner, owner) && str_eq(f->group, group);
}

/* As the act left it. */
bool
undo_place_is_left(const struct back_place *p, const struct found *f)
{
	char hex[DIGEST_HEX];

	if (went(p))
		return f->kind == '-' || !f->present;
	if (p->kind == 'T')
		return f->kind == 'd' && *p->kept_sum && f->said && str_eq(f->said, p->kept_sum);
	if (p->kind == 'd')
		return f->kind == 'd' &&
		       (p->mode == RESOURCE_KEEP || (f->mode & 07777) == p->mode) &&
		       (str_eq(p->owner, "-") || str_eq(p->owner, f->owner)) &&
		       (str_eq(p->group, "-") || str_eq(p->group, f->group));
	if (p->kind == 'l') {
		digest_hex(f->target ? f->target : "", f->target ? strlen(f->target) : 0, hex);
		return f->kind == 'l' && str_eq(hex, p->digest);
	}
	return f->present && f->kind == 'f' && str_eq(f->digest, p->digest) &&
	       (f->mode & 07777) == (p->mode & 07777) && same_owner(f, p->owner, p->group);
}

/* As it was before the act. */
bool
undo_place_was(const struct item *item, const struct found *f)
{
	const struct resource *r = item->resource;
	const char *sum = item->step->place->kept_sum;

	if (r->absent)
		return f->kind == '-' || !f->present;
	if (item->how->kept && r->kind == RESOURCE_DIR)
		return f->kind == 'd' && *sum && f->said && str_eq(f->said, sum);
	if (r->kind == RESOURCE_DIR)
		return f->kind == 'd' && (f->mode & 07777) == r->mode &&
		       same_owner(f, r->owner, r->group);
	if (r->kind == RESOURCE_LINK)
		return f->kind == 'l' && f->target && str_eq(f->target, r->content);
	return f->present && f->kind == 'f' && str_eq(f->digest, r->digest) &&
	       (f->mode & 07777) == r->mode && same_owner(f, r->owner, r->group);
}

/* A tree comes back whole or not at all: nothing that stands there now goes for it. */
bool
undo_is_taken(const struct item *item, const struct found *f)
{
	return is_kept_tree(item->step->place) && f->present && f->kind != '-';
}
