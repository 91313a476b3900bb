/*
 * Hostile texts at every place where a host's words are shown, through the real terminal code: no byte
 * leaves that the console does not use itself.
 *
 * The program runs itself on a terminal, paints there, and looks at what came out.
 */
#include "base/buf.h"
#include "base/err.h"
#include "base/event.h"
#include "base/mem.h"
#include "base/str.h"
#include "tests/lib/payloads.h"
#include "tests/lib/screen.h"
#include "tests/lib/spoiled.h"
#include "tests/lib/stage.h"
#include "tui/canvas.h"
#include "tui/console.h"
#include "tui/frame.h"
#include "tui/linear.h"
#include "tui/logbook.h"
#include "tui/logs_source.h"
#include "tui/palette.h"
#include "tui/picker.h"
#include "tui/term.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define DEADLINE     120000 /* ms; a condition, not a timing */
#define PLACES_LEAST 90

struct show {
	struct stage stage;
	struct term *term;
	struct canvas *canvas;
	struct logs_source logs;
	struct logbook *book;
	struct spoiled spoiled;
	const char *text; /* the payload */
	size_t places;
	bool lines; /* read out, not drawn */
};

/* One more place that has it: a string of its own, or an array. */
static void
put(struct show *s, char **to)
{
	free(*to);
	*to = xstrdup(s->text);
	s->places++;
}

static void
fit(struct show *s, char *to, size_t size)
{
	str_copy(to, size, s->text);
	s->places++;
}

#define FIT(s, array) fit(s, array, sizeof(array))

static void
spoil_units(struct show *s, struct status *st)
{
	put(s, &st->units[1].name);
	put(s, &st->units[1].description);
	FIT(s, st->units[2].sub);
	FIT(s, st->units[2].active);
	FIT(s, st->units[2].load);
	FIT(s, st->units[0].result);
	FIT(s, st->units[0].user);
	put(s, &st->units[0].path);
	put(s, &st->containers[0].name);
	put(s, &st->containers[0].image);
	put(s, &st->containers[0].status);
	put(s, &st->containers[0].unit);
	put(s, &st->containers[0].ports);
	FIT(s, st->containers[0].state);
	FIT(s, st->containers[0].id);
}

static void
spoil_facts(struct show *s, struct status *st)
{
	FIT(s, st->os);
	FIT(s, st->kernel);
	FIT(s, st->arch);
	FIT(s, st->podman);
	FIT(s, st->systemd);
	FIT(s, st->boot_id);
	FIT(s, st->machine_id);
	FIT(s, st->zone);
	FIT(s, st->load);
	FIT(s, st->stamp);
	for (size_t i = 0; i < st->disk_count; i++) {
		put(s, &st->disks[i].mount);
		FIT(s, st->disks[i].type);
	}
	for (size_t i = 0; i < st->net_count; i++) {
		FIT(s, st->nets[i].name);
		FIT(s, st->nets[i].addresses);
	}
	for (size_t i = 0; i < st->timer_count; i++) {
		put(s, &st->timers[i].name);
		put(s, &st->timers[i].unit);
	}
}

static void
spoil_scene(struct show *s)
{
	struct stage *g = &s->stage;

	g->hosts[0].group = g->hosts[2].name = g->hosts[4].name = g->hosts[5].group = s->text;
	g->environment.name = g->scene.fleet = g->scene.run_alias = s->text;
	err_set(&g->hosts[2].err, OUTCOME_UNREACHABLE, "%s", s->text);
	s->places += 8;
}

