#include "base/mem.h"
#include "engine/progress.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static int64_t now_ms;

static void
begin(struct event *e, enum event_kind kind, const char *host)
{
	event_init(e, kind);
	e->time_ms = now_ms;
	if (host)
		event_set_text(e, FIELD_HOST, host);
}

static void
start(struct progress *p, const char *const *hosts, size_t count)
{
	const char *argv[] = { "apply", "site.yaml" };
	autoevent e = { .count = 0 };

	now_ms = 1000;
	progress_init(p);
	begin(&e, EVENT_RUN_START, NULL);
	event_set_text(&e, FIELD_VERB, "apply");
	event_set_list(&e, FIELD_ARGV, argv, 2);
	event_set_list(&e, FIELD_HOSTS, hosts, count);
	progress_event(p, &e);
}

static void
tell(struct progress *p, enum event_kind kind, const char *host, const char *step)
{
	autoevent e = { .count = 0 };

	begin(&e, kind, host);
	if (kind == EVENT_PLAN_STEP)
		event_set_text(&e, FIELD_CLASS, "change");
	event_set_text(&e, FIELD_STEP, step);
	event_set_text(&e, FIELD_NAME, step);
	progress_event(p, &e);
}

static void
end_step(
    struct progress *p, const char *host, const char *step, const char *state, const char *text)
{
	autoevent e = { .count = 0 };

	begin(&e, EVENT_STEP_END, host);
	event_set_text(&e, FIELD_STEP, step);
	event_set_text(&e, FIELD_NAME, step);
	event_set_text(&e, FIELD_STATE, state);
	event_set_int(&e, FIELD_RC, 3);
	event_set_text(&e, FIELD_TEXT, text);
	progress_event(p, &e);
}

static void
end_host(struct progress *p, const char *host, const char *state, const char *text)
{
	autoevent e = { .count = 0 };

	begin(&e, EVENT_HOST_END, host);
	event_set_text(&e, FIELD_STATE, state);
	event_set_text(&e, FIELD_TEXT, text);
	progress_event(p, &e);
}

static void
every_host_of_the_run_has_a_row_from_the_start(void **state)
{
	const char *hosts[] = { "web1", "web2" };
	struct progress p;

	(void)state;
	start(&p, hosts, 2);
	assert_int_equal(p.count, 2);
	assert_int_equal(p.hosts, 2);
	assert_string_equal(p.argv, "apply site.yaml");
	assert_int_equal(progress_find(&p, "web2")->state, PROGRESS_WAITING);
	assert_null(progress_find(&p, "web3"));
	progress_fini(&p);
}

static void
a_host_that_was_looked_at_waits_until_its_act_is_sent(void **state)
{
	const char *hosts[] = { "web1" };
	struct progress p;
	const struct progress_row *r;

	(void)state;
	start(&p, hosts, 1);
	tell(&p, EVENT_HOST_START, "web1", NULL);
	assert_int_equal(p.running, 1);
	tell(&p, EVENT_PLAN_STEP, "web1", "file /a");
	r = progress_find(&p, "web1");
	assert_int_equal(r->state, PROGRESS_PLANNED);
	assert_int_equal(p.running, 0);
	now_ms = 61000;
	tell(&p, EVENT_ACT_SENT, "web1", NULL);
	assert_int_equal(r->state, PROGRESS_RUNNING);
	assert_int_equal(r->act_ms, 61000);
	assert_int_equal(p.running, 1);
	assert_int_equal(p.steps, 1);
	progress_fini(&p);
}

