/* The screens of history on a past made by hand. */
#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "cli/history_row.h"
#include "tests/lib/past.h"
#include "tests/lib/stage.h"
#include "tui/plan_source.h"
#include "tui/view_history.h"
#include "tui/view_record.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

struct play {
	struct stage stage; /* the first: views have it for the console */
	struct past past;
	struct plan_source plan;
	char planned[128], path[128];
	char *saved;
};

static void
on_verb(void *user, const char *line)
{
	snprintf(((struct stage *)user)->opened, 256, "verb %s", line);
}

static void
on_save(void *user, const char *path, const char *bytes, size_t len)
{
	struct play *p = user;

	str_copy(p->path, sizeof(p->path), path);
	free(p->saved);
	p->saved = xmemdup0(bytes, len);
}

static int
on_plan(void *user, const char *path, bool drift, struct err *err)
{
	struct play *p = user;

	(void)err;
	snprintf(p->planned, sizeof(p->planned), "%s%s", path, drift ? " drift" : "");
	return 0;
}

static void
begin(struct play *p, const struct view_class *class, const char *subject)
{
	stage_up(&p->stage);
	past_up(&p->past);
	p->saved = NULL;
	p->planned[0] = '\0';
	p->plan = (struct plan_source){ .user = p, .plan = on_plan };
	p->stage.services.history = &p->past.source;
	p->stage.services.plan = &p->plan;
	p->stage.services.verb = on_verb;
	p->stage.services.save = on_save;
	p->stage.view.height = 26;
	stage_open(&p->stage, class, subject);
	p->stage.view.height = 26;
}

/* It reads in slices of some milliseconds: all is here before it is looked at. */
static void
settle(struct play *p)
{
	for (int i = 0; i < 100; i++)
		p->stage.view.class->refresh(&p->stage.view);
}

static void
check(struct play *p, const char *name)
{
	settle(p);
	stage_check(&p->stage, name, NULL);
}

static void
end(struct play *p)
{
	stage_down(&p->stage);
	past_down(&p->past);
	free(p->saved);
}

/* What a screen of this size says. */
static void
assert_says(struct play *p, const char *text, bool there)
{
	settle(p);
	autofree char *all = stage_text(&p->stage, 30, 100);

	if ((strstr(all, text) != NULL) != there)
		fail_msg("%s \"%s\" on:\n%s", there ? "no" : "there is", text, all);
}

static void
runs_stand_newest_first_and_those_at_work_on_top(void **state)
{
	struct play p;

	(void)state;
	begin(&p, &view_history, NULL);
	check(&p, "history");
	end(&p);
}

static void
the_detail_follows_the_cursor(void **state)
{
	struct play p;

	(void)state;
	begin(&p, &view_history, NULL);
	p.stage.scene.ascii = false;
	assert_true(stage_key(&p.stage, "down"));
	assert_true(stage_key(&p.stage, "down"));
	check(&p, "history-changed");
	assert_true(stage_key(&p.stage, "down"));
	check(&p, "history-failed");
	end(&p);
}

static void
words_of_a_filter_must_all_agree(void **state)
{
	static const struct {
		const char *typed, *runs;
	} cases[] = { { "", "r-197 r-196 r-193 r-192 r-191 r-190 r-150 r-9" },
		{ "failed", "r-193 r-192 r-150" }, { "changed", "r-193" },
		{ "host=web10", "r-193" }, { "host:web*", "r-197 r-196 r-193 r-192 r-190" },
		{ "host=web* !failed", "r-197 r-196 r-190" }, { "who=bob", "r-190" },
		{ "who:ana uptime", "r-150 r-9" }, { "unfinished", "r-196" },
		{ "!verb=apply", "r-192 r-191 r-150 r-9" }, { "foreign", "r-190" },
		{ "你好", "r-191" }, { "unreachable host=nas", "r-150" },
		{ "r-19[0-2]", "r-192 r-191 r-190" }, { "nothing", "" } };
	struct play p;

	(void)state;
	begin(&p, &view_history, NULL);
	for (size_t i = 0; i < countof(cases); i++) {
		const struct histview *h = p.stage.view.state;
		char got[256] = "";

		assert_true(stage_key(&p.stage, "&"));
		p.stage.prompt.changed(&p.stage.view, cases[i].typed);
		p.stage.view.class->refresh(&p.stage.view);
		for (size_t k = 0; k < h->runs.count; k++)
			snprintf(got + strlen(got), sizeof(got) - strlen(got), "%s%s", k ? " " : "",
			    h->runs.shown[k]->alias);
		if (!str_eq(got, cases[i].runs))
			fail_msg("%s: %s, not %s", cases[i].typed, got, cases[i].runs);
	}
	assert_says(&p, "No run agrees with the filter", true);
	assert_true(stage_key(&p.stage, "esc"));
	assert_says(&p, "r-197", true);
	assert_false(stage_key(&p.stage, "esc"));
	end(&p);
}