static void
tell(struct show *s, enum event_kind kind, const char *host)
{
	autoevent e = { .count = 0 };

	event_init(&e, kind);
	e.time_ms = s->stage.scene.wall_ms;
	event_set_text(&e, FIELD_HOST, host);
	event_set_text(&e, FIELD_STEP, s->text);
	event_set_text(&e, FIELD_NAME, s->text);
	event_set_text(&e, FIELD_VERB, s->text);
	event_set_list(&e, FIELD_ARGV, &s->text, 1);
	event_set_list(&e, FIELD_HOSTS, &s->text, 1);
	event_set_data(&e, FIELD_DATA, s->text, strlen(s->text));
	event_set_text(&e, FIELD_TEXT, s->text);
	event_set_text(&e, FIELD_STATE, kind == EVENT_HOST_END ? "failed" : NULL);
	event_set_text(&e, FIELD_CLASS, kind == EVENT_PLAN_STEP ? "change" : NULL);
	progress_event(&s->stage.run, &e);
	s->places++;
}

static void
spoil_run(struct show *s)
{
	static const enum event_kind kinds[] = { EVENT_HOST_START, EVENT_PLAN_STEP, EVENT_ACT_SENT,
		EVENT_STEP_START, EVENT_HOST_OUT, EVENT_STEP_END, EVENT_ROLLOUT, EVENT_WARN };

	progress_fini(&s->stage.run);
	progress_init(&s->stage.run);
	tell(s, EVENT_RUN_START, NULL);
	for (size_t i = 0; i < countof(kinds); i++) {
		tell(s, kinds[i], s->text);
		tell(s, kinds[i], "web1");
	}
	tell(s, EVENT_HOST_END, s->text);
	s->stage.scene.run = &s->stage.run;
}

static struct logs_feed *
logs_start(void *user, const struct logs_query *q, struct err *err)
{
	(void)q;
	(void)err;
	return (struct logs_feed *)user;
}

static void
logs_stop(struct logs_feed *f)
{
	(void)f;
}

static struct logbook *
logs_book(struct logs_feed *f)
{
	return ((struct show *)(void *)f)->book;
}

static void
logs_host(struct logs_feed *f, size_t i, struct logs_host *ret)
{
	const char *text = ((struct show *)(void *)f)->text;

	*ret = (struct logs_host){ .name = i ? "web1" : text, .link = LOGS_LOST, .why = text };
}

static void
logs_totals(struct logs_feed *f, struct logs_totals *ret)
{
	(void)f;
	*ret = (struct logs_totals){ .live = 1, .hosts = 2 };
}

static void
logs_work(struct logs_feed *f)
{
	logbook_work(logs_book(f), 1000);
}

static void
spoil_logs(struct show *s)
{
	s->logs = (struct logs_source){ .user = s,
		.start = logs_start,
		.stop = logs_stop,
		.book = logs_book,
		.host = logs_host,
		.totals = logs_totals,
		.work = logs_work };
	s->stage.services.logs = &s->logs;
	logbook_clear(s->book);
	for (size_t i = 0; i < 4; i++)
		logbook_add(s->book, &(struct logbook_add){ .time_us = (int64_t)i + 1,
					 .source = i & 1,
					 .level = 3,
					 .text = s->text,
					 .len = strlen(s->text) });
	s->places += 3;
}

/* The stage with the text at all places. */
static void
raise_stage(struct show *s, const char *text)
{
	static const size_t spoiled[] = { 0, 3, 4 };

	s->text = text;
	s->places = 1; /* the flash */
	stage_up(&s->stage);
	for (size_t k = 0; k < countof(spoiled); k++) {
		struct status *st = &s->stage.status[spoiled[k]];

		if (st->container_count && st->unit_count > 2)
			spoil_units(s, st);
		spoil_facts(s, st);
	}
	spoil_scene(s);
	spoil_run(s);
	spoil_logs(s);
	spoiled_up(&s->spoiled, text, s->stage.scene.wall_ms);
	s->places += s->spoiled.places;
	s->stage.scene.writable = true;
	s->stage.services.plan = &s->spoiled.plan;
	s->stage.services.apps = &s->spoiled.apps;
	s->stage.services.history = &s->spoiled.past.source;
}

