#include "playbooks/apply_inner.h"

#include "base/arena.h"
#include "base/mem.h"
#include "playbooks/bidding.h"

static void
settle(struct apply_host *h, const struct observation *seen)
{
	const char *note;

	h->bidden = true;
	h->wanted =
	    bidding_wanted(h->arena, h->ground->bidding, h->name, seen, &h->wanted_count, &note);
	if (!note)
		return;
	h->prune.note = arena_alloc(h->arena, sizeof(*h->prune.note));
	h->prune.note[0] = note;
	h->prune.note_count = 1;
}

void
apply_bidding_desire(struct apply_host *h)
{
	if (bidding_names_unit(h->ground->bidding->name))
		settle(h, NULL);
}

/* Which units an app has is known by now, and how they are is looked at in a second look. */
void
apply_bidding(struct apply_host *h)
{
	if (!h->bidden) {
		settle(h, h->seen);
		if (h->wanted_count > 0) {
			buf_fini(&h->input);
			apply_observe(h);
			return;
		}
	}
	h->wanted =
	    bidding_learn(h->arena, h->ground->bidding, h->wanted, h->seen->found, h->wanted_count);
	apply_make_plan(h);
}
