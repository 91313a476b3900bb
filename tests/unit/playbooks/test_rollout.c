#include "base/mem.h"
#include "playbooks/rollout.h"
#include "tests/lib/chance.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define HOSTS 120

static struct rollout_run *
herd(size_t n, const struct rollout *spec)
{
	enum host_kind kinds[HOSTS];

	for (size_t i = 0; i < n; i++)
		kinds[i] = HOST_CATTLE;
	return rollout_new(spec, kinds, n);
}

static size_t
run_batch(struct rollout_run *r, enum outcome outcome)
{
	size_t batch[HOSTS], n = rollout_next_batch(r, batch, HOSTS);

	for (size_t i = 0; i < n; i++) {
		assert_true(rollout_start(r, batch[i]));
		rollout_note(r, batch[i], outcome);
		if (rollout_stopped(r))
			return i + 1;
	}
	return n;
}

static void
cattle_go_by_canary_then_quarters(void **state)
{
	struct rollout_run *r = herd(10, NULL);

	(void)state;
	assert_int_equal(run_batch(r, OUTCOME_CHANGED), 1);
	assert_string_equal(rollout_batch_name(r), "canary");
	assert_int_equal(run_batch(r, OUTCOME_CHANGED), 3);
	assert_string_equal(rollout_batch_name(r), "batch 1");
	assert_int_equal(run_batch(r, OUTCOME_OK), 3);
	assert_false(rollout_done(r));
	assert_int_equal(run_batch(r, OUTCOME_CHANGED), 3);
	assert_string_equal(rollout_batch_name(r), "batch 3");
	assert_int_equal(run_batch(r, OUTCOME_CHANGED), 0);
	assert_true(rollout_done(r));
	assert_null(rollout_stopped(r));
	rollout_free(r);
}

static void
started_services_are_watched_a_moment_even_where_nobody_asks(void **state)
{
	const struct rollout spec = { .soak_ms = 250 };
	struct rollout_run *r = herd(2, NULL), *said = herd(2, &spec);

	(void)state;
	assert_int_equal(rollout_soak_ms(r), 1000);
	assert_int_equal(rollout_soak_ms(said), 250);
	rollout_free(r);
	rollout_free(said);
}

static void
percents_round_up_and_never_to_nothing(void **state)
{
	struct count_or_percent c = { .n = 25, .percent = true, .said = true };

	(void)state;
	assert_int_equal(rollout_count(&c, 10), 3);
	assert_int_equal(rollout_count(&c, 8), 2);
	assert_int_equal(rollout_count(&c, 1), 1);
	assert_int_equal(rollout_count(&c, 0), 0);
	c.n = 100;
	assert_int_equal(rollout_count(&c, 7), 7);
	c = (struct count_or_percent){ .n = 5 };
	assert_int_equal(rollout_count(&c, 3), 5);
}

static void
pets_come_last_and_one_at_a_time_whatever_the_batch_says(void **state)
{
	enum host_kind kinds[] = { HOST_PET, HOST_CATTLE, HOST_PET, HOST_CATTLE };
	struct rollout spec = { .batch = { .n = 100, .percent = true, .said = true },
		.canary = { .n = 0, .said = true } };
	struct rollout_run *r = rollout_new(&spec, kinds, 4);
	size_t batch[4];

	(void)state;
	assert_int_equal(rollout_next_batch(r, batch, 4), 2);
	assert_int_equal(batch[0], 1);
	assert_int_equal(batch[1], 3);
	assert_int_equal(rollout_next_batch(r, batch, 4), 0);
	rollout_start(r, 1);
	rollout_start(r, 3);
	rollout_note(r, 1, OUTCOME_OK);
	assert_int_equal(rollout_next_batch(r, batch, 4), 0);
	rollout_note(r, 3, OUTCOME_CHANGED);
	for (size_t pet = 0; pet <= 2; pet += 2) {
		assert_int_equal(rollout_next_batch(r, batch, 4), 1);
		assert_int_equal(batch[0], pet);
		assert_string_equal(rollout_batch_name(r), "pet");
		rollout_start(r, pet);
		rollout_note(r, pet, OUTCOME_CHANGED);
	}
	assert_true(rollout_done(r));
	rollout_free(r);
}

