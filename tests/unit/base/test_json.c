#include "base/buf.h"
#include "base/err.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/utf8.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static struct json *
parse(const char *s, struct err *err)
{
	return json_parse(s, strlen(s), 1000, err);
}

static void
members_are_read_by_name_and_type(void **state)
{
	struct err err;
	autojson *j =
	    parse("{\"a\":\"x\\u0000y\",\"n\":-5,\"b\":true,\"l\":[1,\"two\"],\"z\":null}", &err);
	size_t n = 0;

	(void)state;
	assert_non_null(j);
	assert_memory_equal(json_text(json_get(j, "a"), &n), "x\0y", 3);
	assert_int_equal(n, 3);
	assert_int_equal(json_get_int(j, "n", 1), -5);
	assert_int_equal(json_get_int(j, "a", 1), 1);
	assert_true(json_get_bool(j, "b", false));
	assert_true(json_get_bool(j, "n", true));
	assert_int_equal(json_count(json_get(j, "l")), 2);
	assert_string_equal(json_text(json_at(json_get(j, "l"), 1), NULL), "two");
	assert_null(json_at(json_get(j, "l"), 2));
	assert_null(json_get_text(j, "nothing"));
	assert_int_equal(json_kind(json_get(j, "z")), JSON_KIND_NULL);
	assert_int_equal(json_kind(NULL), JSON_KIND_NULL);
}

static void
a_mistake_is_placed_by_line_and_column(void **state)
{
	struct err err;

	(void)state;
	assert_null(parse("{\n  \"a\": nope}", &err));
	assert_int_equal(err.kind, OUTCOME_INPUT);
	assert_memory_equal(err.text, "2:", 2);
	assert_null(parse("", &err));
	assert_memory_equal(err.text, "1:", 2);
}

static void
what_is_too_much_is_refused(void **state)
{
	struct err err;
	char deep[201];
	autofree char *wide = xcalloc(1002, 1);

	(void)state;
	memset(deep, '[', 100);
	memset(deep + 100, ']', 100);
	deep[200] = '\0';
	assert_null(parse(deep, &err));
	assert_non_null(strstr(err.text, "deep"));
	memset(wide, ' ', 1001);
	assert_null(parse(wide, &err));
	assert_non_null(strstr(err.text, "limit"));
	assert_null(parse("{\"a\":1,\"a\":2}", &err));
	assert_null(parse("{} {}", &err));
	assert_null(parse("\"\xff\"", &err));
	autojson *brackets = parse(
	    "\"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\"", &err);
	assert_non_null(brackets);
}

static void
what_a_terminal_could_obey_is_escaped(void **state)
{
	autobuf b = BUF_INIT(1000);

	(void)state;
	json_quote(&b, "a\"\\\n\x1b[0m\x7f\xc2\x9b\xe2\x80\xae\xc3\xa9\xf0\x9f\x98\x80", 20);
	assert_string_equal(buf_text(&b),
	    "\"a\\\"\\\\\\n\\u001b[0m\\u007f\\u009b\\u202e\xc3\xa9\xf0\x9f\x98\x80\"");
}

static void
bytes_that_are_not_utf8_never_come_out(void **state)
{
	static const char *const bad[] = { "\xff", "\xc0\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80",
		"\xe2\x82", "\xc3", "\x80", "a\xf8\x88\x80\x80\x80" };

	(void)state;
	for (size_t i = 0; i < countof(bad); i++) {
		autobuf b = BUF_INIT(100);

		assert_false(utf8_valid(bad[i], strlen(bad[i])));
		json_quote(&b, bad[i], strlen(bad[i]));
		assert_true(utf8_valid(b.data, b.len));
	}
	assert_true(utf8_valid("\xe2\x82\xac\xf4\x8f\xbf\xbf", 7));
}

static void
every_byte_and_character_written_reads_back(void **state)
{
	struct err err;

	(void)state;
	for (int c = 0; c < 256; c++) {
		char s[3] = { 'x', (char)c, 'y' };
		autobuf b = BUF_INIT(100);
		size_t n = 0;

		json_quote(&b, s, 3);
		autojson *j = json_parse(buf_text(&b), b.len, 100, &err);
		assert_non_null(j);
		assert_non_null(json_text(j, &n));
		if (c < 0x80) {
			assert_int_equal(n, 3);
			assert_memory_equal(json_text(j, NULL), s, 3);
		}
	}
}

static void
the_writer_puts_commas_where_they_belong(void **state)
{
	autobuf b = BUF_INIT(1000);
	struct json_writer w;

	(void)state;
	json_writer_init(&w, &b);
	json_open_object(&w, NULL);
	json_put_text(&w, "a", "b");
	json_put_text(&w, "none", NULL);
	json_open_array(&w, "l");
	json_put_int(&w, NULL, 1);
	json_put_bool(&w, NULL, true);
	json_open_object(&w, NULL);
	json_close(&w);
	json_close(&w);
	json_put_data(&w, "d", "\xff\x00", 2);
	json_put_data(&w, "t", "ok", 2);
	json_put_raw(&w, "r", "[2]");
	json_close(&w);
	assert_string_equal(buf_text(&b), "{\"a\":\"b\",\"none\":null,\"l\":[1,true,{}],\"d_b64\":"
					  "\"/wA=\",\"t\":\"ok\",\"r\":[2]}");
}

static void
put_key(void *user, const char *key, const struct json *value)
{
	(void)value;
	buf_adds(user, key);
}

static void
objects_are_walked_in_the_order_written(void **state)
{
	struct err err;
	autobuf b = BUF_INIT(100);
	autojson *j = parse("{\"z\":1,\"a\":2,\"m\":3}", &err);

	(void)state;
	json_each(j, put_key, &b);
	assert_string_equal(buf_text(&b), "zam");
	json_each(json_get(j, "z"), put_key, &b);
	assert_string_equal(buf_text(&b), "zam");
}

static void
members_are_put_into_another_object(void **state)
{
	static const char text[] = "{\"a\":1,\"b\":\"x\\u0000y\",\"c\":[2],\"d\":null,\"e\":-3}";
	autobuf b = BUF_INIT(1000);
	struct json_writer w;
	struct err err;

	(void)state;
	autojson *v = json_parse(text, strlen(text), 1000, &err);
	json_writer_init(&w, &b);
	json_open_object(&w, NULL);
	json_put_members(&w, v, "a");
	json_put_members(&w, NULL, NULL);
	json_put_int(&w, "a", 4);
	json_close(&w);
	assert_string_equal(buf_text(&b), "{\"b\":\"x\\u0000y\",\"e\":-3,\"a\":4}");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(members_are_read_by_name_and_type),
		cmocka_unit_test(a_mistake_is_placed_by_line_and_column),
		cmocka_unit_test(what_is_too_much_is_refused),
		cmocka_unit_test(what_a_terminal_could_obey_is_escaped),
		cmocka_unit_test(bytes_that_are_not_utf8_never_come_out),
		cmocka_unit_test(every_byte_and_character_written_reads_back),
		cmocka_unit_test(the_writer_puts_commas_where_they_belong),
		cmocka_unit_test(objects_are_walked_in_the_order_written),
		cmocka_unit_test(members_are_put_into_another_object),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
