#include "base/mem.h"
#include "base/redact.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define CANARY "c4n'ary \"7\\3%"

static void
a_secret_becomes_stars_and_lengths_stay(void **state)
{
	struct redact *r = redact_new();
	char text[] = "is hunter22, hunter2!";

	(void)state;
	assert_true(redact_empty(r));
	redact_add(r, "hunter2");
	assert_false(redact_empty(r));
	assert_int_equal(redact_text(r, text, strlen(text)), 2);
	assert_string_equal(text, "is *******2, *******!");
	redact_free(r);
}

static void
a_short_secret_is_left_alone(void **state)
{
	struct redact *r = redact_new();
	char text[] = "abc";

	(void)state;
	redact_add(r, "abc");
	redact_text(r, text, 3);
	assert_string_equal(text, "abc");
	redact_free(r);
}

/* Every way to cut the text in three comes out alike. */
static void
no_cut_lets_it_through(void **state)
{
	static const char text[] = "cacanaca canarycanary canar canar\xc3y canary";
	struct redact *r = redact_new();
	size_t n = strlen(text);

	(void)state;
	redact_add(r, "canary");
	for (size_t i = 0; i <= n; i++) {
		for (size_t k = i; k <= n; k++) {
			autobuf to = BUF_INIT(1024);
			struct buf held = { 0 };

			redact_feed(r, &held, text, i, &to);
			redact_feed(r, &held, text + i, k - i, &to);
			redact_feed(r, &held, text + k, n - k, &to);
			redact_end(&held, &to);
			assert_string_equal(
			    buf_text(&to), "cacanaca ************ canar canar\xc3y ******");
		}
	}
	redact_free(r);
}

static void
what_cannot_be_a_secret_is_not_held_back(void **state)
{
	struct redact *r = redact_new();
	autobuf to = BUF_INIT(1024);
	struct buf held = { 0 };

	(void)state;
	redact_add(r, "canary");
	redact_feed(r, &held, "password: ", 10, &to);
	assert_int_equal(to.len, 10);
	redact_feed(r, &held, "ca", 2, &to);
	assert_int_equal(to.len, 10);
	redact_feed(r, &held, "t", 1, &to);
	assert_string_equal(buf_text(&to), "password: cat");
	redact_end(&held, &to);
	redact_free(r);
}

static void
other_ways_to_write_it_are_known(void **state)
{
	static const char *const written[] = { "c4n'\\''ary \"7\\3%", "c4n'ary \\\"7\\\\3%",
		"c4n%27ary%20%227%5C3%25", CANARY };
	struct redact *r = redact_new();

	(void)state;
	redact_add(r, CANARY);
	for (size_t i = 0; i < countof(written); i++) {
		autofree char *text = xstrdup(written[i]);

		redact_text(r, text, strlen(text));
		assert_int_equal(strspn(text, "*"), strlen(written[i]));
	}
	redact_free(r);
}

/* base64(1) of canary-7391 behind none, one and two other bytes; decoded again it is stars. */
static void
base64_of_it_is_known_wherever_it_begins(void **state)
{
	static const char *const encoded[][2] = { { "Y2FuYXJ5LTczOTE=", "KioqKioqKioqKio=" },
		{ "eGNhbmFyeS03MzkxIQ==", "eCoqKioqKioqKioqIQ==" },
		{ "eHhjYW5hcnktNzM5MQo=", "eHgqKioqKioqKioqKgo=" } };
	struct redact *r = redact_new();

	(void)state;
	redact_add(r, "canary-7391");
	for (size_t i = 0; i < countof(encoded); i++) {
		autofree char *text = xstrdup(encoded[i][0]);
		size_t same = 0;

		redact_text(r, text, strlen(text));
		for (size_t k = 0; text[k]; k++)
			same += text[k] == encoded[i][1][k];
		/* The characters that it shares with its neighbours may differ. */
		assert_true(same + 3 >= strlen(text));
		assert_null(strstr(text, "FuYXJ"));
		assert_null(strstr(text, "NhbmFy"));
		assert_null(strstr(text, "jYW5h"));
	}
	redact_free(r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_secret_becomes_stars_and_lengths_stay),
		cmocka_unit_test(a_short_secret_is_left_alone),
		cmocka_unit_test(no_cut_lets_it_through),
		cmocka_unit_test(what_cannot_be_a_secret_is_not_held_back),
		cmocka_unit_test(other_ways_to_write_it_are_known),
		cmocka_unit_test(base64_of_it_is_known_wherever_it_begins),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