static void
a_step_keeps_its_time_its_state_and_the_end_of_what_it_said(void **state)
{
	const char *hosts[] = { "web1" };
	autofree char *much = xcalloc(3 * PROGRESS_STEP_TAIL + 1, 1);
	const struct progress_row *r;
	struct progress p;

	(void)state;
	memset(much, 'x', 3 * PROGRESS_STEP_TAIL);
	memcpy(much + 3 * PROGRESS_STEP_TAIL - 8, "\nthe end", 8);
	start(&p, hosts, 1);
	tell(&p, EVENT_STEP_START, "web1", "run 1");
	now_ms += 1500;
	end_step(&p, "web1", "run 1", "failed", much);
	tell(&p, EVENT_STEP_START, "web1", "run 1");
	r = progress_find(&p, "web1");
	assert_int_equal(r->step_count, 2);
	assert_true(r->step_list[0].ended);
	assert_false(r->step_list[1].ended);
	assert_int_equal(r->step_list[0].state, OUTCOME_FAILED);
	assert_int_equal(r->step_list[0].ms, 1500);
	assert_int_equal(r->step_list[0].rc, 3);
	assert_int_equal(strlen(r->step_list[0].output), PROGRESS_STEP_TAIL);
	assert_string_equal(r->last, "the end");
	assert_true(r->output_len <= PROGRESS_TAIL);
	progress_fini(&p);
}

static void
much_output_of_good_steps_is_not_kept_but_that_of_failures_is(void **state)
{
	const char *hosts[] = { "web1" };
	autofree char *much = xcalloc(PROGRESS_STEP_TAIL + 1, 1);
	const struct progress_row *r;
	struct progress p;

	(void)state;
	memset(much, 'x', PROGRESS_STEP_TAIL);
	start(&p, hosts, 1);
	for (size_t i = 0; i < PROGRESS_ALL / PROGRESS_STEP_TAIL + 10; i++)
		end_step(&p, "web1", "run 1", "ok", much);
	end_step(&p, "web1", "run 2", "failed", much);
	r = progress_find(&p, "web1");
	assert_non_null(r->step_list[0].output);
	assert_null(r->step_list[r->step_count - 2].output);
	assert_non_null(r->step_list[r->step_count - 1].output);
	assert_true(p.kept <= PROGRESS_ALL + 2 * PROGRESS_STEP_TAIL);
	progress_fini(&p);
}

static void
the_last_word_about_a_host_counts_and_the_line_at_the_end_says_it(void **state)
{
	const char *hosts[] = { "web1", "web2", "web3" };
	struct progress p;

	(void)state;
	start(&p, hosts, 3);
	end_host(&p, "web1", "changed", NULL);
	end_host(&p, "web1", "rolled-back", "taken back\nby itself");
	end_host(&p, "web2", "changed", NULL);
	assert_string_equal(progress_find(&p, "web1")->last, "taken back");
	assert_string_equal(progress_find(&p, "web1")->why, "taken back\nby itself");
	assert_int_equal(p.done, 2);
	autofree char *line = progress_summary(&p, "r-7");
	assert_string_equal(line, "r-7: 1 changed, 1 rolled-back");
	progress_fini(&p);
}

static void
what_is_left_is_told_by_what_is_done(void **state)
{
	const char *hosts[] = { "a", "b", "c", "d", "e", "f" };
	struct progress p;

	(void)state;
	start(&p, hosts, 6);
	tell(&p, EVENT_ACT_SENT, "a", NULL);
	assert_int_equal(progress_left_ms(&p, 5000), -1);
	end_host(&p, "a", "changed", NULL);
	assert_int_equal(progress_left_ms(&p, 5000), -1);
	end_host(&p, "b", "changed", NULL);
	assert_int_equal(progress_left_ms(&p, 5000), 8000);
	progress_fini(&p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_host_of_the_run_has_a_row_from_the_start),
		cmocka_unit_test(a_host_that_was_looked_at_waits_until_its_act_is_sent),
		cmocka_unit_test(a_step_keeps_its_time_its_state_and_the_end_of_what_it_said),
		cmocka_unit_test(much_output_of_good_steps_is_not_kept_but_that_of_failures_is),
		cmocka_unit_test(the_last_word_about_a_host_counts_and_the_line_at_the_end_says_it),
		cmocka_unit_test(what_is_left_is_told_by_what_is_done),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
