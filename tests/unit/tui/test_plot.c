/* Sparklines, bars and timelines as text. */
#include "base/mem.h"
#include "tui/plot.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void
spark_is(const struct plot_series *s, int width, bool ascii, const char *want)
{
	char text[PLOT_TEXT(64)];

	plot_spark(s, width, ascii, text, sizeof(text));
	assert_string_equal(text, want);
}

static void
a_sparkline_goes_from_its_least_to_its_most(void **state)
{
	static const int32_t ramp[] = { 0, 1, 2, 3, 4, 5, 6, 7 };
	struct plot_series s = { .values = ramp, .count = 8 };

	(void)state;
	spark_is(&s, 8, false, "▁▂▃▄▅▆▇█");
	spark_is(&s, 8, true, "_.:-=+*#");
	s.high = 50;
	spark_is(&s, 8, true, "____....");
	s.low = 6;
	s.high = 7;
	spark_is(&s, 8, true, "_______#");
}

static void
fewer_values_stand_at_the_right_and_gaps_are_blank(void **state)
{
	static const int32_t some[] = { 10, PLOT_GAP, 90 };
	static const int32_t none[] = { PLOT_GAP, PLOT_GAP };
	struct plot_series s = { .values = some, .count = 3, .high = 100 };
	int32_t least = 0, most = 0;

	(void)state;
	spark_is(&s, 6, true, "   . *");
	assert_true(plot_range(&s, &least, &most));
	assert_int_equal(least, 10);
	assert_int_equal(most, 90);
	s = (struct plot_series){ .values = none, .count = 2 };
	spark_is(&s, 4, true, "    ");
	assert_false(plot_range(&s, &least, &most));
	spark_is(&(struct plot_series){ 0 }, 3, true, "   ");
	spark_is(&s, 0, true, "");
	spark_is(&s, -5, true, "");
}

static void
a_peak_is_not_lost_when_values_share_a_cell(void **state)
{
	int32_t values[60] = { 0 };
	struct plot_series s = { .values = values, .count = 60, .high = 100 };

	(void)state;
	values[31] = 100;
	spark_is(&s, 6, true, "___#__");
}

static void
values_that_are_all_the_same_are_a_line(void **state)
{
	static const int32_t zero[] = { 0, 0, 0 }, five[] = { 5, 5, 5 };

	(void)state;
	spark_is(&(struct plot_series){ .values = zero, .count = 3 }, 3, true, "___");
	spark_is(&(struct plot_series){ .values = five, .count = 3 }, 3, true, "---");
}

static void
the_ends_of_the_numbers_do_not_overflow(void **state)
{
	static const int32_t ends[] = { INT32_MIN + 1, 0, INT32_MAX };

	(void)state;
	spark_is(&(struct plot_series){ .values = ends, .count = 3 }, 3, true, "_=#");
}

static void
bar_is(int percent, int width, const char *want)
{
	char text[PLOT_TEXT(64)];

	plot_bar(percent, width, text, sizeof(text));
	assert_string_equal(text, want);
}

static void
a_bar_says_its_percent(void **state)
{
	char small[4];

	(void)state;
	bar_is(71, 10, "[#######...] 71%");
	bar_is(0, 4, "[....]  0%");
	bar_is(100, 4, "[####] 100%");
	bar_is(250, 4, "[####] 250%");
	bar_is(-1, 4, "[....]   -");
	bar_is(50, -3, "[] 50%");
	plot_bar(50, 10, small, sizeof(small));
	assert_int_equal(strlen(small), 3);
	assert_int_equal(plot_style(-1), STYLE_DIM);
	assert_int_equal(plot_style(74), STYLE_GOOD);
	assert_int_equal(plot_style(75), STYLE_WARN);
	assert_int_equal(plot_style(90), STYLE_BAD);
}

static void
a_timeline_shows_spans_and_what_took_no_time(void **state)
{
	static const struct plot_span spans[] = {
		{ .from_ms = -100, .to_ms = 5000, .glyph = '=', .style = STYLE_GOOD },
		{ .from_ms = 7000, .to_ms = 7000, .glyph = 'x', .style = STYLE_BAD },
		{ .from_ms = 9000, .to_ms = 99000, .glyph = '#', .style = STYLE_TEXT },
		{ .from_ms = 20000, .to_ms = 30000, .glyph = '!', .style = STYLE_TEXT },
		{ .from_ms = -20, .to_ms = -10, .glyph = '!', .style = STYLE_TEXT },
	};
	struct plot_time t = { .spans = spans, .count = 5, .to_ms = 10000 };
	struct canvas *c = canvas_new(3, 30);

	(void)state;
	plot_timeline(&t, c, 0, 1, 20);
	plot_ruler(&t, c, 1, 1, 24);
	autofree char *text = canvas_text(c, false);
	assert_string_equal(text, " ==========....x...##\n 0s          5s       10s\n\n");
	t.to_ms = 0;
	plot_timeline(&t, c, 2, 0, 5);
	plot_ruler(&t, c, 2, 0, 5);
	autofree char *empty = canvas_text(c, false);
	assert_non_null(strstr(empty, "\n.....\n"));
	canvas_free(c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_sparkline_goes_from_its_least_to_its_most),
		cmocka_unit_test(fewer_values_stand_at_the_right_and_gaps_are_blank),
		cmocka_unit_test(a_peak_is_not_lost_when_values_share_a_cell),
		cmocka_unit_test(values_that_are_all_the_same_are_a_line),
		cmocka_unit_test(the_ends_of_the_numbers_do_not_overflow),
		cmocka_unit_test(a_bar_says_its_percent),
		cmocka_unit_test(a_timeline_shows_spans_and_what_took_no_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
