#include "playbooks/apply.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/diag.h"
#include "base/err.h"
#include "base/loop.h"
#include "base/mem.h"
#include "base/work.h"
#include "engine/herd.h"
#include "engine/run.h"
#include "engine/stray.h"
#include "inventory/inventory.h"
#include "playbooks/apply_inner.h"
#include "playbooks/back.h"
#include "playbooks/comeback.h"
#include "playbooks/fetch.h"
#include "playbooks/playbook.h"
#include "playbooks/released.h"
#include "playbooks/rollout.h"

#define PARALLEL 64

struct apply {
	struct apply_config config;
	struct apply_ground ground;
	struct apply_host *hosts;
	/* The stage in hand: the hosts that have a part in it, and what begins it for one. */
	size_t *queue, queued, next, running;
	void (*begin)(struct apply_host *h);
	void (*over)(struct apply *a);
	bool filling, waiting, told, going; /* going: it is carried out */
	struct rollout_run
	    *returning;      /* whoever changed is taken back by these batches; NULL: not yet */
	bool paused, parked; /* parked: nothing is at work, and the next batch waits */
	int stops;
};

static void fill(struct apply *a);
static void next_batch(struct apply *a);

void
apply_host_end(struct apply_host *h, enum outcome o, const struct err *err, size_t changed)
{
	struct apply *a = h->apply;
	autoevent e = { .count = 0 };

	if (h->ended)
		mem_abort("bug: a host of an apply ended twice");
	h->ended = true;
	if (a->going && !a->ground.undo && !a->ground.returning && !a->ground.bidding &&
	    outcome_is_good(o) && !h->partial && !playbook_partial(a->ground.playbook))
		stray_clear(a->ground.run, a->config.herd, herd_host_of(h->hh));
	apply_event(h, &e, EVENT_HOST_END);
	event_set_text(&e, FIELD_STATE, outcome_name(o));
	if (err) {
		event_set_text(&e, FIELD_PHASE, err->phase[0] ? err->phase : NULL);
		event_set_text(&e, FIELD_TEXT, err->text[0] ? err->text : NULL);
	}
	if (h->begun)
		event_set_int(&e, FIELD_MS, clock_mono_ms() - h->began_ms);
	event_set_int(&e, FIELD_CHANGED, (int64_t)changed);
	if (h->rc)
		event_set_int(&e, FIELD_RC, h->rc);
	apply_emit(h, &e);
	/* What an undo leaves alone is no failure of it; whom somebody wants aside is no reason to stop. */
	if (h->undo && o == OUTCOME_STALE)
		o = OUTCOME_CHANGED;
	if (h->cordoned)
		o = OUTCOME_HELD;
	rollout_note(a->ground.rollout, h->index, o);
	if (a->returning)
		rollout_note(a->returning, h->index, o);
	herd_disconnect(h->hh);
}

void
apply_halt(struct apply_host *h)
{
	h->apply->stops++;
}

static void
leave_untried(struct apply_host *h, const char *why)
{
	struct err err = { .kind = OUTCOME_UNTRIED };

	err_set(&err, OUTCOME_UNTRIED, "%s", why);
	apply_host_end(h, OUTCOME_UNTRIED, &err, 0);
}

static void
announce(struct apply *a, const char *text)
{
	autoevent e = { .count = 0 };

	event_init(&e, EVENT_ROLLOUT);
	event_set_text(&e, FIELD_TEXT, text);
	run_emit(a->ground.run, &e);
}

/* Whoever is armed is named: it goes on to its confirmation, or takes itself back. */
static void
tell_armed(struct apply *a)
{
	autobuf names = BUF_INIT(4096);

	for (size_t i = 0; i < a->config.count; i++) {
		if (a->hosts[i].armed && !a->hosts[i].ended)
			buf_addf(&names, "%s%s", names.len ? ", " : "", a->hosts[i].name);
	}
	if (!names.len)
		return;
	autofree char *text = xasprintf("armed: %s: %s", buf_text(&names),
	    a->stops == 1 ? "still to be confirmed, or taken back by themselves"
			  : "left alone: they take themselves back unless they were confirmed");
	announce(a, text);
}

static void
unpark(struct apply *a)
{
	if (!a->parked)
		return;
	a->parked = false;
	next_batch(a);
}

static void
on_stop(void *user, int signum)
{
	struct apply *a = user;

	(void)signum;
	a->stops++;
	if (a->told)
		return;
	if (a->waiting) {
		apply_leave(a, OUTCOME_UNTRIED);
		return;
	}
	tell_armed(a);
	fill(a);
	unpark(a);
	/* Looking changes nothing: it is cut at once. */
	for (size_t i = 0; (a->stops > 1 || !a->going) && i < a->config.count; i++)
		apply_exec_cut(&a->hosts[i]);
}

