#include "playbooks/apply_inner.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/mem.h"
#include "playbooks/playbook.h"
#include "playbooks/release.h"

static const struct resource *const *
wishes(const struct apply_host *h)
{
	return (const struct resource *const *)h->prune.gone;
}

static void
settle(struct apply_host *h, const struct observation *left)
{
	struct observation *seen = h->seen;

	seen->count = h->wanted_count;
	prune_settle(h->arena, &h->prune, left->found, &h->wanted, &seen->found, &seen->count);
	h->wanted_count = seen->count;
	apply_make_plan(h);
}

static void
look_data(struct apply_host *h, const void *p, size_t n)
{
	if (!observe_feed(h->observe, p, n))
		errand_cancel(h->errand);
}

static void
look_end(struct apply_host *h, const struct channel_end *e, const struct err *err)
{
	struct observation *left;
	struct err why;

	if (!apply_looked(h, e, err, &why)) {
		observe_free(take(h->observe));
		apply_give_up(h, why.kind, &why);
		return;
	}
	left = observe_end(take(h->observe), &why);
	if (left)
		settle(h, left);
	else
		apply_give_up(h, why.kind, &why);
}

static char *
look_again(struct apply_host *h)
{
	observe_free(take(h->observe));
	reply_nonce(h->nonce);
	h->observe = observe_new(h->arena, h->nonce, wishes(h), h->prune.count);
	return observe_command(h->nonce, wishes(h), h->prune.count);
}

/* With some of its tags only, nobody knows what the playbook names. */
void
apply_prune(struct apply_host *h)
{
	static const struct apply_exec looking = { look_data, apply_send_input, look_end,
		APPLY_LOOK_MS, look_again };
	const struct playbook *p = h->ground->playbook;
	struct err err;

	apply_change_releases(h);
	const struct prune_scope scope = { .playbook = apply_owner(h),
		.app = h->returned ? h->returned->app : NULL,
		.change = h->change };

	if (!playbook_partial(p))
		prune_wishes(h->arena, &scope, h->seen, h->wanted, h->wanted_count, &h->prune);
	if (h->ground->no_prune || playbook_keeps(p))
		prune_keep(h->arena, &h->prune, "no longer in the playbook; not pruned");
	else if (!h->returned && !h->prune.known && !playbook_is_named(p))
		prune_keep(h->arena, &h->prune,
		    "of another playbook with this file name? say name: to prune it");
	if (h->prune.count == 0) {
		apply_make_plan(h);
		return;
	}
	buf_fini(&h->input);
	buf_init(&h->input, OBSERVE_REQUEST_MAX);
	if (observe_request(wishes(h), h->prune.count, &h->input, &err) < 0) {
		apply_give_up(h, err.kind, &err);
		return;
	}
	apply_exec_start(h, &looking, look_again(h));
}
