/* Golden screens: each view painted on a canvas from a scene made by hand, compared as text. */
#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "tests/lib/stage.h"
#include "tui/canvas.h"
#include "tui/frame.h"
#include "tui/menu.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void
feed(struct progress *p, enum event_kind kind, const char *host, enum event_field field,
    const char *value)
{
	autoevent e = { .count = 0 };

	event_init(&e, kind);
	e.time_ms = 1767350520000;
	if (host)
		event_set_text(&e, FIELD_HOST, host);
	if (kind == EVENT_PLAN_STEP)
		event_set_text(&e, FIELD_CLASS, "change");
	if (field == FIELD_DATA)
		event_set_data(&e, field, value, strlen(value));
	else if (value)
		event_set_text(&e, field, value);
	progress_event(p, &e);
}

static void
a_run_floats_its_failures(void **state)
{
	struct stage f;
	struct progress *p = &f.run;

	(void)state;
	stage_up(&f);
	progress_init(p);
	feed(p, EVENT_RUN_START, NULL, FIELD_VERB, "apply");
	for (size_t i = 3; i < 8; i++) {
		feed(p, EVENT_PLAN_STEP, f.hosts[i].name, FIELD_NAME, "file /etc/motd");
		feed(p, EVENT_PLAN_STEP, f.hosts[i].name, FIELD_NAME, "unit site-0.service");
	}
	feed(p, EVENT_ROLLOUT, NULL, FIELD_TEXT, "batch 2 of 4: 2 hosts");
	for (size_t i = 3; i < 6; i++)
		feed(p, EVENT_HOST_START, f.hosts[i].name, FIELD_TEXT, NULL);
	feed(p, EVENT_STEP_START, "web1", FIELD_NAME, "unit site-0.service");
	feed(p, EVENT_HOST_END, "web2", FIELD_STATE, "changed");
	feed(p, EVENT_HOST_OUT, "web3", FIELD_DATA, "Job failed.\nsee \033[31mjournalctl\n");
	feed(p, EVENT_HOST_END, "web3", FIELD_STATE, "failed");
	f.scene.run = p;
	f.scene.run_live = true;
	f.scene.writable = true;
	stage_open(&f, &view_run, NULL);
	stage_check(&f, "run", NULL);
	stage_down(&f);
}

static void
help_lists_every_key_of_the_tables(void **state)
{
	struct stage f;
	struct overlay o = { 0 };

	(void)state;
	stage_up(&f);
	stage_open(&f, &view_host, "web1");
	overlay_pick(&o, OVERLAY_HELP, "Help: Host", menu_help(&f.view), NULL, NULL);
	stage_check(&f, "help", &o);
	overlay_close(&o);
	stage_down(&f);
}

static void
count_yes(void *user, const char *input)
{
	(void)input;
	++*(int *)user;
}

static void
confirm_names_the_hosts_and_enter_means_no(void **state)
{
	struct stage f;
	struct overlay o = { 0 };
	int yes = 0;

	(void)state;
	stage_up(&f);
	stage_open(&f, &view_fleet, NULL);
	overlay_confirm(&o, "Restart postgres.service on db1 (pet)",
	    "This runs on db1:\n\n  systemctl restart postgres.service", "db1", count_yes, &yes);
	stage_check(&f, "confirm", &o);
	overlay_key(&o, "enter", false);
	assert_int_equal(o.kind, OVERLAY_NONE);
	assert_int_equal(yes, 0);
	overlay_confirm(&o, "t", "x", "db1", count_yes, &yes);
	for (const char *k = "db1"; *k; k++)
		overlay_key(&o, (char[]){ *k, '\0' }, true);
	overlay_key(&o, "enter", false);
	assert_int_equal(yes, 1);
	overlay_confirm(&o, "t", "x", NULL, count_yes, &yes);
	overlay_key(&o, "enter", false);
	assert_int_equal(yes, 1);
	stage_down(&f);
}

