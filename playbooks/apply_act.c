#include "playbooks/apply_inner.h"

#include "base/digest.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "engine/herd.h"
#include "engine/run.h"
#include "ledger/ledger.h"
#include "playbooks/bidding.h"
#include "playbooks/playbook.h"
#include "playbooks/release.h"
#include "playbooks/request.h"
#include "playbooks/rollout.h"
#include "playbooks/undo.h"

#include <string.h>

#define CONTENT_MAX (256U << 10)

bool
apply_differs(const struct apply_host *h)
{
	return h->plan && (plan_changes(h->plan) || h->plan->then_count > 0);
}

bool
apply_acts(const struct apply_host *h)
{
	return h->plan && (apply_differs(h) || h->plan->records > 0);
}

void
apply_record(void *user, const struct follow_record *r)
{
	struct apply_host *h = user;
	autobuf id = BUF_INIT(4096), name = BUF_INIT(4096);
	autoevent e = { .count = 0 };

	apply_confirm_record(h, r);
	if (r->kind != FOLLOW_START && r->kind != FOLLOW_STEP)
		return;
	apply_reboot_record(h, r);
	apply_land_record(h, r);
	request_step_id(h->plan, r->step, &id);
	request_step_name(h->plan, r->step, &name);
	follow_event(r, h->name, buf_text(&id), buf_text(&name), &h->step_ms, &e);
	apply_emit(h, &e);
}

void
apply_judge(struct apply_host *h, const struct channel_end *e, struct follow_result *r)
{
	follow_verdict(h->follow, r);
	if (r->end == FOLLOW_LOST && e->err && e->err->kind == OUTCOME_REFUSED) {
		r->outcome = OUTCOME_REFUSED;
		str_copy(r->text, sizeof(r->text), e->err->text);
	} else if (r->end == FOLLOW_LOST && !h->whole) {
		r->outcome = OUTCOME_UNREACHABLE;
		snprintf(r->text, sizeof(r->text),
		    "the link was lost before the request was whole: nothing happened");
	} else if (r->end == FOLLOW_LOST && e->have_status && !r->started) {
		r->outcome = OUTCOME_FAILED;
		snprintf(r->text, sizeof(r->text), "the host ran no helper (status %d)", e->status);
	} else if (r->end == FOLLOW_LOST && e->err) {
		snprintf(r->text, sizeof(r->text), "the link was lost while it acted: %.300s",
		    e->err->text);
	}
}

static void
tell_release(struct apply_host *h, const char *app, const char *id, const char *class)
{
	autoevent e = { .count = 0 };

	apply_event(h, &e, EVENT_RELEASE);
	event_set_text(&e, FIELD_NAME, app);
	event_set_text(&e, FIELD_VALUE, id);
	event_set_text(&e, FIELD_CLASS, class);
	event_set_text(&e, FIELD_TEXT, apply_owner(h));
	apply_emit(h, &e);
}

/* What the host now keeps to go back to, or why it does not. */
static void
tell_releases(struct apply_host *h, const char *unkept)
{
	const struct release_change *c = h->plan ? h->plan->releases : NULL;
	autoevent warning = { .count = 0 };

	for (size_t i = 0; c && !*unkept && i < c->made_count; i++)
		tell_release(h, c->made[i].app, c->made[i].id, c->verb);
	for (size_t i = 0; c && i < c->drop_count; i++)
		if (!release_find(c->made, c->made_count, c->drop[i]->app))
			tell_release(h, c->drop[i]->app, c->drop[i]->id, "gone");
	if (!*unkept)
		return;
	apply_event(h, &warning, EVENT_WARN);
	event_set_text(&warning, FIELD_TEXT, unkept);
	apply_emit(h, &warning);
}

void
apply_result(struct apply_host *h, const struct follow_result *r)
{
	struct err why = { .kind = OUTCOME_OK };

	if (!outcome_is_good(r->outcome))
		err_set(&why, r->outcome, "%s", r->text);
	else if (!h->undo)
		tell_releases(h, r->text);
	h->rc = r->rc;
	apply_host_end(h, r->outcome, why.kind == OUTCOME_OK ? NULL : &why, r->changed);
}

