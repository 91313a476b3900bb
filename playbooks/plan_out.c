#include "playbooks/plan.h"

#include "base/arena.h"
#include "base/str.h"
#include "playbooks/plan_inner.h"

#include <string.h>

static bool
is_unit(const struct resource *r)
{
	return r->kind == RESOURCE_UNIT || r->kind == RESOURCE_USERUNIT ||
	       r->kind == RESOURCE_CONTAINER;
}

/* What units run on. */
static bool
bears_units(enum resource_kind kind)
{
	return kind == RESOURCE_IMAGE || kind == RESOURCE_USERIMAGE || kind == RESOURCE_VOLUME ||
	       kind == RESOURCE_NETWORK || kind == RESOURCE_LINGER || kind == RESOURCE_SUBIDS;
}

static bool
lies_in(const struct resource *inner, const struct resource *dir)
{
	size_t n = dir->path ? strlen(dir->path) : 0;

	return n && inner->path && strncmp(inner->path, dir->path, n) == 0 && inner->path[n] == '/';
}

/* Why a step behind it needs it; NULL: it does not. */
static const char *
need(struct arena *a, const struct plan_step *later, const struct plan_step *s)
{
	const struct resource *r = s->resource, *l = later->resource;

	if (r->parts && later->relies)
		return arena_printf(
		    a, "%s relies on what it does: %s", l->title, later->why ? later->why : "");
	if (bears_units(r->kind) && !r->absent && is_unit(l) && !l->absent)
		return arena_printf(a, "%s may run on it", l->title);
	if (s->class == PLAN_CREATE && lies_in(l, r) && !l->absent)
		return arena_printf(a, "%s lies in it", l->title);
	return NULL;
}

const char *
plan_bound(struct arena *a, const struct plan *p, const struct plan_step *s)
{
	if (s->class == PLAN_SAME)
		return "nothing would change";
	if (s->resource->app)
		return arena_printf(a, "it is a part of the app %s", s->resource->app);
	for (const struct plan_step *later = s + 1; later < p->steps + p->count; later++) {
		const char *why =
		    later->class == PLAN_SAME || later->out ? NULL : need(a, later, s);

		if (why)
			return why;
	}
	return NULL;
}

static bool
still_due(const struct plan *p, const struct follow_up *then)
{
	for (size_t i = 0; i < p->count; i++) {
		const struct plan_step *s = &p->steps[i];

		if ((s->class != PLAN_SAME || s->found->then_pending) &&
		    plan_same_follow_up(&s->resource->then, then))
			return true;
	}
	return false;
}

void
plan_drop_out(struct plan *p)
{
	size_t n = 0, then = 0;

	for (size_t i = 0; i < p->count; i++) {
		if (p->steps[i].out)
			p->by_class[p->steps[i].class]--;
		else
			p->steps[n++] = p->steps[i];
	}
	if (n == p->count)
		return;
	p->count = n;
	for (size_t i = 0; i < p->then_count; i++) {
		if (still_due(p, &p->then[i]))
			p->then[then++] = p->then[i];
	}
	p->then_count = then;
}
