#include "playbooks/plan.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/mem.h"
#include "base/str.h"
#include "playbooks/app.h"
#include "playbooks/diff.h"
#include "playbooks/kind.h"
#include "playbooks/kinds.h"
#include "playbooks/plan_inner.h"
#include "playbooks/said.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

static const struct {
	const char *name;
	char sign;
} classes[PLAN_CLASSES] = {
	[PLAN_SAME] = { "same", ' ' },
	[PLAN_CREATE] = { "create", '+' },
	[PLAN_CHANGE] = { "change", '~' },
	[PLAN_REMOVE] = { "remove", '-' },
	[PLAN_UNPREDICTED] = { "unpredicted", '?' },
};

const char *
plan_class_name(enum plan_class c)
{
	return classes[c].name;
}

char
plan_class_sign(enum plan_class c)
{
	return classes[c].sign;
}

void
plan_because(struct verdict *v, const char *fmt, ...)
{
	char text[600];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (v->why.len)
		buf_adds(&v->why, ", ");
	buf_adds(&v->why, text);
	if (v->step->class == PLAN_SAME)
		v->step->class = PLAN_CHANGE;
}

void
plan_refuse(struct verdict *v, const char *fmt, ...)
{
	char text[600];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	plan_because(v, "%s", text);
	if (!v->refused)
		v->refused = arena_strdup(v->arena, text);
}

void
plan_blocked(struct verdict *v, const char *fmt, ...)
{
	char text[600];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (!v->parted) {
		plan_refuse(v, "%s", text);
		return;
	}
	plan_because(v, "%s", text);
	v->step->relies = true;
}

static const char *
bare_id(const char *id)
{
	return str_starts(id, "sha256:") ? id + strlen("sha256:") : id;
}

static void
decide_image(struct verdict *v)
{
	const struct resource *r = v->step->resource;
	const struct found *f = v->step->found;
	const char *name = r->archive ? strrchr(r->archive, '/') : NULL;

	if (r->absent) {
		v->step->class = f->present ? PLAN_REMOVE : PLAN_SAME;
		return;
	}
	if (f->present &&
	    (!r->image_id[0] || strcmp(bare_id(f->image_id), bare_id(r->image_id)) == 0))
		return;
	if (r->retag && !f->id_there && !v->failed)
		v->failed = arena_printf(v->arena,
		    "%s: the image it had (%.12s) is no longer on the host: apply the playbook of "
		    "that "
		    "release instead",
		    r->id, r->image_id);
	if (f->present)
		plan_because(
		    v, "another image of this name is there (%.12s)", bare_id(f->image_id));
	else
		v->step->class = PLAN_CREATE;
	if (r->retag)
		plan_because(v, "the image %.12s gets the name", r->image_id);
	else if (r->archive)
		plan_because(v, "loaded from %s", name ? name + 1 : r->archive);
	else
		plan_because(v, "pulled");
}

/* Of the kinds that are not of the table. */
static void
decide_other(struct verdict *v)
{
	static void (*const decide_one[RESOURCE_KINDS])(struct verdict *) = {
		[RESOURCE_FILE] = plan_decide_file,
		[RESOURCE_UNIT] = plan_decide_unit,
		[RESOURCE_SERVICE] = plan_decide_service,
		[RESOURCE_IMAGE] = decide_image,
		[RESOURCE_RUN] = plan_decide_run,
	};
	enum resource_kind kind = v->step->resource->kind;

	if (kind < RESOURCE_KINDS && decide_one[kind])
		decide_one[kind](v);
}

/* The words for it were made when it was found. */
static void
decide_undoing(struct verdict *v)
{
	const struct undoing *u = v->step->resource->undoing;

	plan_because(v, u->made ? "removed again" : "put back as it was");
	v->step->doing = u->doing;
	v->step->back = u->back;
}

static void
decide(struct verdict *v, struct plan *p)
{
	const struct kind *kind = kind_find(v->step->resource->kind);

	const struct undoing *undoing = v->step->resource->undoing;

	if (v->step->resource->forgotten || (undoing && undoing->inside))
		return;
	if (kind && undoing && !resource_is_place(v->step->resource))
		decide_undoing(v);
	else if (kind)
		kind->decide(v);
	else
		decide_other(v);
	if (v->step->class != PLAN_SAME && v->step->found->lacks)
		plan_blocked(v, "the host has no %.100s", v->step->found->lacks);
	if (v->failed && !p->failed)
		p->failed = v->failed;
	if (v->refused && !p->refused)
		p->refused = arena_printf(v->arena, "%s: %s", v->step->resource->id, v->refused);
	if (v->why.len)
		v->step->why = arena_strdup(v->arena, buf_text(&v->why));
}

bool
plan_same_follow_up(const struct follow_up *a, const struct follow_up *b)
{
	size_t i = 0;

	if (a->kind != b->kind)
		return false;
	if (a->kind != FOLLOW_RUN)
		return str_eq(a->unit, b->unit);
	while (a->argv[i] && b->argv[i] && str_eq(a->argv[i], b->argv[i]))
		i++;
	return !a->argv[i] && !b->argv[i];
}

static void
collect_then(struct plan *p, const struct follow_up *then)
{
	if (then->kind == FOLLOW_NONE)
		return;
	for (size_t i = 0; i < p->then_count; i++)
		if (plan_same_follow_up(&p->then[i], then))
			return;
	p->then[p->then_count++] = *then;
}

static size_t
count_notes(const struct resource *r)
{
	size_t n = 0;

	while (r->notes && r->notes[n])
		n++;
	return n;
}

static void
collect_note(struct plan *p, const char *note)
{
	for (size_t i = 0; i < p->note_count; i++)
		if (str_eq(p->notes[i], note))
			return;
	p->notes[p->note_count++] = note;
}

static void
collect_notes(struct plan *p, const struct verdict *v)
{
	const struct resource *r = v->step->resource;

	for (size_t i = 0, n = count_notes(r); i < n; i++)
		collect_note(p, r->notes[i]);
	if (v->note)
		collect_note(p, v->note);
}

struct plan *
plan_make(struct arena *a, const struct host *host, const struct resource *const *wanted,
    const struct found *found, size_t count)
{
	struct plan *p = arena_alloc(a, sizeof(*p));
	size_t notes = 0;
	bool parted = false, moved = false;

	p->host = host;
	p->count = count;
	p->steps = arena_alloc(a, count * sizeof(*p->steps) + 1);
	p->then = arena_alloc(a, count * sizeof(*p->then) + 1);
	for (size_t i = 0; i < count; i++)
		notes += count_notes(wanted[i]) + 1;
	p->notes = arena_alloc(a, notes * sizeof(*p->notes) + 1);
	for (size_t i = 0; i < count; i++) {
		struct plan_step *s = &p->steps[i];
		struct verdict v = { .arena = a,
			.why = BUF_INIT(2000),
			.step = s,
			.parted = parted,
			.moved = moved };

		s->resource = wanted[i];
		s->found = &found[i];
		s->class = PLAN_SAME;
		decide(&v, p);
		buf_fini(&v.why);
		p->by_class[s->class]++;
		if (s->class == PLAN_SAME)
			continue;
		/* A fetch leaves the host as it is. */
		moved = moved || wanted[i]->kind != RESOURCE_FETCH;
		parted = parted || wanted[i]->parts;
		collect_then(p, &wanted[i]->then);
		collect_notes(p, &v);
	}
	kind_dir_plan(p);
	kind_export_plan(a, p);
	return p;
}

bool
plan_changes(const struct plan *p)
{
	return p->by_class[PLAN_SAME] != p->count;
}
