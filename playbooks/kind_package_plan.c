#include "playbooks/kind_package.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/str.h"
#include "playbooks/plan.h"
#include "playbooks/plan_inner.h"
#include "playbooks/said.h"

#include <string.h>

#define NAMED_MAX 12

/* What apt would do, as its simulation says it. */
struct forecast {
	struct verdict *v;
	const struct packages *p;
	const char *said;
	const char *const *todo;   /* specs that are not as they should be */
	const char *const *inst;   /* "tiny [1.0] (1.1 Debian:12/stable [all])" */
	const char *const *remove; /* "tiny [1.0]" */
	bool stale;                /* lists are fetched before, so it may be otherwise */
};

static size_t
length(const char *const *list)
{
	size_t n = 0;

	while (list[n])
		n++;
	return n;
}

/* What stands between two characters behind the name; "" when it does not. */
static const char *
between(struct arena *a, const char *line, char open, char shut)
{
	const char *p = line + strcspn(line, " ");

	if (p[0] != ' ' || p[1] != open)
		return "";
	const char stop[] = { ' ', shut, '\0' };
	return arena_printf(a, "%.*s", (int)strcspn(p + 2, stop), p + 2);
}

static const char *
name_of(struct arena *a, const char *line)
{
	return arena_printf(a, "%.*s", (int)strcspn(line, " "), line);
}

static const char *
old_version(struct arena *a, const char *line)
{
	return between(a, line, '[', ']');
}

static const char *
new_version(struct arena *a, const char *line)
{
	const char *open = strchr(line, '(');

	return open ? arena_printf(a, "%.*s", (int)strcspn(open + 1, " )"), open + 1) : "";
}

/* "installs a 1.0, b 2.0 and 3 more" */
static void
tell(struct forecast *f, const char *verb, const char *const *list, bool upgrades)
{
	struct arena *a = f->v->arena;
	autobuf b = BUF_INIT(500);
	size_t n = 0;

	for (; *list; list++) {
		const char *old = old_version(a, *list), *new = new_version(a, *list);

		if (upgrades != (*old && *new))
			continue;
		if (n++ >= NAMED_MAX)
			continue;
		buf_addf(&b, "%s %.60s", n > 1 ? "," : "", name_of(a, *list));
		if (*old)
			buf_addf(&b, " %.60s", old);
		if (*new)
			buf_addf(&b, "%s %.60s", *old ? " ->" : "", new);
	}
	if (n > NAMED_MAX)
		buf_addf(&b, " and %zu more", n - NAMED_MAX);
	if (n)
		plan_because(f->v, "%s%s", verb, buf_text(&b));
}

static void
tell_all(struct forecast *f)
{
	const char *const *half = said_values(f->v->arena, f->said, "half");

	for (size_t i = 0; half[i] && i < NAMED_MAX; i++)
		plan_because(f->v, "%.100s", half[i]);
	if (f->stale)
		plan_because(f->v, "the package lists are fetched first");
	tell(f, "installs", f->inst, false);
	tell(f, "changes", f->inst, true);
	tell(f, f->p->state == PACKAGE_PURGED ? "purges" : "removes", f->remove, false);
}

/* What apt could not do as things are; where they may yet change it is only said. */
static void
tell_errors(struct forecast *f)
{
	const char *const *error = said_values(f->v->arena, f->said, "error");
	bool may_come = f->stale || f->v->parted;

	for (; *error; error++) {
		if (may_come)
			plan_because(f->v, "now apt says: %.200s", *error);
		else if (said_has(f->said, "never"))
			plan_refuse(f->v,
			    "%.200s; the host never fetched package lists: say update", *error);
		else
			plan_refuse(f->v, "%.200s", *error);
	}
	if (said_has(f->said, "essential"))
		plan_refuse(f->v, "the host cannot be without what would be removed");
}

static bool
can_act(struct forecast *f)
{
	const char *lacks = said_value(f->v->arena, f->said, "lacks");

	if (lacks)
		plan_refuse(
		    f->v, "the host has no %s: only Debian's packages are managed so far", lacks);
	else if (said_has(f->said, "interrupted") && !f->v->parted)
		plan_refuse(
		    f->v, "dpkg was interrupted there: `dpkg --configure -a` on the host mends it");
	return !lacks;
}

static enum plan_class
class_of(struct forecast *f)
{
	if (f->p->state == PACKAGE_ABSENT || f->p->state == PACKAGE_PURGED)
		return PLAN_REMOVE;
	if (f->p->state == PACKAGE_LATEST && f->stale)
		return PLAN_UNPREDICTED;
	if (f->remove[0] || said_value(f->v->arena, f->said, "half"))
		return PLAN_CHANGE;
	for (const char *const *i = f->inst; *i; i++) {
		if (*old_version(f->v->arena, *i))
			return PLAN_CHANGE;
	}
	return PLAN_CREATE;
}

/* Nothing to do, also where another package stands for the one that was named. */
static bool
is_same(struct forecast *f)
{
	bool wanted = f->p->state == PACKAGE_PRESENT || f->p->state == PACKAGE_LATEST;

	if (!f->todo[0])
		return true;
	return wanted && !f->stale && !f->inst[0] && !f->remove[0] &&
	       !said_value(f->v->arena, f->said, "half") &&
	       !said_value(f->v->arena, f->said, "error");
}

/* Words for do_package. It removes nothing but what was foreseen. */
static void
decide_doing(struct forecast *f)
{
	static const char *const verbs[] = { "install", "install", "remove", "purge" };
	struct arena *a = f->v->arena;
	size_t todo = length(f->todo), gone = length(f->remove), n = 0;
	const char **w = arena_alloc(a, (todo + gone + 4) * sizeof(*w));

	w[n++] = verbs[f->p->state];
	w[n++] = f->p->update;
	w[n++] = f->p->recommends;
	for (size_t i = 0; i < gone; i++)
		w[n++] = arena_printf(a, "may-remove=%s", name_of(a, f->remove[i]));
	memcpy(w + n, f->todo, todo * sizeof(*w));
	f->v->step->doing = w;
}

/* What came anew can go again; what went can come again in its version, if it is still to be had. */
static void
decide_back(struct forecast *f)
{
	struct arena *a = f->v->arena;
	bool removes = f->p->state == PACKAGE_ABSENT;
	const char *const *list = removes ? f->remove : f->inst;
	const char **w = arena_alloc(a, (2 * length(list) + 4) * sizeof(*w));
	size_t n = 0;

	if (f->stale || !list[0] || (!removes && class_of(f) != PLAN_CREATE))
		return;
	w[n++] = removes ? "install" : "remove";
	w[n++] = "-";
	w[n++] = "no";
	for (size_t i = 0; !removes && list[i]; i++)
		w[n++] = arena_printf(a, "may-remove=%s", name_of(a, list[i]));
	for (size_t i = 0; list[i]; i++)
		w[n++] =
		    removes ? arena_printf(a, "%s=%s", name_of(a, list[i]), old_version(a, list[i]))
			    : name_of(a, list[i]);
	f->v->step->back = w;
}

void
kind_package_decide(struct verdict *v)
{
	struct forecast f = {
		.v = v, .p = v->step->resource->detail, .said = v->step->found->said
	};

	f.todo = said_values(v->arena, f.said, "todo");
	f.inst = said_values(v->arena, f.said, "inst");
	f.remove = said_values(v->arena, f.said, "remv");
	f.stale = said_has(f.said, "stale");
	if (!can_act(&f) || is_same(&f))
		return;
	v->step->class = class_of(&f);
	tell_all(&f);
	tell_errors(&f);
	decide_doing(&f);
	decide_back(&f);
}
