/* A terminal in a pane: what hosts send, what they are answered, what keys become. */
#include "base/buf.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/utf8.h"
#include "tests/lib/screen.h"
#include "tui/canvas.h"
#include "tui/finder.h"
#include "tui/pane.h"
#include "tui/tone.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

struct sent {
	struct buf typed, answered;
	struct pane *pane;
};

static void
on_send(void *user, const void *bytes, size_t len, bool answer)
{
	struct sent *s = user;

	buf_add(answer ? &s->answered : &s->typed, bytes, len);
}

static struct sent *
up(int rows, int cols)
{
	struct sent *s = xcalloc(1, sizeof(*s));

	buf_init(&s->typed, 1 << 20);
	buf_init(&s->answered, 1 << 20);
	s->pane = pane_new(
	    &(struct pane_config){ .rows = rows, .cols = cols, .send = on_send, .user = s });
	return s;
}

static void
down(struct sent *s)
{
	pane_free(s->pane);
	buf_fini(&s->typed);
	buf_fini(&s->answered);
	free(s);
}

static void
feed(struct sent *s, const char *text)
{
	pane_feed(s->pane, text, strlen(text));
}

static void
screen_is(struct sent *s, const char *expected)
{
	struct pane_state st;

	pane_get(s->pane, &st);
	autofree char *got = pane_text(s->pane, st.top, st.top + st.rows, 100000);
	assert_string_equal(got, expected);
}

static void
text_and_colours_become_cells(void **state)
{
	struct sent *s = up(3, 20);
	struct pane_state st;
	struct cell c[20];

	(void)state;
	feed(s, "\033[1;31mred\033[0m \033[48;5;200mx\033[0m\033[38;2;255;0;0my\033[7mz\033[?25l"
		"\033[!pw");
	pane_line(s->pane, 0, c, 20);
	assert_string_equal(c[0].text, "r");
	assert_int_equal(c[0].tone.fg, 2);
	assert_int_equal(c[0].tone.attr, TONE_BOLD);
	assert_int_equal(c[3].tone.fg, 0);
	assert_int_equal(c[4].tone.bg, 201);
	assert_int_equal(c[5].tone.fg, 1 + 16 + 36 * 5);
	assert_true(c[6].tone.attr & TONE_REVERSE);
	/* DECSTR (VT510): the look is as at the start. */
	assert_int_equal(c[7].tone.fg, 0);
	assert_int_equal(c[7].tone.attr, 0);
	pane_get(s->pane, &st);
	assert_true(st.cursor);
	down(s);
}

static void
what_is_erased_has_the_colour_behind_and_no_look(void **state)
{
	struct sent *s = up(3, 20);
	struct cell c[20];

	(void)state;
	feed(s, "\033[1;4;7;31;44mab\033[K\033[3;1H\n");
	pane_line(s->pane, 1, c, 20); /* scrolled in */
	for (int row = 0; row < 3; row += 2) {
		pane_line(s->pane, 1 + row, c, 20);
		assert_string_equal(c[9].text, " ");
		assert_int_equal(c[9].tone.bg, row ? 5 : 0);
		assert_int_equal(c[9].tone.attr, 0);
		assert_int_equal(c[9].tone.fg, 0);
	}
	pane_line(s->pane, 0, c, 20);
	assert_int_equal(c[1].tone.attr, TONE_BOLD | TONE_UNDERLINE | TONE_REVERSE);
	assert_int_equal(c[2].tone.bg, 5);
	assert_int_equal(c[2].tone.attr, 0);
	down(s);
}

/* libvterm wrote beyond its room. */
static void
more_parameters_than_there_is_room_for_are_none(void **state)
{
	struct sent *s = up(3, 20);
	autobuf b = BUF_INIT(1 << 20);
	static const char finals[] = "ABCDEFGHIJKLMPSTXZ`abcdefghlmnpqrstux@";

	(void)state;
	for (const char *final = finals; *final; final++) {
		for (size_t count = 14; count < 300; count += count < 40 ? 1 : 50) {
			for (size_t mark = 0; mark < 4; mark++) {
				buf_adds(&b, mark == 1   ? "\033[?1"
					     : mark == 2 ? "\033[>1"
							 : "\033[1");
				for (size_t i = 0; i < count; i++)
					buf_adds(&b, mark == 3 ? ":2" : ";1");
				buf_addc(&b, *final);
			}
		}
		pane_feed(s->pane, b.data, b.len);
		buf_clear(&b);
	}
	feed(s, "\033c\033[0;0;0;0;0;0;0;0;0;0;0;0;0;0;0;0;0;0;0;31mred");
	struct pane_state st;
	struct cell c[20];
	pane_get(s->pane, &st);
	pane_line(s->pane, st.top, c, 20);
	screen_is(s, "red\n\n\n");
	assert_int_equal(c[0].tone.fg, 2);
	down(s);
}