struct apply *
apply_new(const struct apply_config *config, struct diag *diag)
{
	struct apply *a = xcalloc(1, sizeof(*a));
	autofree enum host_kind *kinds = xcalloc(config->count + 1, sizeof(*kinds));
	bool good = true;
	struct err err;

	a->config = *config;
	a->ground = (struct apply_ground){ .herd = config->herd,
		.playbook = config->playbook,
		.undo = config->undo,
		.returning = config->rollback,
		.bidding = config->bidding,
		.who = config->who,
		.no_prune = config->no_prune || config->drift,
		.drift = config->drift,
		.cordoned_too = config->cordoned_too,
		.late = config->late,
		.rollback = playbook_rollout(config->playbook)->rollback,
		.claims = fetch_claims_new(),
		.kept = config->kept };
	a->ground.work = work_new(herd_loop(config->herd), 2, &err);
	if (!a->ground.work) {
		diag_error(diag, (struct mark){ 0 }, "%s", err.text);
		good = false;
	}
	a->hosts = xcalloc(config->count + 1, sizeof(*a->hosts));
	a->queue = xcalloc(config->count + 1, sizeof(*a->queue));
	for (size_t i = 0; i < config->count; i++) {
		struct apply_host *h = &a->hosts[i];

		h->apply = a;
		h->ground = &a->ground;
		h->index = i;
		h->hh = config->hosts[i];
		h->name = herd_host_of(h->hh)->name;
		kinds[i] = herd_host_of(h->hh)->kind;
		good = apply_desire(h, diag) && good;
	}
	a->config.hosts = NULL;
	a->ground.rollout = rollout_new(playbook_rollout(config->playbook), kinds, config->count);
	if (!good) {
		apply_free(a);
		return NULL;
	}
	return a;
}

void
apply_free(struct apply *a)
{
	if (!a)
		return;
	for (size_t i = 0; i < a->config.count; i++) {
		struct apply_host *h = &a->hosts[i];

		observe_free(h->observe);
		back_free(h->looking_back);
		released_free(h->releases);
		apply_land_free(h);
		follow_free(h->follow);
		comeback_free(h->comeback);
		apply_images_free(h->images);
		buf_fini(&h->input);
		if (h->timer)
			loop_timer_free(h->timer);
		free(h->command);
		arena_free(h->arena);
	}
	rollout_free(a->ground.rollout);
	rollout_free(a->returning);
	fetch_claims_free(a->ground.claims);
	work_free(a->ground.work);
	free(a->hosts);
	free(a->queue);
	free(a);
}

static void
tell_over(void *user)
{
	struct apply *a = user;
	void (*over)(struct apply *) = a->over;

	a->over = NULL;
	over(a);
}

static void
begin_host(struct apply *a, struct apply_host *h)
{
	if (a->stops > 0) {
		if (!h->ended && !h->held)
			leave_untried(h, "the run was stopped before it");
		return;
	}
	a->running++;
	h->resting = false;
	a->begin(h);
}

/* Bring the hosts at work up to what is allowed; hosts that rest at once call it from inside. */
static void
fill(struct apply *a)
{
	size_t limit = a->config.parallel > 0 ? (size_t)a->config.parallel : PARALLEL;

	if (a->filling || !a->over)
		return;
	a->filling = true;
	while (a->next < a->queued && a->running < limit)
		begin_host(a, &a->hosts[a->queue[a->next++]]);
	a->filling = false;
	if (a->next == a->queued && a->running == 0) {
		a->queued = a->next = 0;
		a->filling = true; /* until the next stage */
		loop_soon(herd_loop(a->config.herd), tell_over, a);
	}
}

void
apply_rest(struct apply_host *h)
{
	if (h->resting)
		mem_abort("bug: a host of an apply rested twice");
	h->resting = true;
	h->apply->running--;
	fill(h->apply);
}

static void
stage(struct apply *a, void (*begin)(struct apply_host *h), void (*over)(struct apply *a))
{
	a->begin = begin;
	a->over = over;
	a->next = 0;
	a->filling = false;
	fill(a);
}

static void
tell_done(void *user)
{
	struct apply *a = user;

	a->config.done(a->config.user);
}

/* Hosts that are left have ended nowhere else. */
static void
finish(struct apply *a, enum outcome as, const char *why)
{
	struct err err;

	err_set(&err, as, "%s", why ? why : "");
	for (size_t i = 0; i < a->config.count; i++) {
		struct apply_host *h = &a->hosts[i];

		if (h->held && !h->ended)
			apply_result(h, &h->result);
		else if (!h->ended)
			apply_host_end(h, as, why ? &err : NULL, 0);
	}
	a->told = true;
	loop_soon(herd_loop(a->config.herd), tell_done, a);
}

static void
observed(struct apply *a)
{
	if (a->stops > 0) {
		finish(a, OUTCOME_UNTRIED, "the run was stopped before it");
		return;
	}
	if (!a->ground.undo && a->config.count) {
		autofree char *order = apply_order(a->hosts, a->config.count);

		if (order)
			announce(a, order);
	}
	a->waiting = true;
	a->config.planned(a->config.user, a);
}

