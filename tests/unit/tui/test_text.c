#include "base/mem.h"
#include "tui/canvas.h"
#include "tui/match.h"
#include "tui/table.h"
#include "tui/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char *
label(void *user, const char *key)
{
	(void)user;
	return strcmp(key, "os") == 0 ? "debian-12" : NULL;
}

static void
a_filter_is_a_regex_a_fuzzy_word_or_a_label(void **state)
{
	static const struct {
		const char *typed, *text;
		bool through;
	} cases[] = {
		{ "", "web1", true }, { "WEB[12]$", "web1", true }, { "web[12]$", "web3", false },
		{ "!web", "db1", true }, { "!web", "web1", false }, { "-f wb1", "web-01", true },
		{ "-f 1w", "web-01", false }, { "os=debian*", "web1", true },
		{ "!os=debian*", "web1", false }, { "arch=arm*", "web1", false },
		{ "a(", "xA(b", true }, { "a(", "xb", false },
		{ "a=b c", "a=b c", false }, /* a label */
	};

	(void)state;
	for (size_t i = 0; i < countof(cases); i++) {
		struct match m;

		match_init(&m, cases[i].typed);
		if (match_row(&m, cases[i].text, label, NULL) != cases[i].through)
			fail_msg("%s on %s", cases[i].typed, cases[i].text);
		match_fini(&m);
	}
}

static void
columns_are_dropped_in_their_order_and_share_what_is_left(void **state)
{
	static const struct table_column columns[] = { { "HOST", 8, 2, 0, false },
		{ "GROUP", 6, 0, 1, false }, { "RTT", 5, 0, 2, true },
		{ "NOTE", 10, 1, 0, false } };
	struct table t;
	struct canvas *c = canvas_new(1, 50);

	(void)state;
	table_lay(&t, columns, countof(columns), 0, 50);
	assert_int_equal(t.width[1], 6);
	assert_int_equal(t.width[0] + t.width[1] + t.width[2] + t.width[3] + 3, 50);
	table_head(&t, c, 0);
	autofree char *text = canvas_text(c, false);
	assert_string_equal(text, "HOST                 GROUP    RTT NOTE\n");
	table_lay(&t, columns, countof(columns), 0, 26);
	assert_int_equal(t.width[1], 0);
	assert_int_equal(t.width[2], 5);
	table_lay(&t, columns, countof(columns), 0, 3);
	assert_int_equal(t.width[2], 0);
	assert_int_equal(t.width[0], 8);
	canvas_free(c);
}

static char *
shown(struct text *t)
{
	struct canvas *c = canvas_new(3, 10);
	char *text;

	text_height(t, 3);
	text_paint(t, c, 0, 3, 0, 10);
	text = canvas_text(c, false);
	canvas_free(c);
	return text;
}

static void
text_is(struct text *t, const char *wanted)
{
	autofree char *text = shown(t);

	assert_string_equal(text, wanted);
}

static void
a_text_is_scrolled_searched_and_wrapped(void **state)
{
	static const char lines[] = "one\ntwo\nthree 数据 and more of it\nfour\nfive\n";
	struct text t = { 0 };

	(void)state;
	text_set(&t, lines, strlen(lines));
	text_is(&t, "one\ntwo\nthree 数据\n");
	text_key(&t, "right");
	text_is(&t, "\n\n据 and mor\n");
	text_key(&t, "left");
	text_key(&t, "G");
	text_is(&t, "three 数据\nfour\nfive\n");
	text_set(&t, "a\nb\nc\nd\ne\nf\n", 12);
	text_is(&t, "d\ne\nf\n");
	text_set(&t, lines, strlen(lines));
	text_key(&t, "g");
	assert_true(text_search(&t, "FI.E"));
	text_is(&t, "three 数据\nfour\nfive\n");
	assert_false(text_search(&t, "nothing"));
	assert_true(text_search(&t, "t"));
	text_key(&t, "N");
	text_key(&t, "g");
	text_key(&t, "j");
	text_key(&t, "j");
	text_key(&t, "w");
	text_is(&t, "three 数据\n and more\nof it\n");
	text_fini(&t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_filter_is_a_regex_a_fuzzy_word_or_a_label),
		cmocka_unit_test(columns_are_dropped_in_their_order_and_share_what_is_left),
		cmocka_unit_test(a_text_is_scrolled_searched_and_wrapped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