static void
a_run_that_begins_meanwhile_appears_and_the_cursor_stays(void **state)
{
	struct play p;

	(void)state;
	begin(&p, &view_history, NULL);
	assert_true(stage_key(&p.stage, "down"));
	const struct histview *h = p.stage.view.state;
	assert_string_equal(histview_row(h)->alias, "r-196");
	past_add(&p.past, 198, "ok", "[\"drover\",\"run\",\"nas\",\"true\"]");
	assert_says(&p, "r-198", true);
	assert_string_equal(histview_row(h)->alias, "r-196");
	/* One that ended is told again. */
	p.past.run[1].row.state = "failed";
	p.past.run[1].row.end_ms = p.past.run[1].row.start_ms + 1000;
	p.past.generation++;
	p.past.live = false;
	free(stage_text(&p.stage, 30, 100));
	assert_string_equal(h->runs.shown[1]->alias, "r-197");
	assert_string_equal(h->runs.shown[1]->state, "failed");
	end(&p);
}

static void
nothing_is_read_while_nothing_is_written(void **state)
{
	struct play p;

	(void)state;
	begin(&p, &view_history, NULL);
	int reads = p.past.reads;
	for (int i = 0; i < 100; i++)
		p.stage.view.class->refresh(&p.stage.view);
	assert_int_equal(p.past.reads, reads);
	assert_int_equal(p.past.again, 0);
	end(&p);
}

/* The command line that the action of this name equals here. */
static void
assert_equals(const struct play *p, const char *name, const char *command)
{
	const struct action *a = p->stage.view.class->actions;

	while (a->key && !str_eq(a->name, name))
		a++;
	assert_non_null(a->key);
	autofree char *said = a->equal(&p->stage.view);
	if (command)
		assert_string_equal(said, command);
	else
		assert_null(said);
}

static void
keys_open_a_run_its_diffs_and_two_to_compare(void **state)
{
	struct play p;

	(void)state;
	begin(&p, &view_history, NULL);
	stage_key(&p.stage, "enter");
	assert_string_equal(p.stage.opened, "record 000000c5-0000-7000-8000-000000000000");
	stage_key(&p.stage, "d");
	assert_string_equal(p.stage.opened, "record 000000c5-0000-7000-8000-000000000000 diff");
	stage_key(&p.stage, "c");
	assert_string_equal(p.stage.flash, "mark two runs with Space to compare them");
	assert_equals(&p, "compare", NULL);
	assert_equals(&p, "export", "drover history export r-197 r-197.json");
	stage_key(&p.stage, "space");
	stage_key(&p.stage, "down");
	stage_key(&p.stage, "space");
	assert_equals(&p, "compare", "drover history diff r-193 r-197");
	stage_key(&p.stage, "c");
	assert_string_equal(p.stage.opened, "record 000000c1-0000-7000-8000-000000000000 "
					    "000000c5-0000-7000-8000-000000000000");
	end(&p);
}

static void
a_run_has_a_row_for_each_host_with_its_time(void **state)
{
	struct play p;

	(void)state;
	begin(&p, &view_record, "r-193");
	check(&p, "record");
	end(&p);
	begin(&p, &view_record, "r-192");
	check(&p, "record-failed");
	end(&p);
}

static void
a_host_tells_what_it_did_and_said(void **state)
{
	struct play p;

	(void)state;
	begin(&p, &view_record, "r-192");
	stage_key(&p.stage, "end");
	stage_key(&p.stage, "enter");
	check(&p, "record-host");
	assert_says(&p, "the content damaged is not what was written", true);
	assert_true(stage_key(&p.stage, "esc"));
	assert_says(&p, "TIMELINE", true);
	assert_false(stage_key(&p.stage, "esc"));
	end(&p);
}

