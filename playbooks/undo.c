#include "playbooks/undo.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/digest.h"
#include "base/mem.h"
#include "base/str.h"
#include "playbooks/back.h"
#include "playbooks/kind.h"
#include "playbooks/kinds.h"
#include "playbooks/observation.h"
#include "playbooks/plan.h"
#include "playbooks/undo_inner.h"

#include <string.h>

#define RELEASE "undo of "

static void
note(struct undo *u, const char *text)
{
	u->note[u->notes++] = text;
}

void
undo_cannot(struct undo *u, const struct back_step *s, const char *why)
{
	note(u, arena_printf(u->arena, "cannot be taken back: %.300s (%s)", s->title, why));
}

static const struct manifest_line *
line_of(const struct manifest_line *m, size_t n, const char *id)
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

static bool
is_enabled(const char *state)
{
	return str_starts(state, "enabled");
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
	how->wrote = line_of(b->manifest, b->manifest_count, s->id) != NULL;
	how->line = line_of(b->manifest_old, b->manifest_old_count, s->id);
	r->secret = s->secret || (how->line && str_eq(how->line->shown, "s"));
	fill_then(u, s, r);
	u->wanted[u->count] = r;
	u->item[u->count++] =
	    (struct item){ s, r, how, line_of(b->manifest, b->manifest_count, s->id) };
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
	if (!after || is_enabled(before->enabled) != is_enabled(after->enabled))
		r->enabled = is_enabled(before->enabled) ? WANT_ENABLED : WANT_DISABLED;
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

static bool
is_image_id(const struct manifest_line *m)
{
	return m && strlen(m->digest) == DIGEST_HEX - 1;
}

/* A name that went over to another image goes back to the one that had it. */
static void
wish_image(struct undo *u, const struct back_step *s)
{
	struct undoing *how;
	struct resource *r;

	if (!str_eq(s->class, "change") ||
	    !is_image_id(line_of(u->back->manifest_old, u->back->manifest_old_count, s->id))) {
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
		note(u, arena_printf(a, "taken back already: by %s, run %s, at %s", b->undone->who,
			    b->undone->run, b->undone->time));
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

static bool
unit_is_left(const struct item *item, const struct found *f)
{
	const struct back_unit *unit = item->step->unit;
	const struct resource *r = item->resource;
	bool on = is_enabled(f->enabled);

	if (r->absent || !unit->before || r->enabled == WANT_ENABLED_UNSAID)
		return true;
	return unit->after &&
	       (on == is_enabled(unit->after->enabled) || on == is_enabled(unit->before->enabled));
}

static bool
is_left(const struct item *item, const struct found *f)
{
	const struct resource *r = item->resource;

	if (r->path && !undo_place_is_left(item->step->place, f) && !undo_place_was(item, f))
		return false;
	if (r->path)
		return !r->unit || unit_is_left(item, f);
	if (r->unit)
		return unit_is_left(item, f);
	if (r->retag && is_image_id(item->after))
		return str_eq(f->image_id, item->after->digest) || str_eq(f->image_id, r->image_id);
	if (r->look)
		return f->said && item->step->left && str_eq(f->said, item->step->left);
	return true;
}

/* Who put there what stands there now: another run that wrote its line, or a person. */
static const char *
by_whom(const struct undo *u, const struct item *item, const struct observation *seen)
{
	const char *id = item->resource->id;
	const struct manifest_line *now = line_of(seen->manifest, seen->manifest_count, id);
	const char *run = now && *now->run && strcmp(now->run, "-") != 0 ? now->run : NULL;

	if (!run || str_eq(run, u->uuid))
		return "by hand";
	for (size_t i = seen->journal_count; i > 0; i--) {
		const struct journal_line *j = &seen->journal[i - 1];

		if (str_eq(j->run, run))
			return arena_printf(u->arena, "by run %s: %s with %s at %s", run, j->who,
			    j->playbook, j->time);
	}
	return arena_printf(u->arena, "by run %s with %s", run, now->playbook);
}

/* Another playbook has it now, also where it left it as it was. */
static bool
taken_over(const struct undo *u, const struct item *item, const struct observation *seen)
{
	const char *id = item->resource->id;
	const struct manifest_line *now = line_of(seen->manifest, seen->manifest_count, id);
	const struct manifest_line *then = line_of(u->back->manifest, u->back->manifest_count, id);

	return now && then && !str_eq(now->playbook, then->playbook) &&
	       !(item->resource->undoing->line &&
		   str_eq(now->playbook, item->resource->undoing->line->playbook));
}

static void
leave_alone(struct undo *u, const struct item *item, const struct observation *seen)
{
	const char *who = by_whom(u, item, seen);

	note(u, arena_printf(u->arena, "not touched: %.300s: changed since, %s",
		    item->resource->title, who));
	buf_addf(&u->stale, "%s%.300s was changed since, %s", u->stale.len ? "; " : "",
	    item->resource->title, who);
}

static bool
is_untouched(const struct undo *u, size_t i, const struct observation *seen)
{
	return is_left(&u->item[i], &seen->found[i]) && !taken_over(u, &u->item[i], seen);
}

/* What is not as the act left it of what uses the volume that it exported; NULL: all is. */
static const struct item *
is_outdated(const struct undo *u, const struct item *export, const struct observation *seen)
{
	const char *app = export->step->app;

	for (size_t i = 0; export->resource->kind == RESOURCE_EXPORT && i < u->count; i++) {
		const struct item *item = &u->item[i];
		const char *unit = item->resource->unit;
		bool concerned = (app && item->step->app && str_eq(app, item->step->app)) ||
				 (unit && kind_export_concerns(export->how->doing, unit));

		if (item != export && concerned && !is_untouched(u, i, seen))
			return item;
	}
	return NULL;
}

/* What another version wrote since is not put back to what it was before that. */
static bool
is_kept_back(struct undo *u, size_t i, const struct observation *seen)
{
	const struct item *newer = u->force ? NULL : is_outdated(u, &u->item[i], seen);

	if (newer)
		note(u, arena_printf(u->arena, "not touched: %.200s: %.100s was changed since",
			    u->item[i].resource->title, newer->resource->title));
	return newer != NULL;
}

/* A restart alone is no change: it follows one. Nor is what goes with one. */
static bool
only_restarts(const struct plan *p)
{
	for (size_t i = 0; i < p->count; i++) {
		const struct resource *r = p->steps[i].resource;

		if (p->steps[i].class != PLAN_SAME && r->state != WANT_RESTARTED &&
		    r->state != WANT_RELOADED && r->kind != RESOURCE_EXPORT)
			return false;
	}
	return true;
}

static void
calm(struct plan *p)
{
	p->then_count = 0;
	for (size_t i = 0; i < p->count; i++) {
		p->by_class[p->steps[i].class]--;
		p->steps[i].class = PLAN_SAME;
		p->by_class[PLAN_SAME]++;
	}
}

static bool
is_undone(const struct undo *u, const char *id)
{
	for (size_t i = 0; i < u->count; i++)
		if (str_eq(u->wanted[i]->id, id))
			return true;
	return false;
}

/* What the act left as it was belongs to the release again that it was of, unless somebody came since. */
static void
relabel(const struct undo *u, const struct observation *seen, struct plan *p)
{
	const struct back *b = u->back;
	struct manifest_line *to = arena_alloc(u->arena, b->manifest_count * sizeof(*to) + 1);

	p->relabel = to;
	for (size_t i = 0; i < b->manifest_count; i++) {
		const struct manifest_line *then = &b->manifest[i];
		const struct manifest_line *old =
		    line_of(b->manifest_old, b->manifest_old_count, then->resource);
		const struct manifest_line *now =
		    line_of(seen->manifest, seen->manifest_count, then->resource);

		if (old && now && !is_undone(u, then->resource) &&
		    str_eq(old->digest, now->digest) && str_eq(then->digest, now->digest) &&
		    str_eq(then->playbook, now->playbook) && str_eq(then->release, now->release) &&
		    !str_eq(old->release, now->release))
			to[p->relabel_count++] = *old;
	}
}

struct plan *
undo_plan(struct undo *u, const struct host *host, const struct observation *seen)
{
	const struct resource **wanted = arena_alloc(u->arena, u->count * sizeof(*wanted) + 1);
	struct found *found = arena_alloc(u->arena, u->count * sizeof(*found) + 1);
	struct plan *p;
	size_t n = 0;

	buf_init(&u->stale, 2000);
	for (size_t i = 0; i < u->count; i++) {
		const struct found *f = &seen->found[i];
		bool untouched = is_untouched(u, i, seen);

		if (is_kept_back(u, i, seen))
			continue;
		if (u->wanted[i]->retag && !f->id_there) {
			undo_cannot(u, u->item[i].step, "the image it was is no longer there");
			continue;
		}
		if (!untouched && (!u->force || undo_is_taken(&u->item[i], f))) {
			leave_alone(u, &u->item[i], seen);
			continue;
		}
		wanted[n] = u->wanted[i];
		found[n++] = *f;
	}
	u->stale_text = u->stale.len ? arena_strdup(u->arena, buf_text(&u->stale)) : NULL;
	buf_fini(&u->stale);
	p = plan_make(u->arena, host, wanted, found, n);
	if (only_restarts(p))
		calm(p);
	p->unmade = u->back->dirs;
	relabel(u, seen, p);
	for (size_t i = 0; i < p->note_count && p->notes[i]; i++)
		note(u, p->notes[i]);
	p->notes = u->note;
	p->note_count = u->notes;
	return p;
}

const char *
undo_stale(const struct undo *u)
{
	return u->stale_text;
}

const char *
undo_release(const struct undo *u)
{
	return arena_printf(u->arena, RELEASE "%s", u->uuid);
}

const char *
undo_release_of(const char *release)
{
	return str_starts(release, RELEASE) ? release + strlen(RELEASE) : NULL;
}

const char *
undo_playbook(const struct undo *u)
{
	return u->back->playbook;
}
