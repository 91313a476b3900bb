#include "playbooks/apply_inner.h"

#include "base/clock.h"
#include "base/err.h"
#include "base/mem.h"
#include "engine/run.h"
#include "playbooks/comeback.h"
#include "playbooks/request.h"

#include <stdio.h>

void
apply_reboot_record(struct apply_host *h, const struct follow_record *r)
{
	const struct plan_step *s = request_step(h->plan, r->step);
	bool reboots = r->kind == FOLLOW_START && s && s->resource->kind == RESOURCE_REBOOT;

	h->reboot_ms = reboots ? s->resource->limit_ms : 0;
	h->reboot_until = 0;
}

/* What is not known here goes on there: resume finds it. */
static void
leave(struct apply_host *h, const char *text)
{
	struct follow_result r = { .end = FOLLOW_LOST, .outcome = OUTCOME_UNKNOWN };

	snprintf(r.text, sizeof(r.text), "%s", text);
	apply_act_over(h, &r);
}

static void await(struct apply_host *h);

static void
follow_end(struct apply_host *h, const struct channel_end *e, const struct err *err)
{
	struct follow_result r;

	(void)err;
	if (e)
		apply_judge(h, e, &r);
	follow_free(take(h->follow));
	if (!e)
		await(h);
	else if (!apply_reboot_goes_on(h, &r) && !apply_confirm_goes_on(h, &r))
		apply_act_over(h, &r);
}

static void
on_back(void *user, const struct err *err)
{
	static const struct apply_exec following = { apply_act_data, apply_send_input, follow_end,
		0, NULL };
	struct apply_host *h = user;

	comeback_free(take(h->comeback));
	if (err) {
		autofree char *text =
		    xasprintf("it was rebooted and is not back: %.300s", err->text);

		leave(h, text);
		return;
	}
	reply_nonce(h->nonce);
	buf_init(&h->input, 1);
	h->follow = follow_new(h->nonce, h->records, apply_record, h);
	apply_exec_start(h, &following, request_follow_command(h->nonce, run_uuid(h->ground->run)));
}

static void
await(struct apply_host *h)
{
	int64_t now = clock_mono_ms();

	if (!h->reboot_until)
		h->reboot_until = now + h->reboot_ms;
	h->comeback = comeback_new(h->hh, h->reboot_until - now, on_back, h);
}

bool
apply_reboot_goes_on(struct apply_host *h, const struct follow_result *r)
{
	if (r->seen > h->records)
		h->records = r->seen;
	if (r->end != FOLLOW_LOST || !h->reboot_ms || h->cut)
		return false;
	await(h);
	return true;
}

void
apply_reboot_cut(struct apply_host *h)
{
	comeback_free(take(h->comeback));
	leave(h, "cut while the host was being rebooted");
}
