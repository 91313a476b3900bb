#include "base/buf.h"
#include "base/utf8.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void
cleans_to(const char *in, size_t n, const char *want)
{
	autobuf b = BUF_INIT(4096);

	utf8_clean(&b, in, n);
	assert_string_equal(buf_text(&b), want);
}

static void
controls_become_visible(void **state)
{
	(void)state;
	cleans_to("a\tb\n", 4, "a\tb\n");
	cleans_to("\033[31mred\033]0;t\a", 14, "^[[31mred^[]0;t^G");
	cleans_to("x\ry\bz\177", 6, "x^My^Hz^?");
	cleans_to("a\0b", 3, "a^@b");
}

static void
bytes_that_are_not_utf8_are_spelled_out(void **state)
{
	(void)state;
	cleans_to("\x9b", 1, "<9b>");
	cleans_to("\xc0\xaf", 2, "<c0><af>");
	cleans_to("\xed\xa0\x80", 3, "<ed><a0><80>");
	cleans_to("\xe2\x82", 2, "<e2><82>");
	cleans_to("\xf4\x90\x80\x80", 4, "<f4><90><80><80>");
}

static void
what_hides_or_turns_text_is_spelled_out(void **state)
{
	(void)state;
	cleans_to("\xc2\x9b", 2, "<U+009B>");
	cleans_to("a\xe2\x80\xae"
		  "b",
	    5, "a<U+202E>b");
	cleans_to("\xe2\x80\x8b", 3, "<U+200B>");
	cleans_to("\xe2\x81\xa6", 3, "<U+2066>");
	cleans_to("\xef\xbb\xbf", 3, "<U+FEFF>");
	cleans_to("\xf3\xa0\x81\x81", 4, "<U+E0041>");
	cleans_to("gr\xc3\xbc\xc3\x9f \xe6\x97\xa5 \xf0\x9f\x9a\x80", 15,
	    "gr\xc3\xbc\xc3\x9f \xe6\x97\xa5 \xf0\x9f\x9a\x80");
}

static void
a_line_has_no_line_ends(void **state)
{
	autobuf b = BUF_INIT(100);

	(void)state;
	utf8_clean_line(&b, "a\tb\nc", 5);
	assert_string_equal(buf_text(&b), "a^Ib^Jc");
}

static void
columns_count_marks_as_none_and_wide_as_two(void **state)
{
	int columns;

	(void)state;
	assert_int_equal(utf8_columns("abc", 3), 3);
	assert_int_equal(utf8_columns("e\xcc\x81", 3), 1);
	assert_int_equal(utf8_columns("\xe6\x97\xa5\xe6\x9c\xac", 6), 4);
	assert_int_equal(utf8_columns("\xf0\x9f\x9a\x80", 4), 2);
	assert_int_equal(utf8_columns("\xe2\x97\x8f", 3), 1);
	assert_int_equal(utf8_columns("\x9b", 1), 1);
	assert_int_equal(utf8_cut("\xe6\x97\xa5\xe6\x9c\xac", 6, 3, &columns), 3);
	assert_int_equal(columns, 2);
	assert_int_equal(utf8_cut("ae\xcc\x81z", 5, 2, NULL), 4);
	assert_int_equal(utf8_cut("abc", 3, 0, NULL), 0);
}

static void
a_piece_is_never_cut_inside_a_character(void **state)
{
	(void)state;
	assert_int_equal(utf8_whole("ab\xe2\x82", 4), 2);
	assert_int_equal(utf8_whole("ab\xe2\x82\xac", 5), 5);
	assert_int_equal(utf8_whole("ab\xf0\x9f\x9a", 5), 2);
	assert_int_equal(utf8_whole("ab\xc3", 3), 2);
	assert_int_equal(utf8_whole("ab\xff", 3), 3);
	assert_int_equal(utf8_whole("\x80\x80\x80\x80", 4), 4);
	assert_int_equal(utf8_whole("a\xed\xa0", 3), 3);
	assert_int_equal(utf8_whole("", 0), 0);
}

static void
every_character_encodes_and_decodes_to_itself(void **state)
{
	(void)state;
	for (uint32_t c = 0; c < 0x110000; c += c < 0x900 ? 1 : 37) {
		autobuf b = BUF_INIT(8);
		uint32_t back = 0;

		utf8_encode(&b, c);
		if (c >= 0xd800 && c <= 0xdfff) {
			assert_int_equal(utf8_decode(b.data, b.len, &back), 0);
			continue;
		}
		assert_int_equal(utf8_decode(b.data, b.len, &back), b.len);
		assert_int_equal(back, c);
	}
}

static void
lines_within_a_text_are_set_apart_and_the_last_end_is_left_out(void **state)
{
	autobuf b = BUF_INIT(100);

	(void)state;
	utf8_clean_lines(&b, "a\n\nb\033\n\n", 7, "\n    ");
	assert_string_equal(buf_text(&b), "a\n    b^[");
	buf_clear(&b);
	utf8_clean_lines(&b, "\n", 1, "; ");
	assert_string_equal(buf_text(&b), "");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(controls_become_visible),
		cmocka_unit_test(bytes_that_are_not_utf8_are_spelled_out),
		cmocka_unit_test(what_hides_or_turns_text_is_spelled_out),
		cmocka_unit_test(a_line_has_no_line_ends),
		cmocka_unit_test(columns_count_marks_as_none_and_wide_as_two),
		cmocka_unit_test(a_piece_is_never_cut_inside_a_character),
		cmocka_unit_test(lines_within_a_text_are_set_apart_and_the_last_end_is_left_out),
		cmocka_unit_test(every_character_encodes_and_decodes_to_itself),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
