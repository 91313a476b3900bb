/* Golden screens: each view painted on a canvas from a scene made by hand, compared as text.
 * GENERATE=1 rewrites tests/screens; look at the difference before it is kept. */
#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/str.h"
#include "inventory/inventory.h"
#include "tui/canvas.h"
#include "tui/frame.h"
#include "tui/overlay.h"
#include "tui/view.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define HOSTS 9

struct fixture {
	struct environment environment;
	struct scene_host hosts[HOSTS];
	struct status status[HOSTS];
	struct scene scene;
	struct progress run;
	struct view view;
	struct view_services services;
};

static const struct view_class *const tabs[] = { &view_fleet, &view_host, &view_run, NULL };

static void
nothing(struct view *v)
{
	(void)v;
}

static const struct action global[] = {
	{ "?|f1", "help", "what the keys of this screen do", 0, true, nothing, NULL },
	{ "P", "plan", "plan a playbook, then apply it", NEEDS_WRITE, true, nothing,
	    "drover plan FILE" },
	{ "R", "refresh", "ask the hosts now", 0, false, nothing, NULL },
	{ "W", "write", "write mode on and off", 0, true, nothing, NULL },
	{ "q|esc", "back", "one step back; from the first screen: leave", 0, true, nothing, NULL },
	{ NULL, NULL, NULL, 0, false, NULL, NULL },
};

static void
set_status(struct fixture *f, size_t i, const char *text)
{
	struct err err;

	status_init(&f->status[i]);
	assert_int_equal(status_parse(&f->status[i], text, strlen(text), NULL, &err), 0);
}

#define COMMON                                                                                     \
	"begin 1\nuptime 400000\nload 0.10 0.20 0.30\nmem MemTotal: 8000000\n"                     \
	"mem MemAvailable: 4400000\ncpus 4\nkernel 6.1.0-18-amd64\narch x86_64\n"                  \
	"boot-id 11111111-2222-3333-4444-555555555555\nmachine-id 0123456789abcdef\n"
#define WEB                                                                                        \
	COMMON                                                                                     \
	"os debian-12\ndisk 22\nsystemd 252\nunit ssh.service loaded active running 4000 0 "       \
	"OpenBSD Secure Shell server\nunit site-0.service loaded active running 90 1 site, "       \
	"replica 0\nunit cron.service loaded active running 4000 0 Regular jobs\n"                 \
	"podman 4.3.1\nctr site-0 localhost/site:1 Up 3 minutes\nend\n"
#define DB                                                                                         \
	COMMON                                                                                     \
	"os debian-13\ndisk 93\nsystemd 257\nunit ssh.service loaded active running 4000 0 "       \
	"OpenBSD Secure Shell server\nunit postgres.service loaded failed failed 180 1 "           \
	"PostgreSQL \033]0;owned\007\302\233\342\200\256 server\n"                                 \
	"unit backup.timer loaded active waiting 33000 1 nightly backup\npodman 5.4.2\n"           \
	"ctr pg docker.io/library/postgres:17 Exited (1) 3 minutes ago\nend\n"
#define CJK                                                                                        \
	COMMON                                                                                     \
	"os debian-12\ndisk 40\nsystemd 252\nunit 数据库.service loaded active running 10 1 "   \
	"数据库服务器与一个很长很长很长很长的描述\nend\n"

static void
set_up(struct fixture *f)
{
	static const char *const names[HOSTS] = { "db1", "nas", "lab-pi", "web1", "web2", "web3",
		"web10", "web4", "数据" };

	*f = (struct fixture){ .environment = { .name = "PROD" } };
	for (size_t i = 0; i < HOSTS; i++) {
		f->hosts[i] = (struct scene_host){ .name = names[i],
			.group = i < 3 ? "db" : "web",
			.pet = i < 3,
			.link = LINK_UP,
			.age_ms = 2000,
			.rtt_ms = 4,
			.status = &f->status[i] };
		set_status(f, i, i == 0 ? DB : i == 8 ? CJK : WEB);
		f->status[i].cpu_pct = (int)(8 + i);
	}
	f->hosts[2].link = LINK_DOWN;
	f->hosts[2].age_ms = 14 * 60000;
	err_set(&f->hosts[2].err, OUTCOME_UNREACHABLE, "connect: timed out after 10.0 s");
	f->hosts[7].strayed = true;
	f->hosts[1].from_ledger = true;
	f->hosts[1].link = LINK_CONNECTING;
	f->hosts[1].age_ms = 3600000 * 5;
	f->scene = (struct scene){ .fleet = "shop",
		.environment = &f->environment,
		.hosts = f->hosts,
		.count = HOSTS,
		.wall_ms = 1767350527000,
		.run_alias = "r-197",
		.ascii = true };
}