/* The same read out, by a console that has just been opened. */
static void
say_lines(struct show *s, const struct overlay *o)
{
	struct console c = { .term = s->term,
		.canvas = s->canvas,
		.scene = s->stage.scene,
		.keymap = s->stage.keymap,
		.views = { s->stage.view },
		.depth = 1,
		.overlay = o ? *o : (struct overlay){ .kind = OVERLAY_NONE } };

	str_copy(c.flash, sizeof(c.flash), s->text);
	struct linear *l = linear_new(&c);
	linear_say(l);
	linear_free(l);
}

static void
show(struct show *s, const struct overlay *o)
{
	struct view *v = &s->stage.view;
	struct frame frame = { .view = v,
		.tabs = stage_tabs,
		.global = stage_global,
		.flash = s->text,
		.flash_bad = true };

	canvas_clear(s->canvas);
	v->height = s->canvas->rows - FRAME_TOP - FRAME_BOTTOM;
	v->class->refresh(v);
	frame_paint(&frame, s->canvas);
	v->class->paint(v, s->canvas, FRAME_TOP, s->canvas->rows - FRAME_BOTTOM);
	if (o)
		overlay_paint(o, s->canvas);
	if (s->lines)
		say_lines(s, o);
	else
		term_paint(s->term, s->canvas);
}

static void
on_answer(void *user, const char *input)
{
	(void)user;
	(void)input;
}

static void
on_pick(void *user, const struct picker_item *item)
{
	(void)user;
	(void)item;
}

/* What may come next is made of what hosts, units, files and runs are called. */
static void
show_palette(struct show *s)
{
	static const char *const lines[] = { "host ", "logs ", "history show ", "apply ", "" };
	struct overlay o = { .kind = OVERLAY_NONE };

	overlay_palette(&o, on_answer, NULL);
	for (size_t i = 0; i < countof(lines); i++) {
		snprintf(o.input, sizeof(o.input), "%s%s", lines[i], i % 2 ? "" : s->text);
		palette_complete(&s->stage.view, &s->spoiled.palette, lines[i], o.picker);
		show(s, &o);
	}
	overlay_close(&o);
}

static void
show_overlays(struct show *s)
{
	struct overlay o = { .kind = OVERLAY_NONE };
	struct picker *p = picker_new();
	char *text = (char *)(uintptr_t)s->text;

	overlay_confirm(&o, s->text, s->text, s->text, on_answer, NULL);
	show(s, &o);
	overlay_prompt(&o, s->text, s->text, on_answer, NULL);
	show(s, &o);
	picker_head(p, s->text);
	picker_add(p, &(struct picker_item){ .key = "x", .text = text, .note = text, .why = text });
	picker_filter(p, "");
	overlay_pick(&o, OVERLAY_MENU, s->text, p, on_pick, NULL);
	show(s, &o);
	overlay_question(&o, s->text, s->text, s->text, on_answer, NULL);
	show(s, &o);
	overlay_close(&o);
	show_palette(s);
	s->places += 9;
}

/* A key of the view's, and what it asks for then. */
static void
press(struct show *s, const char *key)
{
	struct stage *g = &s->stage;
	struct overlay o = { .kind = OVERLAY_NONE };

	g->asked_text[0] = g->flash[0] = '\0';
	stage_key(g, key);
	show(s, NULL);
	if (!g->asked_text[0])
		return;
	overlay_confirm(&o, g->asked_title, g->asked_text, g->confirm.typed, on_answer, NULL);
	show(s, &o);
	overlay_close(&o);
}

/* Keys by their names, with blanks between. */
static void
show_view(struct show *s, const struct view_class *class, const char *subject, const char *keys)
{
	struct stage *g = &s->stage;
	autofree char *names = xstrdup(keys);
	char *save;

	stage_open(g, class, subject);
	show(s, NULL);
	for (char *k = strtok_r(names, " ", &save); k; k = strtok_r(NULL, " ", &save))
		press(s, k);
	if (class == &view_fleet)
		show_overlays(s);
	if (class->close)
		class->close(&g->view);
	free(g->view.state);
	g->view = (struct view){ 0 };
}

