#include "playbooks/app.h"
#include "playbooks/diff.h"
#include "playbooks/kind.h"
#include "playbooks/kinds.h"
#include "playbooks/notes.h"
#include "playbooks/plan.h"
#include "playbooks/plan_inner.h"
#include "playbooks/podman.h"
#include "playbooks/said.h"

#include "base/arena.h"
#include "base/digest.h"
#include "base/mem.h"
#include "base/str.h"

#include <string.h>

extern const char host_look_userunit_sh[], host_do_userunit_sh[], host_podman_sh[];

/* As an ordinary unit or service it was worked out; here is what is left of that. */
struct userunit {
	const char *unit, *content; /* content NULL: a service that drover does not own */
	bool made;                  /* drover makes its text: of another hand it is refused */
	const char *word;           /* USER/UNIT */
};

/* more: what is looked for beside the unit: its container, its network, its lowest port; ended by NULL. */
static void
fill(struct arena *a, struct resource *r, struct userunit *u, const char *const *more)
{
	const char **look = arena_alloc(a, 6 * sizeof(*look));
	size_t n = 0;

	u->word = arena_printf(a, "%s/%s", r->user, u->unit);
	look[n++] = r->user;
	look[n++] = u->unit;
	while (more && *more && n < 5)
		look[n++] = *more++;
	if (n == 2)
		look[n++] = "-";
	r->look = look;
	r->detail = u;
}

/* What is a user's is not exported: its plan says so. */
static void
note_unkept(struct arena *a, const char *user, struct resource *r)
{
	struct notes notes = { .arena = a };

	for (const char *const *n = r->notes; n && *n; n++)
		notes_add(&notes, "%s", *n);
	for (const char *const *e = r->exports; e && *e; e++)
		notes_add(&notes,
		    "not kept before %s changes: what is in volume %s of %s, a user's", r->title,
		    *e, user);
	r->notes = notes.item;
	r->exports = NULL;
}

void
kind_userunit_take(struct arena *a, const char *user, struct resource *r)
{
	struct userunit *u = arena_alloc(a, sizeof(*u));
	bool titled = r->title && !str_eq(r->title, r->unit);

	*u = (struct userunit){ .unit = r->unit,
		.content = r->kind == RESOURCE_UNIT ? r->content : NULL,
		.made = r->look };
	r->id = podman_id(a, r->kind == RESOURCE_UNIT ? "userunit" : "userservice", u->unit, user);
	r->kind = RESOURCE_USERUNIT;
	r->title = arena_printf(a, "%s of %s", titled ? r->title : u->unit, user);
	r->user = user;
	r->path = r->unit = NULL;
	note_unkept(a, user, r);
	fill(a, r, u, r->look);
}

void
kind_userunit_again(struct arena *a, struct resource *r)
{
	struct userunit *u = arena_alloc(a, sizeof(*u));

	podman_parse_id(a, r->id, &u->unit, &r->user);
	u->content = r->content;
	u->made = true;
	fill(a, r, u, r->look && r->look[0] && r->look[1] ? r->look + 2 : NULL);
}

const char *
kind_userunit_word(const struct resource *r)
{
	return ((const struct userunit *)r->detail)->word;
}

static void
away(struct arena *a, struct resource *r)
{
	struct userunit *u = arena_alloc(a, sizeof(*u));

	podman_parse_id(a, r->id, &u->unit, &r->user);
	r->title = r->id;
	fill(a, r, u, NULL);
}

/* The unit's text as it was found; NULL when it was not told. */
static const char *
found_text(struct verdict *v, size_t *ret_len)
{
	const char *coded = said_value(v->arena, v->step->found->said, "content");
	autofree uint8_t *text = coded ? digest_unbase64(coded, strlen(coded), ret_len) : NULL;

	if (!text || memchr(text, '\0', *ret_len))
		return NULL;
	return arena_memdup0(v->arena, (const char *)text, *ret_len);
}

