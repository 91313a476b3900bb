#include "base/buf.h"
#include "base/clock.h"
#include "base/digest.h"
#include "base/mem.h"
#include "base/outcome.h"
#include "base/str.h"
#include "base/uuid.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void
globs_match_as_a_shell_does(void **state)
{
	(void)state;
	assert_true(str_glob("web*", "web12"));
	assert_true(str_glob("*.example.org", "a.example.org"));
	assert_true(str_glob("w[a-f]b?", "web1"));
	assert_true(str_glob("[!a]*", "b"));
	assert_true(str_glob("a*b*c", "a-b-b-c"));
	assert_false(str_glob("web?", "web"));
	assert_false(str_glob("*a*a*a*a*a*a*a*b", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"));
	assert_true(str_glob("[", "["));
}

static void
numbers_are_whole_or_refused(void **state)
{
	int64_t n = 5;

	(void)state;
	assert_true(str_int("22", 1, 65535, &n));
	assert_int_equal(n, 22);
	assert_false(str_int("65536", 1, 65535, &n));
	assert_false(str_int("1e3", 1, 65535, &n));
	assert_false(str_int("", 0, 9, &n));
	assert_false(str_int("99999999999999999999", 0, INT64_MAX, &n));
	assert_int_equal(n, 22);
	assert_true(str_duration("250ms", &n));
	assert_int_equal(n, 250);
	assert_true(str_duration("2h", &n));
	assert_int_equal(n, 7200000);
	assert_false(str_duration("5 parsecs", &n));
	assert_true(str_size("256M", &n));
	assert_int_equal(n, 256 << 20);
	assert_false(str_size("12Q", &n));
}

static void
a_quoted_word_is_one_word(void **state)
{
	autobuf b = BUF_INIT(1000);

	(void)state;
	str_shell_quote(&b, "it's $HOME");
	buf_addc(&b, ' ');
	str_shell_quote(&b, "plain-1.2/x");
	buf_addc(&b, ' ');
	str_shell_quote(&b, "");
	assert_string_equal(buf_text(&b), "'it'\\''s $HOME' plain-1.2/x ''");
}

static void
the_nearest_word_is_found_or_none(void **state)
{
	static const char *const words[] = { "hosts", "history", "apply", NULL };

	(void)state;
	assert_string_equal(str_nearest("hsots", words), "hosts");
	assert_string_equal(str_nearest("aply", words), "apply");
	assert_null(str_nearest("zebra", words));
}

static void
natural_order_counts(void **state)
{
	(void)state;
	assert_true(str_natural("web2", "web10") < 0);
	assert_true(str_natural("web10", "web9") > 0);
	assert_int_equal(str_natural("a", "a"), 0);
	assert_true(str_natural("a", "b") < 0);
}

static void
a_buffer_stops_at_its_ceiling_and_counts(void **state)
{
	autobuf b = BUF_INIT(5);

	(void)state;
	assert_true(buf_adds(&b, "abc"));
	assert_false(buf_adds(&b, "defg"));
	assert_string_equal(buf_text(&b), "abcde");
	assert_int_equal(b.dropped, 2);
	buf_drop(&b, 4);
	assert_string_equal(buf_text(&b), "e");
}

static void
digests_and_base64_agree_with_the_standards(void **state)
{
	char hex[DIGEST_HEX];
	size_t n;

	(void)state;
	digest_hex("abc", 3, hex);
	assert_string_equal(
	    hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	autofree char *b64 = digest_base64("hello", 5);
	assert_string_equal(b64, "aGVsbG8=");
	autofree uint8_t *raw = digest_unbase64(b64, strlen(b64), &n);
	assert_int_equal(n, 5);
	assert_memory_equal(raw, "hello", 5);
	assert_null(digest_unbase64("a*b=", 4, &n));
}

static void
run_names_sort_by_age(void **state)
{
	char a[UUID_TEXT], b[UUID_TEXT];

	(void)state;
	uuid_v7(1700000000000, a);
	uuid_v7(1700000000000, b);
	assert_true(uuid_is(a));
	assert_true(strcmp(a, b) < 0);
	assert_int_equal(a[14], '7');
	assert_false(uuid_is("not-a-uuid"));
}

static void
the_worst_outcome_gives_the_exit_code(void **state)
{
	(void)state;
	assert_int_equal(outcome_exit(outcome_worse(OUTCOME_FAILED, OUTCOME_REFUSED)), 11);
	assert_int_equal(outcome_exit(outcome_worse(OUTCOME_UNREACHABLE, OUTCOME_FAILED)), 1);
	assert_int_equal(outcome_exit(outcome_worse(OUTCOME_UNKNOWN, OUTCOME_UNTRIED)), 7);
	assert_int_equal(outcome_exit(outcome_worse(OUTCOME_LOCKED, OUTCOME_STALE)), 6);
}

static void
times_print_and_parse_back(void **state)
{
	char text[32];

	(void)state;
	clock_rfc3339(1767323045678, text, sizeof(text));
	assert_string_equal(text, "2026-01-02T03:04:05.678Z");
	assert_int_equal(clock_parse_rfc3339(text), 1767323045678);
	clock_short(14 * 60000, text, sizeof(text));
	assert_string_equal(text, "14m");
	clock_spent(29990, text, sizeof(text));
	assert_string_equal(text, "30s");
	clock_spent(90000, text, sizeof(text));
	assert_string_equal(text, "1m30s");
	clock_spent(2 * 3600000 + 5 * 60000, text, sizeof(text));
	assert_string_equal(text, "2h05m");
}

static void
blanks_at_the_beginning_are_skipped(void **state)
{
	(void)state;
	assert_string_equal(str_skip_blanks(" \t a b "), "a b ");
	assert_string_equal(str_skip_blanks("a"), "a");
	assert_string_equal(str_skip_blanks("\n a"), "\n a");
	assert_string_equal(str_skip_blanks(" \t"), "");
	assert_string_equal(str_skip_blanks(""), "");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(blanks_at_the_beginning_are_skipped),
		cmocka_unit_test(globs_match_as_a_shell_does),
		cmocka_unit_test(numbers_are_whole_or_refused),
		cmocka_unit_test(a_quoted_word_is_one_word),
		cmocka_unit_test(the_nearest_word_is_found_or_none),
		cmocka_unit_test(natural_order_counts),
		cmocka_unit_test(a_buffer_stops_at_its_ceiling_and_counts),
		cmocka_unit_test(digests_and_base64_agree_with_the_standards),
		cmocka_unit_test(run_names_sort_by_age),
		cmocka_unit_test(the_worst_outcome_gives_the_exit_code),
		cmocka_unit_test(times_print_and_parse_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
