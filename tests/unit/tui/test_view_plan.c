/* The Plan screen on plans made by hand: folded steps, diffs, what is left out, and what is asked. */
#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "inventory/inventory.h"
#include "playbooks/diff.h"
#include "tests/lib/stage.h"
#include "tui/plan_source.h"
#include "tui/planned.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define CHANGE                                                                                     \
	"--- a/etc/app\n+++ b/etc/app\n@@ -1,2 +1,3 @@\n one\n-two\n+TWO of %s\n+three \033[31m\n"

struct fake {
	struct plan_source source;
	struct planned *plan;
	int holders, applied, edited;
	bool drift;
	char path[256];
};

static const struct planned *
look(void *user)
{
	return ((struct fake *)user)->plan;
}

static void
hold(void *user, bool on)
{
	((struct fake *)user)->holders += on ? 1 : -1;
}

static int
leave_host(void *user, size_t host, bool out, struct err *err)
{
	struct fake *f = user;

	if (f->plan->host[host].why)
		return err_set(err, OUTCOME_HELD, "%s is not acted on", f->plan->host[host].name);
	f->plan->host[host].out = out;
	return 0;
}

static int
leave_step(void *user, size_t step, bool out, struct err *err)
{
	struct fake *f = user;

	if (f->plan->step[step].follows)
		return err_set(err, OUTCOME_HELD, "it follows the tasks");
	f->plan->step[step].out = out;
	return 0;
}

static void
apply(void *user)
{
	struct fake *f = user;

	f->applied++;
	f->plan->state = PLANNED_APPLIED;
}

static int
plan(void *user, const char *path, bool drift, struct err *err)
{
	struct fake *f = user;

	(void)err;
	str_copy(f->path, sizeof(f->path), path);
	f->drift = drift;
	return 0;
}

static int
keep(void *user, const char *path, struct err *err)
{
	struct fake *f = user;

	str_copy(f->path, sizeof(f->path), path);
	return *path == '!' ? err_set(err, OUTCOME_STORAGE, "no room") : 0;
}

static void
edit(void *user, const char *path, int line)
{
	struct fake *f = user;

	str_copy(f->path, sizeof(f->path), path);
	f->edited = line;
}

/* One host's plan: five steps, the diff of the first bearing the host's name unless it is the odd one. */
static void
add(struct planned *p, const char *name, bool pet, bool odd)
{
	static struct resource resource[] = { { .kind = RESOURCE_FILE,
						  .id = "file /etc/app",
						  .title = "/etc/app",
						  .mark = { .file = "site.yaml", .line = 4 } },
		{ .kind = RESOURCE_PACKAGE, .id = "package caddy", .title = "package caddy" },
		{ .kind = RESOURCE_FILE,
		    .id = "file /etc/key",
		    .title = "/etc/key",
		    .secret = true },
		{ .kind = RESOURCE_RUN, .id = "run 4", .title = "migrate 数据库" },
		{ .kind = RESOURCE_UNIT, .id = "unit old.service", .title = "old.service" } };
	static const struct found found[countof(resource)];
	static const enum plan_class class[] = { PLAN_CHANGE, PLAN_SAME, PLAN_CHANGE,
		PLAN_UNPREDICTED, PLAN_REMOVE };
	struct follow_up then[] = { { .kind = FOLLOW_RELOAD, .unit = "caddy.service" } };
	struct plan_step step[countof(resource)];
	const char *notes[] = { "publishes 0.0.0.0:8080 (http)" };
	struct plan plan = { .steps = step,
		.count = countof(step),
		.then = then,
		.then_count = 1,
		.notes = notes,
		.note_count = 1 };
	const char *const argv[] = { "migrate", "--to", "new one", NULL };
	autofree char *diff = xasprintf(CHANGE "%s", name, odd ? "+four\n" : "");

	resource[3].argv = argv;
	for (size_t i = 0; i < countof(step); i++)
		step[i] = (struct plan_step){
			.resource = &resource[i], .found = &found[i], .class = class[i]
		};
	step[0].diff = diff;
	step[2].why = "mode 0644 -> 0600";
	planned_add(p, name, pet, &plan, NULL);
	resource[3].argv = NULL;
}

