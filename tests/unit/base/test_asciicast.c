#include "base/asciicast.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

/* What was read, in one line: "o 0 hello|r 1500 100x30". */
static bool
note_event(void *user, const struct asciicast_event *e)
{
	static const char codes[] = "oirm";
	struct buf *b = user;

	buf_addf(b, "%s%c %lld ", b->len ? "|" : "", codes[e->kind], (long long)e->ms);
	buf_add(b, e->data, e->len);
	if (e->kind == ASCIICAST_RESIZE)
		buf_addf(b, "=%d,%d", e->columns, e->rows);
	return true;
}

static void
reads_as(const char *text, const char *expected)
{
	autobuf seen = BUF_INIT(65536);
	struct err err;

	assert_int_equal(asciicast_read(text, strlen(text), NULL, note_event, &seen, &err), 0);
	assert_string_equal(buf_text(&seen), expected);
}

static void
a_recording_is_a_head_and_a_line_for_each_event(void **state)
{
	autobuf b = BUF_INIT(65536);
	struct asciicast c;

	(void)state;
	asciicast_init(&c, &b);
	asciicast_begin(&c, &(struct asciicast_head){ .columns = 80,
				.rows = 24,
				.time_ms = 1504467315999,
				.title = "web1",
				.term = "xterm" });
	asciicast_output(&c, 0, "hi \"\x1b[1m\r\n", 10);
	asciicast_input(&c, 1002, "\t", 1);
	asciicast_resize(&c, 61500, 100, 30);
	asciicast_marker(&c, 61500, "again");
	asciicast_end(&c, 61500);
	assert_string_equal(buf_text(&b),
	    "{\"version\":2,\"width\":80,\"height\":24,\"timestamp\":1504467315,\"title\":\"web1\","
	    "\"env\":{\"TERM\":\"xterm\"}}\n"
	    "[0.000, \"o\", \"hi \\\"\\u001b[1m\\r\\n\"]\n"
	    "[1.002, \"i\", \"\\t\"]\n"
	    "[61.500, \"r\", \"100x30\"]\n"
	    "[61.500, \"m\", \"again\"]\n");
	reads_as(
	    buf_text(&b), "o 0 hi \"\x1b[1m\r\n|i 1002 \t|r 61500 100x30=100,30|m 61500 again");
}

static void
a_character_that_comes_in_pieces_is_one_character(void **state)
{
	static const char text[] = "gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x90\x83.";
	autobuf seen = BUF_INIT(65536);

	(void)state;
	for (size_t step = 1; step < sizeof(text); step++) {
		autobuf b = BUF_INIT(65536), whole = BUF_INIT(65536);
		struct asciicast c;
		struct err err;

		asciicast_init(&c, &b);
		for (size_t i = 0; i < sizeof(text) - 1; i += step)
			asciicast_output(&c, 0, text + i,
			    sizeof(text) - 1 - i < step ? sizeof(text) - 1 - i : step);
		asciicast_end(&c, 0);
		buf_clear(&seen);
		assert_int_equal(asciicast_read(b.data, b.len, NULL, note_event, &seen, &err), 0);
		assert_null(strstr(buf_text(&seen), "\xef\xbf\xbd"));
		for (const char *s = buf_text(&seen); *s;
		     s += strcspn(s, "|") + (strchr(s, '|') != NULL))
			buf_add(&whole, s + 4, strcspn(s + 4, "|"));
		assert_string_equal(buf_text(&whole), text);
	}
}

static void
what_is_no_utf_8_becomes_the_replacement_character(void **state)
{
	autobuf b = BUF_INIT(65536);
	struct asciicast c;

	(void)state;
	asciicast_init(&c, &b);
	asciicast_output(&c, 5, "a\xff\xc3", 3);
	asciicast_output(&c, 6, "z\xe2\x82", 3);
	asciicast_end(&c, 9);
	reads_as(buf_text(&b), "o 5 a\xef\xbf\xbd|o 6 \xef\xbf\xbdz|o 9 \xef\xbf\xbd\xef\xbf\xbd");
}

static void
time_never_goes_back(void **state)
{
	autobuf b = BUF_INIT(65536);
	struct asciicast c;

	(void)state;
	asciicast_init(&c, &b);
	asciicast_output(&c, 100, "a", 1);
	asciicast_output(&c, 90, "b", 1);
	reads_as(buf_text(&b), "o 100 a|o 100 b");
}

static void
the_head_tells_the_size_and_the_time(void **state)
{
	static const char text[] =
	    "{\"version\": 2, \"width\": 100, \"height\": 30, \"timestamp\": 7, "
	    "\"theme\": {}}\n[1, \"x\", \"of another kind\"]\n[1.5, \"o\", \"a\"]";
	autobuf seen = BUF_INIT(65536);
	struct asciicast_head head;
	struct err err;

	(void)state;
	assert_int_equal(asciicast_read(text, sizeof(text) - 1, &head, note_event, &seen, &err), 0);
	assert_int_equal(head.columns, 100);
	assert_int_equal(head.rows, 30);
	assert_int_equal(head.time_ms, 7000);
	assert_string_equal(buf_text(&seen), "o 1500 a");
}

static void
what_is_no_asciicast_is_refused_with_its_line(void **state)
{
	static const char *const wrong[] = { "line 1: ",
		"{\"version\": 1, \"width\": 8, \"height\": 2}", "not the first line",
		"{\"version\": 2, \"width\": 0, \"height\": 2}", "not the first line",
		"{\"version\": 2, \"width\": 8, \"height\": 99999}", "not the first line",
		"[0, \"o\", \"a\"]\n[0, \"o\"]", "line 2: ", "[-1, \"o\", \"a\"]",
		"line 1: ", "[1e300, \"o\", \"a\"]", "line 1: ", "[0, \"o\", 3]",
		"line 1: ", "[0, \"r\", \"80\"]", "line 1: ", "[0, \"r\", \"80x-1\"]",
		"line 1: ", "[0, \"o\", \"a\"]\n{\"version\": 2}", "line 2: a second head" };
	autobuf seen = BUF_INIT(65536);
	struct err err;

	(void)state;
	assert_int_equal(asciicast_read("nonsense", 8, NULL, note_event, &seen, &err), -1);
	assert_true(str_starts(err.text, wrong[0]));
	for (size_t i = 1; i + 1 < sizeof(wrong) / sizeof(wrong[0]); i += 2) {
		assert_int_equal(
		    asciicast_read(wrong[i], strlen(wrong[i]), NULL, note_event, &seen, &err), -1);
		assert_int_equal(err.kind, OUTCOME_INPUT);
		assert_non_null(strstr(err.text, wrong[i + 1]));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_recording_is_a_head_and_a_line_for_each_event),
		cmocka_unit_test(a_character_that_comes_in_pieces_is_one_character),
		cmocka_unit_test(what_is_no_utf_8_becomes_the_replacement_character),
		cmocka_unit_test(time_never_goes_back),
		cmocka_unit_test(the_head_tells_the_size_and_the_time),
		cmocka_unit_test(what_is_no_asciicast_is_refused_with_its_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