static void
wide_and_combining_characters_keep_their_columns(void **state)
{
	struct sent *s = up(3, 20);
	struct cell c[20];

	(void)state;
	feed(s, "数据\r\ne\xcc\x81!\r\n\xf0\x9f\x98\x80.");
	pane_line(s->pane, 0, c, 20);
	assert_string_equal(c[0].text, "数");
	assert_int_equal(c[0].width, 2);
	assert_int_equal(c[1].width, 0);
	assert_string_equal(c[2].text, "据");
	pane_line(s->pane, 1, c, 20);
	assert_string_equal(c[0].text, "e\xcc\x81");
	assert_string_equal(c[1].text, "!");
	screen_is(s, "数据\ne\xcc\x81!\n\xf0\x9f\x98\x80.\n");
	pane_line(s->pane, 0, c, 3); /* half of one at the edge */
	assert_int_equal(c[2].width, 1);
	assert_string_equal(c[2].text, " ");
	down(s);
}

static void
lines_that_leave_the_screen_are_kept_and_found(void **state)
{
	struct sent *s = up(4, 20);
	struct pane_state st;
	struct finder f;

	(void)state;
	for (int i = 0; i < 30; i++) {
		autofree char *line = xasprintf("line %d\r\n", i);

		feed(s, line);
	}
	pane_get(s->pane, &st);
	assert_int_equal(st.first, 0);
	assert_int_equal(st.top, 27);
	autofree char *text = pane_text(s->pane, 5, 7, 1000);
	assert_string_equal(text, "line 5\nline 6\n");
	autofree char *cut = pane_text(s->pane, 0, 30, 16);
	assert_string_equal(cut, "line 28\nline 29\n");
	finder_init(&f, "LINE 7");
	assert_int_equal(pane_find(s->pane, &f, 30, true), 7);
	assert_int_equal(pane_find(s->pane, &f, 8, false), -1);
	finder_fini(&f);
	down(s);
}

static void
a_pane_that_grows_takes_its_lines_back(void **state)
{
	struct sent *s = up(3, 20);
	struct pane_state st;

	(void)state;
	feed(s, "a\r\n\033[32m数\033[0m\r\nc\r\nd\r\n$ ");
	screen_is(s, "c\nd\n$\n");
	pane_resize(s->pane, 5, 20);
	screen_is(s, "a\n数\nc\nd\n$\n");
	struct cell c[20];
	pane_line(s->pane, 1, c, 20);
	assert_int_equal(c[0].tone.fg, 3);
	pane_resize(s->pane, 2, 20);
	pane_get(s->pane, &st);
	assert_int_equal(st.top, 3);
	assert_int_equal(st.cursor_row, 1);
	assert_int_equal(st.cursor_col, 2);
	down(s);
}

/* libvterm moved memory that was not its own. */
static void
a_region_ends_with_the_size_it_was_made_for(void **state)
{
	struct sent *s = up(10, 20);
	struct pane_state st;

	(void)state;
	feed(s, "\033[31m\033[6;8r\033[7;3Hx");
	pane_resize(s->pane, 3, 20);
	feed(s, "\r\n1\r\n2\r\n3\r\n4\033[9A\033M\033M*");
	pane_get(s->pane, &st);
	assert_int_equal(st.cursor_row, 0);
	pane_resize(s->pane, 10, 20);
	feed(s, "\033[3;5r\033[2;2H");
	pane_resize(s->pane, 12, 20);
	pane_get(s->pane, &st);
	feed(s, "\033[99B!");
	pane_get(s->pane, &st);
	assert_int_equal(st.cursor_row, 11);
	down(s);
}

