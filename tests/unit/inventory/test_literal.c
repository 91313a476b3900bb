#include "base/buf.h"
#include "base/mem.h"
#include "inventory/literal.h"
#include "inventory/words.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void
is(const char *source, const char *text, bool json)
{
	autobuf b = BUF_INIT(10000);
	bool is_json = !json;

	if (!literal_read(source, &b, &is_json))
		fail_msg("%s is no literal", source);
	assert_string_equal(buf_text(&b), text);
	assert_int_equal(is_json, json);
}

static void
is_text(const char *source)
{
	autobuf b = BUF_INIT(10000);
	bool is_json;

	assert_false(literal_read(source, &b, &is_json));
	assert_int_equal(b.len, 0);
}

static void
scalars_lose_their_quotes(void **state)
{
	(void)state;
	is("5", "5", false);
	is("'5'", "5", false);
	is("\"a b\"", "a b", false);
	is("True", "true", false);
	is("False", "false", false);
	is("None", "", false);
	is("'it''s'", "its", false);
	is("u'x'", "x", false);
	is("r'\\n'", "\\n", false);
	is("'''a'b'''", "a'b", false);
	is("'a\\tb\\x41\\u00e9\\101\\q'",
	    "a\tbA\xc3\xa9"
	    "A\\q",
	    false);
	is("('x')", "x", false);
	is("5 # a comment", "5", false);
}

static void
numbers_keep_their_digits(void **state)
{
	(void)state;
	is("1.10", "1.10", false);
	is("-5", "-5", false);
	is("+5", "5", false);
	is("1_000", "1000", false);
	is("0x10", "16", false);
	is("0o17", "15", false);
	is("1e3", "1e3", false);
	is("[1.10, .5, 5., 00]", "[1.10,0.5,5.0,0]", true);
	is("[123456789012345678901]", "[\"123456789012345678901\"]", true);
}

static void
lists_tuples_and_dicts_are_json(void **state)
{
	(void)state;
	is("[1, 'x', True, None,]", "[1,\"x\",true,null]", true);
	is("(1,)", "[1]", true);
	is("()", "[]", true);
	is("5, 6", "[5,6]", true);
	is("{}", "{}", true);
	is("{'a': {\"b\": [1]}, 2: 'c'}", "{\"a\":{\"b\":[1]},\"2\":\"c\"}", true);
	is("{'a', 'b'}", "[\"a\",\"b\"]", true);
	is("['\\x1b']", "[\"\\u001b\"]", true);
}

static void
what_python_does_not_take_stays_a_text(void **state)
{
	static const char *const texts[] = { "", "yes", "TRUE", "true", "012", "5abc", "abc # c",
		"a = b", "[1, 2", "'unclosed", "{1: 2, 3}", "[1 2]", "--5", "1__0", "5_", "f'x'",
		"x.y", "1.2.3", "10.0.0.1", "(", "{{ x }}", "'\\N{x}'", "'\\ud800'", "{[1]: 2}" };

	(void)state;
	for (size_t i = 0; i < countof(texts); i++)
		is_text(texts[i]);
}

static void
depth_has_an_end(void **state)
{
	char deep[2001];

	(void)state;
	memset(deep, '[', 1000);
	memset(deep + 1000, ']', 1000);
	deep[2000] = '\0';
	is_text(deep);
}

static void
words(const char *line, const char *joined)
{
	autowords w = { 0 };
	autobuf b = BUF_INIT(1000);

	assert_null(words_split(line, true, &w));
	for (size_t i = 0; i < w.count; i++)
		buf_addf(&b, "<%s>", w.word[i].text);
	assert_string_equal(buf_text(&b), joined);
}

static void
words_are_split_as_python_splits_them(void **state)
{
	autowords w = { 0 };

	(void)state;
	words("h a=5 b='x y' c=\"q\\\"r\\n\" # c", "<h><a=5><b=x y><c=q\"r\\n>");
	words("a=b#c d", "<a=b>");
	words("a\\ b ''", "<a b><>");
	words("  # only a comment", "");
	assert_string_equal(words_split("a 'b", true, &w), "a quote is not closed");
	assert_string_equal(words_split("a\\", true, &w), "a backslash at the end of the line");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(scalars_lose_their_quotes),
		cmocka_unit_test(numbers_keep_their_digits),
		cmocka_unit_test(lists_tuples_and_dicts_are_json),
		cmocka_unit_test(what_python_does_not_take_stays_a_text),
		cmocka_unit_test(depth_has_an_end),
		cmocka_unit_test(words_are_split_as_python_splits_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