static void
fake_up(struct stage *s, struct fake *f)
{
	*f = (struct fake){ .source = { .user = f,
				.look = look,
				.hold = hold,
				.leave_host = leave_host,
				.leave_step = leave_step,
				.apply = apply,
				.plan = plan,
				.keep = keep,
				.edit = edit },
		.plan = planned_new("/srv/shop/site.yaml", false) };
	add(f->plan, "db1", true, false);
	add(f->plan, "web1", false, false);
	add(f->plan, "web2", false, false);
	add(f->plan, "web3", false, true);
	add(f->plan, "数据", false, false);
	planned_add(f->plan, "lab-pi", true, NULL, "connect: timed out after 10.0 s");
	f->plan->rollout = xstrdup("canary 1, then batches of 25%, soak 1 s, stops at 1 failed; "
				   "pets one at a time");
	f->plan->state = PLANNED_WAITS;
	stage_up(s);
	f->plan->made_ms = s->scene.wall_ms - 38000;
	s->scene.writable = true;
	s->services.plan = &f->source;
	stage_open(s, &view_plan, NULL);
}

static void
fake_down(struct stage *s, struct fake *f)
{
	stage_down(s);
	planned_free(f->plan);
}

static void
hosts_fold_and_the_odd_one_stands_apart(void **state)
{
	struct stage s;
	struct fake f;

	(void)state;
	fake_up(&s, &f);
	assert_int_equal(f.holders, 1);
	assert_int_equal(f.plan->step[0].parts, 2);
	assert_int_equal(f.plan->step[0].part[0].count, 4);
	assert_true(f.plan->step[0].part[0].named);
	assert_int_equal(f.plan->step[0].part[1].added, 3);
	assert_int_equal(f.plan->step[0].part[1].removed, 1);
	assert_int_equal(f.plan->step[1].same, 5);
	assert_int_equal(f.plan->by_class[PLAN_UNPREDICTED], 10);
	stage_check(&s, "plan", NULL);
	assert_true(stage_key(&s, "enter"));
	stage_check(&s, "plan-reading", NULL);
	fake_down(&s, &f);
	assert_int_equal(f.holders, 0);
}

static void
secrets_are_not_shown_and_the_unpredicted_is_explained(void **state)
{
	struct stage s;
	struct fake f;

	(void)state;
	fake_up(&s, &f);
	for (int i = 0; i < 3; i++)
		stage_key(&s, "n");
	autofree char *secret = stage_text(&s, 30, 100);
	assert_non_null(strstr(secret, "(secret, changed)"));
	stage_key(&s, "n");
	autofree char *unknown = stage_text(&s, 30, 100);
	assert_non_null(strstr(unknown, "$ migrate --to 'new one'"));
	assert_non_null(strstr(unknown, "What it does cannot be told before"));
	fake_down(&s, &f);
}

static void
what_is_left_out_is_not_counted_in_what_is_asked(void **state)
{
	struct stage s;
	struct fake f;

	(void)state;
	fake_up(&s, &f);
	stage_key(&s, "A");
	assert_string_equal(s.confirm.title, "drover apply /srv/shop/site.yaml");
	assert_string_equal(s.confirm.typed, "db1");
	assert_int_equal(planned_changing(f.plan, NULL), 5);
	stage_key(&s, "=");
	stage_key(&s, "j");
	stage_key(&s, "space");
	assert_true(f.plan->host[0].out);
	assert_int_equal(planned_changing(f.plan, NULL), 4);
	stage_check(&s, "plan-unfolded", NULL);
	stage_key(&s, "A");
	assert_string_equal(s.confirm.typed, "4");
	s.confirm.yes(&s.view);
	assert_int_equal(f.applied, 1);
	assert_string_equal(s.opened, "run -");
	stage_key(&s, "A");
	assert_string_equal(s.flash, "this plan does not wait any more: P plans anew");
	fake_down(&s, &f);
}

static void
a_step_is_left_out_for_all_hosts_unless_others_need_it(void **state)
{
	struct stage s;
	struct fake f;

	(void)state;
	fake_up(&s, &f);
	stage_key(&s, "space");
	assert_true(f.plan->step[0].out);
	autofree char *text = stage_text(&s, 30, 100);
	assert_non_null(strstr(text, "[ ] ~ 1 /etc/app"));
	stage_key(&s, "space");
	assert_false(f.plan->step[0].out);
	stage_key(&s, "G");
	stage_key(&s, "k");
	stage_key(&s, "space");
	assert_string_equal(s.flash, "it follows the tasks");
	fake_down(&s, &f);
}