/* What may yet have to be taken back has not ended before the run has. */
void
apply_act_over(struct apply_host *h, const struct follow_result *r)
{
	if (apply_land_goes_on(h, r))
		return;
	if (h->ground->rollback &&
	    (r->outcome == OUTCOME_CHANGED || r->outcome == OUTCOME_UNKNOWN || h->unlanded)) {
		h->held = true;
		h->result = *r;
		rollout_note(h->ground->rollout, h->index, r->outcome);
	} else {
		apply_result(h, r);
	}
	apply_rest(h);
}

static void
act_end(struct apply_host *h, const struct channel_end *e, const struct err *err)
{
	struct follow_result r;

	if (!e) {
		follow_free(take(h->follow));
		apply_give_up(h, err->kind, err);
		return;
	}
	apply_judge(h, e, &r);
	follow_free(take(h->follow));
	buf_fini(&h->input);
	apply_judge_undo(h, &r);
	if (!apply_reboot_goes_on(h, &r) && !apply_confirm_goes_on(h, &r))
		apply_act_over(h, &r);
}

void
apply_act_data(struct apply_host *h, const void *p, size_t n)
{
	follow_feed(h->follow, p, n);
}

static void
on_durable(void *user, const struct err *err)
{
	static const struct apply_exec acting = { apply_act_data, apply_send_input, act_end, 0,
		NULL };
	struct apply_host *h = user;
	struct err why;

	if (err) {
		apply_halt(h);
		apply_give_up(h, err->kind, err);
		return;
	}
	if (h->cut) {
		err_set(&why, OUTCOME_UNTRIED, "cut before anything was sent");
		apply_give_up(h, why.kind, &why);
		return;
	}
	reply_nonce(h->nonce);
	h->follow = follow_new(h->nonce, 0, apply_record, h);
	apply_exec_start(h, &acting, request_command(h->nonce, run_uuid(h->ground->run)));
}

/* What files become and were is kept here too, for when the host no longer has it. */
static void
keep_contents(struct ledger *l, const struct plan *p)
{
	for (size_t i = 0; l && i < p->count; i++) {
		const struct resource *r = p->steps[i].resource;
		const struct found *f = p->steps[i].found;
		char hex[DIGEST_HEX];

		if (r->secret || (r->kind != RESOURCE_FILE && r->kind != RESOURCE_UNIT) ||
		    !request_sends_file(&p->steps[i]))
			continue;
		if (!r->absent && r->content && r->content_len <= CONTENT_MAX)
			ledger_put(l, r->content, r->content_len, hex);
		if (f->kind == 'f' && !f->hidden && f->content && f->content_len <= CONTENT_MAX)
			ledger_put(l, f->content, f->content_len, hex);
	}
}

void
apply_act(struct apply_host *h)
{
	const struct apply_ground *c = h->ground;
	struct ledger *ledger = herd_ledger(c->herd);
	char release[13], digest[DIGEST_HEX];
	struct err err;
	autoevent e = { .count = 0 };
	struct request spec = {
		.run = run_uuid(c->run),
		.seat = ledger ? ledger_seat(ledger) : "-",
		.who = c->who,
		.host = h->name,
		.playbook = h->undo      ? undo_playbook(h->undo)
			    : c->bidding ? "-"
					 : apply_owner(h),
		.release = h->undo      ? undo_release(h->undo)
			   : c->bidding ? bidding_release(h->arena, c->bidding)
			   : h->release ? release_word(h->arena, h->release)
					: release,
		.plan = h->plan,
		.rollback = c->rollback,
		.soak_ms = rollout_soak_ms(h->ground->rollout),
	};

	str_copy(release, sizeof(release), playbook_digest(c->playbook));
	buf_fini(&h->input);
	buf_init(&h->input, REQUEST_MAX);
	if (request_build(&spec, &h->input, &err) < 0) {
		apply_give_up(h, err.kind, &err);
		return;
	}
	keep_contents(ledger, h->plan);
	digest_hex(h->input.data, h->input.len, digest);
	apply_event(h, &e, EVENT_ACT_SENT);
	event_set_text(&e, FIELD_DIGEST, digest);
	event_set_int(&e, FIELD_BYTES, (int64_t)h->input.len);
	apply_emit(h, &e);
	run_sync(c->run, on_durable, h);
}
