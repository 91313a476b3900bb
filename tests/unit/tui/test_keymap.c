/* Keys by table, by preset, by keys.conf. */
#include "tui/keymap.h"

#include "base/buf.h"
#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/str.h"
#include "tui/console.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define MANUAL "doc/drover-keys.7"
#define BEGIN  ".\\\" The tables of keys are made from the program: begin\n"
#define END    ".\\\" The tables of keys are made from the program: end\n"

static struct keymap *
make(void)
{
	return keymap_new(console_tabs, console_actions);
}

/* What is wrong with a keys.conf, a line each; caller frees. */
static char *
mistakes(struct keymap *m, const char *conf)
{
	autobuf all = BUF_INIT(1 << 16);
	struct diag d;

	diag_init(&d);
	keymap_read(m, "keys.conf", conf, strlen(conf), NULL, &d);
	keymap_clashes(m, false, &d);
	for (int i = 0; i < d.count; i++) {
		autofree char *line = diag_line(&d, i);

		buf_addf(&all, "%s\n", line);
	}
	diag_fini(&d);
	return buf_detach(&all, NULL);
}

static const struct keymap_row *
row(const struct keymap *m, const char *screen, const char *name)
{
	size_t count;
	const struct keymap_row *rows = keymap_rows(m, &count);

	for (size_t i = 0; i < count; i++) {
		if (str_eq(rows[i].screen, screen) && str_eq(rows[i].action->name, name))
			return &rows[i];
	}
	fail_msg("no %s %s", screen, name);
	return NULL;
}

static void
no_preset_gives_one_key_to_two_actions_of_a_screen(void **state)
{
	(void)state;
	for (size_t i = 0; keymap_presets[i]; i++) {
		struct keymap *m = make();
		struct diag d;

		diag_init(&d);
		assert_true(keymap_preset(m, keymap_presets[i]));
		size_t found = keymap_clashes(m, true, &d);
		if (found)
			fail_msg("%s: %s", keymap_presets[i], d.item[0].text);
		diag_fini(&d);
		keymap_free(m);
	}
}

static void
every_action_has_a_name_a_summary_and_known_keys(void **state)
{
	struct keymap *m = make();
	size_t count;
	const struct keymap_row *rows = keymap_rows(m, &count);

	(void)state;
	for (size_t i = 0; i < count; i++) {
		const struct action *a = rows[i].action;

		if (!a->name || !*a->name || !a->summary || strlen(a->summary) < 4 || !*a->key)
			fail_msg("an action of %s without its words", rows[i].screen);
		for (size_t k = i + 1; k < count; k++) {
			if (str_eq(rows[k].screen, rows[i].screen) &&
			    str_eq(rows[k].action->name, a->name))
				fail_msg("%s has two actions '%s'", rows[i].screen, a->name);
		}
	}
	keymap_free(m);
}

static void
a_line_of_keys_conf_gives_an_action_other_keys(void **state)
{
	struct keymap *m = make();
	autofree char *bad = mistakes(m,
	    "# mine\n\nhost restart = f5 \xc3\xa9   # two\n"
	    "host next-tab = hash\n* refresh = Ctrl-R\nfleet fold = none\nfleet faults = =\n");

	(void)state;
	assert_string_equal(bad, "");
	assert_string_equal(row(m, "host", "restart")->keys, "f5|\xc3\xa9");
	assert_string_equal(row(m, "host", "next tab")->keys, "#");
	assert_string_equal(row(m, "*", "refresh")->keys, "ctrl-r");
	assert_string_equal(row(m, "fleet", "fold")->keys, "");
	assert_string_equal(row(m, "fleet", "faults")->keys, "=");
	assert_ptr_equal(keymap_find(m, &view_host, KEYMAP_VIEW, "f5"), row(m, "host", "restart"));
	assert_null(keymap_find(m, &view_host, KEYMAP_VIEW, "r"));
	assert_null(keymap_find(m, &view_fleet, KEYMAP_VIEW, "f5"));
	keymap_free(m);
}

static void
mistakes_are_told_with_their_place_and_what_was_meant(void **state)
{
	struct keymap *m = make();
	autofree char *bad =
	    mistakes(m, "flet open = x\nhost restrat = x\n  host restart = ctl-x\nhost restart\n"
			"host stop =\npreset = vmi\nhost start = ctrl-i\nhost stop = none x\n"
			"host start = f9\nhost start = K\n= x\n");

	(void)state;
	assert_string_equal(bad,
	    "keys.conf:6:10: no preset 'vmi'; there are default, k9s and vim: did you mean vim\n"
	    "keys.conf:1:1: no screen 'flet'; did you mean 'fleet'?\n"
	    "keys.conf:2:6: no action 'restrat' on host; did you mean 'restart'?\n"
	    "keys.conf:3:18: no key 'ctl-x': a character, or a name such as ctrl-r, f5, enter, "
	    "page-up\n"
	    "keys.conf:4:1: no = in this line; a line is: SCREEN ACTION = KEY...\n"
	    "keys.conf:5:12: keys are missing behind =; 'none' frees the action's keys\n"
	    "keys.conf:7:14: 'ctrl-i' is another key to a terminal: tab\n"
	    "keys.conf:8:13: 'none' stands alone\n"
	    "keys.conf:10:1: the keys of 'start' are given twice\n"
	    "keys.conf:11:1: a line is: SCREEN ACTION = KEY..., with * for every screen\n");
	keymap_free(m);
}

