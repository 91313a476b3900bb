#include "playbooks/desire_inner.h"
#include "playbooks/kind.h"
#include "playbooks/kinds.h"
#include "playbooks/place.h"
#include "playbooks/plan.h"
#include "playbooks/plan_inner.h"
#include "playbooks/read.h"

#include "base/arena.h"
#include "base/str.h"
#include "base/yaml.h"
#include "inventory/inventory.h"

#include <string.h>

struct link_decl {
	const struct yaml_node *path, *target;
	const char *owner, *group, *state;
	struct source path_source, target_source;
};

const struct field kind_link_fields[] = {
	{ FIELD_OF(FORM_NODE, struct link_decl, path), .flags = FIELD_REQUIRED,
	    .doc = "where it stands on the host" },
	{ FIELD_OF(FORM_NODE, struct link_decl, target),
	    .doc = "what it leads to, as it is to be written; it need not be there" },
	{ FIELD_OF(FORM_TEXT, struct link_decl, owner), .grammar = read_is_user,
	    .doc = "of the link itself; by default root for a new one" },
	{ FIELD_OF(FORM_TEXT, struct link_decl, group), .grammar = read_is_user,
	    .doc = "the same" },
	{ FIELD_OF(FORM_CHOICE, struct link_decl, state), .choices = place_states,
	    .doc = "present by default; absent takes the link away and leaves what it leads to" },
	{ 0 },
};

static const char *
is_target(const char *s)
{
	size_t n = strlen(s);

	if (n == 0 || n > 4095)
		return "a path of at most 4095 bytes";
	for (; *s; s++)
		if ((unsigned char)*s < ' ' || *s == 0x7f)
			return "a path without control characters";
	return NULL;
}

void
kind_link_read(const struct field_context *c, const struct yaml_node *n, void *to)
{
	struct field_context mine = *c;
	struct link_decl *got = arena_alloc(c->arena, sizeof(*got));
	bool absent;

	mine.what = "the link task";
	if (!field_read(&mine, kind_link_fields, n, got))
		return;
	absent = got->state && str_eq(got->state, "absent");
	place_read_path(c, "path", got->path, &got->path_source);
	if (absent)
		place_refuse_keys(c, n, (const char *const[]){ "target", "owner", "group", NULL });
	else if (!got->target)
		diag_error(c->diag, n->mark, "the link task: target: is missing");
	if (got->target && read_source(c, "target", got->target, &got->target_source) &&
	    !render_is_template(&got->target_source) && is_target(got->target_source.text))
		diag_error(c->diag, got->target->mark, "target: %s is wanted here",
		    is_target(got->target_source.text));
	((struct task_decl *)to)->detail = got;
}

static bool
want(struct desire *d, const struct task_decl *t, struct resource *r)
{
	const struct link_decl *decl = t->detail;
	const char *path = desire_path(d, &decl->path_source, "path"), *target;

	target = desire_word(d, &decl->target_source);
	if (!path || !target)
		return false;
	r->absent = decl->state && str_eq(decl->state, "absent");
	if (!r->absent && is_target(target)) {
		desire_wrong_text(d, decl->target_source.mark,
		    "target: %s is wanted here (host %s)", is_target(target), d->host->name);
		return false;
	}
	place_link(d->arena, r, path, target);
	r->owner = decl->owner;
	r->group = decl->group;
	return true;
}

static void
away(struct arena *a, struct resource *r)
{
	(void)a;
	r->path = r->id + strlen("link ");
	r->title = r->path;
}

static void
decide_absent(struct verdict *v)
{
	const struct found *f = v->step->found;

	if (!f->present || f->kind == '-')
		return;
	if (f->kind != 'l') {
		plan_blocked(v, "%s stands there, not a link", plan_standing(f));
		return;
	}
	v->step->class = PLAN_REMOVE;
	plan_because(v, "to %.400s", f->target ? f->target : "?");
}

static void
decide(struct verdict *v)
{
	const struct resource *r = v->step->resource;
	const struct found *f = v->step->found;

	if (r->absent) {
		decide_absent(v);
	} else if (!f->present || f->kind == '-') {
		v->step->class = PLAN_CREATE;
		plan_because(v, "to %.400s", r->content);
	} else if (f->kind == 'f') {
		plan_because(v, "a file stands there; to %.400s", r->content);
	} else if (f->kind != 'l') {
		plan_blocked(v, "%s stands there", plan_standing(f));
	} else {
		if (!f->target || !str_eq(f->target, r->content))
			plan_because(
			    v, "to %.200s -> %.200s", f->target ? f->target : "?", r->content);
		plan_decide_owners(v);
	}
}

const struct kind kind_link = {
	.kind = RESOURCE_LINK,
	.name = "link",
	.want = want,
	.away = away,
	.decide = decide,
};
