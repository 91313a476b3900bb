#include "playbooks/rollout.h"

#include "base/buf.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/strmap.h"
#include "playbooks/spread.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

/* What dies at once was not started: services are watched a moment, even where nobody asks. */
#define SOAK_MS 1000

enum stage {
	STAGE_WAITS,   /* not yet in a batch */
	STAGE_BATCHED, /* in the batch, not started */
	STAGE_STARTED,
	STAGE_ENDED,
	STAGE_ASIDE /* not reached before anything was done to it */
};

struct member {
	enum host_kind kind;
	enum stage stage;
	enum outcome outcome;
	bool was_started;
	size_t domain;  /* 0: nobody said which */
	unsigned level; /* those of a lower one come first */
};

struct rollout_run {
	struct rollout spec;
	struct member *member;
	size_t count;
	struct strmap domains; /* their names, to their numbers from 1 */
	size_t batches;        /* handed out so far, without the canary */
	bool begun;
	bool paused;
	bool canary_done; /* of this level */
	unsigned level;
	bool away; /* too many were, so it stopped */
	char name[32];
	char stopped[300];
};

static const struct rollout defaults = {
	.canary = { .n = 1, .said = true },
	.batch = { .n = 25, .percent = true, .said = true },
	.max_fail = { .n = 1, .said = true },
	.max_unreachable = { .n = 50, .percent = true, .said = true },
};

static void
fill(struct count_or_percent *c, const struct count_or_percent *otherwise)
{
	if (!c->said)
		*c = *otherwise;
}

static void
fill_all(struct rollout *spec)
{
	fill(&spec->canary, &defaults.canary);
	fill(&spec->batch, &defaults.batch);
	fill(&spec->max_fail, &defaults.max_fail);
	fill(&spec->max_unreachable, &defaults.max_unreachable);
	if (spec->soak_ms == 0)
		spec->soak_ms = SOAK_MS;
}

void
rollout_words(const struct rollout *spec, char *to, size_t size)
{
	struct rollout r = *spec;

	fill_all(&r);
	snprintf(to, size,
	    "canary %lld%s, then batches of %lld%s%s%s, soak %lld s, stops at %lld%s failed%s; "
	    "pets "
	    "one "
	    "at a time",
	    (long long)r.canary.n, r.canary.percent ? "%" : "", (long long)r.batch.n,
	    r.batch.percent ? "%" : "", r.domain ? " spread over " : "", r.domain ? r.domain : "",
	    (long long)(r.soak_ms / 1000), (long long)r.max_fail.n, r.max_fail.percent ? "%" : "",
	    r.rollback ? " and rolls back" : "");
}

struct rollout_run *
rollout_new(const struct rollout *spec, const enum host_kind *kinds, size_t n)
{
	struct rollout_run *r = xcalloc(1, sizeof(*r));

	if (spec)
		r->spec = *spec;
	fill_all(&r->spec);
	r->member = xcalloc(n ? n : 1, sizeof(*r->member));
	r->count = n;
	for (size_t i = 0; i < n; i++)
		r->member[i].kind = kinds[i];
	return r;
}

void
rollout_free(struct rollout_run *r)
{
	if (!r)
		return;
	strmap_fini(&r->domains);
	free(r->member);
	free(r);
}

void
rollout_domain(struct rollout_run *r, size_t i, const char *name)
{
	size_t number = r->domains.count + 1;

	strmap_add(&r->domains, name, number, &number);
	r->member[i].domain = number;
}

struct rollout_run *
rollout_return(const struct rollout_run *r, const bool *which)
{
	struct rollout_run *back = xcalloc(1, sizeof(*back));

	back->spec = r->spec;
	back->spec.canary = (struct count_or_percent){ .said = true };
	back->spec.max_fail = (struct count_or_percent){ .n = (int64_t)r->count + 1, .said = true };
	back->begun = true;
	back->count = r->count;
	back->member = xcalloc(r->count + 1, sizeof(*back->member));
	for (size_t i = 0; i < r->count; i++) {
		struct member *m = &back->member[i];

		*m = r->member[i];
		if (which[i])
			m->stage = STAGE_WAITS;
		else if (m->stage != STAGE_ASIDE)
			m->stage = STAGE_ENDED;
		if (rollout_untried(r, i))
			m->outcome = OUTCOME_UNTRIED;
	}
	return back;
}

size_t
rollout_count(const struct count_or_percent *c, size_t of)
{
	if (c->n <= 0)
		return 0;
	if (!c->percent)
		return (size_t)c->n;
	if (c->n >= 100)
		return of;
	return (of * (size_t)c->n + 99) / 100;
}