static void
show_payload(struct show *s, size_t i)
{
	autofree char *text = payload_text(i);

	raise_stage(s, text);
	show_view(s, &view_fleet, NULL, "=");
	show_view(s, &view_host, "db1", "] ] ] ] ]");
	show_view(s, &view_host, "web1", "] ]");
	show_view(s, &view_run, NULL, "j");
	show_view(s, &view_logs, NULL, "w");
	show_view(s, &view_plan, NULL, "= j j j j enter w A");
	show_view(s, &view_apps, NULL, "> G = g j > d [");
	show_view(s, &view_history, NULL, "down down");
	show_view(s, &view_record, "r-199", "j enter esc d");
	show_view(s, &view_record, "r-198 r-199", "");
	show_view(s, &view_activity, NULL, "j");
	spoiled_down(&s->spoiled);
	stage_down(&s->stage);
}

/* What the other side of the terminal runs. Exit 3: too few places, 4: no terminal. */
static int
child(const char *what)
{
	struct show s = { .text = "", .lines = str_eq(what, "--lines") };
	struct err err;
	int code = 0;

	s.term = s.lines ? term_open_lines(&err)
			 : term_open(
			       &(struct term_config){ .colour = true, .title = "drover: payloads" },
			       &err);
	if (!s.term)
		return 4;
	s.canvas = canvas_new(30, 100);
	s.book = logbook_new(1 << 20);
	for (size_t i = 0; i < payload_count() && !code; i++) {
		show_payload(&s, i);
		code = s.places < PLACES_LEAST ? 3 : 0;
	}
	term_close(s.term);
	canvas_free(s.canvas);
	logbook_free(s.book);
	return code;
}

static struct screen *
start(const char *what, const char *term, const char *locale)
{
	const char *argv[] = { "/proc/self/exe", what, NULL };
	const char *env[] = { term, locale, NULL };

	return screen_start(argv, env, 30, 100);
}

static void
run_child(const char *what, const char *term, const char *locale)
{
	struct screen *s = start(what, term, locale);

	assert_int_equal(screen_wait_end(s, DEADLINE), 0);
	assert_true(screen_only_allowed(s));
	assert_true(screen_modes_restored(s));
	screen_free(s);
}

static void
there_are_many_payloads(void **state)
{
	(void)state;
	assert_in_range(payload_count(), PAYLOADS_LEAST, 10000);
}

static void
no_text_of_a_host_says_anything_to_the_terminal(void **state)
{
	(void)state;
	run_child("--all", "TERM=xterm-256color", "LC_ALL=C.UTF-8");
}

static void
nor_in_a_locale_of_bytes(void **state)
{
	(void)state;
	run_child("--all", "TERM=linux", "LC_ALL=C");
}

/* Lines have nothing but text and their ends. */
static void
lines_are_plain(const char *locale)
{
	size_t n;
	struct screen *s = start("--lines", "TERM=xterm-256color", locale);

	assert_int_equal(screen_wait_end(s, DEADLINE), 0);
	assert_true(screen_only_allowed(s));
	const char *bytes = screen_bytes(s, &n);
	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)bytes[i];

		if ((c < ' ' && c != '\r' && c != '\n') || c == 127 ||
		    (c >= 128 && str_eq(locale, "LC_ALL=C")))
			fail_msg("byte %zu is %02x", i, c);
	}
	assert_non_null(memmem(bytes, n, "^[[2J", 5));
	screen_free(s);
}

static void
nor_does_it_in_lines(void **state)
{
	(void)state;
	lines_are_plain("LC_ALL=C.UTF-8");
	lines_are_plain("LC_ALL=C");
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(there_are_many_payloads),
		cmocka_unit_test(no_text_of_a_host_says_anything_to_the_terminal),
		cmocka_unit_test(nor_in_a_locale_of_bytes),
		cmocka_unit_test(nor_does_it_in_lines),
	};

	if (argc == 2)
		return child(argv[1]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
