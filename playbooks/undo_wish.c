/* What is wanted instead of what an act did, step by step. */
#include "playbooks/undo.h"

#include "base/arena.h"
#include "base/digest.h"
#include "base/mem.h"
#include "base/str.h"
#include "playbooks/back.h"
#include "playbooks/kind.h"
#include "playbooks/kinds.h"
#include "playbooks/observation.h"
#include "playbooks/undo_inner.h"

#include <string.h>

void
undo_note(struct undo *u, const char *text)
{
	u->note[u->notes++] = text;
}

void
undo_cannot(struct undo *u, const struct back_step *s, const char *why)
{
	undo_note(u, arena_printf(u->arena, "cannot be taken back: %.300s (%s)", s->title, why));
}

const struct manifest_line *
undo_line_of(const struct manifest_line *m, size_t n, const char *id)
{
	for (size_t i = 0; i < n; i++) {
		if (str_eq(m[i].resource, id))
			return &m[i];
	}
	return NULL;
}

static bool
is_active(const struct unit_block *u)
{
	return str_eq(u->active, "active") || str_eq(u->active, "reloading") ||
	       str_eq(u->active, "activating");
}

bool
undo_is_enabled(const char *state)
{
	return str_starts(state, "enabled");
}

bool
undo_is_image_id(const struct manifest_line *m)
{
	return m && strlen(m->digest) == DIGEST_HEX - 1;
}

static void
fill_then(struct undo *u, const struct back_step *s, struct resource *r)
{
	const struct back_step *then = NULL;

	for (size_t i = 0; s->then && i < u->back->count; i++) {
		if (u->back->step[i].is_then && u->back->step[i].number == s->then)
			then = &u->back->step[i];
	}
	if (!then)
		return;
	if (str_eq(then->class, "reload"))
		r->then.kind = FOLLOW_RELOAD;
	else if (str_eq(then->class, "restart"))
		r->then.kind = FOLLOW_RESTART;
	else if (str_eq(then->class, "run") && then->args)
		r->then.kind = FOLLOW_RUN;
	r->then.unit = then->id;
	r->then.argv = then->args;
}

struct undoing *
undo_add(struct undo *u, const struct back_step *s, enum resource_kind kind)
{
	struct resource *r = arena_alloc(u->arena, sizeof(*r));
	struct undoing *how = arena_alloc(u->arena, sizeof(*how));
	const struct back *b = u->back;

	r->kind = kind;
	r->id = s->id;
	r->title = s->title;
	r->undoing = how;
	how->made = str_eq(s->class, "create");
	how->wrote = undo_line_of(b->manifest, b->manifest_count, s->id) != NULL;
	how->line = undo_line_of(b->manifest_old, b->manifest_old_count, s->id);
	r->secret = s->secret || (how->line && str_eq(how->line->shown, "s"));
	fill_then(u, s, r);
	u->wanted[u->count] = r;
	u->item[u->count++] =
	    (struct item){ s, r, how, undo_line_of(b->manifest, b->manifest_count, s->id) };
	return how;
}

/* What the act changed of its state, back. */
static void
fill_states(const struct back_unit *unit, struct resource *r)
{
	const struct unit_block *before = unit->before, *after = unit->after;

	if (!before)
		return;
	if (!after || is_active(before) != is_active(after))
		r->state = is_active(before) ? WANT_STARTED : WANT_STOPPED;
	if (!after || undo_is_enabled(before->enabled) != undo_is_enabled(after->enabled))
		r->enabled = undo_is_enabled(before->enabled) ? WANT_ENABLED : WANT_DISABLED;
}

static void
wish_unit(struct undo *u, const struct back_step *s)
{
	bool has_place = s->place != NULL;
	struct undoing *how = undo_add(u, s, has_place ? RESOURCE_UNIT : RESOURCE_SERVICE);
	struct resource *r = u->item[u->count - 1].resource;
	bool ran;

	if (!s->unit || (has_place && !undo_fill_place(u, s, r, how))) {
		u->count--;
		undo_cannot(u, s, "what stood there was not kept");
		return;
	}
	r->unit = s->unit->name;
	fill_states(s->unit, r);
	if (s->health && !r->absent)
		r->health = *s->health;
	r->drain = s->drain;
	ran = s->unit->before && s->unit->after && is_active(s->unit->before) &&
	      is_active(s->unit->after);
	r->on_change = s->restart  ? ON_CHANGE_RESTART
		       : s->reload ? ON_CHANGE_RELOAD
				   : ON_CHANGE_NONE;
	if (!has_place && r->state == WANT_UNSAID && ran &&
	    (s->kind == RESOURCE_UNIT || s->special))
		r->state = s->restart ? WANT_RESTARTED : s->reload ? WANT_RELOADED : WANT_UNSAID;
	if (!has_place && r->state == WANT_UNSAID && r->enabled == WANT_ENABLED_UNSAID)
		u->count--;
}

/* Words of a command: variables first. */
static void
split_words(struct arena *a, const char *const *words, const char *const **ret_env,
    const char *const **ret_argv)
{
	const char **env;
	size_t n = 0;

	while (words[n] && strchr(words[n], '='))
		n++;
	env = arena_alloc(a, (n + 1) * sizeof(*env));
	if (n)
		memcpy(env, words, n * sizeof(*env));
	*ret_env = env;
	*ret_argv = words + n;
}

