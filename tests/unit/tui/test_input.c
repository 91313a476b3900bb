#include "base/buf.h"
#include "base/mem.h"
#include "tui/input.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* What the bytes are as keys, a blank between; then what they are once time has passed. */
static void
keys_are(const char *bytes, size_t n, const char *now, const char *later)
{
	struct input *in = input_new();
	autobuf said = BUF_INIT(4096);
	struct key k;

	input_add(in, bytes, n, 1000);
	for (int i = 0; i < 2; i++) {
		while (input_next(in, i ? 10000 : 1000, &k)) {
			buf_addf(&said, said.len ? " %s" : "%s", k.name);
			if (k.row || k.col)
				buf_addf(&said, "@%d,%d", k.row, k.col);
			if (strcmp(k.name, KEY_PASTE_NAME) == 0)
				buf_addf(&said, "(%.*s)", k.text ? (int)k.len : 1,
				    k.text ? k.text : "-");
		}
		assert_string_equal(buf_text(&said), i ? later : now);
		if (!i && strcmp(now, later) != 0)
			assert_true(input_wait(in, 1000) > 0);
	}
	assert_int_equal(input_wait(in, 10000), -1);
	input_free(in);
}

static void
are(const char *bytes, const char *keys)
{
	keys_are(bytes, strlen(bytes), keys, keys);
}

static void
keys_have_names(void **state)
{
	(void)state;
	are("jG /", "j G space /");
	are("\003\032\t\r\n\177\b", "ctrl-c ctrl-z tab enter enter backspace backspace");
	are("\033[A\033OB\033[C\033OD", "up down right left");
	are("\033[H\033[4~\033[7~\033OF", "home end home end");
	are("\033[5~\033[6~\033[3~\033[2~", "page-up page-down delete insert");
	are("\033OP\033[11~\033[[A\033[24~", "f1 f1 f1 f12");
	are("\033[Z\033[1;5A\033[1;2B\033[3;3~", "shift-tab ctrl-up shift-down alt-delete");
	are("数é", "数 é");
	keys_are("\0\034", 2, "ctrl-space ctrl-\\", "ctrl-space ctrl-\\");
}

static void
an_escape_waits_for_what_it_may_begin(void **state)
{
	(void)state;
	keys_are("\033", 1, "", "esc");
	are("\033q", "esc q");
	are("\033P", "esc P");
	keys_are("\033[", 2, "", "");
	keys_are("x\033[1;", 5, "x", "x");
	keys_are("\346\225", 2, "", "");
}

static void
a_sequence_may_come_in_parts(void **state)
{
	struct input *in = input_new();
	struct key k;

	(void)state;
	input_add(in, "\033", 1, 0);
	assert_false(input_next(in, 10, &k));
	assert_int_equal(input_wait(in, 10), 15);
	input_add(in, "[1", 2, 20);
	assert_false(input_next(in, 100, &k));
	input_add(in, ";5D", 3, 200);
	assert_true(input_next(in, 200, &k));
	assert_string_equal(k.name, "ctrl-left");
	assert_false(input_next(in, 200, &k));
	input_free(in);
}

static void
what_is_unknown_is_no_key_nor_are_its_letters(void **state)
{
	(void)state;
	are("\033[?62;22cx", "x");
	are("\033[99~\033[>1;2cy", "y");
	are("\033[1;1R\033[27;5;9~z", "f3 z");
	are("\033O5A\033[20;1;1;1;1;1uq", "up q");
	keys_are("\200\377a", 3, "a", "a");
}

static void
the_mouse_clicks_turns_and_drags(void **state)
{
	(void)state;
	are("\033[<0;5;3M\033[<0;5;3m", "click@2,4");
	are("\033[<0;5;3M\033[<0;5;3m\033[<0;5;3M\033[<0;5;3m", "click@2,4 double-click@2,4");
	are("\033[<0;5;3M\033[<0;9;3m", "drag@2,8");
	are("\033[<64;1;2M\033[<65;2;1M\033[<2;5;5M\033[<2;5;5m", "wheel-up@1,0 wheel-down@0,1");
	are("\033[<0;5;3m", "");
	are("\033[M !!\033[M#!!x", "click x");
	are("\033[<16;7;7M\033[<16;7;7m", "click@6,6");
}

static void
a_paste_is_one_key(void **state)
{
	(void)state;
	are("a\033[200~rm -rf\nq\033[A\033[201~b", "a paste(rm -rf\nq\033[A) b");
	are("\033[200~\033[201~", "paste()");
	keys_are("\033[200~abc\033[20", 13, "", "paste(-)");
	are("\033[?2026;2$y", "report@2026,2");
}

static void
a_paste_may_come_in_parts_and_be_too_long(void **state)
{
	static const char text[] = "\033[200~line\033[201~q";
	struct input *in = input_new();
	struct key k;
	int keys = 0;

	(void)state;
	for (size_t i = 0; i + 1 < sizeof(text); i++) {
		input_add(in, text + i, 1, 0);
		for (; input_next(in, 0, &k); keys++) {
			if (keys)
				assert_string_equal(k.name, "q");
			else
				assert_memory_equal(k.text, "line", 4);
		}
	}
	assert_int_equal(keys, 2);
	input_add(in, "\033[200~", 6, 0);
	for (int i = 0; i < 3000; i++) {
		input_add(in, "0123456789012345678901234567890123456789", 40, 0);
		assert_false(input_next(in, 0, &k));
	}
	input_add(in, "\033[201~x", 7, 0);
	assert_true(input_next(in, 0, &k));
	assert_string_equal(k.name, KEY_PASTE_NAME);
	assert_null(k.text);
	assert_true(input_next(in, 0, &k));
	assert_string_equal(k.name, "x");
	input_free(in);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys_have_names),
		cmocka_unit_test(an_escape_waits_for_what_it_may_begin),
		cmocka_unit_test(a_sequence_may_come_in_parts),
		cmocka_unit_test(what_is_unknown_is_no_key_nor_are_its_letters),
		cmocka_unit_test(the_mouse_clicks_turns_and_drags),
		cmocka_unit_test(a_paste_is_one_key),
		cmocka_unit_test(a_paste_may_come_in_parts_and_be_too_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