static void
a_filter_and_the_changes_alone_leave_rows_out(void **state)
{
	struct stage s;
	struct fake f;

	(void)state;
	fake_up(&s, &f);
	autofree char *all = stage_text(&s, 30, 100);
	assert_non_null(strstr(all, "package caddy"));
	stage_key(&s, "f");
	autofree char *changes = stage_text(&s, 30, 100);
	assert_null(strstr(changes, "package caddy"));
	stage_key(&s, "/");
	s.prompt.changed(&s.view, "key");
	autofree char *key = stage_text(&s, 30, 100);
	assert_non_null(strstr(key, "/etc/key"));
	assert_null(strstr(key, "/etc/app"));
	assert_true(stage_key(&s, "esc"));
	assert_false(stage_key(&s, "esc"));
	fake_down(&s, &f);
}

static void
any_size_is_painted(void **state)
{
	struct stage s;
	struct fake f;

	(void)state;
	fake_up(&s, &f);
	for (int rows = 1; rows < 40; rows += 3) {
		for (int cols = 1; cols < 200; cols += 7) {
			autofree char *list = stage_text(&s, rows, cols);
			stage_key(&s, "enter");
			autofree char *text = stage_text(&s, rows, cols);
			stage_key(&s, "esc");
			assert_non_null(list);
			assert_non_null(text);
		}
	}
	fake_down(&s, &f);
}

static void
without_a_plan_it_says_how_to_make_one(void **state)
{
	struct stage s;
	struct fake f;

	(void)state;
	fake_up(&s, &f);
	planned_free(f.plan);
	f.plan = NULL;
	autofree char *text = stage_text(&s, 24, 80);
	assert_non_null(strstr(text, "No plan yet."));
	stage_key(&s, "space");
	assert_string_equal(s.flash, "there is no plan: P makes one");
	fake_down(&s, &f);
}

static void
the_playbook_is_edited_at_the_step_and_the_plan_is_kept(void **state)
{
	struct stage s;
	struct fake f;

	(void)state;
	fake_up(&s, &f);
	stage_key(&s, "e");
	assert_string_equal(f.path, "site.yaml");
	assert_int_equal(f.edited, 4);
	stage_key(&s, "E");
	s.prompt.yes(&s.view, "my.plan");
	assert_string_equal(f.path, "my.plan");
	assert_string_equal(s.flash, "the plan is kept in my.plan, and as text in my.plan.txt");
	s.prompt.yes(&s.view, "!");
	assert_string_equal(s.flash, "no room");
	stage_key(&s, "d");
	assert_string_equal(s.prompt.preset, "/srv/shop/site.yaml");
	s.prompt.yes(&s.view, "other.yaml");
	assert_string_equal(f.path, "other.yaml");
	assert_true(f.drift);
	autofree char *text = planned_text(f.plan);
	assert_non_null(strstr(text, "~ /etc/app\n    ~ db1,web[1-2],数据\n"));
	assert_non_null(strstr(text, "lab-pi: connect: timed out after 10.0 s"));
	assert_non_null(
	    strstr(text, "    ~ db1,web[1-3],数据  (mode 0644 -> 0600)  (secret, changed)"));
	fake_down(&s, &f);
}

/* A file of thirty lines of which one changes. */
static void
add_long(struct planned *p)
{
	static char was[512], becomes[512];
	struct resource r = { .kind = RESOURCE_FILE,
		.id = "file /etc/long",
		.title = "/etc/long",
		.path = "/etc/long",
		.content = becomes };
	struct found found = { .kind = 'f', .content = was };
	struct plan_step step = { .resource = &r, .found = &found, .class = PLAN_CHANGE };
	struct plan one = { .steps = &step, .count = 1 };

	was[0] = becomes[0] = '\0';
	for (int i = 0; i < 30; i++) {
		snprintf(was + strlen(was), sizeof(was) - strlen(was), "line %d\n", i);
		snprintf(becomes + strlen(becomes), sizeof(becomes) - strlen(becomes), "%s %d\n",
		    i == 15 ? "LINE" : "line", i);
	}
	r.content_len = strlen(becomes);
	found.content_len = strlen(was);
	autofree char *diff = diff_file(r.path, (struct diff_text){ was, found.content_len },
	    (struct diff_text){ becomes, r.content_len }, DIFF_LINES);
	step.diff = diff;
	planned_add(p, "web9", false, &one, NULL);
}

