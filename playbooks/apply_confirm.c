#include "playbooks/apply_inner.h"

#include "base/clock.h"
#include "base/loop.h"
#include "base/mem.h"
#include "base/str.h"
#include "engine/herd.h"
#include "engine/run.h"
#include "playbooks/request.h"

#include <stdio.h>

#define AGAIN_MS 1000
/* How long the host may take to restore itself and to let us in again. */
#define RESTORE_MS 60000

static void connect_anew(void *user);

static void
tell(struct apply_host *h, const char *text)
{
	autoevent e = { .count = 0 };

	apply_event(h, &e, EVENT_ROLLOUT);
	event_set_text(&e, FIELD_TEXT, text);
	apply_emit(h, &e);
}

static void
watch(struct apply_host *h, int64_t ms)
{
	if (!h->timer)
		h->timer = loop_timer_new(herd_loop(h->ground->herd), connect_anew, h);
	loop_timer_start(h->timer, ms);
}

static void
on_armed(struct apply_host *h, int64_t seconds)
{
	autofree char *text =
	    xasprintf("armed: it takes itself back in %lld s unless a new login confirms it",
		(long long)seconds);

	h->armed = true;
	h->window_ms = seconds * 1000;
	h->until_ms = clock_mono_ms() + h->window_ms + RESTORE_MS;
	tell(h, text);
	/* A link that the change itself cut may not say so. */
	watch(h, h->window_ms / 2);
}

void
apply_confirm_record(struct apply_host *h, const struct follow_record *r)
{
	switch (r->kind) {
	case FOLLOW_ARMED:
		on_armed(h, r->rc);
		break;
	case FOLLOW_WAITS:
		if (h->armed)
			watch(h, 0);
		break;
	case FOLLOW_CONFIRMED:
		h->armed = false;
		h->confirmed = true;
		tell(h, "confirmed by a new login");
		break;
	case FOLLOW_BACK:
		h->armed = false;
		if (*r->text)
			tell(h, r->text);
		break;
	case FOLLOW_BEGIN:
	case FOLLOW_SWITCH:
	case FOLLOW_START:
	case FOLLOW_STEP:
	case FOLLOW_END:
		break;
	}
}

static void
give_up_waiting(struct apply_host *h)
{
	struct follow_result r = { .end = FOLLOW_LOST, .outcome = OUTCOME_UNKNOWN };

	if (h->armed)
		snprintf(r.text, sizeof(r.text),
		    "armed when it was last heard: unless it was confirmed it takes itself back "
		    "within %lld s; drover resume tells",
		    (long long)h->window_ms / 1000);
	else
		str_copy(r.text, sizeof(r.text), "the link was lost while it acted");
	loop_timer_stop(h->timer);
	apply_act_over(h, &r);
}

/* Once armed, a host that cannot be heard is asked again from a login of its own: if that works the
 * change is good, and if it does not the host has itself back soon. */
bool
apply_confirm_goes_on(struct apply_host *h, struct follow_result *r)
{
	if (r->seen > h->records)
		h->records = r->seen;
	if (!h->until_ms || r->end != FOLLOW_LOST) {
		if (h->timer)
			loop_timer_stop(h->timer);
		return false;
	}
	if (h->cut || clock_mono_ms() >= h->until_ms) {
		give_up_waiting(h);
		return true;
	}
	herd_disconnect(h->hh);
	watch(h, 0);
	return true;
}

bool
apply_confirm_cut(struct apply_host *h)
{
	if (!h->until_ms || h->resting || h->ended)
		return false;
	give_up_waiting(h);
	return true;
}

static void
confirm_end(struct apply_host *h, const struct channel_end *e, const struct err *err)
{
	struct follow_result r = { .end = FOLLOW_LOST };

	(void)err;
	if (e)
		apply_judge(h, e, &r);
	follow_free(take(h->follow));
	if (!apply_confirm_goes_on(h, &r))
		apply_act_over(h, &r);
	else if (!e && !h->resting)
		watch(h, AGAIN_MS);
}

static void
connect_anew(void *user)
{
	static const struct apply_exec confirming = { apply_act_data, apply_send_input, confirm_end,
		0, NULL };
	struct apply_host *h = user;

	if (h->errand) {
		errand_cancel(h->errand);
		return;
	}
	if (h->exec || h->resting || h->ended)
		return;
	reply_nonce(h->nonce);
	buf_init(&h->input, 1);
	h->follow = follow_new(h->nonce, h->records, apply_record, h);
	watch(h, h->window_ms / 2);
	apply_exec_start(
	    h, &confirming, request_confirm_command(h->nonce, run_uuid(h->ground->run)));
}

/* Taken back for the run. */

static void
return_end(struct apply_host *h, const struct channel_end *e, const struct err *err)
{
	struct follow_result r;

	if (e) {
		apply_judge(h, e, &r);
		r.changed = h->result.changed;
	} else {
		r = h->result;
	}
	follow_free(take(h->follow));
	if ((!e || r.end == FOLLOW_NOTHING) && h->result.outcome == OUTCOME_CHANGED) {
		r.outcome = OUTCOME_ROLLBACK_FAILED;
		snprintf(r.text, sizeof(r.text), "it still has what this run changed: %.300s",
		    e ? "it was not taken back" : err->text);
	}
	apply_result(h, &r);
	apply_rest(h);
}

void
apply_return(struct apply_host *h)
{
	static const struct apply_exec returning = { apply_act_data, apply_send_input, return_end,
		0, NULL };

	reply_nonce(h->nonce);
	buf_init(&h->input, 1);
	h->until_ms = 0;
	h->follow = follow_new(h->nonce, h->result.seen, apply_record, h);
	apply_exec_start(h, &returning, request_return_command(h->nonce, run_uuid(h->ground->run)));
}