static void
wish_run(struct undo *u, const struct back_step *s)
{
	const char *const *env;
	struct resource *r;

	if (!s->started)
		return;
	if (!s->undo) {
		undo_cannot(u, s, "it has no undo:");
		return;
	}
	if (!s->changed && !u->force) {
		undo_cannot(
		    u, s, "it is not proved that it ended well; its undo: runs with --force");
		return;
	}
	undo_add(u, s, RESOURCE_RUN);
	r = u->item[u->count - 1].resource;
	split_words(u->arena, s->undo, &r->env, &r->argv);
	if (s->args && !s->special)
		split_words(u->arena, s->args + (*s->args[0] == '/'), &env, &r->undo);
	r->title = arena_printf(u->arena, "undo of %s", s->title);
	r->parts = true;
}

static void
wish_kind(struct undo *u, const struct back_step *s)
{
	static const char *const passing[] = { "wait", "assert", "fetch" };
	const struct kind *kind = kind_find(s->kind);
	struct undoing *how;
	struct resource *r;

	for (size_t i = 0; i < countof(passing); i++) {
		if (str_eq(kind->name, passing[i]))
			return;
	}
	if (!s->started)
		return;
	if (!s->back || !s->args || !kind->carry) {
		undo_cannot(u, s, "a step of this kind keeps nothing to put back");
		return;
	}
	if (!s->changed && !u->force) {
		undo_cannot(
		    u, s, "it is not proved that it ended well; it is put back with --force");
		return;
	}
	how = undo_add(u, s, s->kind);
	r = u->item[u->count - 1].resource;
	how->doing = s->back;
	how->back = s->args;
	r->look = kind->look ? s->look : NULL;
	if (s->kind == RESOURCE_USERUNIT && r->look && r->look[0] && r->look[1])
		kind_userunit_again(u->arena, r);
	r->parts = true;
}

/* A name that went over to another image goes back to the one that had it. */
static void
wish_image(struct undo *u, const struct back_step *s)
{
	struct undoing *how;
	struct resource *r;

	if (!str_eq(s->class, "change") || !undo_is_image_id(undo_line_of(u->back->manifest_old,
					       u->back->manifest_old_count, s->id))) {
		undo_cannot(u, s, str_eq(s->class, "remove") ? "it is gone" : "it stays");
		return;
	}
	how = undo_add(u, s, RESOURCE_IMAGE);
	r = u->item[u->count - 1].resource;
	r->image = s->id + strlen("image ");
	r->retag = true;
	str_copy(r->image_id, sizeof(r->image_id), how->line->digest);
}

/* What it held comes back before anything runs on it. */
static void
wish_export(struct undo *u, const struct back_step *s)
{
	struct undoing *how;

	if (s->kind != RESOURCE_EXPORT || !s->changed)
		return;
	how = undo_add(u, s, RESOURCE_EXPORT);
	if (!kind_export_take_back(
		u->arena, s->args, u->uuid, u->item[u->count - 1].resource, how)) {
		u->count--;
		undo_cannot(u, s, "how it was kept is not told");
	}
}

static void
wish(struct undo *u, const struct back_step *s)
{
	if (s->is_then || s->untouched || s->kind == RESOURCE_EXPORT)
		return;
	if (s->kind == RESOURCE_UNIT || s->kind == RESOURCE_SERVICE)
		wish_unit(u, s);
	else if (s->place)
		undo_wish_place(u, s);
	else if (s->kind == RESOURCE_RUN)
		wish_run(u, s);
	else if (s->kind == RESOURCE_IMAGE)
		wish_image(u, s);
	else if (kind_find(s->kind))
		wish_kind(u, s);
	else if (s->kind == RESOURCE_KINDS)
		undo_cannot(u, s, "this drover does not know its kind");
}

struct undo *
undo_wish(struct arena *a, const struct back *b, const struct undo_spec *spec)
{
	struct undo *u = arena_alloc(a, sizeof(*u));

	u->arena = a;
	u->back = b;
	u->uuid = spec->uuid;
	u->force = spec->force;
	u->item = arena_alloc(a, b->count * sizeof(*u->item) + 1);
	u->wanted = arena_alloc(a, b->count * sizeof(*u->wanted) + 1);
	u->note = arena_alloc(a, (3 * b->count + 8) * sizeof(*u->note));
	if (b->undone)
		undo_note(u, arena_printf(a, "taken back already: by %s, run %s, at %s",
				 b->undone->who, b->undone->run, b->undone->time));
	for (size_t i = 0; i < b->count && (!b->undone || u->force); i++)
		wish_export(u, &b->step[i]);
	/* What came last goes first, but units find images by their names. */
	for (size_t i = b->count; i > 0 && (!b->undone || u->force); i--)
		if (b->step[i - 1].kind == RESOURCE_USERIMAGE)
			wish(u, &b->step[i - 1]);
	for (size_t i = b->count; i > 0 && (!b->undone || u->force); i--)
		if (b->step[i - 1].kind != RESOURCE_USERIMAGE)
			wish(u, &b->step[i - 1]);
	undo_join_trees(u);
	return u;
}

const struct resource *const *
undo_wanted(const struct undo *u, size_t *ret_count)
{
	*ret_count = u->count;
	return u->wanted;
}
