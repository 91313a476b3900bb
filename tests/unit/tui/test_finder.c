#include "base/mem.h"
#include "tui/finder.h"

#include <regex.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static const char *const lines[] = { "", "a", "status=502", "STATUS=500 upstream", "get /a.b?c",
	"connection refused", "connnection", "aab aaab", "[timeout]", "x|y", "caf\xc3\xa9 au lait",
	"tail end", "(group)", "C:\\path", "1234567890", "foo bar baz", "foobar" };

/* The place of the first match as the expression alone has it. */
static bool
plainly(const char *typed, const char *text, size_t *at, size_t *len)
{
	regex_t r;
	regmatch_t m;
	bool found;

	if (regcomp(&r, typed, REG_EXTENDED | REG_ICASE) != 0)
		return false;
	found = regexec(&r, text, 1, &m, 0) == 0;
	regfree(&r);
	*at = found ? (size_t)m.rm_so : 0;
	*len = found ? (size_t)(m.rm_eo - m.rm_so) : 0;
	return found;
}

static void
it_finds_what_the_expression_alone_finds(void **state)
{
	static const char *const typed[] = { "a", "status", "50[0-9]", "status=5", "a+b", "aa*b",
		"con+ection", "refused|timeout", "\\[timeout\\]", "a\\.b\\?c", "^tail", "end$",
		"fo{2}bar", "fo{1,3}", "(foo|bar) ba[rz]", "x\\|y", "colou?r", "lait", ".*end",
		"[[:digit:]]+", "\\(group", "[^]a]b", "up(stream)?", "(conn)*ection", "(a){2}b",
		"[0-9]{3}", "x{0}foo", "bar b?az" };

	(void)state;
	for (size_t t = 0; t < countof(typed); t++) {
		struct finder f;

		finder_init(&f, typed[t]);
		for (size_t i = 0; i < countof(lines); i++) {
			size_t at = 0, len = 0, want_at, want_len;
			bool want = plainly(typed[t], lines[i], &want_at, &want_len);

			bool got = finder_find(&f, lines[i], strlen(lines[i]), 0, &at, &len);
			if (got != want || (got && (at != want_at || len != want_len)))
				fail_msg("%s in %s: %d %zu+%zu, not %d %zu+%zu", typed[t], lines[i],
				    got, at, len, want, want_at, want_len);
		}
		finder_fini(&f);
	}
}

static void
it_looks_first_for_the_byte_that_logs_have_least(void **state)
{
	static const char *const typed[] = { "no such words", "status=502", "items/99.*app-7",
		"12 zz" };
	static const char rare[] = "wumz";

	(void)state;
	for (size_t i = 0; i < countof(typed); i++) {
		struct finder f;

		finder_init(&f, typed[i]);
		assert_int_equal(f.literal[f.rare], rare[i]);
		finder_fini(&f);
	}
}

static void
what_is_no_expression_is_looked_for_as_it_stands(void **state)
{
	struct finder f;
	size_t at, len;

	(void)state;
	finder_init(&f, "[timeout");
	assert_true(finder_find(&f, lines[8], strlen(lines[8]), 0, &at, &len));
	assert_int_equal(at, 0);
	assert_int_equal(len, 8);
	finder_fini(&f);
}

static void
an_exclamation_mark_turns_it_round_and_nothing_passes_all(void **state)
{
	struct finder f;

	(void)state;
	finder_init(&f, "!foo");
	assert_false(finder_passes(&f, "a FOO b", 7));
	assert_true(finder_passes(&f, "a bar", 5));
	finder_fini(&f);
	finder_init(&f, "!a=b");
	assert_false(finder_passes(&f, "a=b", 3));
	assert_true(finder_passes(&f, "a=c", 3));
	finder_fini(&f);
	finder_init(&f, "");
	assert_true(finder_passes(&f, "", 0));
	finder_fini(&f);
}

static void
the_next_one_is_behind_the_first_and_nuls_are_bytes(void **state)
{
	static const char text[] = "one\0two ONE";
	struct finder f;
	size_t at, len;

	(void)state;
	finder_init(&f, "one");
	assert_true(finder_find(&f, text, sizeof(text) - 1, 1, &at, &len));
	assert_int_equal(at, 8);
	assert_false(finder_find(&f, text, sizeof(text) - 1, 9, &at, &len));
	finder_fini(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_finds_what_the_expression_alone_finds),
		cmocka_unit_test(it_looks_first_for_the_byte_that_logs_have_least),
		cmocka_unit_test(what_is_no_expression_is_looked_for_as_it_stands),
		cmocka_unit_test(an_exclamation_mark_turns_it_round_and_nothing_passes_all),
		cmocka_unit_test(the_next_one_is_behind_the_first_and_nuls_are_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