/* A limit counts as met at n of total; one that says 0 is met by the first. */
static bool
limit_met(const struct count_or_percent *limit, size_t n, size_t total)
{
	if (n == 0)
		return false;
	if (!limit->percent)
		return limit->n <= 0 || n >= (size_t)limit->n;
	return n * 100 >= (size_t)limit->n * total;
}

static bool
has_failed(const struct member *m)
{
	return m->stage == STAGE_ENDED && !outcome_is_good(m->outcome) &&
	       m->outcome != OUTCOME_UNTRIED;
}

/* A host that changed since its plan was reached all the same, as was one that a person left out. */
static bool
is_away(const struct member *m)
{
	return m->stage == STAGE_ASIDE && m->outcome != OUTCOME_STALE && m->outcome != OUTCOME_HELD;
}

static size_t
count(const struct rollout_run *r, bool (*which)(const struct member *m))
{
	size_t n = 0;

	for (size_t i = 0; i < r->count; i++)
		n += which(&r->member[i]);
	return n;
}

/* "2 failed, 1 locked of 10 hosts (max_fail 3)"; "2 of 10 hosts failed (max_fail 20%)" when there is
 * but one word for them all. */
static void
stop(struct rollout_run *r, bool (*which)(const struct member *m), const char *name,
    const struct count_or_percent *limit)
{
	size_t n[OUTCOME_COUNT] = { 0 };
	size_t kinds = 0;
	const char *hosts = r->count == 1 ? "host" : "hosts", *word = "";
	autobuf b = BUF_INIT(sizeof(r->stopped) - 1);

	for (size_t i = 0; i < r->count; i++)
		n[r->member[i].outcome] += which(&r->member[i]);
	for (size_t o = 0; o < OUTCOME_COUNT; o++) {
		if (!n[o])
			continue;
		word = o == OUTCOME_UNREACHABLE && which == is_away ? "not reached"
								    : outcome_name((enum outcome)o);
		buf_addf(&b, "%s%zu %s", kinds++ ? ", " : "", n[o], word);
	}
	if (kinds == 1) {
		buf_clear(&b);
		buf_addf(&b, "%zu of %zu %s %s", count(r, which), r->count, hosts, word);
	} else {
		buf_addf(&b, " of %zu %s", r->count, hosts);
	}
	buf_addf(&b, " (%s %lld%s)", name, (long long)limit->n, limit->percent ? "%" : "");
	str_copy(r->stopped, sizeof(r->stopped), buf_text(&b));
}

static void
judge(struct rollout_run *r)
{
	const struct count_or_percent *limit = &r->spec.max_fail;

	if (!r->away && limit_met(limit, count(r, has_failed), r->count))
		stop(r, has_failed, "max_fail", limit);
}

/* Judged once, when all have been observed and nothing has been touched. */
static void
judge_reach(struct rollout_run *r)
{
	const struct count_or_percent *limit = &r->spec.max_unreachable;

	if (r->stopped[0] || !limit_met(limit, count(r, is_away), r->count))
		return;
	r->away = true;
	stop(r, is_away, "max_unreachable", limit);
}

void
rollout_note(struct rollout_run *r, size_t i, enum outcome outcome)
{
	struct member *m = &r->member[i];
	bool again = m->stage == STAGE_ENDED;

	m->outcome = outcome;
	if (!m->was_started && (outcome == OUTCOME_UNREACHABLE || outcome == OUTCOME_REFUSED ||
				   outcome == OUTCOME_STALE || outcome == OUTCOME_HELD))
		m->stage = STAGE_ASIDE;
	else
		m->stage = STAGE_ENDED;
	/* What is taken back because the run stopped is no cause of that. */
	if (outcome != OUTCOME_UNTRIED && (!again || !r->stopped[0]))
		judge(r);
}

static size_t
in_stage(const struct rollout_run *r, enum stage stage, enum host_kind kind)
{
	size_t n = 0;

	for (size_t i = 0; i < r->count; i++)
		n += r->member[i].stage == stage && r->member[i].kind == kind;
	return n;
}

static unsigned
lowest_level(const struct rollout_run *r)
{
	unsigned lowest = UINT_MAX;

	for (size_t i = 0; i < r->count; i++)
		if (r->member[i].stage == STAGE_WAITS && r->member[i].level < lowest)
			lowest = r->member[i].level;
	return lowest;
}

static bool
waits(const struct rollout_run *r, const struct member *m, enum host_kind kind)
{
	return m->stage == STAGE_WAITS && m->kind == kind && m->level == r->level;
}

static bool
any_waits(const struct rollout_run *r, enum host_kind kind)
{
	for (size_t i = 0; i < r->count; i++)
		if (waits(r, &r->member[i], kind))
			return true;
	return false;
}

