/* The palette: what a line is, what may come next; texts, messages, confirmations, menus. */
#include "tui/palette.h"

#include "base/buf.h"
#include "base/mem.h"
#include "base/str.h"
#include "tests/lib/stage.h"
#include "tui/confirm.h"
#include "tui/menu.h"
#include "tui/messages.h"
#include "tui/outputs.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void
each(void *user, enum palette_kind kind, const char *prefix, const char *host,
    void (*put)(void *to, const char *word, const char *note), void *to)
{
	(void)user;
	(void)prefix;
	switch (kind) {
	case PALETTE_HOSTS:
		put(to, "@web", "3 hosts");
		put(to, "web1", "web");
		put(to, "web10", "web");
		put(to, "数据", "web");
		break;
	case PALETTE_UNITS:
		put(to, host && str_eq(host, "web1") ? "nginx.service" : "other.service", NULL);
		break;
	case PALETTE_FILES:
	case PALETTE_PLAYBOOKS:
		put(to, "roles/", NULL);
		put(to, "site.yaml", NULL);
		break;
	case PALETTE_RUNS:
		put(to, "r-12", "apply");
		break;
	}
}

/* The choices after a line, one a line; caller frees. */
static char *
choices(struct stage *s, const char *line)
{
	const struct palette_source source = { .each = each };
	struct picker *p = picker_new();
	autobuf all = BUF_INIT(1 << 16);

	palette_complete(&s->view, &source, line, p);
	for (size_t i = 0; i < p->count; i++)
		buf_addf(&all, "%s%s", i ? "," : "", p->items[i].value);
	picker_free(p);
	return buf_detach(&all, NULL);
}

#define assert_choices(stage, line, want)                                                          \
	do {                                                                                       \
		autofree char *got_ = choices(stage, line);                                        \
		assert_string_equal(got_ ? got_ : "", want);                                       \
	} while (0)

static void
each_word_is_completed_by_what_belongs_there(void **state)
{
	struct stage s;

	(void)state;
	stage_up(&s);
	stage_open(&s, &view_fleet, NULL);
	assert_choices(&s, "histo", "history ");
	assert_choices(&s, "run web1", "run web1 ,run web10 ");
	assert_choices(&s, "run web10,@", "run web10,@web ");
	assert_choices(&s, "run @web -- up", "");
	assert_choices(&s, "logs web1 ng", "logs web1 nginx.service ");
	assert_choices(&s, "undo r", "undo r-12 ");
	assert_choices(&s, "lint ", "lint roles/,lint site.yaml ");
	assert_choices(&s, "lint site.yaml ro", "lint site.yaml roles/");
	assert_choices(&s, "keys --pre", "keys --preset=");
	assert_choices(&s, "keys --preset=",
	    "keys --preset=default ,keys --preset=k9s ,keys "
	    "--preset=vim ");
	assert_choices(&s, "host 数", "host 数据 ");
	assert_choices(&s, "trust ad", "trust add ");
	assert_choices(&s, "run 'open quote", "");
	stage_down(&s);
}

static void
every_verb_can_be_found(void **state)
{
	static const char *const some[] = { "hosts", "facts", "ps", "run", "cp", "fetch", "logs",
		"lint", "plan", "diff", "apply", "resume", "undo", "history", "nodes", "trust",
		"config", "keys", "help", "version" };
	struct stage s;

	(void)state;
	stage_up(&s);
	stage_open(&s, &view_fleet, NULL);
	for (size_t i = 0; i < countof(some); i++) {
		struct palette_line l;
		autofree char *line = xasprintf("drover %s x --json", some[i]);

		palette_read(&s.view, line, &l);
		assert_int_equal(l.what, PALETTE_VERB);
		assert_string_equal(l.words.word[0], some[i]);
		palette_line_fini(&l);
	}
	stage_down(&s);
}

static void
a_line_is_a_screen_an_action_a_verb_or_a_set(void **state)
{
	static const struct {
		const char *line;
		enum palette_what what;
		const char *subject;
	} cases[] = {
		{ "  ", PALETTE_NOTHING, NULL },
		{ "q", PALETTE_QUIT, NULL },
		{ "messages", PALETTE_MESSAGES, NULL },
		{ "host web1", PALETTE_SCREEN, "web1" },
		{ "host", PALETTE_SCREEN, NULL },
		{ "run", PALETTE_SCREEN, NULL },
		{ "run web1 -- uptime", PALETTE_VERB, NULL },
		{ "facts web1", PALETTE_VERB, NULL },
		{ "plan site.yaml --json", PALETTE_VERB, NULL },
		{ "refresh", PALETTE_ACTION, NULL },
		{ "web[1-3]", PALETTE_UNKNOWN, NULL },
		{ "@db", PALETTE_UNKNOWN, NULL },
	};
	struct stage s;

	(void)state;
	stage_up(&s);
	stage_open(&s, &view_fleet, NULL);
	for (size_t i = 0; i < countof(cases); i++) {
		struct palette_line l;

		palette_read(&s.view, cases[i].line, &l);
		if (l.what != cases[i].what)
			fail_msg("'%s' is %d", cases[i].line, (int)l.what);
		if (cases[i].subject)
			assert_string_equal(l.subject, cases[i].subject);
		else
			assert_null(l.subject);
		palette_line_fini(&l);
	}
	stage_down(&s);
}

