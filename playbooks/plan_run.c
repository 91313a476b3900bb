#include "playbooks/plan.h"
#include "playbooks/plan_inner.h"

void
plan_decide_run(struct verdict *v)
{
	const struct resource *r = v->step->resource;
	const struct found *f = v->step->found;

	if ((r->creates && f->created) || (r->unless && f->unless_held))
		return;
	v->step->class = PLAN_UNPREDICTED;
	if (r->creates)
		plan_because(v, "%s is absent", r->creates);
	if (r->unless)
		plan_because(v, "unless: does not hold");
}
