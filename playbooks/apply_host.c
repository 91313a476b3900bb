#include "playbooks/apply_inner.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/digest.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "engine/factbook.h"
#include "engine/herd.h"
#include "engine/run.h"
#include "engine/stray.h"
#include "inventory/inventory.h"
#include "ledger/ledger.h"
#include "playbooks/account.h"
#include "playbooks/bidding.h"
#include "playbooks/confirm.h"
#include "playbooks/fetch.h"
#include "playbooks/kept.h"
#include "playbooks/playbook.h"
#include "playbooks/release.h"
#include "playbooks/request.h"
#include "playbooks/rollout.h"
#include "playbooks/undo.h"

#include <string.h>

#define FACT_MAX 1024

void
apply_event(struct apply_host *h, struct event *e, enum event_kind kind)
{
	event_init(e, kind);
	event_set_text(e, FIELD_HOST, h->name);
}

void
apply_emit(struct apply_host *h, struct event *e)
{
	run_emit(h->ground->run, e);
}

void
apply_give_up(struct apply_host *h, enum outcome kind, const struct err *err)
{
	/* Nothing was changed yet: a link that was lost is a host that was not reached. */
	apply_host_end(h, kind == OUTCOME_UNKNOWN ? OUTCOME_UNREACHABLE : kind, err, 0);
	apply_rest(h);
}

static void
tell_facts(struct apply_host *h)
{
	for (const char *const *f = h->seen->fact; *f; f += 2) {
		autoevent e = { .count = 0 };

		if (strlen(f[1]) > FACT_MAX || factbook_is_given(f[0]))
			continue;
		herd_set_fact(h->hh, f[0], f[1]);
		apply_event(h, &e, EVENT_FACT);
		event_set_text(&e, FIELD_NAME, f[0]);
		event_set_text(&e, FIELD_VALUE, f[1]);
		apply_emit(h, &e);
	}
}

/* An act that was taken back later has two lines: the last one is how it ended. */
static bool
is_last_word(const struct observation *seen, size_t i)
{
	for (size_t k = i + 1; k < seen->journal_count; k++) {
		if (str_eq(seen->journal[k].run, seen->journal[i].run))
			return false;
	}
	return true;
}

static const char *
verb_of(const struct journal_line *j)
{
	const char *bidden = bidding_verb_of(j->release);

	if (undo_release_of(j->release))
		return "undo";
	if (release_is_word(j->release))
		return "rollback";
	return bidden ? bidden : "apply";
}

/* What other seats did here belongs into this seat's history too. */
static void
tell_foreign(struct apply_host *h)
{
	struct ledger *ledger = herd_ledger(h->ground->herd);
	const char *fleet = inventory_fleet(herd_inventory(h->ground->herd));

	for (size_t i = 0; ledger && i < h->seen->journal_count; i++) {
		const struct journal_line *j = &h->seen->journal[i];
		struct ledger_foreign f = { .fleet = fleet,
			.host = h->name,
			.uuid = j->run,
			.seat = j->seat,
			.who = j->who,
			.verb = verb_of(j),
			.subject = undo_release_of(j->release),
			.playbook = str_eq(j->playbook, "-") ? NULL : j->playbook,
			.outcome = j->outcome,
			.time_ms = clock_parse_rfc3339(j->time) };
		enum outcome o;

		if (is_last_word(h->seen, i) && uuid_is(j->run) && outcome_parse(j->outcome, &o) &&
		    f.time_ms >= 0 && !str_eq(j->seat, ledger_seat(ledger)))
			ledger_foreign(ledger, &f);
	}
}

/* In the order in which the act numbers them: resume reads the names from these events. */
/* What a file is to be and was, for the history of files; of a secret nothing. */
static void
tell_place(const struct plan_step *s, struct event *e)
{
	const struct resource *r = s->resource;
	const struct found *f = s->found;

	if (!resource_is_place(r) || !request_sends_file(s))
		return;
	event_set_data(e, FIELD_PATH, r->path, strlen(r->path));
	if (r->secret || f->hidden || (r->kind != RESOURCE_FILE && r->kind != RESOURCE_UNIT))
		return;
	event_set_text(e, FIELD_DIGEST, r->absent ? "-" : r->digest);
	event_set_text(e, FIELD_WAS, f->kind == 'f' && *f->digest ? f->digest : "-");
}

static void
tell_notes(struct apply_host *h)
{
	for (size_t i = 0; i < h->plan->note_count; i++) {
		autoevent e = { .count = 0 };

		apply_event(h, &e, EVENT_PLAN_NOTE);
		event_set_text(&e, FIELD_TEXT, h->plan->notes[i]);
		apply_emit(h, &e);
	}
}