static void
a_diff_has_as_much_context_as_is_asked_for(void **state)
{
	struct stage s;
	struct fake f;

	(void)state;
	fake_up(&s, &f);
	add_long(f.plan);
	stage_key(&s, "/");
	s.prompt.yes(&s.view, "long");
	autofree char *three = stage_text(&s, 40, 100);
	assert_non_null(strstr(three, " line 12"));
	assert_null(strstr(three, " line 11"));
	stage_key(&s, "}");
	autofree char *nine = stage_text(&s, 40, 100);
	assert_non_null(strstr(nine, " line 6"));
	assert_null(strstr(nine, " line 5"));
	stage_key(&s, "{");
	stage_key(&s, "{");
	autofree char *none = stage_text(&s, 40, 100);
	assert_null(strstr(none, " line 14"));
	assert_non_null(strstr(none, "+LINE 15"));
	fake_down(&s, &f);
}

static void
hosts_that_all_differ_are_told_so_without_an_end(void **state)
{
	struct stage s;
	struct fake f;

	(void)state;
	fake_up(&s, &f);
	for (int i = 0; i < 50; i++) {
		struct resource r = { .kind = RESOURCE_FILE, .id = "file /x", .title = "/x" };
		struct found found = { .kind = '-' };
		autofree char *diff = xasprintf("@@ -0,0 +1 @@\n+address 10.0.0.%d\n", i);
		autofree char *name = xasprintf("n%d", i);
		struct plan_step step = {
			.resource = &r, .found = &found, .class = PLAN_CREATE, .diff = diff
		};
		struct plan one = { .steps = &step, .count = 1 };

		planned_add(f.plan, name, false, &one, NULL);
	}
	assert_int_equal(f.plan->step[0].parts, 50);
	stage_key(&s, "/");
	s.prompt.yes(&s.view, "/x");
	autofree char *text = stage_text(&s, 200, 100);
	assert_non_null(strstr(text, "30 more differ: their rows have them."));
	stage_key(&s, "j");
	stage_key(&s, "j");
	autofree char *one = stage_text(&s, 40, 100);
	assert_non_null(strstr(one, "address 10.0.0.1"));
	assert_null(strstr(one, "address 10.0.0.2"));
	fake_down(&s, &f);
}

static void
hosts_that_were_not_reached_are_not_taken_for_unchanged(void **state)
{
	struct stage s;
	struct fake f;

	(void)state;
	fake_up(&s, &f);
	planned_free(f.plan);
	f.plan = planned_new("site.yaml", false);
	planned_add(f.plan, "web1", false, NULL, "connect: timed out after 10.0 s");
	f.plan->state = PLANNED_NOTHING;
	f.plan->made_ms = s.scene.wall_ms;
	autofree char *text = stage_text(&s, 24, 100);
	assert_non_null(strstr(text, "no host can be planned for"));
	stage_key(&s, "A");
	assert_string_equal(s.flash, "no host can be planned for");
	fake_down(&s, &f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hosts_fold_and_the_odd_one_stands_apart),
		cmocka_unit_test(secrets_are_not_shown_and_the_unpredicted_is_explained),
		cmocka_unit_test(what_is_left_out_is_not_counted_in_what_is_asked),
		cmocka_unit_test(a_step_is_left_out_for_all_hosts_unless_others_need_it),
		cmocka_unit_test(a_filter_and_the_changes_alone_leave_rows_out),
		cmocka_unit_test(any_size_is_painted),
		cmocka_unit_test(without_a_plan_it_says_how_to_make_one),
		cmocka_unit_test(the_playbook_is_edited_at_the_step_and_the_plan_is_kept),
		cmocka_unit_test(a_diff_has_as_much_context_as_is_asked_for),
		cmocka_unit_test(hosts_that_all_differ_are_told_so_without_an_end),
		cmocka_unit_test(hosts_that_were_not_reached_are_not_taken_for_unchanged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
