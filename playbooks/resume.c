#include "playbooks/resume.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/event.h"
#include "base/loop.h"
#include "base/mem.h"
#include "base/work.h"
#include "engine/errand.h"
#include "engine/herd.h"
#include "engine/run.h"
#include "inventory/inventory.h"
#include "ledger/ledger.h"
#include "playbooks/comeback.h"
#include "playbooks/fetch.h"
#include "playbooks/follow.h"
#include "playbooks/landfall.h"
#include "playbooks/reply.h"
#include "playbooks/request.h"
#include "playbooks/resume_inner.h"

#include <string.h>

#define PARALLEL  64
#define REBOOT_MS 600000

#define NAMED 8 /* steps that a text names */

static void fill(struct resume *r);

static void
end_host(struct resume_asked *h, enum outcome o, const char *text, size_t changed)
{
	struct resume *r = h->resume;
	autoevent e = { .count = 0 };

	h->over = true;
	event_init(&e, EVENT_HOST_END);
	event_set_text(&e, FIELD_HOST, h->name);
	event_set_text(&e, FIELD_STATE, outcome_name(o));
	event_set_text(&e, FIELD_TEXT, text && *text ? text : NULL);
	if (h->began_ms)
		event_set_int(&e, FIELD_MS, clock_mono_ms() - h->began_ms);
	event_set_int(&e, FIELD_CHANGED, (int64_t)changed);
	run_emit(r->config->run, &e);
	if (h->hh)
		herd_disconnect(h->hh);
	r->running -= h->began_ms != 0;
	r->ended++;
	fill(r);
}

/* "REASON; the host recorded 2 of 3 steps as done: ID, ID; NEXT" */
static void
end_unproved(struct resume_asked *h, const char *reason, const char *next)
{
	autobuf b = BUF_INIT(8000);
	size_t done = 0, named = 0;

	for (size_t i = 0; i < h->steps; i++)
		done += h->step[i].done;
	buf_adds(&b, reason);
	if (h->back)
		buf_adds(&b, "; it began to take back what was done");
	else
		buf_addf(&b, "; %zu of %zu step%s %s recorded as done", done, h->steps,
		    h->steps == 1 ? "" : "s", done == 1 ? "is" : "are");
	for (size_t i = 0; i < h->steps && !h->back && named < NAMED; i++) {
		if (h->step[i].done)
			buf_addf(&b, "%s%s", named++ ? ", " : ": ", h->step[i].id);
	}
	if (named == NAMED && done > named)
		buf_addf(&b, " and %zu more", done - named);
	buf_addf(&b, "; %s", next);
	end_host(h, OUTCOME_UNKNOWN, buf_text(&b), 0);
}

static const char again[] = "resume again to ask it";
static const char look[] = "look at the host (drover plan), or apply again: what is right stays";

static void
on_record(void *user, const struct follow_record *rec)
{
	struct resume_asked *h = user;
	struct landfall_item item;
	bool known = rec->step >= 1 && rec->step <= h->steps;
	autoevent e = { .count = 0 };

	h->back = h->back || rec->kind == FOLLOW_BACK;
	if ((rec->kind != FOLLOW_START && rec->kind != FOLLOW_STEP) || !known)
		return;
	struct resume_step *s = &h->step[rec->step - 1];
	h->reboots = rec->kind == FOLLOW_START && resume_is_reboot(s->id);
	follow_event(rec, h->name, s->id, s->name, &h->step_ms, &e);
	if (!s->told)
		run_emit(h->resume->config->run, &e);
	s->told = s->told || rec->kind == FOLLOW_STEP;
	s->done = s->done || (rec->kind == FOLLOW_STEP && outcome_is_good(rec->state));
	if (fetch_item(h->resume->arena, s->note, rec, &item)) {
		mem_grow(h->item, h->items, h->item_cap);
		h->item[h->items++] = item;
	}
}

static void
on_data(void *user, enum stream s, const void *p, size_t n)
{
	struct resume_asked *h = user;

	if (s == STREAM_OUT)
		follow_feed(h->follow, p, n);
}

static void on_ready(void *user, struct session *s, const struct err *err);

static void
on_back(void *user, const struct err *err)
{
	struct resume_asked *h = user;

	comeback_free(take(h->comeback));
	h->reboots = h->reboots && !err;
	herd_session(h->hh, on_ready, h);
}

/* It was rebooted by the act, which goes on by itself when the host is up again. */
static bool
may_return(const struct resume_asked *h)
{
	return h->reboots && h->resume->stops == 0;
}

static void
await(struct resume_asked *h)
{
	int64_t now = clock_mono_ms();

	if (!h->reboot_until)
		h->reboot_until = now + REBOOT_MS;
	h->comeback = comeback_new(h->hh, h->reboot_until - now, on_back, h);
}

static void
on_landed(void *user, const struct err *err, bool lost)
{
	struct resume_asked *h = user;
	struct follow_result *v = &h->verdict;

	landfall_free(take(h->landfall));
	if (err && outcome_is_good(v->outcome)) {
		v->outcome = lost ? OUTCOME_UNKNOWN : OUTCOME_FAILED;
		snprintf(v->text, sizeof(v->text), "%.600s; all was done on the host", err->text);
	}
	end_host(h, v->outcome, v->text, v->changed);
}