static void
a_host_with_nothing_to_do_is_no_canary(void **state)
{
	struct rollout_run *r = herd(3, NULL);
	size_t batch[3];

	(void)state;
	rollout_note(r, 0, OUTCOME_OK);
	assert_int_equal(rollout_next_batch(r, batch, 3), 1);
	assert_int_equal(batch[0], 1);
	assert_string_equal(rollout_batch_name(r), "canary");
	rollout_free(r);
}

static void
hosts_not_reached_are_set_aside_and_not_counted_as_failed(void **state)
{
	struct rollout_run *r = herd(5, NULL);

	(void)state;
	rollout_note(r, 0, OUTCOME_UNREACHABLE);
	rollout_note(r, 1, OUTCOME_REFUSED);
	assert_null(rollout_stopped(r));
	assert_int_equal(run_batch(r, OUTCOME_CHANGED), 1);
	assert_int_equal(run_batch(r, OUTCOME_CHANGED), 1);
	assert_int_equal(run_batch(r, OUTCOME_CHANGED), 1);
	assert_true(rollout_done(r));
	assert_false(rollout_untried(r, 0));
	rollout_free(r);
}

static void
half_the_hosts_away_stops_the_run_before_the_first_act(void **state)
{
	struct rollout_run *r = herd(4, NULL);
	size_t batch[4];

	(void)state;
	rollout_note(r, 0, OUTCOME_UNREACHABLE);
	rollout_note(r, 3, OUTCOME_UNREACHABLE);
	assert_int_equal(rollout_next_batch(r, batch, 4), 0);
	assert_string_equal(rollout_stopped(r), "2 of 4 hosts not reached (max_unreachable 50%)");
	assert_true(rollout_untried(r, 1));
	assert_false(rollout_untried(r, 0));
	assert_true(rollout_done(r));
	rollout_free(r);
}

static void
why_it_stopped_is_told_in_the_words_of_the_hosts(void **state)
{
	struct rollout spec = { .max_fail = { .n = 3, .said = true },
		.canary = { .n = 0, .said = true },
		.batch = { .n = 100, .percent = true, .said = true } };
	struct rollout_run *one = herd(1, NULL), *two = herd(2, NULL), *many = herd(8, &spec);
	struct rollout_run *mixed = herd(4, NULL);
	size_t batch[HOSTS];

	(void)state;
	rollout_note(one, 0, OUTCOME_REFUSED);
	assert_int_equal(rollout_next_batch(one, batch, HOSTS), 0);
	assert_string_equal(rollout_stopped(one), "1 of 1 host refused (max_unreachable 50%)");
	rollout_note(two, 0, OUTCOME_LOCKED);
	assert_string_equal(rollout_stopped(two), "1 of 2 hosts locked (max_fail 1)");
	rollout_note(two, 1, OUTCOME_LOCKED);
	assert_string_equal(rollout_stopped(two), "2 of 2 hosts locked (max_fail 1)");
	assert_int_equal(rollout_next_batch(many, batch, HOSTS), 8);
	for (size_t i = 0; i < 3; i++)
		assert_true(rollout_start(many, i));
	rollout_note(many, 0, OUTCOME_LOCKED);
	rollout_note(many, 1, OUTCOME_STALE);
	assert_null(rollout_stopped(many));
	rollout_note(many, 2, OUTCOME_FAILED);
	assert_string_equal(
	    rollout_stopped(many), "1 failed, 1 stale, 1 locked of 8 hosts (max_fail 3)");
	rollout_note(many, 2, OUTCOME_ROLLED_BACK);
	assert_string_equal(
	    rollout_stopped(many), "1 failed, 1 stale, 1 locked of 8 hosts (max_fail 3)");
	rollout_note(mixed, 0, OUTCOME_REFUSED);
	rollout_note(mixed, 1, OUTCOME_UNREACHABLE);
	assert_int_equal(rollout_next_batch(mixed, batch, HOSTS), 0);
	assert_string_equal(
	    rollout_stopped(mixed), "1 not reached, 1 refused of 4 hosts (max_unreachable 50%)");
	rollout_free(one);
	rollout_free(two);
	rollout_free(many);
	rollout_free(mixed);
}