void
apply_start(struct apply *a, struct run *run)
{
	a->ground.run = run;
	run_on_stop(run, on_stop, a);
	for (size_t i = 0; i < a->config.count; i++) {
		if (!apply_set_aside(&a->hosts[i]))
			a->queue[a->queued++] = i;
	}
	stage(a,
	    a->ground.undo        ? apply_look_back
	    : a->ground.returning ? apply_look_releases
				  : apply_observe,
	    observed);
}

void
apply_leave(struct apply *a, enum outcome as)
{
	a->waiting = false;
	for (size_t i = 0; a->ground.late && i < a->config.count; i++) {
		if (!a->hosts[i].ended && a->hosts[i].plan)
			apply_tell_plan(&a->hosts[i]);
	}
	finish(a, as, as == OUTCOME_UNTRIED ? "the run was stopped before it" : NULL);
}

struct apply_host *
apply_host_at(struct apply *a, size_t i)
{
	return &a->hosts[i];
}

void
apply_go(struct apply *a)
{
	a->waiting = false;
	a->going = true;
	for (size_t i = 0; i < a->config.count; i++) {
		struct apply_host *h = &a->hosts[i];

		if (h->domain)
			rollout_domain(a->ground.rollout, i, h->domain);
		if (!h->ended && h->plan)
			apply_settle_plan(h);
		if (!h->ended && h->out)
			apply_hold_back(h);
		else if (!h->ended && !apply_acts(h))
			apply_host_end(h, OUTCOME_OK, NULL, 0);
		else if (!h->ended && apply_fetches(h))
			a->queue[a->queued++] = i;
	}
	stage(a, apply_fetch, next_batch);
}

static void
begin_act(struct apply_host *h)
{
	if (!h->ended && rollout_start(h->ground->rollout, h->index)) {
		apply_act(h);
		return;
	}
	apply_rest(h);
}

static void
begin_return(struct apply_host *h)
{
	rollout_start(h->apply->returning, h->index);
	apply_return(h);
}

static void
announce_batch(struct apply *a, const char *what, const struct rollout_run *r)
{
	autofree char *text = xasprintf(
	    "%s%s: %zu host%s", what, rollout_batch_name(r), a->queued, a->queued == 1 ? "" : "s");

	announce(a, text);
}

static void
return_batch(struct apply *a)
{
	a->queued = a->stops > 0 ? 0 : rollout_next_batch(a->returning, a->queue, a->config.count);
	if (a->queued == 0) {
		finish(a, OUTCOME_UNTRIED, rollout_stopped(a->ground.rollout));
		return;
	}
	announce_batch(a, "rollback, ", a->returning);
	stage(a, begin_return, return_batch);
}

/* on_failure: rollback. Whoever changed in this run becomes what it was, a batch at a time. */
static bool
return_all(struct apply *a)
{
	autofree bool *held = xcalloc(a->config.count + 1, sizeof(*held));
	size_t count = 0;

	for (size_t i = 0; i < a->config.count; i++) {
		held[i] = a->hosts[i].held;
		count += held[i];
	}
	if (count == 0)
		return false;
	autofree char *text =
	    xasprintf("rollback: %zu host%s that this run changed", count, count == 1 ? "" : "s");
	announce(a, text);
	a->returning = rollout_return(a->ground.rollout, held);
	return_batch(a);
	return true;
}

static void
next_batch(struct apply *a)
{
	const char *stopped;

	if (a->stops > 0) {
		finish(a, OUTCOME_UNTRIED, "the run was stopped before it");
		return;
	}
	a->queued = rollout_next_batch(a->ground.rollout, a->queue, a->config.count);
	stopped = rollout_stopped(a->ground.rollout);
	if (a->queued == 0 && rollout_parked(a->ground.rollout)) {
		a->parked = true;
		announce(a, "paused: no batch begins");
		return;
	}
	if (a->queued == 0) {
		if (stopped)
			announce(a, stopped);
		if (stopped && a->ground.rollback && return_all(a))
			return;
		finish(a, OUTCOME_UNTRIED, stopped ? stopped : "no batch reached it");
		return;
	}
	announce_batch(a, "", a->ground.rollout);
	stage(a, begin_act, next_batch);
}

void
apply_pause(struct apply *a, bool on)
{
	if (a->paused == on || a->told)
		return;
	a->paused = on;
	rollout_pause(a->ground.rollout, on);
	announce(a, on ? "pausing: the batch at work ends" : "going on");
	if (!on)
		unpark(a);
}

size_t
apply_count(const struct apply *a)
{
	return a->config.count;
}

const char *
apply_host_name(const struct apply *a, size_t i)
{
	return a->hosts[i].name;
}

const struct plan *
apply_plan(const struct apply *a, size_t i)
{
	return a->hosts[i].plan;
}

bool
apply_plan_digest(const struct apply *a, size_t i, char hex[65])
{
	struct err err;

	return a->hosts[i].plan && !a->hosts[i].plan->refused &&
	       apply_digest(&a->hosts[i], hex, &err) == 0;
}

size_t
apply_changing(const struct apply *a)
{
	size_t n = 0;

	for (size_t i = 0; i < a->config.count; i++)
		n += !a->hosts[i].ended && !a->hosts[i].out && apply_differs(&a->hosts[i]);
	return n;
}
