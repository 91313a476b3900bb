#include "base/buf.h"
#include "base/mem.h"
#include "base/str.h"
#include "playbooks/unit.h"
#include "tests/lib/chance.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void
word_is(const char *s, const char *expected)
{
	autobuf b = BUF_INIT(10000);

	unit_word(&b, s);
	assert_string_equal(buf_text(&b), expected);
}

static void
words_mean_only_what_they_say(void **state)
{
	(void)state;
	word_is("plain-1.2/x:y", "plain-1.2/x:y");
	word_is("", "\"\"");
	word_is("two words", "\"two words\"");
	word_is("100%", "\"100%%\"");
	word_is("$HOME ${X}", "\"$$HOME $${X}\"");
	word_is("say \"hi\" \\ 'x'", "\"say \\\"hi\\\" \\\\ 'x'\"");
	word_is("a\nExecStartPre=/bin/sh", "\"a\\nExecStartPre=/bin/sh\"");
	word_is("tab\there\x01", "\"tab\\there\\x01\"");
	word_is(";", "\";\"");
	word_is("ends in \\", "\"ends in \\\\\"");
}

static void
a_setting_keeps_its_dollars(void **state)
{
	autobuf b = BUF_INIT(10000);

	(void)state;
	unit_setting(&b, "A=50% of $HOME \\ \"x\"\n");
	assert_string_equal(buf_text(&b), "\"A=50%% of $HOME \\\\ \\\"x\\\"\\n\"");
}

/* What systemd.service(5) says of a double-quoted word: unquote, specifiers, variables. */
static void
read_back(const char *word, struct buf *to)
{
	size_t n = strlen(word);

	if (word[0] != '"') {
		buf_adds(to, word);
		return;
	}
	assert_true(n >= 2 && word[n - 1] == '"');
	for (const char *p = word + 1; p < word + n - 1; p++) {
		char hex[3] = "";

		assert_int_not_equal(*p, '\n');
		assert_int_not_equal(*p, '"');
		if (*p == '\\' && p[1] == 'x') {
			memcpy(hex, p + 2, 2);
			buf_addc(to, (char)strtol(hex, NULL, 16));
			p += 3;
		} else if (*p == '\\') {
			p++;
			buf_addc(to, *p == 'n' ? '\n' : *p == 't' ? '\t' : *p);
		} else if (*p == '%' || *p == '$') {
			assert_int_equal(p[1], p[0]);
			buf_addc(to, *p++);
		} else {
			buf_addc(to, *p);
		}
	}
}

static void
any_bytes_come_back_as_they_were(void **state)
{
	uint64_t seed = 0x9e3779b97f4a7c15;

	(void)state;
	for (int round = 0; round < 2000; round++) {
		char s[40] = "";
		autobuf word = BUF_INIT(10000);
		autobuf back = BUF_INIT(10000);

		for (size_t i = 0; i + 1 < sizeof(s); i++) {
			uint64_t n = chance(&seed);

			s[i] = round < 1000 ? (char)(n % 255 + 1) : "\"\\$% ;\n'a"[n % 9];
		}
		unit_word(&word, s);
		read_back(buf_text(&word), &back);
		assert_string_equal(buf_text(&back), s);
	}
}

static void
options_are_one_word(void **state)
{
	autobuf b = BUF_INIT(1000);

	(void)state;
	unit_option(&b, "env", "A=x y");
	assert_string_equal(buf_text(&b), "\"--env=A=x y\"");
}

static void
prose_stays_on_its_line(void **state)
{
	autobuf b = BUF_INIT(1000);

	(void)state;
	unit_prose(&b, "50% a\nExecStart=b\\");
	assert_string_equal(buf_text(&b), "50%% a?ExecStart=b?");
}

static void
unit_names_have_a_known_suffix(void **state)
{
	(void)state;
	assert_true(unit_name_ok("caddy.service"));
	assert_true(unit_name_ok("backup@web-1.timer"));
	assert_true(unit_name_ok("dev-disk-by\\x2duuid.mount"));
	assert_false(unit_name_ok("caddy"));
	assert_false(unit_name_ok(".service"));
	assert_false(unit_name_ok("a/b.service"));
	assert_false(unit_name_ok("-x.service"));
	assert_false(unit_name_ok("a b.service"));
	assert_false(unit_name_ok("caddy.conf"));
}

static void
what_a_unit_says_of_itself_is_found(void **state)
{
	static const char text[] =
	    "[Service]\n Type = oneshot \n# RemainAfterExit=yes\n[Install]\n";

	(void)state;
	assert_true(unit_has_section(text, "Install"));
	assert_false(unit_has_section(text, "Timer"));
	assert_true(unit_has(text, "Type", "oneshot"));
	assert_true(unit_has(text, "Type", NULL));
	assert_false(unit_has(text, "Type", "notify"));
	assert_false(unit_has(text, "RemainAfterExit", "yes"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_mean_only_what_they_say),
		cmocka_unit_test(a_setting_keeps_its_dollars),
		cmocka_unit_test(any_bytes_come_back_as_they_were),
		cmocka_unit_test(options_are_one_word),
		cmocka_unit_test(prose_stays_on_its_line),
		cmocka_unit_test(unit_names_have_a_known_suffix),
		cmocka_unit_test(what_a_unit_says_of_itself_is_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
