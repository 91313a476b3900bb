#include "base/err.h"
#include "base/event.h"
#include "base/loop.h"
#include "base/mem.h"
#include "base/str.h"
#include "engine/clocks.h"
#include "engine/run.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define NOW 1700000000000

static void
an_offset_is_taken_where_the_answer_left(void **state)
{
	int64_t ms = 0;

	(void)state;
	assert_true(clocks_offset("1700000000.000000000", NOW, -1, &ms));
	assert_int_equal(ms, 0);
	/* It took 20 ms to come here. */
	assert_true(clocks_offset("1700000007.250999999", NOW, 40, &ms));
	assert_int_equal(ms, 7270);
	assert_true(clocks_offset("1699999990.5", NOW, 0, &ms));
	assert_int_equal(ms, -9500);
	/* Ten years away, either way, and before all time. */
	assert_true(clocks_offset("2015360000.0", NOW, 0, &ms));
	assert_int_equal(ms, 315360000000);
	assert_true(clocks_offset("1384640000.0", NOW, 0, &ms));
	assert_int_equal(ms, -315360000000);
	assert_true(clocks_offset("-5.0", NOW, 0, &ms));
	assert_int_equal(ms, -5000 - NOW);
}

static void
a_date_without_fractions_is_good_for_seconds(void **state)
{
	int64_t ms = 0;

	(void)state;
	assert_true(clocks_offset("1700000000", NOW, 0, &ms));
	assert_int_equal(ms, 500);
	assert_true(clocks_offset("1700000000.%N", NOW, 0, &ms));
	assert_int_equal(ms, 500);
	assert_true(clocks_offset("1700000000.", NOW, 0, &ms));
	assert_int_equal(ms, 500);
}

static void
what_is_no_time_is_no_offset(void **state)
{
	static const char *const bad[] = { "", "-", "now", " 1", "0x10", "1e9",
		"99999999999999999999", "100000000001", "-100000000001", "12:30" };
	int64_t ms = 77;

	(void)state;
	for (size_t i = 0; i < countof(bad); i++) {
		if (clocks_offset(bad[i], NOW, 0, &ms))
			fail_msg("'%s' is a time", bad[i]);
	}
	assert_int_equal(ms, 77);
}

static char said[256];
static int warnings;

static void
note(void *user, const struct event *e)
{
	(void)user;
	if (e->kind != EVENT_WARN)
		return;
	warnings++;
	str_copy(said, sizeof(said), event_text(e, FIELD_TEXT));
}

static void
warn(const struct clocks *c)
{
	struct err err;
	autoevent start = { .count = 0 };
	struct run_spec spec = { .start = &start, .host_count = 3 };

	spec.loop = loop_new(&err);
	event_init(&start, EVENT_RUN_START);
	event_set_text(&start, FIELD_VERB, "facts");
	struct run *run = run_new(&spec, &err);
	assert_non_null(run);
	run_add_sink(run, &(struct event_sink){ note, NULL });
	warnings = 0;
	clocks_warn(c, run);
	run_finish(run, OUTCOME_OK);
	run_free(run);
	loop_free(spec.loop);
}

static void
those_that_are_far_off_are_told_together(void **state)
{
	struct clocks c = { 0 };

	(void)state;
	clocks_note(&c, "web1", 5000);
	clocks_note(&c, "web2", -5000);
	warn(&c);
	assert_int_equal(warnings, 0);
	clocks_note(&c, "web3", 12000);
	warn(&c);
	assert_string_equal(said, "web3: clock 12s ahead of this machine's");
	clocks_note(&c, "web4", -315360000000);
	clocks_note(&c, "web5", -5001);
	warn(&c);
	assert_int_equal(warnings, 1);
	assert_string_equal(said, "web[3-5]: clock 3650d behind to 12s ahead of this machine's");
	clocks_fini(&c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_offset_is_taken_where_the_answer_left),
		cmocka_unit_test(a_date_without_fractions_is_good_for_seconds),
		cmocka_unit_test(what_is_no_time_is_no_offset),
		cmocka_unit_test(those_that_are_far_off_are_told_together),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