static void
a_failed_canary_stops_the_rest(void **state)
{
	struct rollout_run *r = herd(10, NULL);
	size_t batch[10];

	(void)state;
	run_batch(r, OUTCOME_FAILED);
	assert_int_equal(rollout_next_batch(r, batch, 10), 0);
	assert_string_equal(rollout_stopped(r), "1 of 10 hosts failed (max_fail 1)");
	assert_true(rollout_untried(r, 9));
	rollout_free(r);
}

static void
a_host_lost_after_its_act_was_sent_counts_as_failed(void **state)
{
	struct rollout_run *r = herd(2, NULL);

	(void)state;
	run_batch(r, OUTCOME_UNREACHABLE);
	assert_non_null(rollout_stopped(r));
	rollout_free(r);
}

static void
max_fail_is_a_percent_of_all_hosts_of_the_run(void **state)
{
	struct rollout spec = { .max_fail = { .n = 20, .percent = true, .said = true },
		.canary = { .n = 0, .said = true },
		.batch = { .n = 1, .said = true } };
	struct rollout_run *r = herd(10, &spec);

	(void)state;
	assert_int_equal(run_batch(r, OUTCOME_FAILED), 1);
	assert_null(rollout_stopped(r));
	assert_int_equal(run_batch(r, OUTCOME_FAILED), 1);
	assert_string_equal(rollout_stopped(r), "2 of 10 hosts failed (max_fail 20%)");
	rollout_free(r);
}

static void
a_limit_of_nothing_is_met_by_the_first_failure_only(void **state)
{
	struct rollout spec = { .max_fail = { .n = 0, .percent = true, .said = true } };
	struct rollout_run *r = herd(4, &spec);

	(void)state;
	run_batch(r, OUTCOME_CHANGED);
	assert_null(rollout_stopped(r));
	run_batch(r, OUTCOME_ROLLED_BACK);
	assert_non_null(rollout_stopped(r));
	rollout_free(r);
}

static void
a_level_is_over_before_the_next_one_begins(void **state)
{
	static const enum host_kind kinds[] = { HOST_CATTLE, HOST_CATTLE, HOST_CATTLE, HOST_CATTLE,
		HOST_PET, HOST_PET };
	static const unsigned level[] = { 1, 0, 0, 1, 0, 2 };
	static const size_t wanted[] = { 1, 2, 4, 0, 3, 5 };
	static const char *const names[] = { "canary", "batch 1", "pet", "canary", "batch 2",
		"pet" };
	struct rollout_run *r = rollout_new(NULL, kinds, countof(kinds));
	size_t batch[HOSTS];

	(void)state;
	rollout_order(r, level);
	for (size_t i = 0; i < countof(wanted); i++) {
		assert_int_equal(rollout_next_batch(r, batch, HOSTS), 1);
		assert_int_equal(batch[0], wanted[i]);
		assert_string_equal(rollout_batch_name(r), names[i]);
		assert_int_equal(rollout_next_batch(r, batch + 1, HOSTS), 0);
		assert_true(rollout_start(r, batch[0]));
		rollout_note(r, batch[0], OUTCOME_CHANGED);
	}
	assert_true(rollout_done(r));
	rollout_free(r);
}

static void
a_level_that_has_nothing_to_do_holds_nobody_up(void **state)
{
	static const unsigned level[] = { 0, 1, 0 };
	struct rollout_run *r = herd(3, NULL);
	size_t batch[HOSTS];

	(void)state;
	rollout_order(r, level);
	rollout_note(r, 0, OUTCOME_OK);
	rollout_note(r, 2, OUTCOME_UNREACHABLE);
	assert_int_equal(rollout_next_batch(r, batch, HOSTS), 1);
	assert_int_equal(batch[0], 1);
	rollout_free(r);
}

