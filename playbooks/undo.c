/* What was found since decides which of the wishes are carried out: the plan. */
#include "playbooks/undo.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/mem.h"
#include "base/str.h"
#include "playbooks/back.h"
#include "playbooks/kinds.h"
#include "playbooks/observation.h"
#include "playbooks/plan.h"
#include "playbooks/undo_inner.h"

#include <string.h>

#define RELEASE "undo of "

static bool
unit_is_left(const struct item *item, const struct found *f)
{
	const struct back_unit *unit = item->step->unit;
	const struct resource *r = item->resource;
	bool on = undo_is_enabled(f->enabled);

	if (r->absent || !unit->before || r->enabled == WANT_ENABLED_UNSAID)
		return true;
	return unit->after && (on == undo_is_enabled(unit->after->enabled) ||
				  on == undo_is_enabled(unit->before->enabled));
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
	if (r->retag && undo_is_image_id(item->after))
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
	const struct manifest_line *now = undo_line_of(seen->manifest, seen->manifest_count, id);
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
	const struct manifest_line *now = undo_line_of(seen->manifest, seen->manifest_count, id);
	const struct manifest_line *then =
	    undo_line_of(u->back->manifest, u->back->manifest_count, id);

	return now && then && !str_eq(now->playbook, then->playbook) &&
	       !(item->resource->undoing->line &&
		   str_eq(now->playbook, item->resource->undoing->line->playbook));
}

static void
leave_alone(struct undo *u, const struct item *item, const struct observation *seen)
{
	const char *who = by_whom(u, item, seen);

	undo_note(u, arena_printf(u->arena, "not touched: %.300s: changed since, %s",
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
		undo_note(u, arena_printf(u->arena, "not touched: %.200s: %.100s was changed since",
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
		    undo_line_of(b->manifest_old, b->manifest_old_count, then->resource);
		const struct manifest_line *now =
		    undo_line_of(seen->manifest, seen->manifest_count, then->resource);

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
		undo_note(u, p->notes[i]);
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
