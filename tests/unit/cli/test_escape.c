#include "base/buf.h"
#include "base/str.h"
#include "cli/escape.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

/* What reaches the host of these bytes, typed one by one or at once; words are shown as <.> <Z> <?>. */
static void
comes_out(struct escape e, const char *typed, bool one_by_one, const char *expected)
{
	static const char *const words[] = { "", "<.>", "<Z>", "<?>" };
	autobuf to = BUF_INIT(4096);
	size_t len = strlen(typed), at = 0;

	while (at < len) {
		enum escape_word word;

		at += escape_feed(&e, typed + at, one_by_one ? 1 : len - at, &to, &word);
		buf_adds(&to, words[word]);
	}
	assert_string_equal(buf_text(&to), expected);
}

static void
check(const char *typed, const char *expected)
{
	comes_out((struct escape){ .off = false }, typed, false, expected);
	comes_out((struct escape){ .off = false }, typed, true, expected);
}

static void
a_tilde_at_the_beginning_of_a_line_is_for_drover(void **state)
{
	(void)state;
	check("~.", "<.>");
	check("ls\r~.rest", "ls\r<.>rest");
	check("ls\n~?\r~\032", "ls\n<?>\r<Z>");
	check("~?~.", "<?><.>");
}

static void
all_other_tildes_are_the_hosts(void **state)
{
	(void)state;
	check("cd ~.\r", "cd ~.\r");
	check("~/bin\r", "~/bin\r");
	check("a~.", "a~.");
	check("~~.\r", "~.\r");
	check("~~~.\r", "~~.\r");
	check("~\r~.", "~\r<.>");
}

static void
without_them_every_byte_is_the_hosts(void **state)
{
	(void)state;
	comes_out((struct escape){ .off = true }, "~.\r~?", false, "~.\r~?");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_tilde_at_the_beginning_of_a_line_is_for_drover),
		cmocka_unit_test(all_other_tildes_are_the_hosts),
		cmocka_unit_test(without_them_every_byte_is_the_hosts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