static void
words_are_split_as_a_shell_does(void **state)
{
	struct palette_words w;

	(void)state;
	palette_split("run  'a b' \"c'd\" e\\ f \"\"", &w);
	assert_int_equal(w.count, 5);
	assert_string_equal(w.word[1], "a b");
	assert_string_equal(w.word[2], "c'd");
	assert_string_equal(w.word[3], "e f");
	assert_string_equal(w.word[4], "");
	assert_null(w.word[5]);
	palette_words_fini(&w);
	palette_split("x 'y", &w);
	assert_true(w.open);
	palette_words_fini(&w);
}

static void
the_palette_stands_at_the_bottom(void **state)
{
	const struct palette_source source = { .each = each };
	struct stage s;
	struct overlay o = { 0 };

	(void)state;
	stage_up(&s);
	stage_open(&s, &view_fleet, NULL);
	overlay_palette(&o, NULL, NULL);
	str_copy(o.input, sizeof(o.input), "logs 数据,");
	palette_complete(&s.view, &source, o.input, o.picker);
	stage_check(&s, "palette", &o);
	overlay_close(&o);
	stage_down(&s);
}

static const char *
address(void *user, const char *host)
{
	(void)user;
	(void)host;
	return "203.0.113.7";
}

static void
what_can_be_done_and_copied_is_listed(void **state)
{
	struct stage s;
	struct overlay o = { 0 };

	(void)state;
	stage_up(&s);
	stage_open(&s, &view_host, "db1");
	s.hosts[0].link = LINK_DOWN;
	overlay_pick(&o, OVERLAY_MENU, "Actions", menu_actions(&s.view), NULL, NULL);
	stage_check(&s, "actions", &o);
	overlay_close(&o);
	overlay_pick(&o, OVERLAY_MENU, "Copy", menu_copy(&s.view, address, NULL), NULL, NULL);
	stage_check(&s, "copy", &o);
	overlay_close(&o);
	stage_down(&s);
}

static void
a_text_is_shown_searched_and_saved(void **state)
{
	struct stage s;
	struct outputs *all = outputs_new();

	(void)state;
	stage_up(&s);
	s.services.outputs = all;
	struct output *t = outputs_add(all, "drover history", s.scene.wall_ms - 12000);
	t->growing = true;
	for (int i = 0; i < 60; i++)
		buf_addf(&t->text, "r-%d  apply  site.yaml  \033]52;c;eA==\007 数据库%s\n", i,
		    i == 40 ? " failed" : "");
	autofree char *id = xasprintf("%u", t->id);
	stage_open(&s, &view_text, id);
	stage_check(&s, "text", NULL);
	stage_key(&s, "/");
	assert_non_null(s.prompt.yes);
	s.prompt.yes(&s.view, "failed");
	t->growing = false;
	t->bad = true;
	str_copy(t->end, sizeof(t->end), "exit 4: unreachable");
	stage_check(&s, "text-found", NULL);
	stage_key(&s, "s");
	assert_string_equal(s.prompt.title, "Save to the file");
	stage_down(&s);
	outputs_free(all);
}

static void
only_the_last_texts_and_messages_are_kept(void **state)
{
	struct outputs *all = outputs_new();
	struct messages *m = messages_new();
	unsigned first = outputs_add(all, "first", 0)->id;
	struct output *working = outputs_add(all, "at work", 0);
	unsigned id = working->id;

	(void)state;
	working->growing = true;
	for (int i = 0; i < 3 * OUTPUTS_MAX; i++)
		outputs_add(all, "later", 0);
	assert_null(outputs_find(all, first));
	assert_non_null(outputs_find(all, id));
	outputs_free(all);
	autofree char *none = messages_text(m);
	assert_string_equal(none, "nothing was said so far\n");
	for (int i = 0; i < MESSAGES_MAX + 5; i++) {
		autofree char *text = xasprintf("message %d", i);

		messages_add(m, 1767350527000, i % 2, text);
	}
	autofree char *text = messages_text(m);
	assert_true(
	    str_starts(text, "10:42:07Z         message 204\n10:42:07Z  error  message 203"));
	assert_null(strstr(text, "message 4\n"));
	assert_non_null(strstr(text, "message 5\n"));
	messages_free(m);
}