static void
a_question_of_a_login_stays_on_top_until_it_is_answered(void **state)
{
	struct stage f;
	struct overlay o = { 0 };
	int yes = 0;

	(void)state;
	stage_up(&f);
	stage_open(&f, &view_fleet, NULL);
	overlay_question(&o, "trust the key of web7",
	    "web7 (203.0.113.7, port 22) shows a host key that is not known here:\n \n"
	    "  ssh-ed25519 SHA256:oFLF0R3kLj0ZVuXqkHqKyfhBWs0wGEk3bYl5fRuFq0Q\n \n"
	    "Is it the one that the host itself tells? There:\n"
	    "  ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub",
	    "yes", count_yes, &yes);
	o.more = 2;
	stage_check(&f, "trust", &o);
	overlay_key(&o, "y", true);
	overlay_key(&o, "enter", false);
	assert_int_equal(yes, 0);
	assert_int_equal(o.kind, OVERLAY_NONE);
	overlay_question(&o, "password of deploy@web7", NULL, NULL, count_yes, &yes);
	o.secret = true;
	for (const char *k = "secret"; *k; k++)
		overlay_key(&o, (char[]){ *k, '\0' }, true);
	/* What comes meanwhile waits behind it: no key of a password is a yes. */
	overlay_confirm(&o, "Apply", "x", NULL, count_yes, &yes);
	assert_int_equal(o.kind, OVERLAY_QUESTION);
	stage_check(&f, "password", &o);
	overlay_key(&o, "enter", false);
	assert_int_equal(yes, 1);
	assert_int_equal(o.kind, OVERLAY_CONFIRM);
	overlay_key(&o, "enter", false);
	assert_int_equal(yes, 1);
	assert_int_equal(o.kind, OVERLAY_NONE);
	stage_down(&f);
}

static void
an_action_without_its_needs_says_why(void **state)
{
	struct stage f;

	(void)state;
	stage_up(&f);
	stage_open(&f, &view_host, "db1");
	f.view.height = 26;
	f.view.class->refresh(&f.view);
	assert_string_equal(
	    frame_lacks(&f.view, &view_host.actions[3]), "read-only: press W first");
	f.scene.writable = true;
	assert_null(frame_lacks(&f.view, &view_host.actions[3]));
	f.hosts[0].link = LINK_DOWN;
	assert_string_equal(
	    frame_lacks(&f.view, &view_host.actions[3]), "the host is not connected");
	stage_down(&f);
}

static void
any_size_can_be_painted(void **state)
{
	struct stage f;

	(void)state;
	stage_up(&f);
	stage_open(&f, &view_fleet, NULL);
	for (int rows = 1; rows < 40; rows += 3) {
		for (int cols = 1; cols < 220; cols += 7) {
			struct canvas *c = canvas_new(rows, cols);
			struct frame frame = {
				.view = &f.view, .tabs = stage_tabs, .global = stage_global
			};
			struct overlay o = { 0 };

			overlay_pick(&o, OVERLAY_HELP, "Help", menu_help(&f.view), NULL, NULL);
			frame_paint(&frame, c);
			f.view.class->paint(&f.view, c, FRAME_TOP, rows - FRAME_BOTTOM);
			overlay_paint(&o, c);
			overlay_close(&o);
			overlay_confirm(
			    &o, "t", "a text\nof lines", cols % 2 ? "word" : NULL, NULL, NULL);
			overlay_paint(&o, c);
			overlay_close(&o);
			overlay_palette(&o, NULL, NULL);
			overlay_paint(&o, c);
			overlay_close(&o);
			canvas_free(c);
		}
	}
	stage_down(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_run_floats_its_failures),
		cmocka_unit_test(help_lists_every_key_of_the_tables),
		cmocka_unit_test(confirm_names_the_hosts_and_enter_means_no),
		cmocka_unit_test(a_question_of_a_login_stays_on_top_until_it_is_answered),
		cmocka_unit_test(an_action_without_its_needs_says_why),
		cmocka_unit_test(any_size_can_be_painted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
