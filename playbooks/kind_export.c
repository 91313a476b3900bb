/* What a volume holds, kept with the act before what runs on it on a pet changes. Whether that is due is told by
 * the steps of the units, once they are decided. */
#include "playbooks/kind.h"
#include "playbooks/kinds.h"
#include "playbooks/plan.h"
#include "playbooks/said.h"

#include "base/arena.h"
#include "base/mem.h"
#include "base/str.h"

#include <stdio.h>
#include <string.h>

extern const char host_look_export_sh[], host_do_export_sh[], host_podman_sh[];

#define LIMIT_MS  3600000
#define MOST_KIB  (INT64_C(4) << 20)
#define SPARE_KIB 8192 /* what must stay free beside it */
#define HEAD      4    /* words in front of the units */

static bool
uses(const struct resource *r, const char *what)
{
	bool counts = r->kind == RESOURCE_UNIT && !r->absent;

	for (const char *const *e = counts ? r->exports : NULL; e && *e; e++) {
		if (str_eq(*e, what))
			return true;
	}
	return false;
}

static const char *const *
users(struct arena *a, const struct resource *const *wanted, size_t count, const char *what)
{
	const char **unit = arena_alloc(a, (count + 1) * sizeof(*unit));
	size_t n = 0;

	for (size_t i = 0; i < count; i++) {
		if (uses(wanted[i], what))
			unit[n++] = wanted[i]->unit;
	}
	return unit;
}

static const char *
name_of(struct arena *a, const char *what)
{
	return *what == '/' ? what : arena_printf(a, "volume %s", what);
}

static struct resource *
make(struct arena *a, const struct resource *unit, const char *what, const char *const *units)
{
	struct resource *r = arena_alloc(a, sizeof(*r));
	const char **look = arena_alloc(a, 2 * sizeof(*look));

	look[0] = what;
	r->kind = RESOURCE_EXPORT;
	r->id = arena_printf(a, "export %s", what);
	r->title = arena_printf(a, "export of %s", name_of(a, what));
	r->app = unit->app;
	r->mark = unit->mark;
	r->look = look;
	r->detail = units;
	r->limit_ms = LIMIT_MS;
	return r;
}

/* In front of all that is of the same app. */
static size_t
place_of(const struct resource *const *wanted, size_t unit)
{
	for (size_t i = 0; wanted[unit]->app && i < unit; i++) {
		if (wanted[i]->app && wanted[i]->kind != RESOURCE_IMAGE &&
		    str_eq(wanted[i]->app, wanted[unit]->app))
			return i;
	}
	return unit;
}

struct insertion {
	size_t at;
	const struct resource *resource;
};

static size_t
find_insertions(
    struct arena *a, const struct resource *const *wanted, size_t count, struct insertion **ret)
{
	struct insertion *list = NULL;
	size_t n = 0, cap = 0;

	for (size_t i = 0; i < count; i++) {
		const char *const *e = wanted[i]->exports;

		for (; e && *e && uses(wanted[i], *e); e++) {
			size_t earlier = 0;

			while (earlier < i && !uses(wanted[earlier], *e))
				earlier++;
			if (earlier < i)
				continue;
			mem_grow(list, n, cap);
			list[n++] = (struct insertion){ place_of(wanted, i),
				make(a, wanted[i], *e, users(a, wanted, count, *e)) };
		}
	}
	*ret = list;
	return n;
}

const struct resource *const *
kind_export_insert(struct arena *a, const struct resource *const *wanted, size_t *count)
{
	autofree struct insertion *list = NULL;
	size_t n = find_insertions(a, wanted, *count, &list), at = 0;
	const struct resource **all;

	if (n == 0)
		return wanted;
	all = arena_alloc(a, (*count + n + 1) * sizeof(*all));
	for (size_t i = 0; i < *count; i++) {
		for (size_t k = 0; k < n; k++) {
			if (list[k].at == i)
				all[at++] = list[k].resource;
		}
		all[at++] = wanted[i];
	}
	*count = at;
	return all;
}

static const char *const *
words(
    struct arena *a, const char *verb, const char *what, const char *from, const char *const *units)
{
	size_t n = 0;
	const char **word;

	while (units[n])
		n++;
	word = arena_alloc(a, (HEAD + n + 1) * sizeof(*word));
	word[0] = verb;
	word[1] = what;
	word[2] = from;
	word[3] = arena_printf(a, "%lld", (long long)MOST_KIB);
	memcpy((void *)(word + HEAD), units, n * sizeof(*word));
	return word;
}

bool
kind_export_take_back(struct arena *a, const char *const *did, const char *run, struct resource *r,
    struct undoing *how)
{
	size_t n = 0;

