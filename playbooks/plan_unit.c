#include "playbooks/plan.h"

#include "base/arena.h"
#include "base/str.h"
#include "playbooks/plan_inner.h"
#include "playbooks/said.h"

#include <string.h>

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

	plan_decide_gone(v);
	if (is_active(f) || str_eq(f->active, "activating"))
		plan_because(v, "stop");
	if (str_starts(f->enabled, "enabled"))
		plan_because(v, "disable");
	if (v->step->class == PLAN_CHANGE)
		v->step->class = PLAN_REMOVE;
}

/* How the host's systemd measures the sandbox. */
static void
note_exposure(struct verdict *v)
{
	const struct resource *r = v->step->resource;
	const char *score = said_value(v->arena, v->step->found->said, "score");
	const char *why = said_value(v->arena, v->step->found->said, "unscored");

	if (score)
		v->note = arena_printf(v->arena,
		    "sandbox of %s: exposure %.20s, from 0 to 10, by systemd-analyze security",
		    r->app, score);
	else if (why)
		v->note = arena_printf(v->arena,
		    "sandbox of %s: exposure not known on this host: %.200s", r->app, why);
}

/* One that no task makes and that the host does not have: its container could not start. */
static void
need_network(struct verdict *v)
{
	static const char *const words[] = { "none", "host", "bridge", NULL };
	const char *const *look = v->step->resource->look;
	const char *near;

	if (v->step->class == PLAN_SAME || !look || !look[0] || !look[1] ||
	    !said_has(v->step->found->said, "nonetwork"))
		return;
	near = str_nearest(look[1], words);
	plan_blocked(v, "the host has no network %s%s%s%s", look[1], near ? "; did you mean " : "",
	    near ? near : "", near ? "?" : "");
}

void
plan_decide_unit(struct verdict *v)
{
	const struct resource *r = v->step->resource;
	const struct found *f = v->step->found;
	bool there = f->present && f->kind != '-';

	if (plan_is_foreign(v))
		return;
	if (r->native)
		note_exposure(v);
	if (r->absent) {
		decide_unit_gone(v);
		return;
	}
	if (there) {
		plan_decide_file(v);
	} else {
		plan_decide_contents(v);
	}
	if (there && f->kind == 'f') {
		decide_enabled(v);
		decide_state(v);
		decide_restart(v, strcmp(f->digest, r->digest) != 0);
	}
	need_network(v);
}

void
plan_decide_service(struct verdict *v)
{
	const struct resource *r = v->step->resource;
	const struct found *f = v->step->found;

	if (f->present) {
		decide_enabled(v);
		decide_state(v);
	} else if (r->state == WANT_STARTED || r->state == WANT_RESTARTED ||
		   r->state == WANT_RELOADED || r->enabled == WANT_ENABLED) {
		if (v->moved || r->undoing)
			plan_because(v, "no such unit yet");
		else
			plan_refuse(v, "the host has no such unit");
	}
}
