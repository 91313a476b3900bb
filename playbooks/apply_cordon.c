#include "playbooks/apply_inner.h"

#include "base/err.h"
#include "base/str.h"
#include "engine/herd.h"

/* What a person orders by hand, and who only looks for drift, does not mind. */
static bool
minds(const struct apply_ground *g)
{
	return !g->bidding && !g->drift && !g->cordoned_too;
}

bool
apply_set_aside(struct apply_host *h)
{
	const char *said = minds(h->ground) ? herd_fact(h->hh, "cordoned") : NULL;
	struct err err;

	if (!said || !str_eq(said, "true"))
		return false;
	h->cordoned = true;
	err_set(
	    &err, OUTCOME_UNREACHABLE, "cordoned: left alone until drover uncordon %s", h->name);
	apply_host_end(h, OUTCOME_UNREACHABLE, &err, 0);
	return true;
}
