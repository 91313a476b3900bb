/* The Run screen on events made by hand: what floats, what folds, what is asked for. */
#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "tests/lib/stage.h"
#include "tui/run_source.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define BEGAN 1767350520000

struct fake {
	struct run_source source;
	struct progress *run;
	bool paused;
	char retried[256], paged[4096];
	int64_t now_ms;
};

static bool
paused(void *user)
{
	return ((struct fake *)user)->paused;
}

static int
pause_run(void *user, bool on, struct err *err)
{
	(void)err;
	((struct fake *)user)->paused = on;
	return 0;
}

static int
retry(void *user, const char *const *hosts, size_t count, struct err *err)
{
	struct fake *f = user;

	(void)err;
	f->retried[0] = '\0';
	for (size_t i = 0; i < count; i++)
		snprintf(f->retried + strlen(f->retried), sizeof(f->retried) - strlen(f->retried),
		    "%s ", hosts[i]);
	return 0;
}

static const char *
command(void *user, const char *step)
{
	(void)user;
	return str_eq(step, "reload caddy.service") ? "systemctl reload caddy.service" : NULL;
}

static void
page(void *user, const char *text)
{
	struct fake *f = user;

	str_copy(f->paged, sizeof(f->paged), text);
}

struct told {
	enum event_kind kind;
	const char *host, *step, *state, *text;
	int64_t n; /* rc, or how many changed */
};

static void
tell(struct fake *f, const struct told *t)
{
	autoevent e = { .count = 0 };

	event_init(&e, t->kind);
	e.time_ms = f->now_ms;
	event_set_text(&e, FIELD_HOST, t->host);
	event_set_text(&e, FIELD_STEP, t->step);
	event_set_text(&e, FIELD_NAME, t->step);
	event_set_text(&e, FIELD_STATE, t->state);
	event_set_text(&e, FIELD_TEXT, t->text);
	if (t->kind == EVENT_PLAN_STEP)
		event_set_text(&e, FIELD_CLASS, "change");
	if (t->kind == EVENT_STEP_END)
		event_set_int(&e, FIELD_RC, t->n);
	if (t->kind == EVENT_HOST_END)
		event_set_int(&e, FIELD_CHANGED, t->n);
	progress_event(f->run, &e);
}

static void
start(struct fake *f, const char *verb, const char *const *argv, size_t argc)
{
	const char *hosts[] = { "db1", "web1", "web2", "web3", "web4", "web10", "数据" };
	autoevent e = { .count = 0 };

	event_init(&e, EVENT_RUN_START);
	e.time_ms = f->now_ms = BEGAN;
	event_set_text(&e, FIELD_VERB, verb);
	event_set_list(&e, FIELD_ARGV, argv, argc);
	event_set_list(&e, FIELD_HOSTS, hosts, countof(hosts));
	progress_init(f->run);
	progress_event(f->run, &e);
}

/* An apply in its second batch: one host failed, two are at the same step, two are done, two wait. */
static void
an_apply(struct fake *f)
{
	const char *argv[] = { "site.yaml" };
	const char *all[] = { "db1", "web1", "web2", "web3", "web4", "web10", "数据" };
	const struct told acts[] = {
		{ EVENT_ACT_SENT, "web1", NULL, NULL, NULL, 0 },
		{ EVENT_STEP_START, "web1", "file /etc/app", NULL, NULL, 0 },
		{ EVENT_STEP_END, "web1", "file /etc/app", "changed", NULL, 0 },
		{ EVENT_HOST_END, "web1", NULL, "changed", NULL, 2 },
		{ EVENT_HOST_END, "web2", NULL, "changed", NULL, 2 },
		{ EVENT_ROLLOUT, NULL, NULL, NULL, "batch 1: 3 hosts", 0 },
		{ EVENT_STEP_START, "web3", "file /etc/app", NULL, NULL, 0 },
		{ EVENT_STEP_START, "web4", "file /etc/app", NULL, NULL, 0 },
		{ EVENT_STEP_START, "web10", "file /etc/app", NULL, NULL, 0 },
		{ EVENT_STEP_END, "web10", "file /etc/app", "changed", NULL, 0 },
		{ EVENT_STEP_START, "web10", "reload caddy.service", NULL, NULL, 0 },
		{ EVENT_STEP_END, "web10", "reload caddy.service", "failed",
		    "caddy[811]: line 31: unknown directive\nsee \033[31mjournalctl", 1 },
		{ EVENT_HOST_END, "web10", NULL, "failed", "reload caddy.service failed", 1 },
	};

	start(f, "apply", argv, countof(argv));
	for (size_t i = 0; i < countof(all); i++) {
		tell(f, &(struct told){ EVENT_HOST_START, all[i], NULL, NULL, NULL, 0 });
		tell(f, &(struct told){ EVENT_PLAN_STEP, all[i], "file /etc/app", NULL, NULL, 0 });
		tell(f, &(struct told){
			    EVENT_PLAN_STEP, all[i], "reload caddy.service", NULL, NULL, 0 });
	}
	for (size_t i = 0; i < countof(acts); i++) {
		f->now_ms += 400;
		tell(f, &acts[i]);
	}
}