static void
a_program_on_the_other_screen_leaves_this_one_as_it_was(void **state)
{
	struct sent *s = up(3, 20);
	struct pane_state st;

	(void)state;
	feed(s, "$ vim\r\n\033[?1049h\033[H\033[2Jtext\r\n~\r\n~");
	pane_get(s->pane, &st);
	assert_true(st.alternate);
	screen_is(s, "text\n~\n~\n");
	feed(s, "\r\nscrolled\r\naway");
	pane_get(s->pane, &st);
	assert_int_equal(st.top, 0); /* its lines are nobody's history */
	feed(s, "\033[?1049l");
	screen_is(s, "$ vim\n\n\n");
	down(s);
}

static void
keys_are_what_the_program_asked_for(void **state)
{
	struct sent *s = up(3, 20);
	static const struct {
		const char *key, *bytes;
	} keys[] = { { "up", "\033[A" }, { "enter", "\r" }, { "tab", "\t" }, { "esc", "\033" },
		{ "backspace", "\177" }, { "ctrl-c", "\003" }, { "ctrl-]", "\035" },
		{ "ctrl-\\", "\034" }, { "ctrl-z", "\032" }, { "shift-tab", "\033[Z" },
		{ "delete", "\033[3~" }, { "page-up", "\033[5~" }, { "f1", "\033OP" },
		{ "f12", "\033[24~" }, { "ctrl-left", "\033[1;5D" }, { "alt-up", "\033[1;3A" },
		{ "home", "\033[H" } };

	(void)state;
	for (size_t i = 0; i < countof(keys); i++) {
		buf_clear(&s->typed);
		assert_true(pane_key(s->pane, keys[i].key, false));
		assert_string_equal(buf_text(&s->typed), keys[i].bytes);
	}
	buf_clear(&s->typed);
	pane_key(s->pane, "a", true);
	pane_key(s->pane, "space", true);
	pane_key(s->pane, "数", true);
	assert_string_equal(buf_text(&s->typed), "a 数");
	assert_false(pane_key(s->pane, "drag", false));
	assert_false(pane_key(s->pane, "f99", false));
	buf_clear(&s->typed);
	assert_true(pane_key(s->pane, "ctrl-space", false));
	assert_int_equal(s->typed.len, 1);
	assert_int_equal(s->typed.data[0], 0);
	buf_clear(&s->typed);
	feed(s, "\033[?1h");
	pane_key(s->pane, "up", false);
	assert_string_equal(buf_text(&s->typed), "\033OA");
	down(s);
}

static void
a_paste_is_marked_where_asked_and_cannot_end_itself(void **state)
{
	struct sent *s = up(3, 20);
	static const char evil[] = "ls\r\n\033[201~rm -rf /\x07\xc2\x9b\tx\n";

	(void)state;
	pane_paste(s->pane, evil, sizeof(evil) - 1);
	assert_string_equal(buf_text(&s->typed), "ls\r[201~rm -rf /\tx\r");
	buf_clear(&s->typed);
	feed(s, "\033[?2004h");
	pane_paste(s->pane, "a\nb", 3);
	assert_string_equal(buf_text(&s->typed), "\033[200~a\rb\033[201~");
	buf_clear(&s->typed);
	pane_type(s->pane, "web1\n", 5);
	assert_string_equal(buf_text(&s->typed), "web1\r");
	assert_int_equal(s->answered.len, 0);
	down(s);
}

static void
the_mouse_goes_only_where_it_was_asked_for(void **state)
{
	struct sent *s = up(10, 20);

	(void)state;
	pane_mouse(s->pane, 2, 3, PANE_CLICK);
	assert_int_equal(s->typed.len, 0);
	feed(s, "\033[?1000h\033[?1006h");
	pane_mouse(s->pane, 2, 3, PANE_CLICK);
	assert_string_equal(buf_text(&s->typed), "\033[<0;4;3M\033[<0;4;3m");
	buf_clear(&s->typed);
	pane_mouse(s->pane, 2, 3, PANE_WHEEL_UP);
	assert_string_equal(buf_text(&s->typed), "\033[<64;4;3M");
	buf_clear(&s->typed);
	pane_mouse(s->pane, 10, 3, PANE_CLICK);
	assert_int_equal(s->typed.len, 0);
	down(s);
}

