/* The rings of numbers: what they keep, what they forget, and what a bad file costs. */
#include "base/clock.h"
#include "base/err.h"
#include "base/file.h"
#include "base/loop.h"
#include "base/mem.h"
#include "ledger/samples.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define NOW      1767350520000
#define DEADLINE 30000

struct place {
	char dir[64], path[96];
};

static void
set_up(struct place *p)
{
	char dir[] = "/tmp/drover-samples.XXXXXX";

	assert_non_null(mkdtemp(dir));
	memcpy(p->dir, dir, sizeof(dir));
	snprintf(p->path, sizeof(p->path), "%s/samples.db", dir);
}

static void
tear_down(const struct place *p)
{
	unlink(p->path);
	assert_int_equal(rmdir(p->dir), 0);
}

static void
add(struct samples *s, const char *host, int64_t at, int32_t cpu)
{
	const int32_t values[SAMPLE_METRICS] = { cpu, 50, SAMPLE_NONE, 125 };

	samples_add(s, host, at, values);
}

static int32_t
last(const struct samples *s, const char *host, enum sample_metric metric, enum sample_span span,
    int64_t now, size_t back)
{
	const struct sample_asked asked = {
		.host = host, .metric = metric, .span = span, .now_ms = now
	};
	int32_t to[200];

	samples_last(s, &asked, to, back + 1);
	return to[0];
}

static void
values_of_one_step_are_averaged_and_unknown_ones_are_gaps(void **state)
{
	struct samples *s = samples_new(&(struct samples_config){ .fleet = "f" });

	(void)state;
	add(s, "a", NOW, 10);
	add(s, "a", NOW + 3000, 20);
	add(s, "a", NOW + 6000, SAMPLE_NONE);
	add(s, "a", NOW + 10000, 90);
	assert_int_equal(last(s, "a", SAMPLE_CPU, SAMPLE_QUARTER, NOW + 12000, 1), 15);
	assert_int_equal(last(s, "a", SAMPLE_CPU, SAMPLE_QUARTER, NOW + 12000, 0), 90);
	assert_int_equal(last(s, "a", SAMPLE_LOAD, SAMPLE_QUARTER, NOW + 12000, 0), 125);
	assert_int_equal(last(s, "a", SAMPLE_DISK, SAMPLE_QUARTER, NOW + 12000, 0), SAMPLE_NONE);
	assert_int_equal(last(s, "a", SAMPLE_CPU, SAMPLE_QUARTER, NOW + 12000, 2), SAMPLE_NONE);
	assert_int_equal(last(s, "b", SAMPLE_CPU, SAMPLE_QUARTER, NOW, 0), SAMPLE_NONE);
	samples_free(s);
}

static void
what_is_older_than_a_span_is_gone_from_it(void **state)
{
	struct samples *s = samples_new(&(struct samples_config){ .fleet = "f" });
	int64_t hour = 3600 * 1000;

	(void)state;
	add(s, "a", NOW, 42);
	assert_int_equal(last(s, "a", SAMPLE_CPU, SAMPLE_QUARTER, NOW + hour, 0), SAMPLE_NONE);
	assert_int_equal(last(s, "a", SAMPLE_CPU, SAMPLE_TWO_HOURS, NOW + hour, 60), 42);
	assert_int_equal(last(s, "a", SAMPLE_CPU, SAMPLE_DAY, NOW + 20 * hour, 120), 42);
	assert_int_equal(last(s, "a", SAMPLE_CPU, SAMPLE_DAY, NOW + 25 * hour, 150), SAMPLE_NONE);
	/* A day later its place is another's. */
	add(s, "a", NOW + 24 * hour, 7);
	assert_int_equal(last(s, "a", SAMPLE_CPU, SAMPLE_DAY, NOW + 24 * hour, 0), 7);
	samples_free(s);
}

static void
a_clock_that_goes_back_does_not_wipe_what_is_newer(void **state)
{
	struct samples *s = samples_new(&(struct samples_config){ .fleet = "f" });

	(void)state;
	add(s, "a", NOW + 900000, 80);
	add(s, "a", NOW, 10); /* the same place of the ring of 15 minutes */
	assert_int_equal(last(s, "a", SAMPLE_CPU, SAMPLE_QUARTER, NOW + 900000, 0), 80);
	samples_free(s);
}

static void
set_true(void *user)
{
	*(bool *)user = true;
}

