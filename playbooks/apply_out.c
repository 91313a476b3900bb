/* What is left out of a plan before it is carried out: whole hosts, and steps of one. */
#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "playbooks/apply.h"
#include "playbooks/apply_inner.h"
#include "playbooks/release.h"

void
apply_leave_out(struct apply *a, size_t i, bool out)
{
	apply_host_at(a, i)->out = out;
}

static struct plan_step *
step_of(struct plan *p, const char *id)
{
	for (size_t i = 0; p && i < p->count; i++) {
		if (str_eq(p->steps[i].resource->id, id))
			return &p->steps[i];
	}
	return NULL;
}

/* Why not all that is out can be; NULL: it can. */
static const char *
bound(const struct apply_host *h)
{
	const char *why = NULL;

	for (size_t i = 0; i < h->plan->count && !why; i++) {
		const struct plan_step *s = &h->plan->steps[i];

		why = s->out ? plan_bound(h->arena, h->plan, s) : NULL;
		if (why)
			why = arena_printf(
			    h->arena, "%s cannot be left out: %s", s->resource->title, why);
	}
	return why;
}

int
apply_leave_out_step(struct apply *a, size_t i, const char *id, bool out, struct err *err)
{
	const struct apply_host *h = apply_host_at(a, i);
	struct plan_step *s = step_of(h->plan, id);
	bool was = s && s->out;

	if (!s)
		return err_set(
		    err, OUTCOME_HELD, "it follows the tasks: leave out those that ask for it");
	s->out = out;
	const char *why = bound(h);
	if (!why)
		return 0;
	s->out = was;
	return err_set(err, OUTCOME_HELD, "%s", why);
}

void
apply_settle_plan(struct apply_host *h)
{
	size_t all = h->plan->count;

	for (size_t i = 0; h->plan->releases && i < all; i++) {
		const struct plan_step *s = &h->plan->steps[i];

		if (s->out && s->resource->app)
			release_leave_out(h->plan->releases, s->resource->app);
	}
	if (!h->out)
		plan_drop_out(h->plan);
	h->partial = h->plan->count < all;
	if (h->ground->late && !h->out)
		apply_tell_plan(h);
}

void
apply_hold_back(struct apply_host *h)
{
	struct err err;

	err_set(&err, OUTCOME_HELD, "left out of the plan");
	apply_host_end(h, OUTCOME_HELD, &err, 0);
}