static bool
in_flight(const struct rollout_run *r)
{
	for (size_t i = 0; i < r->count; i++)
		if (r->member[i].stage == STAGE_BATCHED || r->member[i].stage == STAGE_STARTED)
			return true;
	return false;
}

/* Those of a herd that are well, or were when they were looked at. */
static bool
is_up(const struct member *m)
{
	return m->stage == STAGE_WAITS || (m->stage == STAGE_ENDED && !has_failed(m));
}

static size_t
pick_spread(struct rollout_run *r, size_t want, size_t *ret)
{
	autofree struct spread_host *host = xcalloc(r->count + 1, sizeof(*host));
	size_t got;

	for (size_t i = 0; i < r->count; i++) {
		const struct member *m = &r->member[i];

		host[i] = (struct spread_host){ .domain = m->domain,
			.there = m->kind == HOST_CATTLE && m->stage != STAGE_ASIDE,
			.waits = waits(r, m, HOST_CATTLE),
			.up = is_up(m) };
	}
	got = spread_pick(host, r->count, want, ret);
	for (size_t i = 0; i < got; i++)
		r->member[ret[i]].stage = STAGE_BATCHED;
	return got;
}

static size_t
pick(struct rollout_run *r, enum host_kind kind, size_t want, size_t *ret, size_t n)
{
	size_t got = 0;

	if (kind == HOST_CATTLE && r->spec.domain)
		return pick_spread(r, want < n ? want : n, ret);

	for (size_t i = 0; i < r->count && got < want && got < n; i++) {
		if (!waits(r, &r->member[i], kind))
			continue;
		r->member[i].stage = STAGE_BATCHED;
		ret[got++] = i;
	}
	return got;
}

/* The canary comes once a level; canary: 0 means there is none. */
static size_t
next_cattle(struct rollout_run *r, size_t *ret, size_t n)
{
	size_t herd = 0, canary, batch;

	for (size_t i = 0; i < r->count; i++)
		herd += r->member[i].kind == HOST_CATTLE && r->member[i].stage != STAGE_ASIDE;
	canary = r->canary_done ? 0 : rollout_count(&r->spec.canary, herd);
	batch = rollout_count(&r->spec.batch, herd);
	r->canary_done = true;
	if (canary) {
		snprintf(r->name, sizeof(r->name), "canary");
		return pick(r, HOST_CATTLE, canary, ret, n);
	}
	snprintf(r->name, sizeof(r->name), "batch %zu", ++r->batches);
	return pick(r, HOST_CATTLE, batch ? batch : 1, ret, n);
}

size_t
rollout_next_batch(struct rollout_run *r, size_t *ret, size_t n)
{
	size_t got;

	if (!r->begun) {
		r->begun = true;
		judge_reach(r);
	}
	if (r->stopped[0] || in_flight(r) || r->paused)
		return 0;
	if (lowest_level(r) != r->level) {
		r->level = lowest_level(r);
		r->canary_done = false;
	}
	if (any_waits(r, HOST_CATTLE))
		return next_cattle(r, ret, n);
	got = pick(r, HOST_PET, 1, ret, n);
	if (got)
		snprintf(r->name, sizeof(r->name), "pet");
	return got;
}

void
rollout_order(struct rollout_run *r, const unsigned *level)
{
	for (size_t i = 0; i < r->count; i++)
		r->member[i].level = level[i];
}

void
rollout_pause(struct rollout_run *r, bool on)
{
	r->paused = on;
}

bool
rollout_parked(const struct rollout_run *r)
{
	return r->paused && !r->stopped[0] && !in_flight(r) &&
	       in_stage(r, STAGE_WAITS, HOST_CATTLE) + in_stage(r, STAGE_WAITS, HOST_PET) > 0;
}

bool
rollout_start(struct rollout_run *r, size_t i)
{
	if (r->stopped[0] || r->member[i].stage != STAGE_BATCHED)
		return false;
	r->member[i].stage = STAGE_STARTED;
	r->member[i].was_started = true;
	return true;
}

const char *
rollout_stopped(const struct rollout_run *r)
{
	return r->stopped[0] ? r->stopped : NULL;
}

bool
rollout_done(const struct rollout_run *r)
{
	for (size_t i = 0; i < r->count; i++) {
		enum stage s = r->member[i].stage;

		if (s == STAGE_STARTED)
			return false;
		if (!r->stopped[0] && (s == STAGE_WAITS || s == STAGE_BATCHED))
			return false;
	}
	return true;
}

bool
rollout_untried(const struct rollout_run *r, size_t i)
{
	return r->member[i].stage == STAGE_WAITS || r->member[i].stage == STAGE_BATCHED;
}

const char *
rollout_batch_name(const struct rollout_run *r)
{
	return r->name;
}

int64_t
rollout_soak_ms(const struct rollout_run *r)
{
	return r->spec.soak_ms;
}
