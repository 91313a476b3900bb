#include "tests/lib/stage.h"

#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/str.h"
#include "tui/canvas.h"
#include "tui/frame.h"
#include "tui/key.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

const struct view_class *const stage_tabs[] = { &view_fleet, &view_host, &view_apps, &view_logs,
	&view_plan, &view_run, &view_terms, &view_history, &view_record, &view_activity, &view_text,
	NULL };

static void
nothing(struct view *v)
{
	(void)v;
}

const struct action stage_global[] = {
	{ .key = "?|f1",
	    .name = "help",
	    .summary = "what the keys of this screen do",
	    .hint = true,
	    .run = nothing },
	{ .key = "P",
	    .name = "plan",
	    .summary = "plan a playbook, then apply it",
	    .needs = NEEDS_WRITE,
	    .hint = true,
	    .run = nothing,
	    .command = "drover plan FILE" },
	{ .key = "R", .name = "refresh", .summary = "ask the hosts now", .run = nothing },
	{ .key = "W",
	    .name = "write",
	    .summary = "write mode on and off",
	    .hint = true,
	    .run = nothing },
	{ .key = "q|esc",
	    .name = "back",
	    .summary = "one step back; from the first screen: leave",
	    .hint = true,
	    .run = nothing },
	{ 0 },
};

static void
on_open(void *user, const char *view, const char *subject)
{
	struct stage *s = user;

	snprintf(s->opened, sizeof(s->opened), "%s %s", view, subject ? subject : "-");
}

static void
on_units(void *user, const char *verb, const char *const *hosts, size_t count, const char *unit)
{
	struct stage *s = user;

	snprintf(s->opened, sizeof(s->opened), "%s %s on %s%s", verb, unit, hosts[0],
	    count > 1 ? " and more" : "");
}

static void
on_command(void *user, const char *const *hosts, size_t count)
{
	struct stage *s = user;

	snprintf(s->opened, sizeof(s->opened), "command on %zu from %s", count, hosts[0]);
}

static void
on_rolling(void *user, const struct view_rolling *r)
{
	struct stage *s = user;

	str_copy(s->rolling, sizeof(s->rolling), r->command);
	snprintf(s->opened, sizeof(s->opened), "rolling on %zu from %s: %s", r->count, r->hosts[0],
	    r->what);
}

static void
on_change(
    void *user, const char *title, const char *const *hosts, size_t count, const char *command)
{
	struct stage *s = user;

	(void)title;
	(void)count;
	snprintf(s->opened, sizeof(s->opened), "on %s: %s", hosts[0], command);
}

static void
on_stop(void *user)
{
	struct stage *s = user;

	str_copy(s->opened, sizeof(s->opened), "stop");
}

static void
on_prompt(void *user, const struct view_prompt *p)
{
	((struct stage *)user)->prompt = *p;
}

static void
on_confirm(void *user, const struct view_confirm *c)
{
	struct stage *s = user;

	s->confirm = *c;
	str_copy(s->asked_title, sizeof(s->asked_title), c->title);
	str_copy(s->asked_text, sizeof(s->asked_text), c->text);
	str_copy(s->asked_typed, sizeof(s->asked_typed), c->typed ? c->typed : "");
	s->confirm.title = s->asked_title;
	s->confirm.text = s->asked_text;
	s->confirm.typed = c->typed ? s->asked_typed : NULL;
}

static void
on_flash(void *user, bool bad, const char *text)
{
	struct stage *s = user;

	(void)bad;
	str_copy(s->flash, sizeof(s->flash), text);
}

static void
on_mark(void *user, size_t host, bool on)
{
	struct stage *s = user;

	s->scene.marked += (size_t)on;
	s->scene.marked -= (size_t)s->hosts[host].marked;
	s->hosts[host].marked = on;
}

static void
on_changed(void *user)
{
	(void)user;
}

/* Labels of the fake: every host has tier=front or back; web3 alone has rack=7. */
static const char *
fleet_label(void *user, size_t host, const char *key)
{
	const struct stage *s = user;

	if (str_eq(key, "tier"))
		return s->hosts[host].pet ? "back" : "front";
	return str_eq(key, "rack") && host == 5 ? "7" : NULL;
}

/* Names and commas only. */
static int
fleet_set(void *user, const char *expr, bool *in, struct err *err)
{
	const struct stage *s = user;
	size_t n = 0;

	for (size_t i = 0; i < s->scene.count; i++) {
		const char *at = strstr(expr, s->hosts[i].name);

		in[i] = at && strchr(",", at[strlen(s->hosts[i].name)]);
		n += in[i];
	}
	return n ? 0 : err_set(err, OUTCOME_USAGE, "no host is called %s", expr);
}

static void
fleet_last_run(void *user, size_t host, char *to, size_t size)
{
	(void)user;
	snprintf(to, size, "%s", host ? "" : "r-193 apply ok 2h ago");
}

static void
on_login(void *user, const char *subject)
{
	struct stage *s = user;

	snprintf(s->opened, sizeof(s->opened), "shell on %s", subject);
}