	while (did && did[n])
		n++;
	if (n < HEAD)
		return false;
	r->title = arena_printf(a, "%s, as that run found it", name_of(a, did[1]));
	r->limit_ms = LIMIT_MS;
	how->made = false;
	how->doing = words(a, "restore", did[1], run, did + HEAD);
	how->back = words(a, "restore", did[1], "self", did + HEAD);
	return true;
}

bool
kind_export_concerns(const char *const *doing, const char *unit)
{
	for (const char *const *u = doing + HEAD; *u; u++) {
		if (str_eq(*u, unit))
			return true;
	}
	return false;
}

/* More of it changes than whether it runs. */
static bool
is_changed(const struct plan_step *s)
{
	const struct resource *r = s->resource;
	const struct found *f = s->found;

	if (s->class == PLAN_SAME || r->undoing)
		return s->class != PLAN_SAME;
	return s->restart || s->reload || f->kind != 'f' || strcmp(f->digest, r->digest) != 0 ||
	       (r->config_digest && strcmp(f->config_digest, r->config_digest) != 0);
}

/* The unit for which it is due; NULL: it is not. */
static const struct plan_step *
cause(const struct plan *p, const struct plan_step *export)
{
	for (size_t i = 0; i < p->count; i++) {
		const struct plan_step *s = &p->steps[i];
		bool concerned = s->resource->unit &&
				 (export->resource->undoing
					 ? kind_export_concerns(export->doing, s->resource->unit)
					 : uses(s->resource, export->resource->look[0]));

		if (concerned && is_changed(s))
			return s;
	}
	return NULL;
}

static const char *
size_words(struct arena *a, int64_t kib)
{
	return kib < 1024 ? arena_printf(a, "%lld KiB", (long long)kib)
			  : arena_printf(a, "%lld MiB", (long long)(kib + 1023) / 1024);
}

/* -1: it was not told. */
static int64_t
told(struct arena *a, const struct plan_step *s, const char *key)
{
	const char *text = said_value(a, s->found->said, key);
	int64_t n;

	return text && str_int(text, 0, INT64_MAX / 2048, &n) ? n : -1;
}

/* What is not sure to find room is not begun. */
static void
refuse(struct arena *a, struct plan *p, const struct plan_step *s, int64_t needed)
{
	const char *what = name_of(a, s->resource->look[0]);
	int64_t size = told(a, s, "size"), room = told(a, s, "room"), older = told(a, s, "older");

	if (p->refused || size < 0)
		return;
	if (size > MOST_KIB)
		p->refused = arena_printf(a,
		    "%s holds %s, and at most %s are exported before a change: keep it by another "
		    "way and say export: false",
		    what, size_words(a, size), size_words(a, MOST_KIB));
	else if (room >= 0 && needed + SPARE_KIB > room)
		p->refused = arena_printf(a,
		    "%s holds %s, and where it would be exported to, /var/lib/drover, there are %s "
		    "left; exports of earlier runs take %s there",
		    what, size_words(a, size), size_words(a, room),
		    size_words(a, older < 0 ? 0 : older));
}

static void
propose(struct arena *a, struct plan *p, struct plan_step *s, const struct plan_step *unit)
{
	const char *const *units = s->resource->detail;
	int64_t size = told(a, s, "size");

	p->by_class[s->class]--;
	s->class = PLAN_CREATE;
	p->by_class[s->class]++;
	s->why = arena_printf(a,
	    "%s%s, compressed, in /var/lib/drover/runs/RUN/volumes, before %s changes",
	    size < 0 ? "at most " : "", size_words(a, size < 0 ? MOST_KIB : size),
	    unit->resource->title);
	s->doing = words(a, "export", s->resource->look[0], "-", units);
	s->back = words(a, "restore", s->resource->look[0], "self", units);
}

void
kind_export_plan(struct arena *a, struct plan *p)
{
	int64_t needed = 0;

	for (size_t i = 0; i < p->count; i++) {
		struct plan_step *s = &p->steps[i];
		const struct plan_step *unit;

		if (s->resource->kind != RESOURCE_EXPORT)
			continue;
		unit = cause(p, s);
		if (!unit) {
			p->by_class[s->class]--;
			s->class = PLAN_SAME;
			p->by_class[PLAN_SAME]++;
			s->doing = s->back = NULL;
		} else if (!s->resource->undoing && said_has(s->found->said, "full")) {
			propose(a, p, s, unit);
			needed += told(a, s, "size") > 0 ? told(a, s, "size") : 0;
			refuse(a, p, s, needed);
		}
	}
}

/* By itself it is never due: see kind_export_plan(). */
static void
decide(struct verdict *v)
{
	(void)v;
}

const struct kind kind_export = {
	.kind = RESOURCE_EXPORT,
	.name = "export",
	.decide = decide,
	.common = host_podman_sh,
	.look = host_look_export_sh,
	.carry = host_do_export_sh,
};