void
apply_tell_plan(struct apply_host *h)
{
	for (size_t n = 1; n <= request_steps(h->plan); n++) {
		const struct plan_step *s = request_step(h->plan, n);
		autobuf id = BUF_INIT(4096), name = BUF_INIT(4096);
		autoevent e = { .count = 0 };

		request_step_id(h->plan, n, &id);
		request_step_name(h->plan, n, &name);
		apply_event(h, &e, EVENT_PLAN_STEP);
		event_set_text(&e, FIELD_STEP, buf_text(&id));
		event_set_text(&e, FIELD_NAME, buf_text(&name));
		event_set_text(&e, FIELD_CLASS, plan_class_name(s ? s->class : PLAN_UNPREDICTED));
		event_set_text(&e, FIELD_TEXT, s ? s->why : "follows the tasks");
		event_set_text(&e, FIELD_VALUE, s ? fetch_note(h->arena, s->resource) : NULL);
		if (s && s->diff)
			event_set_data(&e, FIELD_DIFF, s->diff, strlen(s->diff));
		if (s)
			tell_place(s, &e);
		apply_emit(h, &e);
	}
	tell_notes(h);
}

/* What an earlier act left undone is due again, whether or not its cause changed. */
static void
add_pending(struct plan *p)
{
	for (size_t i = 0; i < p->count; i++) {
		const struct plan_step *s = &p->steps[i];
		bool there = s->class != PLAN_SAME;

		if (!s->found->then_pending || there)
			continue;
		for (size_t k = 0; k < p->then_count; k++)
			there = there ||
				(p->then[k].kind == s->resource->then.kind &&
				    (p->then[k].kind == FOLLOW_RUN
					    ? p->then[k].argv == s->resource->then.argv
					    : str_eq(p->then[k].unit, s->resource->then.unit)));
		if (!there)
			p->then[p->then_count++] = s->resource->then;
	}
}

static void
observe_data(struct apply_host *h, const void *p, size_t n)
{
	if (!observe_feed(h->observe, p, n))
		errand_cancel(h->errand);
}

static bool
has_fact(const struct apply_host *h, const char *name)
{
	for (const char *const *f = h->seen->fact; *f; f += 2) {
		if (str_eq(f[0], name))
			return true;
	}
	return false;
}

static bool
needs_podman(enum resource_kind kind)
{
	return kind == RESOURCE_IMAGE || kind == RESOURCE_VOLUME || kind == RESOURCE_NETWORK ||
	       kind == RESOURCE_SUBIDS;
}

/* What the host lacks of what this playbook needs there; NULL: nothing. */
static const char *
missing(const struct apply_host *h)
{
	bool acts = h->wanted_count > 0, images = false;

	for (size_t i = 0; i < h->wanted_count; i++)
		images |= !h->wanted[i]->absent && needs_podman(h->wanted[i]->kind);
	if (acts && !has_fact(h, "systemd"))
		return "systemd";
	return images && !has_fact(h, "podman") ? "podman" : NULL;
}

/* This seat's name for a run of its own. */
static const char *
alias_of(void *user, const char *run)
{
	const struct apply_host *h = user;
	struct ledger *ledger = herd_ledger(h->ground->herd);
	struct ledger_row row;
	struct err err;

	if (!ledger || !uuid_is(run) || !ledger_find_run(ledger, run, &row, &err) || !row.alias ||
	    !str_eq(row.seat, ledger_seat(ledger)))
		return NULL;
	return arena_strdup(h->arena, row.alias);
}

static void
add_notes(struct apply_host *h)
{
	struct plan *p = h->plan;
	size_t all = p->note_count + h->prune.note_count;
	const char **notes = arena_alloc(h->arena, all * sizeof(*notes) + 1);

	for (size_t i = 0; i < all; i++)
		notes[i] = i < p->note_count ? p->notes[i] : h->prune.note[i - p->note_count];
	p->notes = notes;
	p->note_count = all;
}

int
apply_digest(const struct apply_host *h, char hex[65], struct err *err)
{
	const struct playbook *p = h->ground->playbook;

	return plan_digest(h->plan, playbook_name(p), playbook_digest(p), hex, err);
}

/* A plan that was kept is carried out as it was, or not at all. */
static int
check_kept(struct apply_host *h, struct err *err)
{
	const struct kept_host *k = kept_find(h->ground->kept, h->name);
	char hex[DIGEST_HEX];

	if (!k || !k->digest)
		return err_set(err, OUTCOME_STALE,
		    "the kept plan has nothing for it: it was not "
		    "reached then");
	if (apply_digest(h, hex, err) < 0)
		return -1;
	if (strcmp(hex, k->digest) == 0)
		return 0;
	return err_set(err, OUTCOME_STALE, "its plan is not the one that was kept: plan again");
}

/* Whoever changed it by hand, it is cattle no longer like the others. */
static void
mark_strayed(struct apply_host *h)
{
	for (size_t i = 0; i < h->plan->count; i++) {
		const struct plan_step *s = &h->plan->steps[i];

		if (!s->foreign && (!h->ground->drift || s->class == PLAN_SAME))
			continue;
		autofree char *why = xasprintf("drift: %s", s->resource->id);
		stray_mark(h->ground->run, herd_host_of(h->hh), why);
		return;
	}
}

