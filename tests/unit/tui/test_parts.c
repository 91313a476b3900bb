#include "base/mem.h"
#include "base/str.h"
#include "tui/canvas.h"
#include "tui/key.h"
#include "tui/list.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static const char *
id_of(const void *user, size_t i)
{
	return ((const char *const *)user)[i];
}

static void
the_cursor_follows_its_row_and_not_its_place(void **state)
{
	const char *before[] = { NULL, "a", "b", "c" }, *after[] = { NULL, "c", NULL, "a", "b" };
	const char *gone[] = { NULL, "c", "a" };
	struct list l = { .height = 3 };

	(void)state;
	list_update(&l, 4, id_of, before);
	assert_int_equal(l.cursor, 1);
	assert_true(list_key(&l, "j", id_of, before));
	assert_string_equal(l.id, "b");
	list_update(&l, 5, id_of, after);
	assert_int_equal(l.cursor, 4);
	list_update(&l, 3, id_of, gone);
	assert_int_equal(l.cursor, 2);
	list_update(&l, 0, id_of, gone);
	assert_int_equal(l.cursor, 0);
}

static void
headings_are_stepped_over(void **state)
{
	const char *rows[] = { NULL, "a", NULL, "b" };
	struct list l = { .height = 4 };

	(void)state;
	list_update(&l, 4, id_of, rows);
	list_key(&l, "down", id_of, rows);
	assert_int_equal(l.cursor, 3);
	list_key(&l, "down", id_of, rows);
	assert_int_equal(l.cursor, 3);
	list_key(&l, "home", id_of, rows);
	assert_int_equal(l.cursor, 1);
	assert_false(list_key(&l, "x", id_of, rows));
}

static void
the_cursor_stays_in_sight(void **state)
{
	struct list l = { .count = 100, .cursor = 50, .top = 0 };

	(void)state;
	assert_int_equal(list_top(&l, 10), 41);
	l.top = 60;
	assert_int_equal(list_top(&l, 10), 50);
	l.cursor = 99;
	assert_int_equal(list_top(&l, 10), 90);
	l.cursor = 3;
	assert_int_equal(list_top(&l, 10), 0);
}

static void
keys_have_names(void **state)
{
	char label[16];

	(void)state;
	assert_true(key_matches("q|esc", "esc"));
	assert_false(key_matches("q|esc", "es"));
	assert_true(key_matches("|", "|"));
	assert_string_equal(key_label("enter|o", label, sizeof(label)), "Enter");
}

static void
nothing_raw_reaches_a_cell(void **state)
{
	struct canvas *c = canvas_new(2, 40);

	(void)state;
	canvas_print(c, 0, 0, 40, STYLE_TEXT, "a\033]52;c;x\007b\r\nc\302\233d\342\200\256e\377");
	autofree char *text = canvas_text(c, false);
	for (const char *p = text; *p; p++)
		assert_true((unsigned char)*p >= 32 || *p == '\n');
	assert_null(strstr(text, "\342\200\256"));
	assert_null(strstr(text, "\302\233"));
	canvas_free(c);
}

static void
wide_characters_are_not_cut_in_half(void **state)
{
	struct canvas *c = canvas_new(1, 5);

	(void)state;
	assert_int_equal(canvas_print(c, 0, 0, 5, STYLE_TEXT, "数数数"), 4);
	assert_int_equal(c->cells[0].width, 2);
	assert_int_equal(c->cells[1].width, 0);
	assert_int_equal(canvas_print(c, 0, 4, 5, STYLE_TEXT, "数"), 0);
	canvas_clear(c);
	canvas_print(
	    c, 0, 0, 5, STYLE_TEXT, "e\314\201\314\201\314\201\314\201\314\201\314\201\314\201x");
	assert_string_equal(c->cells[1].text, "x");
	canvas_free(c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_cursor_follows_its_row_and_not_its_place),
		cmocka_unit_test(headings_are_stepped_over),
		cmocka_unit_test(the_cursor_stays_in_sight),
		cmocka_unit_test(keys_have_names),
		cmocka_unit_test(nothing_raw_reaches_a_cell),
		cmocka_unit_test(wide_characters_are_not_cut_in_half),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