static void
fake_up(struct stage *s, struct fake *f)
{
	stage_up(s);
	*f = (struct fake){ .run = &s->run,
		.source = { .user = f,
		    .paused = paused,
		    .pause = pause_run,
		    .retry = retry,
		    .command = command,
		    .page = page } };
	s->scene.run = f->run;
	s->scene.run_live = true;
	s->scene.writable = true;
	s->services.run = &f->source;
}

static void
finish(struct stage *s, struct fake *f, int code)
{
	autoevent e = { .count = 0 };

	event_init(&e, EVENT_RUN_END);
	e.time_ms = f->now_ms += 1000;
	event_set_int(&e, FIELD_EXIT, code);
	progress_event(f->run, &e);
	s->scene.run_live = false;
}

static void
failures_float_and_hosts_in_the_same_state_fold(void **state)
{
	struct stage s;
	struct fake f;

	(void)state;
	fake_up(&s, &f);
	an_apply(&f);
	stage_open(&s, &view_run, NULL);
	stage_check(&s, "run-apply", NULL);
	stage_key(&s, "enter");
	stage_check(&s, "run-output", NULL);
	assert_true(stage_key(&s, "esc"));
	stage_key(&s, "t");
	stage_key(&s, "=");
	stage_check(&s, "run-times", NULL);
	stage_down(&s);
}

static void
the_cursor_stays_on_its_host_when_that_goes_on(void **state)
{
	struct stage s;
	struct fake f;

	(void)state;
	fake_up(&s, &f);
	an_apply(&f);
	stage_open(&s, &view_run, NULL);
	stage_key(&s, "j");
	stage_key(&s, "e");
	assert_non_null(strstr(f.paged, "file /etc/app: at work"));
	tell(
	    &f, &(struct told){ EVENT_STEP_END, "web3", "file /etc/app", "failed", "no room", 28 });
	tell(&f, &(struct told){ EVENT_HOST_END, "web3", NULL, "failed", "no room", 0 });
	stage_key(&s, "e");
	assert_non_null(strstr(f.paged, "file /etc/app: failed, exit status 28"));
	stage_key(&s, "s");
	assert_string_equal(s.opened, "shell on web3");
	stage_down(&s);
}

static void
commands_stand_beside_their_steps(void **state)
{
	struct stage s;
	struct fake f;

	(void)state;
	fake_up(&s, &f);
	an_apply(&f);
	stage_open(&s, &view_run, NULL);
	stage_key(&s, "e");
	assert_non_null(strstr(f.paged, "$ systemctl reload caddy.service\n"));
	assert_non_null(strstr(f.paged, "caddy[811]: line 31: unknown directive\n"));
	stage_down(&s);
}

static void
a_pause_is_asked_for_and_taken_back(void **state)
{
	struct stage s;
	struct fake f;

	(void)state;
	fake_up(&s, &f);
	an_apply(&f);
	stage_open(&s, &view_run, NULL);
	stage_key(&s, "p");
	assert_true(f.paused);
	autofree char *text = stage_text(&s, 24, 100);
	assert_non_null(strstr(text, "PAUSED"));
	stage_key(&s, "p");
	assert_false(f.paused);
	stage_key(&s, "ctrl-c");
	assert_string_equal(s.opened, "stop");
	finish(&s, &f, 1);
	stage_key(&s, "p");
	assert_string_equal(s.flash, "the run has ended");
	stage_down(&s);
}