static void
tear_down(struct fixture *f)
{
	for (size_t i = 0; i < HOSTS; i++)
		status_fini(&f->status[i]);
	progress_fini(&f->run);
	if (f->view.class) {
		if (f->view.class->close)
			f->view.class->close(&f->view);
		free(f->view.state);
	}
}

static void
open_view(struct fixture *f, const struct view_class *class, const char *subject)
{
	f->view = (struct view){ .class = class,
		.scene = &f->scene,
		.services = &f->services,
		.state = xcalloc(1, class->state_size) };
	if (class->open)
		class->open(&f->view, subject);
	class->refresh(&f->view);
}

static void
compare(const char *name, int rows, int cols, const char *got)
{
	autofree char *path = xasprintf("tests/screens/%s-%dx%d.screen", name, cols, rows);
	struct err err;

	if (getenv("GENERATE")) {
		assert_int_equal(file_replace(path, got, strlen(got), 0644, &err), 0);
		return;
	}
	autofree char *want = file_read(path, 1 << 20, NULL, &err);
	if (!want)
		fail_msg("%s (GENERATE=1 makes it)", err.text);
	assert_string_equal(got, want);
}

static void
check_screen(struct fixture *f, const char *name, const struct overlay *o)
{
	static const int sizes[][2] = { { 30, 100 }, { 24, 80 }, { 15, 60 } };

	for (size_t i = 0; i < countof(sizes); i++) {
		struct canvas *c = canvas_new(sizes[i][0], sizes[i][1]);
		struct frame frame = { .view = &f->view, .tabs = tabs, .global = global };

		f->view.height = c->rows - FRAME_TOP - FRAME_BOTTOM;
		f->view.class->refresh(&f->view);
		frame_paint(&frame, c);
		f->view.class->paint(&f->view, c, FRAME_TOP, c->rows - FRAME_BOTTOM);
		if (o)
			overlay_paint(o, c);
		autofree char *text = canvas_text(c, true);
		compare(name, c->rows, c->cols, text);
		canvas_free(c);
	}
}

static void
the_fleet_shows_pets_and_cattle_apart(void **state)
{
	struct fixture f;

	(void)state;
	set_up(&f);
	open_view(&f, &view_fleet, NULL);
	check_screen(&f, "fleet", NULL);
	tear_down(&f);
}

static void
a_herd_unfolds_and_the_cursor_stays(void **state)
{
	struct fixture f;

	(void)state;
	set_up(&f);
	f.scene.ascii = false;
	open_view(&f, &view_fleet, NULL);
	f.view.height = 26;
	f.view.class->key(&f.view, "G");
	f.view.class->key(&f.view, "k");
	f.view.class->actions[0].run(&f.view);
	check_screen(&f, "fleet-unfolded", NULL);
	tear_down(&f);
}

static void
the_units_of_a_host_stand_worst_first(void **state)
{
	struct fixture f;

	(void)state;
	set_up(&f);
	open_view(&f, &view_host, "db1");
	check_screen(&f, "host-units", NULL);
	f.view.class->actions[0].run(&f.view);
	check_screen(&f, "host-containers", NULL);
	f.view.class->actions[0].run(&f.view);
	check_screen(&f, "host-facts", NULL);
	tear_down(&f);
}

static void
wide_and_hostile_names_keep_their_columns(void **state)
{
	struct fixture f;

	(void)state;
	set_up(&f);
	open_view(&f, &view_host, "数据");
	check_screen(&f, "host-wide", NULL);
	tear_down(&f);
}

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
	struct fixture f;
	struct progress *p = &f.run;

	(void)state;
	set_up(&f);
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
	open_view(&f, &view_run, NULL);
	check_screen(&f, "run", NULL);
	tear_down(&f);
}

