#include "base/child.h"
#include "base/err.h"
#include "base/loop.h"
#include "base/mem.h"
#include "base/work.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

struct seen {
	int calls, status, signum;
	bool timed_out;
	char out[64], errors[64];
};

static void
note(void *user, const struct child_result *r)
{
	struct seen *s = user;

	s->calls++;
	s->status = r->status;
	s->signum = r->signum;
	s->timed_out = r->timed_out;
	snprintf(s->out, sizeof(s->out), "%s", buf_text(r->out));
	snprintf(s->errors, sizeof(s->errors), "%s", buf_text(r->errors));
}

static struct seen
run_script(const char *script, const char *input, int64_t timeout_ms)
{
	const char *argv[] = { "sh", "-c", script, NULL };
	struct seen seen = { 0 };
	struct err err;
	struct loop *loop = loop_new(&err);
	struct child_spec spec = { .argv = argv,
		.input = input,
		.input_len = input ? strlen(input) : 0,
		.max = 60,
		.timeout_ms = timeout_ms,
		.done = note,
		.user = &seen };

	assert_non_null(child_start(loop, &spec, &err));
	loop_run(loop);
	loop_free(loop);
	assert_int_equal(seen.calls, 1);
	return seen;
}

static void
both_streams_and_the_status_come_back(void **state)
{
	struct seen s = run_script("cat; echo oops >&2; exit 7", "hello", 0);

	(void)state;
	assert_string_equal(s.out, "hello");
	assert_string_equal(s.errors, "oops\n");
	assert_int_equal(s.status, 7);
}

static void
a_signal_is_told_from_a_status(void **state)
{
	struct seen s = run_script("kill -TERM $$", NULL, 0);

	(void)state;
	assert_int_equal(s.status, -1);
	assert_int_equal(s.signum, 15);
}

static void
the_time_limit_kills_the_whole_group(void **state)
{
	struct seen s = run_script("echo begun; tail -f /dev/null & wait", NULL, 200);

	(void)state;
	assert_true(s.timed_out);
	assert_string_equal(s.out, "begun\n");
}

static void
a_missing_program_is_an_error(void **state)
{
	const char *argv[] = { "/nonexistent/program", NULL };
	struct err err;
	struct loop *loop = loop_new(&err);
	struct child_spec spec = { .argv = argv, .max = 10, .done = note };

	(void)state;
	assert_null(child_start(loop, &spec, &err));
	assert_int_equal(err.kind, OUTCOME_FAILED);
	loop_run(loop);
	loop_free(loop);
}

static void
square(void *data)
{
	int *n = data;

	*n *= *n;
}

static void
add_up(void *data, void *user)
{
	*(int *)user += *(int *)data;
	free(data);
}

static void
jobs_run_on_threads_and_end_on_the_loop(void **state)
{
	struct err err;
	struct loop *loop = loop_new(&err);
	struct work *work = work_new(loop, 3, &err);
	int sum = 0;

	(void)state;
	for (int i = 1; i <= 10; i++) {
		int *n = xcalloc(1, sizeof(*n));

		*n = i;
		work_add(work,
		    &(struct work_job){ .run = square, .done = add_up, .data = n, .user = &sum });
	}
	loop_run(loop);
	assert_int_equal(sum, 385);
	work_free(work);
	loop_free(loop);
}

static void
count(void *user)
{
	++*(int *)user;
}

static void
timers_follow_a_fake_clock(void **state)
{
	struct err err;
	struct loop *loop = loop_new(&err);
	int fired = 0;

	(void)state;
	loop_fake_clock(loop);
	struct loop_timer *t = loop_timer_new(loop, count, &fired);
	loop_timer_start(t, 1000);
	loop_fake_advance(loop, 999);
	assert_int_equal(fired, 0);
	loop_fake_advance(loop, 1);
	assert_int_equal(fired, 1);
	loop_timer_free(t);
	loop_free(loop);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_streams_and_the_status_come_back),
		cmocka_unit_test(a_signal_is_told_from_a_status),
		cmocka_unit_test(the_time_limit_kills_the_whole_group),
		cmocka_unit_test(a_missing_program_is_an_error),
		cmocka_unit_test(jobs_run_on_threads_and_end_on_the_loop),
		cmocka_unit_test(timers_follow_a_fake_clock),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
