#include "playbooks/desire_inner.h"
#include "playbooks/expression.h"
#include "playbooks/kind.h"
#include "playbooks/kinds.h"
#include "playbooks/plan.h"
#include "playbooks/plan_inner.h"
#include "playbooks/read.h"
#include "playbooks/read_step.h"

#include "base/arena.h"
#include "base/yaml.h"

#define CONDITIONS_MAX 64

struct assert_decl {
	const struct yaml_node *that, *msg;
	struct source *condition;
	size_t count;
	struct source text;
};

/* What is asserted of one host: the first condition that does not hold; NULL: all do, or may. */
struct assertion {
	const char *broken, *msg;
};

const struct field kind_assert_fields[] = {
	{ FIELD_OF(FORM_NODE, struct assert_decl, that), .flags = FIELD_REQUIRED,
	    .doc = "an expression, or a list of which all must hold, over variables and facts" },
	{ FIELD_OF(FORM_NODE, struct assert_decl, msg),
	    .doc = "what is said where it does not hold, filled in for the host" },
	{ 0 },
};

static void
read_that(const struct field_context *c, const struct yaml_node *n, struct assert_decl *got)
{
	got->count = n->kind == YAML_LIST ? n->count : 1;
	if (got->count == 0 || got->count > CONDITIONS_MAX) {
		diag_error(c->diag, n->mark, "assert: 1 to %d conditions", CONDITIONS_MAX);
		return;
	}
	got->condition = arena_alloc(c->arena, got->count * sizeof(*got->condition));
	for (size_t i = 0; i < got->count; i++)
		read_condition(
		    c, "assert", n->kind == YAML_LIST ? n->value[i] : n, &got->condition[i]);
}

void
kind_assert_read(const struct field_context *c, const struct yaml_node *n, void *to)
{
	struct field_context mine = *c;
	struct assert_decl *got = arena_alloc(c->arena, sizeof(*got));

	mine.what = "the assert task";
	if (n->kind != YAML_MAP)
		got->that = n;
	else if (!field_read(&mine, kind_assert_fields, n, got))
		return;
	read_that(c, got->that, got);
	if (got->msg)
		read_source(c, "msg", got->msg, &got->text);
	((struct task_decl *)to)->detail = got;
}

static bool
want(struct desire *d, const struct task_decl *t, struct resource *r)
{
	const struct assert_decl *decl = t->detail;
	struct assertion *a = arena_alloc(d->arena, sizeof(*a));

	r->id = arena_printf(d->arena, "assert %d%s", t->number, d->here.suffix);
	r->title = r->id;
	r->detail = a;
	a->msg = desire_word(d, &decl->text);
	if (!a->msg)
		return false;
	for (size_t i = 0; i < decl->count && !a->broken; i++) {
		const struct source *s = &decl->condition[i];
		enum truth truth;

		if (!expression_truth(s, &d->scope, d->diag, &truth))
			return false;
		if (truth == TRUTH_NO)
			a->broken = arena_printf(
			    d->arena, "%.*s", (int)(s->len > 200 ? 200 : s->len), s->text);
	}
	return true;
}

static void
decide(struct verdict *v)
{
	const struct resource *r = v->step->resource;
	const struct assertion *a = r->detail;

	if (a->broken && *a->msg)
		v->failed = arena_printf(v->arena, "%s: %s (%s)", r->title, a->msg, a->broken);
	else if (a->broken)
		v->failed = arena_printf(v->arena, "%s: does not hold: %s", r->title, a->broken);
}

const struct kind kind_assert = {
	.kind = RESOURCE_ASSERT,
	.name = "assert",
	.want = want,
	.decide = decide,
};