static void
questions_of_a_host_are_answered_with_numbers_alone(void **state)
{
	struct sent *s = up(10, 20);

	(void)state;
	feed(s, "\033[3;4H\033[6n");
	assert_string_equal(buf_text(&s->answered), "\033[3;4R");
	buf_clear(&s->answered);
	feed(s, "\033[c");
	assert_true(str_starts(buf_text(&s->answered), "\033[?"));
	buf_clear(&s->answered);
	feed(s, "\033[5n");
	assert_string_equal(buf_text(&s->answered), "\033[0n");
	assert_int_equal(s->typed.len, 0);
	down(s);
}

/* Each of them has made some terminal type what a host chose. */
static void
nothing_a_host_chose_comes_back_as_input(void **state)
{
	static const char *const asked[] = { "\033]2;`reboot`\007\033[21t", "\033]l;x\007\033[20t",
		"\033P$qrm -rf /\r\033\\", "\033P$q\rid\r\033\\", "\033]52;c;?\007",
		"\033]52;c;cm0gLXJm\007\033]52;c;?\007", "\033]4;1;?\007", "\033]10;?\007",
		"\033]P\r\nid\r\n\033\\", "\033P+q636f\033\\", "\005", "\033Z\033[>0q",
		"\033]8;;http://example.org\007x", "\033_Gi=1\033\\", "\033[?1;2;3$p" };
	struct sent *s = up(10, 40);

	(void)state;
	for (size_t i = 0; i < countof(asked); i++) {
		buf_clear(&s->answered);
		feed(s, asked[i]);
		for (size_t k = 0; k < s->answered.len; k++)
			assert_non_null(
			    memchr("\033[?>;:0123456789cnR$yP1rm\\", s->answered.data[k], 26));
		assert_int_equal(s->typed.len, 0);
	}
	down(s);
}

static void
a_flood_of_questions_is_not_answered_in_full(void **state)
{
	struct sent *s = up(10, 40);
	autobuf b = BUF_INIT(1 << 20);

	(void)state;
	for (int i = 0; i < 50000; i++)
		buf_adds(&b, "\033[6n");
	pane_feed(s->pane, b.data, b.len);
	assert_true(s->answered.len > 0);
	assert_true(s->answered.len <= 4096);
	down(s);
}

/* Cells hold nothing that a terminal obeys or that hides or turns text round. */
static void
cells_are_clean_whatever_comes(void **state)
{
	static const char *const hostile[] = { "\xe2\x80\xae evil",
		"a\xe2\x80\x8b\xe2\x80\x8f"
		"b",
		"\xc2\x9b"
		"31m",
		"\xf3\xa0\x81\x81tag", "\xef\xbb\xbf", "\xed\xa0\x80", "\x80\x9b\xff",
		"\033(0lqk\033(B", "\xe2\x80\xa8line" };
	struct sent *s = up(5, 20);
	struct cell c[20];

	(void)state;
	for (size_t i = 0; i < countof(hostile); i++) {
		feed(s, "\033[2J\033[H");
		feed(s, hostile[i]);
		for (int row = 0; row < 5; row++) {
			pane_line(s->pane, row, c, 20);
			for (int col = 0; col < 20; col++) {
				uint32_t ch;

				for (size_t at = 0; c[col].text[at];) {
					size_t n = utf8_decode(
					    c[col].text + at, strlen(c[col].text + at), &ch);

					assert_true(n > 0 && ch >= 0x20 && ch != 0x7f);
					assert_false(screen_hides(ch));
					at += n;
				}
			}
		}
	}
	down(s);
}

/* libvterm went round for ever where there was nothing to repeat. */
static void
a_character_is_repeated_to_the_end_of_the_line_at_most(void **state)
{
	struct sent *s = up(3, 20);

	(void)state;
	feed(s, "\033[9b\xe2\x80\x8b\033[99b");
	feed(s, "\033[H\033[2J-\033[4b|\033[b");
	feed(s, "\xe6\x95\xb0\033[");
	feed(s, "1b\r\n\033]2;x\007y\033[?3bz\033[1;2bv\033[3 b.");
	screen_is(s, "-----||数数\nyzv.\n\n");
	feed(s, "\033\"[b\033 [9b\033#P\033\\\033([3b\033%]7b\033\"\"\"[1b");
	feed(s, "\033[H\033[2J=\033[2147483647b");
	autofree char *text = pane_text(s->pane, 0, 1, 100);
	assert_string_equal(text, "====================\n");
	down(s);
}

