#include "base/mem.h"
#include "playbooks/rollout.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define HOSTS  60
#define FLIGHT 8

/* Sixty hosts and what is to befall each; then how far they are, kept beside what the rollout says. */
struct herd {
	uint64_t seed, random;
	struct rollout spec;
	enum host_kind kind[HOSTS];
	unsigned level[HOSTS];
	enum outcome fate[HOSTS];
	enum { WAITS, BATCHED, STARTED, ENDED, ASIDE } stage[HOSTS];
	unsigned at; /* the level of the last batch */
	bool canary_done, away;
	size_t batches, failures;
	struct rollout_run *run;
};

#define must(h, condition)                                                                         \
	do {                                                                                       \
		if (!(condition))                                                                  \
			fail_msg("seed %llu: %s", (unsigned long long)(h)->seed, #condition);      \
	} while (0)

static uint64_t
chance(struct herd *h, uint64_t of)
{
	h->random ^= h->random << 13;
	h->random ^= h->random >> 7;
	h->random ^= h->random << 17;
	return h->random % of;
}

static struct count_or_percent
some_count(struct herd *h)
{
	return (struct count_or_percent){ .n = (int64_t)chance(h, chance(h, 3) ? 12 : 101),
		.percent = chance(h, 2),
		.said = chance(h, 4) > 0 };
}

static const struct count_or_percent *
said(const struct count_or_percent *c, const struct count_or_percent *standard)
{
	return c->said ? c : standard;
}

static bool
is_met(const struct count_or_percent *limit, size_t n)
{
	if (n == 0)
		return false;
	if (limit->percent)
		return n * 100 >= (size_t)limit->n * HOSTS;
	return n >= (size_t)limit->n;
}

static size_t
tally(const struct herd *h, int stage, enum host_kind kind, unsigned level)
{
	size_t n = 0;

	for (size_t i = 0; i < HOSTS; i++)
		n += (int)h->stage[i] == stage && h->kind[i] == kind && h->level[i] == level;
	return n;
}

static void
note(struct herd *h, size_t i, enum outcome outcome)
{
	static const struct count_or_percent one = { .n = 1 };
	bool was = rollout_stopped(h->run) != NULL, aside;

	aside = h->stage[i] != STARTED &&
		(outcome == OUTCOME_UNREACHABLE || outcome == OUTCOME_REFUSED ||
		    outcome == OUTCOME_STALE || outcome == OUTCOME_HELD);
	h->stage[i] = aside ? ASIDE : ENDED;
	h->failures += !aside && !outcome_is_good(outcome);
	rollout_note(h->run, i, outcome);
	/* The rule of the stop, to the host: not before the limit, and not after it. */
	must(h, (rollout_stopped(h->run) != NULL) ==
		    (was || (!aside && is_met(said(&h->spec.max_fail, &one), h->failures))));
}

/* What is found when all are looked at: before anything is started. */
static void
look(struct herd *h)
{
	static const struct count_or_percent half = { .n = 50, .percent = true };
	size_t away = 0;

	for (size_t i = 0; i < HOSTS; i++) {
		static const enum outcome found[] = { OUTCOME_UNREACHABLE, OUTCOME_REFUSED,
			OUTCOME_STALE, OUTCOME_HELD, OUTCOME_OK, OUTCOME_LOCKED };
		size_t which = (size_t)chance(h, 40);

		if (which < countof(found)) {
			note(h, i, found[which]);
			away += which < 2;
		}
	}
	h->away = !rollout_stopped(h->run) && is_met(said(&h->spec.max_unreachable, &half), away);
}

static unsigned
lowest_level(const struct herd *h)
{
	unsigned lowest = UINT32_MAX;

	for (size_t i = 0; i < HOSTS; i++)
		if (h->stage[i] == WAITS && h->level[i] < lowest)
			lowest = h->level[i];
	return lowest;
}

/* How many hosts the next batch has to have, by the words of the manual. */
static size_t
wanted(struct herd *h, unsigned level)
{
	static const struct count_or_percent one = { .n = 1 },
					     quarter = { .n = 25, .percent = true };
	size_t herd = 0, waiting = tally(h, WAITS, HOST_CATTLE, level), n;

	if (waiting == 0)
		return 1;
	for (size_t i = 0; i < HOSTS; i++)
		herd += h->kind[i] == HOST_CATTLE && h->stage[i] != ASIDE;
	n = h->canary_done ? 0 : rollout_count(said(&h->spec.canary, &one), herd);
	h->canary_done = true;
	if (n == 0)
		n = rollout_count(said(&h->spec.batch, &quarter), herd);
	if (n == 0)
		n = 1;
	return n < waiting ? n : waiting;
}

static void
check_batch(struct herd *h, const size_t *batch, size_t got)
{
	unsigned level = lowest_level(h);
	bool pets;

	for (size_t i = 0; i < HOSTS; i++)
		must(h, h->stage[i] != BATCHED && h->stage[i] != STARTED);
	if (level != h->at)
		h->canary_done = false;
	h->at = level;
	must(h, got == wanted(h, level));
	pets = h->kind[batch[0]] == HOST_PET;
	must(h, pets == (tally(h, WAITS, HOST_CATTLE, level) == 0));
	for (size_t i = 0; i < got; i++) {
		must(h, h->stage[batch[i]] == WAITS);
		must(h, h->level[batch[i]] == level);
		must(h, (h->kind[batch[i]] == HOST_PET) == pets);
		h->stage[batch[i]] = BATCHED;
	}
	h->batches++;
}

/* Several are under way at a time, and end in any order. */
static void
run_batch(struct herd *h, const size_t *batch, size_t got)
{
	size_t flying[FLIGHT], in_flight = 0, next = 0, none[HOSTS];

	while (next < got || in_flight > 0) {
		if (next < got && in_flight < FLIGHT) {
			bool stopped = rollout_stopped(h->run) != NULL;

			must(h, rollout_start(h->run, batch[next]) == !stopped);
			if (!stopped) {
				h->stage[batch[next]] = STARTED;
				flying[in_flight++] = batch[next];
			}
			next++;
		} else {
			size_t which = (size_t)chance(h, in_flight), i = flying[which];

			must(h, rollout_next_batch(h->run, none, HOSTS) == 0);
			flying[which] = flying[--in_flight];
			note(h, i, h->fate[i]);
		}
	}
}

static void
make(struct herd *h, uint64_t seed)
{
	static const enum outcome bad[] = { OUTCOME_FAILED, OUTCOME_ROLLED_BACK, OUTCOME_UNKNOWN,
		OUTCOME_LOCKED, OUTCOME_STALE, OUTCOME_UNREACHABLE, OUTCOME_ROLLBACK_FAILED };
	uint64_t rate;

	*h = (struct herd){ .seed = seed, .random = seed * 0x9e3779b97f4a7c15 + 1 };
	h->spec = (struct rollout){ .canary = some_count(h),
		.batch = some_count(h),
		.max_fail = some_count(h),
		.max_unreachable = some_count(h) };
	rate = 1 + chance(h, 30);
	unsigned levels = 1 + (unsigned)chance(h, 3);
	for (size_t i = 0; i < HOSTS; i++) {
		h->kind[i] = chance(h, 8) ? HOST_CATTLE : HOST_PET;
		h->level[i] = (unsigned)chance(h, levels);
		h->fate[i] = chance(h, rate) ? OUTCOME_CHANGED : bad[chance(h, countof(bad))];
	}
	h->run = rollout_new(&h->spec, h->kind, HOSTS);
	rollout_order(h->run, h->level);
}

static size_t
play(uint64_t seed)
{
	size_t batch[HOSTS], got;
	struct herd h;

	make(&h, seed);
	look(&h);
	while ((got = rollout_next_batch(h.run, batch, HOSTS)) > 0) {
		must(&h, !h.away);
		check_batch(&h, batch, got);
		run_batch(&h, batch, got);
	}
	must(&h, rollout_done(h.run));
	must(&h, !h.away || h.batches == 0);
	for (size_t i = 0; i < HOSTS; i++) {
		bool untried = h.stage[i] == WAITS || h.stage[i] == BATCHED;

		must(&h, rollout_untried(h.run, i) == untried);
		must(&h, !untried || rollout_stopped(h.run));
	}
	rollout_free(h.run);
	return h.failures;
}

/* ROLLOUT_FAILURES says how many at least, ROLLOUT_SEED from which seed on. */
static void
order_limits_and_stop_are_as_told_over_a_thousand_random_failures_on_sixty_hosts(void **state)
{
	const char *count = getenv("ROLLOUT_FAILURES"), *from = getenv("ROLLOUT_SEED");
	size_t wanted_failures = count ? strtoul(count, NULL, 10) : 1000, failures = 0, runs = 0;
	uint64_t seed = from ? strtoul(from, NULL, 10) : 1;

	(void)state;
	for (; failures < wanted_failures || runs < 100; runs++)
		failures += play(seed++);
	print_message("# %zu failures in %zu runs, up to seed %llu\n", failures, runs,
	    (unsigned long long)(seed - 1));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    order_limits_and_stop_are_as_told_over_a_thousand_random_failures_on_sixty_hosts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
