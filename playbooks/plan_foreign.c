#include "playbooks/plan_inner.h"

#include "base/arena.h"
#include "playbooks/app.h"
#include "playbooks/plan.h"
#include "playbooks/said.h"

#include <string.h>

bool
plan_is_ours(const struct found *f)
{
	return f->owned || (f->content && f->content_len >= strlen(APP_UNIT_MARK) &&
			       memcmp(f->content, APP_UNIT_MARK, strlen(APP_UNIT_MARK)) == 0);
}

bool
plan_is_foreign(struct verdict *v)
{
	const struct resource *r = v->step->resource;
	const struct found *f = v->step->found;
	bool there = f->present && f->kind != '-';
	const char *what = "unit";

	if ((!r->app && !r->look) || plan_is_ours(f) ||
	    (there && strcmp(f->digest, r->digest) == 0))
		return false;
	if (!there && (r->absent || !said_has(f->said, "container")))
		return false;
	if (!there)
		what = "container";
	plan_because(v, "a %s of this name stands there that drover did not make", what);
	if (!v->refused)
		v->refused = arena_printf(v->arena,
		    "%s exists and drover did not make it: remove it, or name the %s otherwise",
		    there ? r->path : arena_printf(v->arena, "the container %s", r->look[0]),
		    r->app ? "app" : "task");
	return true;
}