static void
what_failed_is_tried_once_more_through_a_plan(void **state)
{
	struct stage s;
	struct fake f;

	(void)state;
	fake_up(&s, &f);
	an_apply(&f);
	stage_open(&s, &view_run, NULL);
	stage_key(&s, "r");
	assert_string_equal(s.flash, "the run is at work");
	tell(&f, &(struct told){ EVENT_HOST_END, "db1", NULL, "untried", "2 failed", 0 });
	tell(&f, &(struct told){ EVENT_HOST_END, "web4", NULL, "held", "left out of the plan", 0 });
	finish(&s, &f, 8);
	autofree char *text = stage_text(&s, 24, 120);
	assert_non_null(strstr(text, "r-197: 2 changed, 1 failed, 1 untried, 1 held  exit 8"));
	assert_non_null(strstr(text, "r: retry 2"));
	stage_key(&s, "r");
	assert_string_equal(f.retried, "db1 web10 ");
	assert_string_equal(s.opened, "plan -");
	stage_down(&s);
}

static void
a_command_asks_before_it_is_tried_once_more(void **state)
{
	const char *argv[] = { "web[1-4]", "--", "uptime -p" };
	struct stage s;
	struct fake f;

	(void)state;
	fake_up(&s, &f);
	start(&f, "run", argv, countof(argv));
	tell(&f, &(struct told){ EVENT_HOST_START, "web1", NULL, NULL, NULL, 0 });
	tell(&f, &(struct told){ EVENT_HOST_END, "web1", NULL, "failed", "exit status 1", 0 });
	finish(&s, &f, 1);
	stage_open(&s, &view_run, NULL);
	stage_key(&s, "e");
	assert_non_null(strstr(f.paged, "$ uptime -p\n"));
	stage_key(&s, "r");
	assert_string_equal(f.retried, "");
	assert_non_null(strstr(s.asked_text, "drover run web[1-4] -- uptime -p"));
	s.confirm.yes(&s.view);
	assert_string_equal(f.retried, "web1 ");
	stage_down(&s);
}

static void
a_filter_and_the_faults_leave_rows_out(void **state)
{
	struct stage s;
	struct fake f;

	(void)state;
	fake_up(&s, &f);
	an_apply(&f);
	stage_open(&s, &view_run, NULL);
	stage_key(&s, "f");
	autofree char *faults = stage_text(&s, 30, 100);
	assert_non_null(strstr(faults, "web10"));
	assert_null(strstr(faults, "web[1-2]"));
	stage_key(&s, "f");
	stage_key(&s, "/");
	s.prompt.changed(&s.view, "db");
	autofree char *db = stage_text(&s, 30, 100);
	assert_non_null(strstr(db, "db1"));
	assert_null(strstr(db, "web10"));
	assert_true(stage_key(&s, "esc"));
	assert_false(stage_key(&s, "esc"));
	stage_down(&s);
}

static void
any_size_is_painted(void **state)
{
	struct stage s;
	struct fake f;

	(void)state;
	fake_up(&s, &f);
	an_apply(&f);
	stage_open(&s, &view_run, NULL);
	for (int rows = 1; rows < 40; rows += 3) {
		for (int cols = 1; cols < 200; cols += 7) {
			stage_key(&s, "t");
			autofree char *list = stage_text(&s, rows, cols);
			stage_key(&s, "enter");
			autofree char *text = stage_text(&s, rows, cols);
			stage_key(&s, "esc");
			assert_non_null(list);
			assert_non_null(text);
		}
	}
	stage_down(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(failures_float_and_hosts_in_the_same_state_fold),
		cmocka_unit_test(the_cursor_stays_on_its_host_when_that_goes_on),
		cmocka_unit_test(commands_stand_beside_their_steps),
		cmocka_unit_test(a_pause_is_asked_for_and_taken_back),
		cmocka_unit_test(what_failed_is_tried_once_more_through_a_plan),
		cmocka_unit_test(a_command_asks_before_it_is_tried_once_more),
		cmocka_unit_test(a_filter_and_the_faults_leave_rows_out),
		cmocka_unit_test(any_size_is_painted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