/* Acts on a random fleet with up to 8 hosts in flight and random ends. */
static void
play(uint64_t seed)
{
	size_t n = 1 + chance(&seed) % HOSTS, batch[HOSTS], flying[HOSTS], in_flight = 0, got;
	size_t starts[HOSTS] = { 0 }, pets_flying;
	enum host_kind kinds[HOSTS];
	struct rollout spec = { .canary = chance_count(&seed),
		.batch = chance_count(&seed),
		.max_fail = chance_count(&seed),
		.max_unreachable = chance_count(&seed) };

	for (size_t i = 0; i < n; i++)
		kinds[i] = chance(&seed) % 5 ? HOST_CATTLE : HOST_PET;
	struct rollout_run *r = rollout_new(&spec, kinds, n);
	for (size_t i = 0; i < n; i++)
		if (chance(&seed) % 6 == 0)
			rollout_note(r, i, OUTCOME_UNREACHABLE);
	while ((got = rollout_next_batch(r, batch, HOSTS)) > 0) {
		assert_null(rollout_stopped(r));
		pets_flying = 0;
		for (size_t i = 0; i < got; i++)
			pets_flying += kinds[batch[i]] == HOST_PET;
		assert_true(pets_flying == 0 || got == 1);
		for (size_t next = 0; next < got || in_flight;) {
			if (next < got && in_flight < 8) {
				bool had_stopped = rollout_stopped(r) != NULL;

				if (rollout_start(r, batch[next])) {
					assert_false(had_stopped);
					starts[batch[next]]++;
					flying[in_flight++] = batch[next];
				} else {
					assert_true(had_stopped);
					assert_true(rollout_untried(r, batch[next]));
				}
				next++;
				continue;
			}
			size_t which = chance(&seed) % in_flight;
			rollout_note(
			    r, flying[which], chance(&seed) % 8 ? OUTCOME_CHANGED : OUTCOME_FAILED);
			flying[which] = flying[--in_flight];
		}
	}
	assert_true(rollout_done(r));
	for (size_t i = 0; i < n; i++) {
		assert_true(starts[i] <= 1);
		if (!rollout_stopped(r))
			assert_false(rollout_untried(r, i));
		if (rollout_untried(r, i))
			assert_int_equal(starts[i], 0);
	}
	rollout_free(r);
}

static void
no_host_starts_after_the_stop_in_a_thousand_random_runs(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 1000; seed++)
		play(seed * 0x9e3779b97f4a7c15);
}

static void
a_pause_holds_the_next_batch_back_and_nothing_else(void **state)
{
	struct rollout_run *r = herd(4, NULL);
	size_t batch[HOSTS];

	(void)state;
	assert_int_equal(rollout_next_batch(r, batch, HOSTS), 1);
	rollout_pause(r, true);
	assert_true(rollout_start(r, batch[0]));
	assert_false(rollout_parked(r));
	rollout_note(r, batch[0], OUTCOME_CHANGED);
	assert_true(rollout_parked(r));
	assert_int_equal(rollout_next_batch(r, batch, HOSTS), 0);
	assert_false(rollout_done(r));
	rollout_pause(r, false);
	assert_false(rollout_parked(r));
	assert_int_equal(rollout_next_batch(r, batch, HOSTS), 1);
	rollout_free(r);
}

static void
nothing_is_parked_where_no_batch_would_come(void **state)
{
	struct rollout_run *r = herd(2, NULL);

	(void)state;
	assert_int_equal(run_batch(r, OUTCOME_FAILED), 1);
	rollout_pause(r, true);
	assert_non_null(rollout_stopped(r));
	assert_false(rollout_parked(r));
	rollout_free(r);
}

static void
a_host_that_was_left_out_is_neither_a_failure_nor_away(void **state)
{
	struct rollout_run *r = herd(4, NULL);
	size_t batch[HOSTS];

	(void)state;
	for (size_t i = 0; i < 3; i++)
		rollout_note(r, i, OUTCOME_HELD);
	assert_int_equal(rollout_next_batch(r, batch, HOSTS), 1);
	assert_int_equal(batch[0], 3);
	assert_null(rollout_stopped(r));
	rollout_free(r);
}