static bool
is_ours(struct verdict *v, const char *text)
{
	return v->step->found->owned || (text && str_starts(text, APP_UNIT_MARK));
}

static void
decide_text(struct verdict *v, const struct userunit *u, const char *digest)
{
	size_t len = 0, wanted = strlen(u->content);
	const char *text = digest ? found_text(v, &len) : "";
	char *diff;

	if (!digest)
		v->step->class = PLAN_CREATE;
	else if (text)
		v->step->class = PLAN_CHANGE;
	else
		plan_because(v, "contents differ (not shown: binary or too large)");
	if (!text)
		return;
	diff = diff_file(u->unit, (struct diff_text){ digest ? text : NULL, len },
	    (struct diff_text){ u->content, wanted }, DIFF_LINES);
	v->step->diff = diff ? arena_strdup(v->arena, diff) : NULL;
	free(diff);
}

static bool
is_on(const char *state)
{
	return state && (str_eq(state, "active") || str_eq(state, "reloading"));
}

/* What must be done to its state, as systemctl names it; NULL: nothing. */
static const char *
verb(struct verdict *v, bool differs)
{
	const struct resource *r = v->step->resource;
	const char *now = said_value(v->arena, v->step->found->said, "ActiveState");
	const bool on = is_on(now);

	switch (r->state) {
	case WANT_STOPPED:
		if (on || (now && str_eq(now, "activating"))) {
			plan_because(v, "running -> stopped");
			return "stop";
		}
		return NULL;
	case WANT_RESTARTED:
		plan_because(v, "restart asked for");
		return "restart";
	case WANT_RELOADED:
		plan_because(v, "reload asked for");
		return "reload-or-restart";
	case WANT_STARTED:
		if (on)
			break;
		if (!now || str_eq(now, "inactive"))
			plan_because(v, "not running");
		else
			plan_because(v, "not running (%.40s)", now);
		return "start";
	case WANT_UNSAID:
		break;
	}
	if (!on || !differs || r->on_change == ON_CHANGE_NONE)
		return NULL;
	plan_because(v, r->on_change == ON_CHANGE_RELOAD ? "reload" : "restart");
	return r->on_change == ON_CHANGE_RELOAD ? "reload-or-restart" : "restart";
}

static const char *
enabling(struct verdict *v)
{
	const struct resource *r = v->step->resource;
	const char *now = said_value(v->arena, v->step->found->said, "UnitFileState");
	bool on = now && str_starts(now, "enabled");
	bool fixed = now && (str_eq(now, "static") || str_eq(now, "indirect") ||
				str_eq(now, "generated") || str_eq(now, "alias"));

	if (r->enabled == WANT_ENABLED && !on && !fixed) {
		plan_because(v, "%.40s -> enabled", now && *now ? now : "disabled");
		return "enable";
	}
	if (r->enabled == WANT_DISABLED && on) {
		plan_because(v, "enabled -> disabled");
		return "disable";
	}
	return "-";
}

bool
kind_userunit_ran(const struct found *f)
{
	return said_has(f->said, "ActiveState active") ||
	       said_has(f->said, "ActiveState reloading");
}

static const char *const *
words(struct verdict *v, const char *file, const char *what, const char *enable, const char *text)
{
	const char **word = arena_alloc(v->arena, 7 * sizeof(*word));
	const struct userunit *u = v->step->resource->detail;

	word[0] = v->step->resource->user;
	word[1] = u->unit;
	word[2] = file;
	word[3] = what ? what : "-";
	word[4] = enable;
	word[5] = text;
	return word;
}

