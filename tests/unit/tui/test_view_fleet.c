/* The Fleet screen: folds, marks, filter, order, what it shows at any size. */
#include "base/err.h"
#include "base/loop.h"
#include "base/mem.h"
#include "base/str.h"
#include "ledger/samples.h"
#include "tests/lib/stage.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static int
set_up(void **state)
{
	struct stage *s = xcalloc(1, sizeof(*s));

	stage_up(s);
	s->scene.writable = true;
	s->view.height = 26;
	stage_open(s, &view_fleet, NULL);
	s->view.height = 26;
	*state = s;
	return 0;
}

static int
tear_down(void **state)
{
	stage_down(*state);
	free(*state);
	return 0;
}

static void
keys(struct stage *s, const char *keys_typed)
{
	char key[2] = "";

	for (const char *k = keys_typed; *k; k++) {
		key[0] = *k;
		assert_true(stage_key(s, *k == ' ' ? "space" : key));
		s->view.class->refresh(&s->view);
	}
}

/* A second passes in which nobody touches a key. */
static void
later(struct stage *s)
{
	s->scene.wall_ms += 5000;
	s->view.class->refresh(&s->view);
	s->scene.wall_ms += 5000;
	s->view.class->refresh(&s->view);
}

static void
assert_shows(struct stage *s, const char *text)
{
	autofree char *got = stage_text(s, 30, 100);

	if (!strstr(got, text))
		fail_msg("'%s' is not on the screen:\n%s", text, got);
}

static void
assert_hides(struct stage *s, const char *text)
{
	autofree char *got = stage_text(s, 30, 100);

	if (strstr(got, text))
		fail_msg("'%s' is on the screen:\n%s", text, got);
}

/* The row under the cursor, as its text begins behind the glyph. */
static void
assert_stands_on(struct stage *s, const char *name)
{
	autofree char *got = stage_text(s, 30, 100);
	char *at = strstr(got, "\n>");

	assert_non_null(at);
	at += 6;
	while (*at == ' ')
		at++;
	if (strncmp(at, name, strlen(name)) != 0)
		fail_msg("the cursor does not stand on %s:\n%s", name, got);
}

static void
pets_stand_alone_and_equal_cattle_fold(void **state)
{
	struct stage *s = *state;

	stage_check(s, "fleet", NULL);
	assert_shows(s, "web[1-3,10]");
	assert_shows(s, "CATTLE (6 in 1 herd)");
}

static void
the_reason_of_a_lost_host_has_the_strip(void **state)
{
	struct stage *s = *state;

	assert_stands_on(s, "db1");
	assert_true(stage_key(s, "down"));
	later(s);
	assert_stands_on(s, "lab-pi");
	assert_shows(s, "lab-pi unreachable: connect: timed out after 10.0 s");
}

static void
count_reads(void *user, size_t host, char *to, size_t size)
{
	struct stage *s = user;

	s->run.exit++;
	snprintf(to, size, "run of %zu", host);
}

/* It may have begun and ended while another screen was open. */
static void
the_last_run_is_read_again_after_a_run(void **state)
{
	struct stage *s = *state;

	s->fleet.user = s;
	s->fleet.last_run = count_reads;
	s->run.exit = 0;
	s->scene.run = &s->run;
	str_copy(s->run.run, sizeof(s->run.run), "one");
	later(s);
	later(s);
	assert_int_equal(s->run.exit, 1);
	str_copy(s->run.run, sizeof(s->run.run), "two");
	later(s);
	later(s);
	assert_int_equal(s->run.exit, 2);
}

static void
enter_shows_the_hosts_of_that_herd_alone(void **state)
{
	struct stage *s = *state;

	/* A second herd. */
	s->hosts[1].pet = s->hosts[2].pet = false;
	s->hosts[1].from_ledger = false;
	s->hosts[1].link = s->hosts[2].link = LINK_UP;
	s->hosts[1].age_ms = s->hosts[2].age_ms = 1000;
	later(s);
	assert_shows(s, "lab-pi,nas");
	keys(s, "Gk");
	assert_stands_on(s, "web[1-3,10]");
	stage_key(s, "enter");
	s->scene.ascii = false;
	stage_check(s, "fleet-unfolded", NULL);
	s->scene.ascii = true;
	assert_shows(s, "lab-pi,nas");
	assert_stands_on(s, "web[1-3,10]");
	keys(s, "j");
	assert_stands_on(s, "web1");
	stage_key(s, "enter");
	assert_string_equal(s->opened, "host web1");
	keys(s, "k");
	stage_key(s, "enter");
	assert_hides(s, "  web1 ");
}

static void
fold_shows_and_hides_the_hosts_of_every_herd(void **state)
{
	struct stage *s = *state;

	keys(s, "=");
	assert_hides(s, "web[1-3,10]");
	assert_shows(s, " web10 ");
	keys(s, "=");
	assert_shows(s, "web[1-3,10]");
}