/* What the act fetched may not have come the first time. */
static bool
lands(struct resume_asked *h, const struct follow_result *v)
{
	struct resume *r = h->resume;

	if (v->end != FOLLOW_DONE || h->items == 0)
		return false;
	h->verdict = *v;
	h->landfall = landfall_new(&(struct landfall_spec){ .work = r->work,
	    .hh = h->hh,
	    .run = r->uuid,
	    .item = h->item,
	    .count = h->items,
	    .done = on_landed,
	    .user = h });
	landfall_start(h->landfall);
	return true;
}

static void
on_end(void *user, const struct channel_end *e)
{
	struct resume_asked *h = user;
	struct follow_result v;

	h->errand = NULL;
	follow_verdict(h->follow, &v);
	follow_free(take(h->follow));
	if (v.end == FOLLOW_LOST && may_return(h)) {
		await(h);
		herd_release(h->hh);
		return;
	}
	if (v.end == FOLLOW_LOST && e->err)
		snprintf(v.text, sizeof(v.text), "not proved: %.300s", e->err->text);
	if (v.outcome == OUTCOME_UNKNOWN)
		end_unproved(h, v.text, v.end == FOLLOW_LOST ? again : look);
	else if (!lands(h, &v))
		end_host(h, v.outcome, v.text, v.changed);
	herd_release(h->hh);
}

static void
on_ready(void *user, struct session *s, const struct err *err)
{
	static const struct errand_listener listener = { .data = on_data, .end = on_end };
	struct resume_asked *h = user;
	char nonce[REPLY_NONCE];

	if (!s && err->kind != OUTCOME_REFUSED && may_return(h)) {
		await(h);
		return;
	}
	if (!s) {
		autofree char *text = xasprintf("not proved: %s", err->text);

		if (err->kind == OUTCOME_REFUSED)
			end_host(h, OUTCOME_REFUSED, text, 0);
		else
			end_unproved(h, text, "resume again once it is reached");
		return;
	}
	herd_hold(h->hh);
	reply_nonce(nonce);
	h->items = 0;
	h->follow = follow_new(nonce, 0, on_record, h);
	h->command = request_follow_command(nonce, h->resume->uuid);
	h->errand = errand_start(h->hh, s,
	    &(struct errand_spec){ .who = ERRAND_OWN,
		.program = h->command,
		.input_len = -1,
		.listener = &listener,
		.user = h });
	errand_write_end(h->errand);
}

static void
start(struct resume_asked *h)
{
	struct resume *r = h->resume;
	const struct host *host = inventory_find(herd_inventory(r->config->herd), h->name);
	autoevent e = { .count = 0 };

	if (!h->sent) {
		end_host(h, OUTCOME_UNTRIED,
		    "nothing was sent to it: the run ended before its turn; apply again", 0);
		return;
	}
	if (!host) {
		end_unproved(h, "not proved: it is no longer in the inventory",
		    "resume again with an inventory that has it");
		return;
	}
	if (r->stops > 0) {
		end_unproved(h, "not proved: the resume was stopped before it", again);
		return;
	}
	h->began_ms = clock_mono_ms();
	h->hh = herd_of(r->config->herd, host);
	r->running++;
	event_init(&e, EVENT_HOST_START);
	event_set_text(&e, FIELD_HOST, h->name);
	event_set_text(&e, FIELD_KIND, host_kind_name(host->kind));
	event_set_text(&e, FIELD_ADDRESS, host->address ? host->address : host->name);
	event_set_int(&e, FIELD_ATTEMPT, 2);
	run_emit(r->config->run, &e);
	herd_session(h->hh, on_ready, h);
}

static void
tell_done(void *user)
{
	struct resume *r = user;

	r->config->done(r->config->user);
}

static void
fill(struct resume *r)
{
	size_t limit = r->config->parallel > 0 ? (size_t)r->config->parallel : PARALLEL;

	if (r->filling)
		return;
	r->filling = true;
	while (r->next < r->open_count && r->running < limit)
		start(r->open[r->next++]);
	if (r->ended == r->open_count)
		loop_soon(herd_loop(r->config->herd), tell_done, r);
	else
		r->filling = false;
}

/* Nothing is changed here: what is being asked may be let go of at once. */
static void
on_stop(void *user, int signum)
{
	struct resume *r = user;

	(void)signum;
	r->stops++;
	for (size_t i = 0; i < r->open_count; i++) {
		struct resume_asked *h = r->open[i];

		if (h->errand) {
			errand_cancel(h->errand);
		} else if (h->landfall) {
			landfall_cut(h->landfall);
		} else if (h->hh && !h->over) {
			comeback_free(take(h->comeback));
			herd_forget(h->hh, h);
			end_unproved(h, "not proved: the resume was stopped", again);
		}
	}
	fill(r);
}

void
resume_start(struct resume *r, const struct resume_config *config)
{
	struct err err;

	struct resume_config *own = arena_alloc(r->arena, sizeof(*own));

	*own = *config;
	r->config = own;
	r->work = work_new(herd_loop(config->herd), 2, &err);
	run_on_stop(config->run, on_stop, r);
	fill(r);
}