/* What puts back what was found. */
static const char *const *
back_words(struct verdict *v, const char *digest, const char *file)
{
	const char *said = v->step->found->said;
	const char *was = said_value(v->arena, said, "ActiveState");
	const char *kept = said_value(v->arena, said, "UnitFileState");
	size_t len;
	const char *text = digest ? found_text(v, &len) : NULL;

	if (!digest && str_eq(file, "write"))
		return words(v, "remove", NULL, "-", NULL);
	if (!str_eq(file, "keep") && !text)
		return NULL;
	return words(v, str_eq(file, "keep") ? "keep" : "write", is_on(was) ? "restart" : "stop",
	    kept && str_starts(kept, "enabled") ? "enable"
	    : kept && str_eq(kept, "disabled")  ? "disable"
						: "-",
	    str_eq(file, "keep") ? NULL : text);
}

static void
decide_away(struct verdict *v, const char *digest)
{
	const struct userunit *u = v->step->resource->detail;
	size_t len;

	if (!digest)
		return;
	if (u->made && !is_ours(v, found_text(v, &len))) {
		plan_refuse(v, "%s: a unit of this name is there that drover did not make",
		    v->step->resource->title);
		return;
	}
	v->step->class = PLAN_REMOVE;
	v->step->doing = words(v, "remove", NULL, "-", NULL);
	v->step->back = back_words(v, digest, "remove");
}

static bool
is_refused(struct verdict *v, const struct userunit *u, const char *digest)
{
	const char *said = v->step->found->said, *title = v->step->resource->title;
	size_t len;

	if (!u->made || v->step->found->owned)
		return false;
	if (digest && !is_ours(v, found_text(v, &len)))
		plan_refuse(v, "%s: a unit of this name is there that drover did not make", title);
	else if (!digest && said_has(said, "container"))
		plan_refuse(
		    v, "%s: a container of this name is there that drover did not make", title);
	else
		return false;
	return true;
}

/* What its container could not start without. */
static void
need(struct verdict *v)
{
	const struct resource *r = v->step->resource;
	const char *const *look = r->look;
	const char *lowest = said_value(v->arena, v->step->found->said, "lowport");

	if (v->step->class == PLAN_SAME || !look[2] || !look[3])
		return;
	if (said_has(v->step->found->said, "nonetwork"))
		plan_blocked(v, "%s has no network %s", r->user, look[3]);
	if (lowest && look[4])
		plan_blocked(v,
		    "port %s: what is no root's may listen from port %.10s on there "
		    "(net.ipv4.ip_unprivileged_port_start)",
		    look[4], lowest);
}

/* Of all that only a restart would pick up. */
static const char *
config_of(const struct resource *r)
{
	return r->config_digest ? r->config_digest : r->digest;
}

static void
decide(struct verdict *v)
{
	const struct resource *r = v->step->resource;
	const struct userunit *u = r->detail;
	const struct found *f = v->step->found;
	const char *digest = said_value(v->arena, f->said, "digest"), *what, *enable;
	char wanted[DIGEST_HEX] = "";
	bool text_differs, config_differs;

	if (r->absent) {
		decide_away(v, digest);
		return;
	}
	if (is_refused(v, u, digest))
		return;
	if (u->content)
		digest_hex(u->content, strlen(u->content), wanted);
	text_differs = u->content && (!digest || strcmp(digest, wanted) != 0);
	config_differs = u->content && (!f->owned || strcmp(f->config_digest, config_of(r)) != 0);
	if (text_differs)
		decide_text(v, u, digest);
	else if (u->content && !f->owned)
		plan_because(v, "not yet in drover's manifest");
	else if (config_differs)
		plan_because(v, r->app ? "its files or its image changed"
				       : "its image changed, or an act did not end");
	what = verb(v, text_differs || config_differs);
	enable = enabling(v);
	need(v);
	if (v->step->class == PLAN_SAME)
		return;
	v->step->doing = words(
	    v, text_differs ? "write" : "keep", what, enable, text_differs ? u->content : NULL);
	v->step->back = back_words(v, digest, text_differs ? "write" : "keep");
}

const struct kind kind_userunit = {
	.kind = RESOURCE_USERUNIT,
	.name = "userunit",
	.away = away,
	.decide = decide,
	.common = host_podman_sh,
	.look = host_look_userunit_sh,
	.carry = host_do_userunit_sh,
};
