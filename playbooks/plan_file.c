#include "playbooks/plan.h"

#include "base/arena.h"
#include "base/str.h"
#include "playbooks/diff.h"
#include "playbooks/plan_inner.h"

#include <stdlib.h>
#include <string.h>

/* Contents as a diff where both sides may be shown, else in words. */
void
plan_decide_contents(struct verdict *v)
{
	const struct resource *r = v->step->resource;
	const struct found *f = v->step->found;
	bool absent = f->kind == '-' || !f->present;
	bool shown = !r->secret && !(f->hidden && !absent) && r->content &&
		     (!r->content_len || !memchr(r->content, '\0', r->content_len)) &&
		     (absent || (f->content && f->is_text));

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
	char *diff = diff_file(r->path,
	    (struct diff_text){ absent ? NULL : f->content, absent ? 0 : f->content_len },
	    (struct diff_text){ r->content, r->content_len }, DIFF_LINES);
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
void
plan_decide_gone(struct verdict *v)
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
	char *diff = diff_file(r->path, (struct diff_text){ f->content, f->content_len },
	    (struct diff_text){ NULL, 0 }, DIFF_LINES);
	v->step->diff = diff ? arena_strdup(v->arena, diff) : NULL;
	free(diff);
}

void
plan_decide_file(struct verdict *v)
{
	const struct resource *r = v->step->resource;
	const struct found *f = v->step->found;

	if (r->absent) {
		plan_decide_gone(v);
		return;
	}
	if (!f->present || f->kind == '-') {
		plan_decide_contents(v);
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
	plan_decide_contents(v);
	plan_decide_owners(v);
	if (!r->owner)
		decide_owner(v, "owner", f->owner, "root");
	if (!r->group)
		decide_owner(v, "group", f->group, "root");
}