/* What the file holds, read as the console reads it. */
static struct samples *
opened(struct loop *loop, const struct place *p)
{
	bool done = false;
	struct samples *s = samples_new(&(struct samples_config){
	    .loop = loop, .path = p->path, .fleet = "f", .loaded = set_true, .user = &done });
	int64_t until = clock_mono_ms() + DEADLINE;

	while (!done && clock_mono_ms() < until)
		loop_pass(loop, 100);
	assert_true(done);
	return s;
}

static void
what_was_written_is_there_the_next_time(void **state)
{
	struct place p;
	struct err err;
	struct loop *loop = loop_new(&err);
	int64_t now = clock_wall_ms();

	(void)state;
	set_up(&p);
	struct samples *s = opened(loop, &p);
	add(s, "a", now - 60000, 33);
	add(s, "\346\225\260", now - 60000, 44);
	samples_free(s);
	struct samples *again = opened(loop, &p);
	assert_int_equal(last(again, "a", SAMPLE_CPU, SAMPLE_TWO_HOURS, now, 1), 33);
	assert_int_equal(last(again, "\346\225\260", SAMPLE_CPU, SAMPLE_TWO_HOURS, now, 1), 44);
	assert_int_equal(last(again, "a", SAMPLE_DISK, SAMPLE_TWO_HOURS, now, 1), SAMPLE_NONE);
	samples_free(again);
	loop_free(loop);
	tear_down(&p);
}

static void
a_damaged_file_costs_what_it_held_and_no_more(void **state)
{
	static const char noise[] = "this is no database, however long one looks at it: not at all";
	struct place p;
	struct err err;
	struct loop *loop = loop_new(&err);
	int64_t now = clock_wall_ms();

	(void)state;
	set_up(&p);
	assert_int_equal(file_replace(p.path, noise, sizeof(noise), 0600, &err), 0);
	struct samples *s = opened(loop, &p);
	add(s, "a", now, 33);
	assert_int_equal(samples_flush(s, &err), 0);
	samples_free(s);
	struct samples *again = opened(loop, &p);
	assert_int_equal(last(again, "a", SAMPLE_CPU, SAMPLE_TWO_HOURS, now, 0), 33);
	samples_free(again);
	loop_free(loop);
	tear_down(&p);
}

static void
a_place_that_cannot_be_written_costs_the_file_alone(void **state)
{
	struct place p = { .path = "/nonexistent/drover/samples.db" };
	struct err err;
	struct loop *loop = loop_new(&err);

	(void)state;
	struct samples *s = opened(loop, &p);
	add(s, "a", NOW, 33);
	assert_int_equal(samples_flush(s, &err), -1);
	assert_int_equal(err.kind, OUTCOME_STORAGE);
	assert_int_equal(last(s, "a", SAMPLE_CPU, SAMPLE_QUARTER, NOW, 0), 33);
	samples_free(s);
	loop_free(loop);
}

static void
the_file_of_a_thousand_hosts_is_bounded(void **state)
{
	struct place p;
	struct err err;
	struct loop *loop = loop_new(&err);
	struct samples *s;
	int64_t now = clock_wall_ms();
	struct stat first, later;
	char name[32];

	(void)state;
	set_up(&p);
	s = opened(loop, &p);
	for (int day = 0; day < 2; day++) {
		for (int host = 0; host < 100; host++) {
			snprintf(name, sizeof(name), "host-%d.example.org", host);
			for (int i = 0; i < 144; i++)
				add(s, name, now + (day * 144 + i) * 600000LL, i % 100);
		}
		assert_int_equal(samples_flush(s, &err), 0);
		assert_int_equal(stat(p.path, day ? &later : &first), 0);
	}
	assert_true(later.st_size <= first.st_size + first.st_size / 10);
	assert_true(first.st_size < 100 * 40 * 1024);
	samples_free(s);
	loop_free(loop);
	tear_down(&p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_of_one_step_are_averaged_and_unknown_ones_are_gaps),
		cmocka_unit_test(what_is_older_than_a_span_is_gone_from_it),
		cmocka_unit_test(a_clock_that_goes_back_does_not_wipe_what_is_newer),
		cmocka_unit_test(what_was_written_is_there_the_next_time),
		cmocka_unit_test(a_damaged_file_costs_what_it_held_and_no_more),
		cmocka_unit_test(a_place_that_cannot_be_written_costs_the_file_alone),
		cmocka_unit_test(the_file_of_a_thousand_hosts_is_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
