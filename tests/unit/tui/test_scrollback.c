/* Lines that left a screen: packed and taken out again, within their ceilings. */
#include "base/mem.h"
#include "tui/canvas.h"
#include "tui/scrollback.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define COLS 80

/* Text, one cell a byte but for what is wide, then blanks. */
static void
fill(struct cell *cells, const char *text, struct tone tone)
{
	struct canvas *c = canvas_new(1, COLS);

	canvas_print(c, 0, 0, COLS, STYLE_PANE, text);
	memcpy(cells, c->cells, COLS * sizeof(*cells));
	for (int i = 0; i < COLS; i++) {
		cells[i].style = STYLE_PANE;
		if (i < canvas_width(text))
			cells[i].tone = tone;
	}
	canvas_free(c);
}

static void
same(const struct cell *a, const struct cell *b, int cols)
{
	for (int i = 0; i < cols; i++) {
		assert_string_equal(a[i].text, b[i].text);
		assert_int_equal(a[i].width, b[i].width);
		assert_int_equal(a[i].tone.fg, b[i].tone.fg);
		assert_int_equal(a[i].tone.bg, b[i].tone.bg);
		assert_int_equal(a[i].tone.attr, b[i].tone.attr);
	}
}

static void
what_goes_in_comes_out(void **state)
{
	static const char *const texts[] = { "", "plain", "数据库 is full", "e\xcc\x81t\xc3\xa9" };
	struct scrollback *s = scrollback_new(10, 100000);
	struct cell in[4][COLS], out[COLS];

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		fill(in[i], texts[i], (struct tone){ .fg = (uint16_t)(2 * i), .attr = TONE_BOLD });
		in[i][3].tone = (struct tone){ .bg = 17 };
		if (in[i][3].width == 0) /* both halves of a wide one have one tone */
			in[i][2].tone = in[i][3].tone;
		scrollback_push(s, in[i], COLS);
	}
	for (size_t i = 0; i < 4; i++) {
		scrollback_get(s, i, out, COLS);
		same(in[i], out, COLS);
	}
	assert_true(scrollback_pop(s, out, COLS));
	same(in[3], out, COLS);
	assert_int_equal(scrollback_count(s), 3);
	scrollback_free(s);
}

static void
a_line_is_cut_where_the_pane_ends(void **state)
{
	struct scrollback *s = scrollback_new(10, 100000);
	struct cell in[COLS], out[COLS];

	(void)state;
	fill(in, "a数数", (struct tone){ 0 });
	scrollback_push(s, in, COLS);
	scrollback_get(s, 0, out, 4);
	assert_string_equal(out[1].text, "数");
	assert_string_equal(out[3].text, " "); /* half of a character is none */
	assert_int_equal(out[3].width, 1);
	scrollback_get(s, 7, out, 4);
	assert_string_equal(out[0].text, " ");
	scrollback_free(s);
}

static void
the_oldest_go_and_their_number_is_kept(void **state)
{
	struct scrollback *s = scrollback_new(5, 100000);
	struct cell in[COLS], out[COLS];

	(void)state;
	for (int i = 0; i < 12; i++) {
		fill(in, (char[]){ (char)('a' + i), '\0' }, (struct tone){ 0 });
		scrollback_push(s, in, COLS);
	}
	assert_int_equal(scrollback_count(s), 5);
	assert_int_equal(scrollback_forgotten(s), 7);
	scrollback_get(s, 0, out, COLS);
	assert_string_equal(out[0].text, "h");
	for (int i = 0; i < 5; i++)
		assert_true(scrollback_pop(s, out, COLS));
	assert_string_equal(out[0].text, "h");
	assert_false(scrollback_pop(s, out, COLS));
	scrollback_push(s, in, COLS);
	assert_int_equal(scrollback_forgotten(s), 7);
	scrollback_clear(s);
	assert_int_equal(scrollback_forgotten(s), 8);
	scrollback_free(s);
}

static void
bytes_are_a_ceiling_too(void **state)
{
	struct scrollback *s = scrollback_new(5000, 1664000);
	struct cell in[COLS];

	(void)state;
	fill(in, "Nov 22 10:42:07 web1 sshd[812]: Accepted publickey for deploy from 203.0.113.9",
	    (struct tone){ 0 });
	for (int i = 0; i < COLS; i += 20)
		in[i].tone.fg = 3;
	for (int i = 0; i < 6000; i++)
		scrollback_push(s, in, COLS);
	assert_int_equal(scrollback_count(s), 5000);
	assert_true(scrollback_memory(s) < 1800000);
	for (int i = 0; i < COLS; i++) /* the worst there is */
		in[i].tone.fg = (uint16_t)i;
	for (int i = 0; i < 6000; i++)
		scrollback_push(s, in, COLS);
	assert_true(scrollback_memory(s) < 1800000);
	assert_true(scrollback_count(s) > 1000);
	scrollback_free(s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_goes_in_comes_out),
		cmocka_unit_test(a_line_is_cut_where_the_pane_ends),
		cmocka_unit_test(the_oldest_go_and_their_number_is_kept),
		cmocka_unit_test(bytes_are_a_ceiling_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
