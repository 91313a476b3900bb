#include "playbooks/desire_inner.h"

#include "base/arena.h"
#include "base/mem.h"
#include "base/str.h"
#include "inventory/inventory.h"
#include "playbooks/expression.h"

#include <string.h>

static void
skip(struct desire *d, const char *title, const char *why)
{
	mem_grow(d->skipped, d->skipped_count, d->skipped_cap);
	d->skipped[d->skipped_count++] = (struct skipped){ title, why };
}

/* Whether all conditions hold; *why is the first that does not, NULL when a mistake was told. */
static enum truth
holds(struct desire *d, const struct step_decl *step, const char **why)
{
	enum truth all = TRUTH_YES, one;

	*why = NULL;
	for (size_t i = 0; i < step->when_count; i++) {
		const struct source *s = &step->when[i];
		struct scope scope = d->scope;

		scope.maybe = scope.maybe || all == TRUTH_LATER;
		if (!expression_truth(s, &scope, d->diag, &one))
			return TRUTH_NO;
		if (one == TRUTH_NO) {
			*why = arena_printf(
			    d->arena, "when: %.*s", (int)(s->len > 200 ? 200 : s->len), s->text);
			return TRUTH_NO;
		}
		if (one == TRUTH_LATER)
			all = TRUTH_LATER;
	}
	return all;
}

/* BAD when a mistake was told. */
static struct value
value_of(struct desire *d, const struct value_decl *decl)
{
	struct value v = decl->value;

	if (decl->form == VALUE_DECL_EXPRESSION)
		return expression_value(&decl->source, &d->scope, d->arena, d->diag);
	if (decl->form == VALUE_DECL_TEMPLATE) {
		v = (struct value){ .kind = VALUE_BAD };
		v.text = desire_fill(d, &decl->source, &v.len);
		if (v.text)
			v.kind = d->later ? VALUE_LATER : VALUE_TEXT;
	}
	return v;
}

static const struct scope_local *
bound(struct desire *d, const char *name, const struct value *v, const struct scope_local *next)
{
	struct scope_local *local = arena_alloc(d->arena, sizeof(*local));
	struct value *kept = arena_alloc(d->arena, sizeof(*kept));

	*kept = *v;
	*local = (struct scope_local){ name, kept, next };
	return local;
}

/* Each sees those before it. */
static bool
bind_vars(struct desire *d, const struct step_decl *step, struct here *here)
{
	for (size_t i = 0; i < step->var_count; i++) {
		desire_enter(d, here);
		struct value v = value_of(d, &step->var[i].value);

		if (v.kind == VALUE_BAD)
			return false;
		here->vars = bound(d, step->var[i].name, &v, here->vars);
	}
	desire_enter(d, here);
	return true;
}

static void place_all(
    struct desire *d, const struct task_decl *task, size_t count, const struct here *in);

/* One turn: bind, ask, place. */
static void
place_one(struct desire *d, const struct task_decl *t, struct here *here)
{
	const char *why;
	enum truth truth;

	desire_enter(d, here);
	if (!bind_vars(d, &t->step, here))
		return;
	truth = holds(d, &t->step, &why);
	if (truth == TRUTH_NO) {
		if (why)
			skip(d, arena_printf(d->arena, "%s%s", t->title, here->suffix), why);
		return;
	}
	here->maybe = here->maybe || truth == TRUTH_LATER;
	if (t->is_include) {
		place_all(d, t->inner, t->inner_count, here);
		return;
	}
	if (d->placed_count == DESIRE_STEPS_MAX) {
		diag_error(d->diag, t->mark, "more than %d tasks for host %s", DESIRE_STEPS_MAX,
		    d->host->name);
		d->full = true;
		return;
	}
	mem_grow(d->placed, d->placed_count, d->placed_cap);
	d->placed[d->placed_count++] = (struct placed){ t, *here };
}

/* The list that a loop goes over: BAD when a mistake was told, LATER when it is not known yet. */
static struct value
loop_list(struct desire *d, const struct loop_decl *loop)
{
	struct value v;

	if (loop->item) {
		struct value *item = arena_alloc(d->arena, loop->count * sizeof(*item) + 1);

		for (size_t i = 0; i < loop->count; i++) {
			item[i] = value_of(d, &loop->item[i]);
			if (item[i].kind == VALUE_BAD)
				return item[i];
		}
		return value_list(item, loop->count);
	}
	v = expression_value(&loop->list, &d->scope, d->arena, d->diag);
	if (v.kind == VALUE_BAD || v.kind == VALUE_LATER)
		return v;
	if (v.kind == VALUE_LIST && v.count <= STEP_LOOP_MAX)
		return v;
	if (v.kind == VALUE_LIST)
		desire_wrong(
		    d, loop->list.mark, "loop: %zu items, the limit is %d", v.count, STEP_LOOP_MAX);
	else
		desire_wrong(d, loop->list.mark, "loop: a list is wanted here, not %s%s",
		    value_kind_name(v.kind), v.kind == VALUE_MAP ? " (| items)" : "");
	return (struct value){ .kind = VALUE_BAD };
}

/* A list that is not known yet places nothing: the tasks come when the host has told its facts. */
static void
place(struct desire *d, const struct task_decl *t, const struct here *in)
{
	struct here here = *in;
	struct tag_link *tags = arena_alloc(d->arena, sizeof(*tags));
	struct value list;

	*tags = (struct tag_link){ &t->step.tags, in->tags };
	here.tags = tags;
	if (!t->is_include && !tags_take(&d->playbook->tags, tags)) {
		skip(d, t->title, "its tags are not chosen");
		return;
	}
	if (!t->step.loop) {
		place_one(d, t, &here);
		return;
	}
	desire_enter(d, &here);
	list = loop_list(d, t->step.loop);
	for (size_t i = 0; list.kind == VALUE_LIST && i < list.count && !d->full; i++) {
		struct here turn = here;

		turn.items = bound(d, "item", &list.item[i], here.items);
		turn.suffix = arena_printf(d->arena, "%s.%zu", here.suffix, i + 1);
		place_one(d, t, &turn);
	}
}

/* As deep as files include one another, which reading bounds. */
static void
place_all(struct desire *d, const struct task_decl *task, size_t count, const struct here *in)
{
	for (size_t i = 0; i < count && !d->full; i++)
		place(d, &task[i], in);
}

void
desire_place(struct desire *d)
{
	const struct here top = { .suffix = "" };

	place_all(d, d->playbook->task, d->playbook->task_count, &top);
	desire_enter(d, &top);
}

bool
desire_app(struct desire *d, const struct app_decl *app, struct here *ret_here)
{
	const char *title = arena_printf(d->arena, "app %s", app->name), *why;
	struct tag_link tags = { &app->step.tags, NULL };
	enum truth truth;

	*ret_here = (struct here){ .suffix = "" };
	if (!tags_take(&d->playbook->tags, &tags)) {
		skip(d, title, "its tags are not chosen");
		return false;
	}
	desire_enter(d, ret_here);
	truth = holds(d, &app->step, &why);
	if (truth == TRUTH_NO && why)
		skip(d, title, why);
	ret_here->maybe = truth == TRUTH_LATER;
	return truth != TRUTH_NO;
}