static void
the_cursor_stays_with_the_herd_when_one_leaves_it(void **state)
{
	struct stage *s = *state;

	keys(s, "Gk");
	assert_stands_on(s, "web[1-3,10]");
	s->hosts[3].strayed = true;
	later(s);
	assert_stands_on(s, "web[2-3,10]");
	s->hosts[3].strayed = false;
	later(s);
	assert_stands_on(s, "web[1-3,10]");
}

static void
who_is_cordoned_stands_apart_and_says_so(void **state)
{
	struct stage *s = *state;

	autofree char *before = stage_text(s, 30, 100);
	assert_null(strstr(before, "cordoned"));
	s->hosts[3].cordoned = true;
	later(s);
	autofree char *after = stage_text(s, 30, 100);
	assert_non_null(strstr(after, "cordoned: left"));
	s->hosts[3].cordoned = false;
	later(s);
}

static void
rows_do_not_move_under_a_hand(void **state)
{
	struct stage *s = *state;

	keys(s, "j");
	assert_stands_on(s, "lab-pi");
	s->hosts[0].link = LINK_CONNECTING;
	s->hosts[0].from_ledger = true;
	status_fini(&s->status[0]);
	s->view.class->refresh(&s->view);
	/* db1 is not the worst any more, and stands where it stood. */
	autofree char *before = stage_text(s, 30, 100);
	assert_true(strstr(before, "db1") < strstr(before, "lab-pi"));
	later(s);
	autofree char *after = stage_text(s, 30, 100);
	assert_true(strstr(after, "db1") > strstr(after, "lab-pi"));
	assert_stands_on(s, "lab-pi");
}

static void
the_order_is_that_of_the_column_chosen(void **state)
{
	struct stage *s = *state;

	keys(s, "=>>>>>>");
	assert_shows(s, "CPU% v");
	autofree char *most = stage_text(s, 30, 100);
	assert_true(strstr(most, "web4") < strstr(most, " web1 "));
	keys(s, "I");
	autofree char *least = stage_text(s, 30, 100);
	assert_true(strstr(least, "web4") > strstr(least, " web1 "));
	keys(s, "<<<<<<");
	assert_shows(s, "sort HEALTH ^");
	keys(s, "<");
	assert_shows(s, "sort AGE ^");
}

static void
marks_are_of_hosts_and_herds(void **state)
{
	struct stage *s = *state;

	keys(s, " ");
	assert_true(s->hosts[0].marked);
	assert_stands_on(s, "lab-pi");
	assert_shows(s, "1 marked: db1");
	keys(s, "Gk ");
	assert_int_equal(s->scene.marked, 5);
	assert_shows(s, "5 marked: db1,web[1-3,10]");
	stage_check(s, "fleet-marked", NULL);
	stage_key(s, "l");
	assert_string_equal(s->opened, "logs db1,web[1-3,10]");
	stage_key(s, "!");
	assert_string_equal(s->opened, "command on 5 from db1");
	keys(s, "*");
	assert_int_equal(s->scene.marked, 4);
	assert_false(s->hosts[0].marked);
	keys(s, "U");
	assert_int_equal(s->scene.marked, 0);
}

static void
a_range_is_marked_from_where_it_began(void **state)
{
	struct stage *s = *state;

	keys(s, "vjj");
	assert_shows(s, "range");
	keys(s, "v");
	assert_int_equal(s->scene.marked, 3);
	keys(s, "Uvj");
	stage_key(s, "esc");
	keys(s, "j");
	assert_int_equal(s->scene.marked, 0);
}

static void
a_node_set_adds_takes_and_replaces_marks(void **state)
{
	struct stage *s = *state;

	keys(s, " ");
	stage_key(s, "+");
	s->prompt.yes(&s->view, "nas,web2");
	assert_int_equal(s->scene.marked, 3);
	assert_string_equal(s->flash, "2 hosts marked");
	stage_key(s, "-");
	s->prompt.yes(&s->view, "nas");
	assert_int_equal(s->scene.marked, 2);
	stage_key(s, "@");
	s->prompt.yes(&s->view, "lab-pi");
	assert_int_equal(s->scene.marked, 1);
	assert_true(s->hosts[2].marked);
	stage_key(s, "@");
	s->prompt.yes(&s->view, "nobody");
	assert_string_equal(s->flash, "no host is called nobody");
	assert_int_equal(s->scene.marked, 1);
}

static void
a_filter_shows_as_it_is_typed_and_esc_takes_it_back(void **state)
{
	struct stage *s = *state;

	stage_key(s, "/");
	s->prompt.changed(&s->view, "we");
	s->prompt.changed(&s->view, "web");
	assert_hides(s, "nas");
	stage_check(s, "fleet-filter", NULL);
	s->prompt.no(&s->view);
	assert_shows(s, "nas");
	stage_key(s, "/");
	s->prompt.yes(&s->view, "rack=7");
	assert_shows(s, "CATTLE (1 of 6): only rack=7");
	assert_shows(s, " web3 ");
	s->prompt.yes(&s->view, "!debian-12");
	assert_shows(s, " db1 ");
	assert_hides(s, " web");
	assert_true(stage_key(s, "esc"));
	assert_shows(s, "nas");
	assert_false(stage_key(s, "esc"));
}

