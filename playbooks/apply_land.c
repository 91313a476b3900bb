#include "playbooks/apply_inner.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/mem.h"
#include "engine/run.h"
#include "playbooks/fetch.h"
#include "playbooks/landfall.h"
#include "playbooks/request.h"

#include <stdio.h>

struct apply_landing {
	struct landfall_item *item;
	size_t count;
	struct landfall *landfall;
	struct follow_result result; /* of the act */
	bool over;
};

static struct apply_landing *
landing_of(struct apply_host *h)
{
	if (!h->landing)
		h->landing = arena_alloc(h->arena, sizeof(*h->landing));
	return h->landing;
}

void
apply_land_record(struct apply_host *h, const struct follow_record *r)
{
	const struct plan_step *s = request_step(h->plan, r->step);
	struct apply_landing *l;
	struct landfall_item item;

	if (!s || s->resource->kind != RESOURCE_FETCH ||
	    !fetch_item(h->arena, fetch_note(h->arena, s->resource), r, &item))
		return;
	l = landing_of(h);
	if (!l->item)
		l->item = arena_alloc(h->arena, h->plan->count * sizeof(*l->item));
	if (l->count < h->plan->count)
		l->item[l->count++] = item;
}

static void
on_landed(void *user, const struct err *err, bool lost)
{
	struct apply_host *h = user;
	struct apply_landing *l = h->landing;
	struct follow_result r = l->result;

	l->over = true;
	landfall_free(take(l->landfall));
	if (err && outcome_is_good(r.outcome)) {
		h->unlanded = true;
		r.outcome = lost ? OUTCOME_UNKNOWN : OUTCOME_FAILED;
		snprintf(r.text, sizeof(r.text), "%.600s; all was done on the host%s", err->text,
		    lost ? ": drover resume gets it" : "");
	}
	apply_act_over(h, &r);
}

bool
apply_land_goes_on(struct apply_host *h, const struct follow_result *r)
{
	struct apply_landing *l = h->landing;

	if (!l || l->count == 0 || l->over || r->end != FOLLOW_DONE)
		return false;
	l->result = *r;
	l->landfall = landfall_new(&(struct landfall_spec){ .work = h->ground->work,
	    .hh = h->hh,
	    .run = run_uuid(h->ground->run),
	    .item = l->item,
	    .count = l->count,
	    .done = on_landed,
	    .user = h });
	if (h->cut)
		landfall_cut(l->landfall);
	landfall_start(l->landfall);
	return true;
}

bool
apply_land_cut(struct apply_host *h)
{
	if (!h->landing || !h->landing->landfall)
		return false;
	landfall_cut(h->landing->landfall);
	return true;
}

void
apply_land_free(struct apply_host *h)
{
	if (h->landing)
		landfall_free(take(h->landing->landfall));
}