static void
help_lists_every_key_of_the_tables(void **state)
{
	struct fixture f;
	struct overlay o = { 0 };

	(void)state;
	set_up(&f);
	open_view(&f, &view_host, "web1");
	overlay_help(&o, &f.view, global);
	check_screen(&f, "help", &o);
	overlay_close(&o);
	tear_down(&f);
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
	struct fixture f;
	struct overlay o = { 0 };
	int yes = 0;

	(void)state;
	set_up(&f);
	open_view(&f, &view_fleet, NULL);
	overlay_confirm(&o, "Restart postgres.service on db1 (pet)",
	    "This runs on db1:\n\n  systemctl restart postgres.service", "db1", count_yes, &yes);
	check_screen(&f, "confirm", &o);
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
	tear_down(&f);
}

static void
a_question_of_a_login_stays_on_top_until_it_is_answered(void **state)
{
	struct fixture f;
	struct overlay o = { 0 };
	int yes = 0;

	(void)state;
	set_up(&f);
	open_view(&f, &view_fleet, NULL);
	overlay_question(&o, "trust the key of web7",
	    "web7 (203.0.113.7, port 22) shows a host key that is not known here:\n \n"
	    "  ssh-ed25519 SHA256:oFLF0R3kLj0ZVuXqkHqKyfhBWs0wGEk3bYl5fRuFq0Q\n \n"
	    "Is it the one that the host itself tells? There:\n"
	    "  ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub",
	    "yes", count_yes, &yes);
	o.more = 2;
	check_screen(&f, "trust", &o);
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
	check_screen(&f, "password", &o);
	overlay_key(&o, "enter", false);
	assert_int_equal(yes, 1);
	assert_int_equal(o.kind, OVERLAY_CONFIRM);
	overlay_key(&o, "enter", false);
	assert_int_equal(yes, 1);
	assert_int_equal(o.kind, OVERLAY_NONE);
	tear_down(&f);
}

static void
an_action_without_its_needs_says_why(void **state)
{
	struct fixture f;

	(void)state;
	set_up(&f);
	open_view(&f, &view_host, "db1");
	f.view.height = 26;
	f.view.class->refresh(&f.view);
	assert_string_equal(
	    frame_lacks(&f.view, &view_host.actions[2]), "read-only: press W first");
	f.scene.writable = true;
	assert_null(frame_lacks(&f.view, &view_host.actions[2]));
	f.hosts[0].link = LINK_DOWN;
	assert_string_equal(
	    frame_lacks(&f.view, &view_host.actions[2]), "the host is not connected");
	tear_down(&f);
}

static void
any_size_can_be_painted(void **state)
{
	struct fixture f;

	(void)state;
	set_up(&f);
	open_view(&f, &view_fleet, NULL);
	for (int rows = 1; rows < 40; rows += 3) {
		for (int cols = 1; cols < 220; cols += 7) {
			struct canvas *c = canvas_new(rows, cols);
			struct frame frame = { .view = &f.view, .tabs = tabs, .global = global };
			struct overlay o = { 0 };

			overlay_help(&o, &f.view, global);
			frame_paint(&frame, c);
			f.view.class->paint(&f.view, c, FRAME_TOP, rows - FRAME_BOTTOM);
			overlay_paint(&o, c);
			overlay_close(&o);
			canvas_free(c);
		}
	}
	tear_down(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_fleet_shows_pets_and_cattle_apart),
		cmocka_unit_test(a_herd_unfolds_and_the_cursor_stays),
		cmocka_unit_test(the_units_of_a_host_stand_worst_first),
		cmocka_unit_test(wide_and_hostile_names_keep_their_columns),
		cmocka_unit_test(a_run_floats_its_failures),
		cmocka_unit_test(help_lists_every_key_of_the_tables),
		cmocka_unit_test(confirm_names_the_hosts_and_enter_means_no),
		cmocka_unit_test(a_question_of_a_login_stays_on_top_until_it_is_answered),
		cmocka_unit_test(an_action_without_its_needs_says_why),
		cmocka_unit_test(any_size_can_be_painted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
