#include "base/buf.h"
#include "base/mem.h"
#include "tui/sgr.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

/* "plain|FROM+LEN=STYLE ...": caller frees. */
static char *
parse(const char *text)
{
	struct sgr_span spans[4];
	struct buf b = BUF_INIT(1 << 16);
	size_t n = sgr_parse(text, strlen(text), STYLE_TEXT, &b, spans, countof(spans));

	for (size_t i = 0; i < n; i++)
		buf_addf(&b, "|%zu+%zu=%d", spans[i].from, spans[i].len, (int)spans[i].style);
	return b.len ? buf_detach(&b, NULL) : xstrdup("");
}

static void
colours_go_and_what_they_mean_stays(void **state)
{
	const struct {
		const char *text, *want;
	} cases[] = {
		{ "plain", "plain" },
		{ "a \033[31mred\033[0m b", "a red b|2+3=13" },
		{ "\033[1;32mgood\033[m", "good|0+4=11" },
		{ "\033[38;5;3myellow\033[39m x", "yellow x|0+6=12" },
		{ "\033[38;2;1;2;3mtrue\033[0m", "true" },
		{ "\033[48;5;1mground\033[2mdim", "grounddim|6+3=1" },
		{ "\033[31munended", "unended|0+7=13" },
	};

	(void)state;
	assert_int_equal(STYLE_BAD, 13);
	assert_int_equal(STYLE_GOOD, 11);
	assert_int_equal(STYLE_WARN, 12);
	for (size_t i = 0; i < countof(cases); i++) {
		autofree char *got = parse(cases[i].text);

		assert_string_equal(got, cases[i].want);
	}
}

static void
every_other_sequence_stays_to_be_shown(void **state)
{
	static const char *const same[] = { "\033", "\033[", "\033[31", "\033[2J", "\033]0;x\007",
		"\033[?25l", "\033\033", "\033[31;",
		("x\033[1;2;3;4;5;6;7;8;9;10;11;12;13;14;15;16;17;18;"
		 "19;20;21;22;23;24;25;26;27;28;29;30;31;32;33m") };

	(void)state;
	for (size_t i = 0; i < countof(same); i++) {
		autofree char *got = parse(same[i]);

		assert_string_equal(got, same[i]);
	}
}

static void
more_spans_than_there_is_room_for_are_left_out(void **state)
{
	autofree char *got = parse("\033[31ma\033[32mb\033[31mc\033[32md\033[31me\033[32mf");

	(void)state;
	assert_string_equal(got, "abcdef|0+1=13|1+1=11|2+1=13|3+1=11");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(colours_go_and_what_they_mean_stays),
		cmocka_unit_test(every_other_sequence_stays_to_be_shown),
		cmocka_unit_test(more_spans_than_there_is_room_for_are_left_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