static void
a_pane_that_is_used_again_keeps_its_lines(void **state)
{
	struct sent *s = up(4, 40);
	struct pane_state st;

	(void)state;
	feed(s, "$ top\r\n\033[?1049h\033[?1000h\033[?25l\033[31mbusy\033]2;half");
	pane_renew(s->pane, "connected again");
	pane_get(s->pane, &st);
	assert_false(st.alternate);
	assert_false(st.mouse);
	assert_true(st.cursor);
	feed(s, "$ ");
	screen_is(s, "$ top\n\nconnected again\n$\n");
	feed(s, "exit");
	pane_renew(s->pane, "and again");
	screen_is(s, "connected again\n$ exit\nand again\n\n");
	down(s);
}

static void
a_pane_is_small_and_stays_so(void **state)
{
	struct sent *s = up(24, 80);
	autobuf b = BUF_INIT(1 << 20);

	(void)state;
	for (int i = 0; i < 100; i++)
		buf_adds(&b,
		    "\033[32mNov 22 10:42:07\033[0m web1 sshd[812]: Accepted publickey for "
		    "deploy from 203.0.113.9\r\n");
	for (int i = 0; i < 80; i++)
		pane_feed(s->pane, b.data, b.len);
	assert_true(pane_memory(s->pane) < 2 << 20);
	down(s);
}

static void
colours_are_the_nearest_there_are(void **state)
{
	bool bright;

	(void)state;
	assert_int_equal(tone_nearest(0, 256, &bright), -1);
	assert_int_equal(tone_nearest(2, 8, &bright), 1);
	assert_false(bright);
	assert_int_equal(tone_nearest(10, 8, &bright), 1);
	assert_true(bright);
	assert_int_equal(tone_nearest(10, 16, &bright), 9);
	assert_int_equal(tone_nearest(1 + 16 + 36 * 5, 256, &bright), 196);
	assert_int_equal(tone_nearest(1 + 16 + 36 * 5, 16, &bright), 9);
	assert_int_equal(tone_nearest(1 + 232, 8, &bright), 0);
	assert_int_equal(tone_of_rgb(0, 0, 0), 1 + 16);
	assert_int_equal(tone_of_rgb(128, 128, 128), 1 + 244);
	assert_int_equal(tone_of_rgb(95, 135, 175), 1 + 16 + 36 + 12 + 3);
	for (int c = 0; c <= 256; c++) {
		assert_true(tone_nearest((uint16_t)c, 8, &bright) < 8);
		assert_true(tone_nearest((uint16_t)c, 16, &bright) < 16);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_and_colours_become_cells),
		cmocka_unit_test(what_is_erased_has_the_colour_behind_and_no_look),
		cmocka_unit_test(more_parameters_than_there_is_room_for_are_none),
		cmocka_unit_test(wide_and_combining_characters_keep_their_columns),
		cmocka_unit_test(lines_that_leave_the_screen_are_kept_and_found),
		cmocka_unit_test(a_pane_that_grows_takes_its_lines_back),
		cmocka_unit_test(a_region_ends_with_the_size_it_was_made_for),
		cmocka_unit_test(a_program_on_the_other_screen_leaves_this_one_as_it_was),
		cmocka_unit_test(keys_are_what_the_program_asked_for),
		cmocka_unit_test(a_paste_is_marked_where_asked_and_cannot_end_itself),
		cmocka_unit_test(the_mouse_goes_only_where_it_was_asked_for),
		cmocka_unit_test(questions_of_a_host_are_answered_with_numbers_alone),
		cmocka_unit_test(nothing_a_host_chose_comes_back_as_input),
		cmocka_unit_test(a_flood_of_questions_is_not_answered_in_full),
		cmocka_unit_test(cells_are_clean_whatever_comes),
		cmocka_unit_test(a_character_is_repeated_to_the_end_of_the_line_at_most),
		cmocka_unit_test(a_pane_that_is_used_again_keeps_its_lines),
		cmocka_unit_test(a_pane_is_small_and_stays_so),
		cmocka_unit_test(colours_are_the_nearest_there_are),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
