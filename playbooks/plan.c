#include "playbooks/plan.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/mem.h"
#include "base/str.h"
#include "playbooks/app.h"
#include "playbooks/diff.h"
#include "playbooks/kind.h"
#include "playbooks/plan_inner.h"
#include "playbooks/said.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define DIFF_LINES 400

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
	if (v->parted)
		plan_because(v, "%s", text);
	else
		plan_refuse(v, "%s", text);
}

static bool
is_text(const char *p, size_t n)
{
	return n == 0 || !memchr(p, '\0', n);
}

/* Contents as a diff where both sides may be shown, else in words. */
static void
decide_contents(struct verdict *v)
{
	const struct resource *r = v->step->resource;
	const struct found *f = v->step->found;
	bool absent = f->kind == '-' || !f->present;
	bool shown = !r->secret && !(f->hidden && !absent) && r->content &&
		     is_text(r->content, r->content_len) && (absent || (f->content && f->is_text));

	if (!absent && strcmp(f->digest, r->digest) == 0)
		return;
	if (absent)
		v->step->class = PLAN_CREATE;
	else if (!shown && (r->secret || f->hidden))
		plan_because(v, "contents differ (not shown: secret)");
	else if (!shown)
		plan_because(v, "contents differ (not shown: binary or too large)");
	else
		v->step->class = PLAN_CHANGE;
	if (!shown)
		return;
	char *diff = text_diff(r->path, absent ? NULL : f->content, absent ? 0 : f->content_len,
	    r->content, r->content_len, DIFF_LINES);
	v->step->diff = diff ? arena_strdup(v->arena, diff) : NULL;
	free(diff);
}

static void
decide_owner(struct verdict *v, const char *what, const char *found, const char *wanted)
{
	if (strcmp(found, wanted) != 0)
		plan_because(v, "%s %s -> %s", what, found, wanted);
}

const char *
plan_standing(const struct found *f)
{
	switch (f->kind) {
	case 'f':
		return "a file";
	case 'd':
		return "a directory";
	case 'l':
		return "a link";
	default:
		return "a special file";
	}
}

void
plan_decide_owners(struct verdict *v)
{
	const struct resource *r = v->step->resource;
	const struct found *f = v->step->found;

	if (r->mode != RESOURCE_KEEP && (f->mode & 07777) != (r->mode & 07777))
		plan_because(v, "mode %04o -> %04o", f->mode & 07777, r->mode & 07777);
	if (r->owner)
		decide_owner(v, "owner", f->owner, r->owner);
	if (r->group)
		decide_owner(v, "group", f->group, r->group);
}

/* A file or link that is to go; what it held is shown where it may be. */
static void
decide_gone(struct verdict *v)
{
	const struct resource *r = v->step->resource;
	const struct found *f = v->step->found;

	if (!f->present || f->kind == '-')
		return;
	if (f->kind != 'f' && f->kind != 'l') {
		plan_blocked(v, "%s stands there, not a file", plan_standing(f));
		return;
	}
	v->step->class = PLAN_REMOVE;
	if (f->target)
		plan_because(v, "a link to %.200s", f->target);
	if (r->secret || f->hidden || !f->content || !f->is_text)
		return;
	char *diff = text_diff(r->path, f->content, f->content_len, NULL, 0, DIFF_LINES);
	v->step->diff = diff ? arena_strdup(v->arena, diff) : NULL;
	free(diff);
}

static void
decide_file(struct verdict *v)
{
	const struct resource *r = v->step->resource;
	const struct found *f = v->step->found;

	if (r->absent) {
		decide_gone(v);
		return;
	}
	if (!f->present || f->kind == '-') {
		decide_contents(v);
		return;
	}
	if (f->kind == 'l') {
		plan_because(v, "a link stands there, to %.200s", f->target ? f->target : "?");
		return;
	}
	if (f->kind != 'f') {
		plan_blocked(v, "%s stands there", plan_standing(f));
		return;
	}
	decide_contents(v);
	plan_decide_owners(v);
	if (!r->owner)
		decide_owner(v, "owner", f->owner, "root");
	if (!r->group)
		decide_owner(v, "group", f->group, "root");
}

static void
decide_enabled(struct verdict *v)
{
	const struct resource *r = v->step->resource;
	const char *now = v->step->found->enabled;
	bool on = str_eq(now, "enabled") || str_eq(now, "enabled-runtime");
	bool fixed = str_eq(now, "static") || str_eq(now, "indirect") || str_eq(now, "generated") ||
		     str_eq(now, "alias") || str_eq(now, "transient");

	if (r->enabled == WANT_ENABLED && !on && !fixed)
		plan_because(v, "%s -> enabled", *now ? now : "disabled");
	if (r->enabled == WANT_DISABLED && on)
		plan_because(v, "enabled -> disabled");
}

static bool
is_active(const struct found *f)
{
	return str_eq(f->active, "active") || str_eq(f->active, "reloading");
}

static void
decide_state(struct verdict *v)
{
	const struct resource *r = v->step->resource;
	const struct found *f = v->step->found;
	const char *now = *f->active ? f->active : "inactive";

	switch (r->state) {
	case WANT_UNSAID:
		break;
	case WANT_STARTED:
		if (!is_active(f))
			plan_because(
			    v, str_eq(now, "inactive") ? "not running" : "not running (%s)", now);
		break;
	case WANT_STOPPED:
		if (is_active(f) || str_eq(now, "activating"))
			plan_because(v, "running -> stopped");
		break;
	case WANT_RESTARTED:
		v->step->restart = true;
		plan_because(v, "restart asked for");
		break;
	case WANT_RELOADED:
		v->step->reload = true;
		plan_because(v, "reload asked for");
		break;
	}
}