static void
a_rollout_is_told_with_its_defaults(void **state)
{
	const struct rollout said = { .batch = { .n = 2, .said = true }, .rollback = true };
	char words[256];

	(void)state;
	rollout_words(&said, words, sizeof(words));
	assert_string_equal(words,
	    "canary 1, then batches of 2, soak 1 s, stops at 1 failed and rolls back; pets one at "
	    "a time");
	rollout_words(&(struct rollout){ .domain = "rack" }, words, sizeof(words));
	assert_string_equal(words,
	    "canary 1, then batches of 25% spread over rack, soak 1 s, stops at 1 failed; pets one "
	    "at a time");
}

/* Whoever changed is taken back as carefully as it was changed. */
static void
what_was_changed_is_taken_back_in_batches_too_and_no_failure_ends_that(void **state)
{
	const enum host_kind kinds[] = { HOST_CATTLE, HOST_CATTLE, HOST_PET, HOST_CATTLE,
		HOST_CATTLE };
	const struct rollout spec = { .batch = { .n = 2, .said = true }, .rollback = true };
	const bool which[] = { true, true, true, false, true };
	struct rollout_run *r = rollout_new(&spec, kinds, 5), *back;
	size_t batch[HOSTS];

	(void)state;
	rollout_note(r, 3, OUTCOME_UNREACHABLE);
	assert_int_equal(run_batch(r, OUTCOME_CHANGED), 1);
	assert_int_equal(run_batch(r, OUTCOME_CHANGED), 2);
	assert_int_equal(run_batch(r, OUTCOME_FAILED), 1);
	assert_string_equal(rollout_stopped(r), "1 of 5 hosts failed (max_fail 1)");
	back = rollout_return(r, which);
	assert_int_equal(rollout_next_batch(back, batch, HOSTS), 2);
	assert_string_equal(rollout_batch_name(back), "batch 1");
	assert_int_equal(rollout_next_batch(back, batch, HOSTS), 0);
	for (size_t i = 0; i < 2; i++) {
		assert_true(rollout_start(back, batch[i]));
		rollout_note(back, batch[i], OUTCOME_ROLLBACK_FAILED);
	}
	assert_null(rollout_stopped(back));
	assert_int_equal(run_batch(back, OUTCOME_ROLLED_BACK), 1);
	assert_int_equal(run_batch(back, OUTCOME_ROLLED_BACK), 1);
	assert_string_equal(rollout_batch_name(back), "pet");
	assert_int_equal(run_batch(back, OUTCOME_ROLLED_BACK), 0);
	assert_true(rollout_done(back));
	rollout_free(back);
	rollout_free(r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cattle_go_by_canary_then_quarters),
		cmocka_unit_test(started_services_are_watched_a_moment_even_where_nobody_asks),
		cmocka_unit_test(percents_round_up_and_never_to_nothing),
		cmocka_unit_test(pets_come_last_and_one_at_a_time_whatever_the_batch_says),
		cmocka_unit_test(a_host_with_nothing_to_do_is_no_canary),
		cmocka_unit_test(hosts_not_reached_are_set_aside_and_not_counted_as_failed),
		cmocka_unit_test(half_the_hosts_away_stops_the_run_before_the_first_act),
		cmocka_unit_test(why_it_stopped_is_told_in_the_words_of_the_hosts),
		cmocka_unit_test(a_failed_canary_stops_the_rest),
		cmocka_unit_test(a_host_lost_after_its_act_was_sent_counts_as_failed),
		cmocka_unit_test(max_fail_is_a_percent_of_all_hosts_of_the_run),
		cmocka_unit_test(a_limit_of_nothing_is_met_by_the_first_failure_only),
		cmocka_unit_test(no_host_starts_after_the_stop_in_a_thousand_random_runs),
		cmocka_unit_test(a_pause_holds_the_next_batch_back_and_nothing_else),
		cmocka_unit_test(nothing_is_parked_where_no_batch_would_come),
		cmocka_unit_test(a_host_that_was_left_out_is_neither_a_failure_nor_away),
		cmocka_unit_test(a_rollout_is_told_with_its_defaults),
		cmocka_unit_test(
		    what_was_changed_is_taken_back_in_batches_too_and_no_failure_ends_that),
		cmocka_unit_test(a_level_is_over_before_the_next_one_begins),
		cmocka_unit_test(a_level_that_has_nothing_to_do_holds_nobody_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