static void
a_diff_is_told_once_with_its_hosts(void **state)
{
	struct play p;

	(void)state;
	begin(&p, &view_record, "r-193 diff");
	check(&p, "record-diff");
	end(&p);
	begin(&p, &view_record, "r-9 diff");
	assert_says(&p, "No content that was changed is recorded", true);
	end(&p);
}

static void
two_runs_are_compared(void **state)
{
	struct play p;

	(void)state;
	begin(&p, &view_record, "r-193 r-197");
	check(&p, "record-compare");
	end(&p);
	begin(&p, &view_record, "r-193 r-193");
	assert_says(&p, "every host ended the same", true);
	end(&p);
	begin(&p, &view_record, "r-4000");
	assert_says(&p, "there is no such run", true);
	end(&p);
}

/* The cursor on that run. */
static void
go_to(struct play *p, const char *alias)
{
	const struct histview *h = p->stage.view.state;

	stage_key(&p->stage, "home");
	while (!str_eq(histview_row(h)->alias, alias))
		assert_true(stage_key(&p->stage, "down") && h->list.cursor + 1 <= h->list.count);
}

static void
a_run_is_done_again_taken_back_or_resumed_by_its_verb(void **state)
{
	struct play p;

	(void)state;
	begin(&p, &view_history, NULL);
	p.stage.scene.writable = false;
	go_to(&p, "r-192");
	stage_key(&p.stage, "r");
	assert_string_equal(p.stage.flash, "read-only: press W first");
	p.stage.scene.writable = true;
	go_to(&p, "r-9");
	stage_key(&p.stage, "r");
	assert_string_equal(p.stage.opened, "verb drover run nas uptime");
	stage_key(&p.stage, "u");
	assert_string_equal(
	    p.stage.flash, "only an apply is taken back: what a command did is not known");
	go_to(&p, "r-193");
	stage_key(&p.stage, "r");
	assert_string_equal(p.planned, "/home/ana/site.yaml");
	assert_string_equal(p.stage.opened, "plan -");
	stage_key(&p.stage, "u");
	assert_string_equal(p.stage.opened, "verb drover undo r-193");
	go_to(&p, "r-196");
	stage_key(&p.stage, "u");
	assert_string_equal(p.stage.opened, "verb drover resume r-196");
	go_to(&p, "r-197");
	stage_key(&p.stage, "u");
	assert_string_equal(p.stage.flash, "it still runs");
	go_to(&p, "r-190");
	stage_key(&p.stage, "r");
	assert_string_equal(p.stage.flash, "another seat's run: its command is not known here");
	past_add(&p.past, 200, "ok", "[\"drover\",\"run\",\"nas\",\"-e\",\"pw=\342\200\246\"]");
	p.stage.view.class->refresh(&p.stage.view);
	go_to(&p, "r-200");
	stage_key(&p.stage, "r");
	assert_non_null(strstr(p.stage.flash, "values of -e are not recorded"));
	end(&p);
}

static void
a_run_is_exported_as_events_or_as_junit(void **state)
{
	struct play p;

	(void)state;
	begin(&p, &view_history, NULL);
	go_to(&p, "r-193");
	stage_key(&p.stage, "E");
	p.stage.prompt.yes(&p.stage.view, "out.json");
	assert_string_equal(p.path, "out.json");
	assert_non_null(strstr(p.saved, "\"event\":\"run.start\""));
	assert_non_null(strstr(p.saved, "\"event\":\"run.end\""));
	p.stage.prompt.yes(&p.stage.view, "out.xml");
	assert_string_equal(p.path, "out.xml");
	assert_non_null(strstr(p.saved, "<testsuite name=\"web10\" hostname=\"web10\""));
	assert_non_null(strstr(p.saved, "tests=\"2\" failures=\"1\" errors=\"0\" skipped=\"1\""));
	assert_non_null(strstr(p.saved, "adapter error: ^[[2Junknown directive"));
	assert_null(strchr(p.saved, '\033'));
	go_to(&p, "r-150");
	p.stage.prompt.yes(&p.stage.view, "out.xml");
	assert_non_null(strstr(p.saved, "<error type=\"unreachable\""));
	/* A content that cannot be read is told, and nothing is written. */
	go_to(&p, "r-192");
	p.path[0] = '\0';
	p.stage.prompt.yes(&p.stage.view, "out.json");
	assert_string_equal(p.path, "");
	assert_string_equal(p.stage.flash, "the content damaged is not what was written");
	end(&p);
}

