#include "base/yaml_slip.h"

#include "base/mem.h"
#include "base/str.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define TOKEN "found character that cannot start any token"

static void
tells(const struct yaml_slip *slip, const char *expected)
{
	struct yaml_slip s = *slip;
	struct diag d;

	s.len = strlen(s.text);
	diag_init(&d);
	assert_int_equal(yaml_slip_tell(&s, &d), expected != NULL);
	assert_int_equal(d.errors, expected != NULL);
	if (expected)
		assert_string_equal(d.item[0].text, expected);
	diag_fini(&d);
}

static void
a_set_is_to_be_quoted_as_far_as_it_goes(void **state)
{
	(void)state;
	tells(&(struct yaml_slip){ "hosts: @web,!@db # x", 0, false, TOKEN, { "f", 1, 8 } },
	    "quote the set: \"@web,!@db\"");
	tells(&(struct yaml_slip){ "a: {hosts: @web, b: 1}", 0, true, TOKEN, { "f", 1, 12 } },
	    "quote the set: \"@web\"");
	/* What cannot be shown as it is is not shown. */
	tells(&(struct yaml_slip){ "hosts: @w\"b", 0, false, TOKEN, { "f", 1, 8 } },
	    "quote the set: \"@...\"");
	tells(&(struct yaml_slip){ "hosts: @w\033b", 0, false, TOKEN, { "f", 1, 8 } },
	    "quote the set: \"@...\"");
}

static void
columns_are_characters(void **state)
{
	(void)state;
	tells(&(struct yaml_slip){ "\n\303\251\346\225\260: @web", 0, false, TOKEN, { "f", 2, 5 } },
	    "quote the set: \"@web\"");
}

static void
each_mistake_has_its_sentence(void **state)
{
	(void)state;
	tells(&(struct yaml_slip){ "a:\n\tb: 1", 0, false, TOKEN, { "f", 2, 1 } },
	    "a tab cannot indent YAML: use spaces");
	tells(&(struct yaml_slip){ "a: `b`", 0, false, TOKEN, { "f", 1, 4 } },
	    "a text that begins with ` must be quoted");
	tells(&(struct yaml_slip){ "a: *", 0, false,
		  "did not find expected alphabetic or numeric character", { "f", 1, 4 } },
	    "quote a text that begins with * or &: it means an alias");
	tells(&(struct yaml_slip){ "a: {b: c[1]}", 0, true, "did not find expected ',' or '}'",
		  { "f", 1, 9 } },
	    "quote a text with [ in it when it stands between {} or []");
	tells(&(struct yaml_slip){ "a: b: c", 0, false,
		  "mapping values are not allowed in this context", { "f", 1, 5 } },
	    "a second ':' in one line: quote a text with ': ' in it, or begin a new line");
	tells(&(struct yaml_slip){ "a\nb: c", 0, false, "could not find expected ':'",
		  { "f", 2, 2 } },
	    "a key without a value above here: write `key: value`, with the space");
}

static void
what_is_not_known_is_left_to_the_parser(void **state)
{
	(void)state;
	tells(&(struct yaml_slip){ "a: \"b", 0, false, "found unexpected end of stream",
		  { "f", 1, 4 } },
	    NULL);
	tells(&(struct yaml_slip){ "", 0, false, TOKEN, { "f", 1, 1 } }, NULL);
	tells(&(struct yaml_slip){ "a", 0, false, TOKEN, { "f", 9, 9 } }, NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_set_is_to_be_quoted_as_far_as_it_goes),
		cmocka_unit_test(columns_are_characters),
		cmocka_unit_test(each_mistake_has_its_sentence),
		cmocka_unit_test(what_is_not_known_is_left_to_the_parser),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