/* A running unit whose configuration is another than the one it was started with. */
static void
decide_restart(struct verdict *v, bool contents_differ)
{
	const struct resource *r = v->step->resource;
	const struct found *f = v->step->found;
	bool owned = f->owned || r->undoing;
	bool config_differs =
	    r->config_digest && owned && strcmp(f->config_digest, r->config_digest) != 0;

	if (!owned)
		plan_because(v, "not yet in drover's manifest");
	else if (config_differs && !contents_differ)
		plan_because(v, "its files or its image changed");
	if (!is_active(f) || !(contents_differ || config_differs || !owned))
		return;
	switch (r->on_change) {
	case ON_CHANGE_RESTART:
		v->step->restart = true;
		plan_because(v, "restart");
		break;
	case ON_CHANGE_RELOAD:
		v->step->reload = true;
		plan_because(v, "reload");
		break;
	case ON_CHANGE_NONE:
		plan_because(v, "no restart (on_change: none)");
		break;
	}
}

static void
decide_unit_gone(struct verdict *v)
{
	const struct found *f = v->step->found;

	decide_gone(v);
	if (is_active(f) || str_eq(f->active, "activating"))
		plan_because(v, "stop");
	if (str_starts(f->enabled, "enabled"))
		plan_because(v, "disable");
	if (v->step->class == PLAN_CHANGE)
		v->step->class = PLAN_REMOVE;
}

static void
decide_unit(struct verdict *v)
{
	const struct resource *r = v->step->resource;
	const struct found *f = v->step->found;
	bool there = f->present && f->kind != '-';

	if (plan_is_foreign(v))
		return;
	if (r->absent) {
		decide_unit_gone(v);
		return;
	}
	if (!there) {
		decide_contents(v);
		return;
	}
	decide_file(v);
	if (f->kind != 'f')
		return;
	decide_enabled(v);
	decide_state(v);
	decide_restart(v, strcmp(f->digest, r->digest) != 0);
}

static void
decide_service(struct verdict *v)
{
	const struct resource *r = v->step->resource;
	const struct found *f = v->step->found;

	if (f->present) {
		decide_enabled(v);
		decide_state(v);
	} else if (r->state == WANT_STARTED || r->state == WANT_RESTARTED ||
		   r->state == WANT_RELOADED || r->enabled == WANT_ENABLED) {
		plan_because(v, "no such unit yet");
	}
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
	if (f->present)
		plan_because(
		    v, "another image of this name is there (%.12s)", bare_id(f->image_id));
	else
		v->step->class = PLAN_CREATE;
	if (r->archive)
		plan_because(v, "loaded from %s", name ? name + 1 : r->archive);
	else
		plan_because(v, "pulled");
}

/* Of the kinds that are not of the table. */
static void
decide_other(struct verdict *v)
{
	static void (*const decide_one[RESOURCE_KINDS])(struct verdict *) = {
		[RESOURCE_FILE] = decide_file,
		[RESOURCE_UNIT] = decide_unit,
		[RESOURCE_SERVICE] = decide_service,
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
	if (v->failed && !p->failed)
		p->failed = v->failed;
	if (v->refused && !p->refused)
		p->refused = arena_printf(v->arena, "%s: %s", v->step->resource->id, v->refused);
	if (v->why.len)
		v->step->why = arena_strdup(v->arena, buf_text(&v->why));
}

static bool
same_follow_up(const struct follow_up *a, const struct follow_up *b)
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
		if (same_follow_up(&p->then[i], then))
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
collect_notes(struct plan *p, const struct resource *r)
{
	for (size_t i = 0, n = count_notes(r); i < n; i++) {
		bool said = false;

		for (size_t j = 0; j < p->note_count; j++)
			said = said || str_eq(p->notes[j], r->notes[i]);
		if (!said)
			p->notes[p->note_count++] = r->notes[i];
	}
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
		notes += count_notes(wanted[i]);
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
		collect_notes(p, wanted[i]);
	}
	return p;
}

bool
plan_changes(const struct plan *p)
{
	return p->by_class[PLAN_SAME] != p->count;
}

/* Keep the first max lines and say how many were left out. */
static void
cut(struct buf *b, size_t lines, size_t max)
{
	size_t at = 0;

	if (lines <= max)
		return;
	for (size_t i = 0; i < max; i++)
		at = (size_t)((const char *)memchr(b->data + at, '\n', b->len - at) - b->data) + 1;
	b->len = at;
	b->data[at] = '\0';
	buf_addf(b, "... %zu more line%s\n", lines - max, lines - max == 1 ? "" : "s");
}

char *
text_diff(const char *name, const char *from, size_t from_len, const char *to, size_t to_len,
    int max_lines)
{
	autobuf b = BUF_INIT(SIZE_MAX / 2);
	size_t lines = 2;

	if (!from == !to && from_len == to_len && (!from || memcmp(from, to, to_len) == 0))
		return NULL;
	while (*name == '/')
		name++;
	if (from)
		buf_addf(&b, "--- a/%s\n", name);
	else
		buf_adds(&b, "--- /dev/null\n");
	if (to)
		buf_addf(&b, "+++ b/%s\n", name);
	else
		buf_adds(&b, "+++ /dev/null\n");
	if (!is_text(from, from_len) || !is_text(to, to_len))
		buf_addf(&b, "binary contents, %zu -> %zu bytes\n", from_len, to_len);
	else
		lines += diff_unified(
		    (struct diff_text){ from, from_len }, (struct diff_text){ to, to_len }, &b);
	cut(&b, lines, max_lines > 0 ? (size_t)max_lines : lines);
	return buf_detach(&b, NULL);
}