static void
a_line_of_very_many_keys_is_refused(void **state)
{
	autobuf conf = BUF_INIT(1 << 16);

	(void)state;
	buf_adds(&conf, "host restart =");
	for (int i = 0; i < 500; i++)
		buf_adds(&conf, " page-down");
	struct keymap *m = make();
	autofree char *bad = mistakes(m, buf_text(&conf));
	assert_string_equal(bad, "keys.conf:1:16: more than 8 keys for one action\n");
	keymap_free(m);
}

static void
one_key_for_two_actions_of_a_screen_is_refused(void **state)
{
	struct keymap *m = make();
	autofree char *own = mistakes(m, "host restart = D\n");

	(void)state;
	assert_non_null(strstr(
	    own, "keys.conf:1:1: D is 'restart' and 'stop' on host; free it: host stop = none"));
	keymap_free(m);
	m = make();
	/* What a screen would take from all screens is refused too, and from the moves. */
	autofree char *hidden = mistakes(m, "host restart = q j\n");
	assert_non_null(strstr(hidden, "'restart' and 'back' on host"));
	keymap_free(m);
	m = make();
	autofree char *moved = mistakes(m, "host restart = j\n");
	assert_non_null(strstr(moved, "'restart' and 'down' on host"));
	keymap_free(m);
	m = make();
	autofree char *free_now = mistakes(m, "host restart = D\nhost stop = r\n");
	assert_string_equal(free_now, "");
	keymap_free(m);
}

static void
a_preset_stands_below_what_the_file_says(void **state)
{
	struct keymap *m = make();
	autofree char *bad = mistakes(m, "* back = B q\n preset = vim\n");

	(void)state;
	assert_string_equal(bad, "");
	assert_string_equal(row(m, "fleet", "open")->keys, "l|enter");
	assert_string_equal(row(m, "*", "back")->keys, "B|q");
	keymap_free(m);
}

static void
moves_follow_their_new_keys_and_leave_the_old_ones(void **state)
{
	struct keymap *m = make();
	autofree char *bad = mistakes(m, "* down = ctrl-e\n");

	(void)state;
	assert_string_equal(bad, "");
	assert_string_equal(keymap_move(m, "ctrl-e"), "down");
	assert_null(keymap_move(m, "j"));
	assert_string_equal(keymap_move(m, "k"), "up");
	assert_string_equal(keymap_move(m, "w"), "w");
	keymap_free(m);
}

/* The manual's part that is made from the tables. */
static void
write_table(struct buf *to, const struct keymap *m, const char *screen, const char *title)
{
	size_t count;
	const struct keymap_row *rows = keymap_rows(m, &count);

	buf_addf(to, ".SS %s\n", title);
	for (size_t i = 0; i < count; i++) {
		const struct keymap_row *r = &rows[i];
		char label[128];

		if (!str_eq(r->screen, screen))
			continue;
		keymap_label(r->keys, label, sizeof(label));
		buf_adds(to, ".TP\n.B \"");
		for (const char *p = label; *p; p++) {
			if (*p == '"')
				buf_adds(to, "\\(dq");
			else if (*p == '\\')
				buf_adds(to, "\\e");
			else if (*p == '`')
				buf_adds(to, "\\(ga");
			else if (*p == '^')
				buf_adds(to, "\\(ha");
			else if (*p == '-')
				buf_adds(to, "\\-");
			else
				buf_addc(to, *p);
		}
		buf_addf(to, "\"\n%s: %s\n", r->action->name, r->action->summary);
	}
}

static void
the_manual_has_every_key(void **state)
{
	struct keymap *m = make();
	struct err err;
	size_t len;
	autobuf want = BUF_INIT(1 << 18);
	autofree char *page = file_read(MANUAL, 1 << 18, &len, &err);

	(void)state;
	if (!page)
		fail_msg("%s", err.text);
	char *begin = strstr(page, BEGIN), *end = strstr(page, END);
	assert_non_null(begin);
	assert_non_null(end);
	begin += strlen(BEGIN);
	buf_add(&want, page, (size_t)(begin - page));
	write_table(&want, m, "*", "Every screen");
	for (size_t i = 0; console_tabs[i]; i++)
		write_table(&want, m, console_tabs[i]->name, console_tabs[i]->title);
	buf_adds(&want, end);
	keymap_free(m);
	if (getenv("GENERATE"))
		assert_int_equal(file_replace(MANUAL, want.data, want.len, 0644, &err), 0);
	else if (!str_eq(page, buf_text(&want)))
		fail_msg("%s lacks keys that there are: GENERATE=1 makes it", MANUAL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_preset_gives_one_key_to_two_actions_of_a_screen),
		cmocka_unit_test(every_action_has_a_name_a_summary_and_known_keys),
		cmocka_unit_test(a_line_of_keys_conf_gives_an_action_other_keys),
		cmocka_unit_test(mistakes_are_told_with_their_place_and_what_was_meant),
		cmocka_unit_test(a_line_of_very_many_keys_is_refused),
		cmocka_unit_test(one_key_for_two_actions_of_a_screen_is_refused),
		cmocka_unit_test(a_preset_stands_below_what_the_file_says),
		cmocka_unit_test(moves_follow_their_new_keys_and_leave_the_old_ones),
		cmocka_unit_test(the_manual_has_every_key),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