static void
set_status(struct stage *s, size_t i, const char *text)
{
	struct err err;

	status_init(&s->status[i]);
	assert_int_equal(status_parse(&s->status[i], text, strlen(text), NULL, &err), 0);
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

void
stage_up(struct stage *s)
{
	static const char *const names[STAGE_HOSTS] = { "db1", "nas", "lab-pi", "web1", "web2",
		"web3", "web10", "web4", "数据" };

	*s = (struct stage){ .environment = { .name = "PROD" },
		.services = { .user = s,
		    .open = on_open,
		    .login = on_login,
		    .units = on_units,
		    .command = on_command,
		    .rolling = on_rolling,
		    .change = on_change,
		    .remove = on_change,
		    .stop_run = on_stop,
		    .prompt = on_prompt,
		    .confirm = on_confirm,
		    .flash = on_flash,
		    .mark = on_mark,
		    .changed = on_changed } };
	s->fleet = (struct fleet_source){
		.user = s, .label = fleet_label, .set = fleet_set, .last_run = fleet_last_run
	};
	s->services.fleet = &s->fleet;
	for (size_t i = 0; i < STAGE_HOSTS; i++) {
		s->hosts[i] = (struct scene_host){ .name = names[i],
			.group = i < 3 ? "db" : "web",
			.pet = i < 3,
			.link = LINK_UP,
			.age_ms = 2000,
			.rtt_ms = 4,
			.period_ms = 3000,
			.status = &s->status[i] };
		set_status(s, i, i == 0 ? DB : i == 8 ? CJK : WEB);
		s->status[i].cpu_pct = (int)(8 + i);
	}
	s->hosts[2].link = LINK_DOWN;
	s->hosts[2].age_ms = 14 * 60000;
	err_set(&s->hosts[2].err, OUTCOME_UNREACHABLE, "connect: timed out after 10.0 s");
	s->hosts[7].strayed = true;
	s->hosts[1].from_ledger = true;
	s->hosts[1].link = LINK_CONNECTING;
	s->hosts[1].age_ms = 3600000 * 5;
	s->scene = (struct scene){ .fleet = "shop",
		.environment = &s->environment,
		.hosts = s->hosts,
		.count = STAGE_HOSTS,
		.wall_ms = 1767350527000,
		.run_alias = "r-197",
		.ascii = true };
	s->keymap = keymap_new(stage_tabs, stage_global);
	s->scene.keymap = s->keymap;
}

void
stage_down(struct stage *s)
{
	for (size_t i = 0; i < STAGE_HOSTS; i++)
		status_fini(&s->status[i]);
	progress_fini(&s->run);
	if (s->view.class) {
		if (s->view.class->close)
			s->view.class->close(&s->view);
		free(s->view.state);
	}
	keymap_free(s->keymap);
}

void
stage_open(struct stage *s, const struct view_class *class, const char *subject)
{
	s->view = (struct view){ .class = class,
		.scene = &s->scene,
		.services = &s->services,
		.state = xcalloc(1, class->state_size) };
	if (class->open)
		class->open(&s->view, subject);
	class->refresh(&s->view);
}

void
stage_compare(const char *name, int rows, int cols, const char *got)
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

void
stage_paint(struct stage *s, const struct overlay *o, struct canvas *c)
{
	struct frame frame = { .view = &s->view, .tabs = stage_tabs, .global = stage_global };

	s->view.height = c->rows - FRAME_TOP - FRAME_BOTTOM;
	s->view.width = c->cols;
	s->view.class->refresh(&s->view);
	frame_paint(&frame, c);
	s->view.class->paint(&s->view, c, FRAME_TOP, c->rows - FRAME_BOTTOM);
	if (o)
		overlay_paint(o, c);
}

void
stage_check(struct stage *s, const char *name, const struct overlay *o)
{
	static const int sizes[][2] = { { 30, 100 }, { 24, 80 }, { 15, 60 } };

	for (size_t i = 0; i < countof(sizes); i++) {
		struct canvas *c = canvas_new(sizes[i][0], sizes[i][1]);

		stage_paint(s, o, c);
		autofree char *text = canvas_text(c, true);
		stage_compare(name, c->rows, c->cols, text);
		canvas_free(c);
	}
}

char *
stage_text(struct stage *s, int rows, int cols)
{
	struct canvas *c = canvas_new(rows, cols);
	char *text;

	stage_paint(s, NULL, c);
	text = canvas_text(c, false);
	canvas_free(c);
	return text;
}

bool
stage_key(struct stage *s, const char *key)
{
	for (const struct action *a = s->view.class->actions; a->key; a++) {
		if (!key_matches(keymap_keys(s->keymap, a), key))
			continue;
		const char *why = frame_lacks(&s->view, a);

		if (why)
			str_copy(s->flash, sizeof(s->flash), why);
		else
			a->run(&s->view);
		return true;
	}
	return s->view.class->key && s->view.class->key(&s->view, key);
}