static void
activity_lists_runs_questions_and_connections(void **state)
{
	struct play p;

	(void)state;
	begin(&p, &view_activity, NULL);
	p.past.polls = 12;
	p.past.child = "drover logs web1 \033]0;owned\007";
	check(&p, "activity");
	stage_key(&p.stage, "enter");
	assert_string_equal(p.stage.opened, "record 000000c5-0000-7000-8000-000000000000");
	stage_key(&p.stage, "ctrl-c");
	assert_string_equal(p.stage.flash, "another drover's run: Ctrl-C where it was started");
	stage_key(&p.stage, "down");
	stage_key(&p.stage, "enter");
	assert_string_equal(p.stage.flash, "it is no run");
	stage_key(&p.stage, "ctrl-c");
	assert_string_equal(p.stage.opened, "stop");
	end(&p);
	begin(&p, &view_activity, NULL);
	p.past.live = false;
	p.stage.hosts[1].link = LINK_UP;
	assert_says(&p, "Nothing: no run is at work", true);
	end(&p);
}

static void
any_size_is_painted(void **state)
{
	static const struct {
		const struct view_class *class;
		const char *subject;
	} all[] = { { &view_history, NULL }, { &view_record, "r-193" },
		{ &view_record, "r-193 diff" }, { &view_activity, NULL } };
	struct play p;

	(void)state;
	for (size_t i = 0; i < countof(all); i++) {
		begin(&p, all[i].class, all[i].subject);
		for (int rows = 1; rows <= 200; rows = rows < 40 ? rows + 1 : rows + 37) {
			for (int cols = 1; cols <= 500; cols = cols < 30 ? cols + 1 : cols + 47)
				free(stage_text(&p.stage, rows, cols));
		}
		end(&p);
	}
}

static void
what_a_run_does_is_told_without_where(void **state)
{
	static const struct {
		const char *verb, *argv, *playbook, *doing;
	} cases[] = {
		{ "run",
		    "[\"-P\",\"1\",\"run\",\"web2\",\"--\",\"systemctl restart -- shop.service\"]",
		    "", "restart shop.service" },
		{ "run", "[\"run\",\"@db\",\"--\",\"df -h / | tail -1\"]", "",
		    "run df -h / | tail -1" },
		{ "run", "[\"run\",\"@db\",\"--\",\"ls\",\"a b\"]", "", "run ls 'a b'" },
		{ "run", "[\"run\",\"@db\",\"--\",\"systemctl list-units --all -- x\"]", "",
		    "run systemctl list-units --all -- x" },
		{ "run", "[\"run\",\"@db\",\"uptime\"]", "", "run @db uptime" },
		{ "apply", "[\"apply\",\"site/site.yaml\",\"--yes\"]", "/srv/site/site.yaml",
		    "apply site.yaml" },
		{ "cp", "[\"-i\",\"x\",\"cp\",\"a\",\"@web:/b\"]", "", "cp a @web:/b" },
		{ "fetch", "", "", "fetch" },
	};

	(void)state;
	for (size_t i = 0; i < countof(cases); i++) {
		autofree char *doing =
		    history_doing(cases[i].verb, cases[i].argv, cases[i].playbook);

		assert_string_equal(doing, cases[i].doing);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_a_run_does_is_told_without_where),
		cmocka_unit_test(runs_stand_newest_first_and_those_at_work_on_top),
		cmocka_unit_test(the_detail_follows_the_cursor),
		cmocka_unit_test(words_of_a_filter_must_all_agree),
		cmocka_unit_test(a_run_that_begins_meanwhile_appears_and_the_cursor_stays),
		cmocka_unit_test(nothing_is_read_while_nothing_is_written),
		cmocka_unit_test(keys_open_a_run_its_diffs_and_two_to_compare),
		cmocka_unit_test(a_run_has_a_row_for_each_host_with_its_time),
		cmocka_unit_test(a_host_tells_what_it_did_and_said),
		cmocka_unit_test(a_diff_is_told_once_with_its_hosts),
		cmocka_unit_test(two_runs_are_compared),
		cmocka_unit_test(a_run_is_done_again_taken_back_or_resumed_by_its_verb),
		cmocka_unit_test(a_run_is_exported_as_events_or_as_junit),
		cmocka_unit_test(activity_lists_runs_questions_and_connections),
		cmocka_unit_test(any_size_is_painted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
