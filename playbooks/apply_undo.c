#include "playbooks/apply_inner.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "engine/herd.h"
#include "playbooks/back.h"
#include "playbooks/undo.h"

#include <string.h>

static void
look_data(struct apply_host *h, const void *p, size_t n)
{
	back_feed(h->looking_back, p, n);
}

static char *
look_again(struct apply_host *h)
{
	back_free(take(h->looking_back));
	reply_nonce(h->nonce);
	h->looking_back = back_new(h->arena, h->nonce, h->ground->undo->uuid);
	return back_command(h->nonce, h->ground->undo->uuid);
}

/* Why the act cannot be taken back at all; NULL when it can. */
static const char *
obstacle(struct apply_host *h, const struct back *b, enum outcome *ret)
{
	*ret = OUTCOME_FAILED;
	if (b->refused) {
		*ret = OUTCOME_REFUSED;
		return b->refused;
	}
	if (b->absent && b->journal)
		return arena_printf(h->arena,
		    "its record is no longer on the host, which keeps the last 20 acts; it was %s "
		    "at "
		    "%s by %s",
		    b->journal->outcome, b->journal->time, b->journal->who);
	if (b->absent)
		return "the host knows no such run";
	if (b->running) {
		*ret = OUTCOME_LOCKED;
		return "the run still acts there";
	}
	return b->told ? NULL : "that run kept nothing to put back";
}

static void
take_look(struct apply_host *h, const struct back *b)
{
	enum outcome as;
	const char *why = obstacle(h, b, &as);
	struct err err;

	if (why) {
		err_set(&err, as, "%s", why);
		apply_give_up(h, err.kind, &err);
		return;
	}
	h->undo = undo_wish(h->arena, b, h->ground->undo);
	h->wanted = undo_wanted(h->undo, &h->wanted_count);
	apply_observe(h);
}

static void
look_end(struct apply_host *h, const struct channel_end *e, const struct err *err)
{
	struct err why;
	struct back *b =
	    apply_looked(h, e, err, &why) ? back_end(take(h->looking_back), &why) : NULL;

	back_free(take(h->looking_back));
	if (b)
		take_look(h, b);
	else
		apply_give_up(h, why.kind, &why);
}

void
apply_look_back(struct apply_host *h)
{
	static const struct apply_exec looking = { look_data, apply_send_input, look_end,
		APPLY_LOOK_MS, look_again };

	apply_look(h, &looking);
}

void
apply_plan_undo(struct apply_host *h)
{
	struct err err;

	h->plan = undo_plan(h->undo, herd_host_of(h->hh), h->seen);
	apply_tell_plan(h);
	if (!plan_changes(h->plan) && undo_stale(h->undo)) {
		err_set(&err, OUTCOME_STALE, "%s", undo_stale(h->undo));
		apply_give_up(h, err.kind, &err);
		return;
	}
	apply_rest(h);
}

void
apply_judge_undo(const struct apply_host *h, struct follow_result *r)
{
	if (!h->undo || !undo_stale(h->undo) || !outcome_is_good(r->outcome))
		return;
	r->outcome = OUTCOME_STALE;
	snprintf(r->text, sizeof(r->text), "the rest was taken back; %s", undo_stale(h->undo));
}