static void
faults_alone_are_shown_on_demand(void **state)
{
	struct stage *s = *state;

	keys(s, "f");
	assert_shows(s, "db1");
	assert_shows(s, "web4");
	assert_hides(s, "web[1-3,10]");
	assert_hides(s, "nas");
}

static void
what_is_old_is_not_ok(void **state)
{
	struct stage *s = *state;

	for (size_t i = 3; i < 7; i++)
		s->hosts[i].age_ms = 61000;
	later(s);
	assert_shows(s, "? web[1-3,10]");
	assert_shows(s, "not heard for 61s");
	assert_shows(s, "4 stale");
}

static void
who_differs_from_its_group_says_how(void **state)
{
	struct stage *s = *state;
	struct status *st = &s->status[4];

	free(st->containers[0].image);
	st->containers[0].image = xstrdup("localhost/site:2");
	later(s);
	assert_shows(s, "web[1,3,10]");
	assert_shows(s, "differs: site:2");
}

static void
only_what_is_on_the_screen_is_in_sight(void **state)
{
	struct stage *s = *state;
	bool in[STAGE_HOSTS] = { false };

	s->view.height = 4;
	s->view.class->refresh(&s->view);
	s->view.class->sight(&s->view, in);
	assert_true(in[0]);
	assert_true(in[2]);
	assert_false(in[1]);
	assert_false(in[3]);
}

static void
actions_say_the_command_they_equal(void **state)
{
	struct stage *s = *state;

	keys(s, "Gk ");
	for (const struct action *a = s->view.class->actions; a->key; a++) {
		if (!a->equal || strcmp(a->name, "run") != 0)
			continue;
		autofree char *equal = a->equal(&s->view);
		assert_string_equal(equal, "drover run 'web[1-3,10]' -- COMMAND");
	}
}

static void
a_shell_is_on_one_host(void **state)
{
	struct stage *s = *state;

	keys(s, "s");
	assert_string_equal(s->opened, "shell on db1");
	s->opened[0] = '\0';
	keys(s, "Gks");
	assert_string_equal(s->opened, "");
	assert_non_null(strstr(s->flash, "one host"));
}

static void
a_wide_screen_has_the_processor_in_the_last_time(void **state)
{
	struct stage *s = *state;
	struct err err;
	struct loop *loop = loop_new(&err);
	struct samples *samples =
	    samples_new(&(struct samples_config){ .loop = loop, .fleet = "shop" });

	for (int minute = 0; minute < 10; minute++) {
		const int32_t values[SAMPLE_METRICS] = { minute * 10, 0, 0, 0 };

		samples_add(samples, "db1", s->scene.wall_ms - (10 - minute) * 60000, values);
	}
	s->services.samples = samples;
	autofree char *narrow = stage_text(s, 30, 100);
	assert_null(strstr(narrow, "CPU 15 MIN"));
	autofree char *wide = stage_text(s, 30, 140);
	assert_non_null(strstr(wide, "CPU 15 MIN"));
	char *row = strstr(wide, "postgres.service");
	assert_non_null(row);
	row[strcspn(row, "\n")] = '\0';
	/* Something is drawn behind the note. */
	assert_true(strlen(row) > strlen("postgres.service") + 10);
	s->services.samples = NULL;
	samples_free(samples);
	loop_pass(loop, 0);
	loop_free(loop);
}

static void
any_size_is_painted(void **state)
{
	struct stage *s = *state;

	keys(s, " =v");
	for (int rows = 1; rows < 60; rows += 3) {
		for (int cols = 1; cols < 220; cols += 7) {
			autofree char *text = stage_text(s, rows, cols);

			assert_non_null(text);
		}
	}
	autofree char *huge = stage_text(s, 200, 500);
	assert_non_null(strstr(huge, "db1"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    pets_stand_alone_and_equal_cattle_fold, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    the_reason_of_a_lost_host_has_the_strip, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    the_last_run_is_read_again_after_a_run, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    enter_shows_the_hosts_of_that_herd_alone, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    fold_shows_and_hides_the_hosts_of_every_herd, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    the_cursor_stays_with_the_herd_when_one_leaves_it, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    who_is_cordoned_stands_apart_and_says_so, set_up, tear_down),
		cmocka_unit_test_setup_teardown(rows_do_not_move_under_a_hand, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    the_order_is_that_of_the_column_chosen, set_up, tear_down),
		cmocka_unit_test_setup_teardown(marks_are_of_hosts_and_herds, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    a_range_is_marked_from_where_it_began, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    a_node_set_adds_takes_and_replaces_marks, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    a_filter_shows_as_it_is_typed_and_esc_takes_it_back, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    faults_alone_are_shown_on_demand, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_is_old_is_not_ok, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    who_differs_from_its_group_says_how, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    only_what_is_on_the_screen_is_in_sight, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    actions_say_the_command_they_equal, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_shell_is_on_one_host, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    a_wide_screen_has_the_processor_in_the_last_time, set_up, tear_down),
		cmocka_unit_test_setup_teardown(any_size_is_painted, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