/* What waits for a confirmation takes itself back at a boot. */
static void
refuse_reboot(struct apply_host *h)
{
	const struct plan_step *s, *armed = NULL;

	for (size_t n = 1; n <= request_steps(h->plan); n++) {
		s = request_step(h->plan, n);
		if (s && s->resource->kind == RESOURCE_REBOOT && armed && !h->plan->refused)
			h->plan->refused = arena_printf(h->arena,
			    "%s stands behind %s, which waits for a confirmation: apply them "
			    "apart, or say confirm: false",
			    s->resource->id, armed->resource->id);
		if (s && !armed && confirm_step(h->plan, s))
			armed = s;
	}
}

void
apply_make_plan(struct apply_host *h)
{
	struct ledger *ledger = herd_ledger(h->ground->herd);
	char release[13];
	struct account account = { .playbook = apply_owner(h),
		.seat = ledger ? ledger_seat(ledger) : "-",
		.release = release,
		.seen = h->seen,
		.alias = alias_of,
		.user = h };
	struct err err;

	str_copy(release, sizeof(release), playbook_digest(h->ground->playbook));
	h->plan =
	    plan_make(h->arena, herd_host_of(h->hh), h->wanted, h->seen->found, h->wanted_count);
	h->plan->releases = h->change;
	h->plan->skipped = h->skipped;
	h->plan->skipped_count = h->skipped_count;
	add_pending(h->plan);
	account_plan(h->arena, &account, h->plan);
	if (h->ground->drift) {
		account_drift(h->arena, &account, h->plan);
	} else {
		add_notes(h);
		apply_note_releases(h);
		confirm_note(h->arena, h->plan);
		refuse_reboot(h);
	}
	mark_strayed(h);
	if (h->ground->kept && check_kept(h, &err) < 0) {
		h->plan = NULL;
		apply_give_up(h, err.kind, &err);
		return;
	}
	if (!h->ground->late || h->plan->failed || h->plan->refused)
		apply_tell_plan(h);
	if (h->plan->failed) {
		err_set(&err, OUTCOME_FAILED, "%s", h->plan->failed);
		apply_give_up(h, err.kind, &err);
		return;
	}
	if (h->plan->refused) {
		err_set(&err, OUTCOME_REFUSED, "%s", h->plan->refused);
		apply_give_up(h, err.kind, &err);
		return;
	}
	apply_rest(h);
}

static void
take_observed(struct apply_host *h)
{
	struct err err;

	if (!h->told) {
		tell_facts(h);
		tell_foreign(h);
	}
	h->told = true;
	if (h->undo) {
		apply_plan_undo(h);
		return;
	}
	if (!h->seen->root) {
		err_set(&err, OUTCOME_REFUSED, "%s",
		    "the login is not root: say become in the inventory");
		apply_give_up(h, err.kind, &err);
		return;
	}
	if (apply_desire_again(h, &err) < 0) {
		apply_give_up(h, err.kind, &err);
		return;
	}
	if (missing(h)) {
		err_set(&err, OUTCOME_FAILED, "unsupported: the host has no %s", missing(h));
		apply_give_up(h, err.kind, &err);
		return;
	}
	if (h->ground->bidding)
		apply_bidding(h);
	else
		apply_prune(h);
}

static void
observe_end_exec(struct apply_host *h, const struct channel_end *e, const struct err *err)
{
	struct err why;

	if (!apply_looked(h, e, err, &why)) {
		observe_free(take(h->observe));
		apply_give_up(h, why.kind, &why);
		return;
	}
	h->seen = observe_end(take(h->observe), &why);
	if (!h->seen)
		apply_give_up(h, why.kind, &why);
	else
		take_observed(h);
}

/* What half an answer said is forgotten. */
static char *
observe_again(struct apply_host *h)
{
	observe_free(take(h->observe));
	reply_nonce(h->nonce);
	h->observe = observe_new(h->arena, h->nonce, h->wanted, h->wanted_count);
	return observe_command(h->nonce, h->wanted, h->wanted_count);
}

void
apply_begin(struct apply_host *h)
{
	const struct host *host = herd_host_of(h->hh);
	autoevent e = { .count = 0 };

	h->begun = true;
	h->began_ms = clock_mono_ms();
	apply_event(h, &e, EVENT_HOST_START);
	event_set_text(&e, FIELD_KIND, host_kind_name(host->kind));
	event_set_text(&e, FIELD_ADDRESS, host->address ? host->address : host->name);
	event_set_int(&e, FIELD_ATTEMPT, 1);
	apply_emit(h, &e);
}

void
apply_observe(struct apply_host *h)
{
	static const struct apply_exec observing = { observe_data, apply_send_input,
		observe_end_exec, APPLY_LOOK_MS, observe_again };
	struct err err;

	if (!h->begun)
		apply_begin(h);
	buf_init(&h->input, OBSERVE_REQUEST_MAX);
	if (observe_request(h->wanted, h->wanted_count, &h->input, &err) < 0) {
		apply_give_up(h, err.kind, &err);
		return;
	}
	apply_exec_start(h, &observing, observe_again(h));
}