static void
what_must_be_typed_grows_with_what_may_break(void **state)
{
	static const size_t cattle[] = { 3, 4 }, mixed[] = { 0, 3, 1 };
	const size_t many[11] = { 3, 4, 5, 6, 7, 8, 3, 4, 5, 6, 7 };
	struct environment none = { 0 }, production = { .name = "prod" },
			   locked = { .readonly = true };
	struct scene scene;
	struct stage s;
	char word[CONFIRM_WORD];

	(void)state;
	stage_up(&s);
	scene = s.scene;
	scene.environment = &none;
	confirm_word(&scene, cattle, 2, CONFIRM_CHANGE, word);
	assert_string_equal(word, "");
	confirm_word(&scene, mixed, 3, CONFIRM_CHANGE, word);
	assert_string_equal(word, "db1,nas");
	confirm_word(&scene, mixed, 3, CONFIRM_COMMAND, word);
	assert_string_equal(word, "");
	confirm_word(&scene, many, 11, CONFIRM_COMMAND, word);
	assert_string_equal(word, "11");
	confirm_word(&scene, cattle, 2, CONFIRM_REMOVE, word);
	assert_string_equal(word, "2");
	scene.environment = &production;
	confirm_word(&scene, cattle, 2, CONFIRM_CHANGE, word);
	assert_string_equal(word, "2");
	scene.environment = &locked;
	confirm_word(&scene, cattle, 1, CONFIRM_COMMAND, word);
	assert_string_equal(word, "1");
	autofree char *text = confirm_text(&s.scene, mixed, 3, "systemctl restart x");
	assert_string_equal(
	    text, "On db1,nas,web1 (3 hosts, 2 pets) this runs:\n \n  systemctl restart x");
	stage_down(&s);
}

static void
count_yes(void *user, const char *input)
{
	(void)input;
	++*(int *)user;
}

static void
the_focus_is_on_cancel_and_moves_by_tab(void **state)
{
	struct stage s;
	struct overlay o = { 0 };
	int yes = 0;

	(void)state;
	stage_up(&s);
	stage_open(&s, &view_fleet, NULL);
	overlay_confirm(&o, "restart nginx.service",
	    "On web[1-3] (3 hosts, 0 pets) this runs:\n \n  systemctl restart -- nginx.service",
	    NULL, count_yes, &yes);
	stage_check(&s, "confirm-buttons", &o);
	overlay_key(&o, "enter", false);
	assert_int_equal(yes, 0);
	assert_int_equal(o.kind, OVERLAY_NONE);
	overlay_confirm(&o, "t", "x", NULL, count_yes, &yes);
	overlay_key(&o, "tab", false);
	overlay_key(&o, "enter", false);
	assert_int_equal(yes, 1);
	overlay_confirm(&o, "t", "x", NULL, count_yes, &yes);
	overlay_key(&o, "tab", false);
	overlay_key(&o, "tab", false);
	overlay_key(&o, "enter", false);
	assert_int_equal(yes, 1);
	stage_down(&s);
}

static void
note_pick(void *user, const struct picker_item *item)
{
	const struct keymap_row *r = item->what;

	str_copy(user, 64, r->action->name);
}

static void
help_is_filtered_and_does_what_is_chosen(void **state)
{
	struct stage s;
	struct overlay o = { 0 };
	char picked[64] = "";

	(void)state;
	stage_up(&s);
	stage_open(&s, &view_host, "db1");
	s.scene.writable = true;
	overlay_pick(&o, OVERLAY_HELP, "Help: Host", menu_help(&s.view), note_pick, picked);
	for (const char *k = "ask the"; *k; k++)
		overlay_key(&o, *k == ' ' ? "space" : (char[]){ *k, '\0' }, true);
	stage_check(&s, "help-filtered", &o);
	overlay_key(&o, "enter", false);
	assert_string_equal(picked, "refresh");
	assert_int_equal(o.kind, OVERLAY_NONE);
	/* What cannot be done now stays. */
	s.scene.writable = false;
	overlay_pick(&o, OVERLAY_HELP, "Help: Host", menu_help(&s.view), note_pick, picked);
	for (const char *k = "plan a playbook"; *k; k++)
		overlay_key(&o, *k == ' ' ? "space" : (char[]){ *k, '\0' }, true);
	overlay_key(&o, "enter", false);
	assert_int_equal(o.kind, OVERLAY_HELP);
	assert_string_equal(picked, "refresh");
	overlay_key(&o, "esc", false);
	assert_string_equal(o.input, "");
	overlay_key(&o, "esc", false);
	assert_int_equal(o.kind, OVERLAY_NONE);
	stage_down(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_word_is_completed_by_what_belongs_there),
		cmocka_unit_test(every_verb_can_be_found),
		cmocka_unit_test(a_line_is_a_screen_an_action_a_verb_or_a_set),
		cmocka_unit_test(words_are_split_as_a_shell_does),
		cmocka_unit_test(the_palette_stands_at_the_bottom),
		cmocka_unit_test(what_can_be_done_and_copied_is_listed),
		cmocka_unit_test(a_text_is_shown_searched_and_saved),
		cmocka_unit_test(only_the_last_texts_and_messages_are_kept),
		cmocka_unit_test(what_must_be_typed_grows_with_what_may_break),
		cmocka_unit_test(the_focus_is_on_cancel_and_moves_by_tab),
		cmocka_unit_test(help_is_filtered_and_does_what_is_chosen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
