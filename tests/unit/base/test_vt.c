#include "base/buf.h"
#include "base/mem.h"
#include "base/vt.h"
#include "base/vtgate.h"
#include "base/vtplain.h"
#include "tests/lib/payloads.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void
note_token(void *user, const struct vt_token *t)
{
	struct buf *b = user;

	switch (t->kind) {
	case VT_TEXT:
		buf_add(b, t->text, t->len);
		break;
	case VT_CONTROL:
		buf_addf(b, "<%02x>", t->final);
		break;
	case VT_ESCAPE:
		buf_addf(b, "<esc %c%c>", t->middle ? t->middle : '-', t->final);
		break;
	case VT_CSI:
		buf_addf(b, "<csi %c%s%c%c>", t->private ? t->private : '-', t->arguments,
		    t->middle ? t->middle : '-', t->final);
		break;
	case VT_STRING:
		buf_addf(b, "<string %c>", t->final);
		break;
	}
}

/* However it is cut into pieces. */
static void
is_taken_apart_as(const char *bytes, const char *expected)
{
	size_t n = strlen(bytes);

	for (size_t step = 1; step <= n; step++) {
		autobuf seen = BUF_INIT(65536);
		struct vt v;

		vt_init(&v);
		for (size_t i = 0; i < n; i += step)
			vt_feed(&v, bytes + i, n - i < step ? n - i : step, note_token, &seen);
		vt_end(&v, note_token, &seen);
		assert_string_equal(buf_text(&seen), expected);
	}
}

static void
bytes_are_text_controls_and_sequences(void **state)
{
	(void)state;
	is_taken_apart_as("a\r\n\x1b[1;31mb\x1b[?25l\x1b"
			  "7\x1b(0",
	    "a<0d><0a><csi -1;31-m>b<csi ?25-l><esc -7><esc (0>");
	is_taken_apart_as("\x1b[ q\x1b[2 q\x1b[!p", "<csi - q><csi -2 q><csi -!p>");
	is_taken_apart_as("gr\xc3\xbc\xe2\x82\xac", "gr\xc3\xbc\xe2\x82\xac");
}

static void
titles_and_other_strings_are_passed_over_whole(void **state)
{
	(void)state;
	is_taken_apart_as("a\x1b]0;rm -rf\x07"
			  "b\x1b]52;c;eA==\x1b\\c",
	    "a<string ]>b<string ]>c");
	is_taken_apart_as("\x1bPq#0\x1b\\a\x1b_G\x1b\\\x1b^x\x1b\\\x1bXy\x1b\\",
	    "<string P>a<string _><string ^><string X>");
	/* Broken off by another sequence, or for good. */
	is_taken_apart_as("\x1b]0;x\x1b[1ma", "<csi -1-m>a");
	is_taken_apart_as("\x1b]0;x\x18"
			  "a",
	    "a");
}

static void
what_is_no_sequence_says_nothing(void **state)
{
	autobuf longest = BUF_INIT(4096);

	(void)state;
	is_taken_apart_as("\x1b[1?2ma", "a");
	is_taken_apart_as("\x1b[1 2ma", "a");
	is_taken_apart_as("\x1b[1\x18ma", "ma");
	is_taken_apart_as("\x1b[3\r1ma", "<0d><csi -31-m>a");
	buf_adds(&longest, "\x1b[");
	for (int i = 0; i < 200; i++)
		buf_adds(&longest, "1;");
	buf_adds(&longest, "mz");
	is_taken_apart_as(buf_text(&longest), "z");
}

static void
an_argument_is_its_number_or_what_stands_for_none(void **state)
{
	const struct vt_token t = { .kind = VT_CSI, .arguments = "5;;38:2;99999;0" };

	(void)state;
	assert_int_equal(vt_argument(&t, 0, 7), 5);
	assert_int_equal(vt_argument(&t, 1, 7), 7);
	assert_int_equal(vt_argument(&t, 2, 7), 38);
	assert_int_equal(vt_argument(&t, 3, 7), 7);
	assert_int_equal(vt_argument(&t, 4, 7), 0);
	assert_int_equal(vt_argument(&t, 5, 7), 7);
}

/* At the end the terminal is put right; this is what is between. */
static void
passes_as(const char *bytes, const char *expected)
{
	autobuf got = BUF_INIT(65536);
	struct vtgate g;

	vtgate_init(&g);
	vtgate_feed(&g, bytes, strlen(bytes), &got);
	assert_string_equal(buf_text(&got), expected);
}

static void
colours_the_cursor_and_erasing_pass_the_gate(void **state)
{
	static const char *const good[] = { "a\tb\r\n\b", "\x1b[0;1;31mx\x1b[m", "\x1b[38;5;200m",
		"\x1b[38:2::1:2:3m", "\x1b[4:3m", "\x1b[H\x1b[2J\x1b[10;20H\x1b[K\x1b[1K",
		"\x1b[5A\x1b[3C", "\x1b[2;10r\x1b[r",
		"\x1b"
		"7\x1b"
		"8\x1bM\x1b(0q\x1b(B",
		"\x1b[3@\x1b[2P\x1b[L\x1b[M", "\x1b[?25l\x1b[?25h", "\x1b[4h\x1b[4l",
		"gr\xc3\xbc\xc3\x9f" };

	(void)state;
	for (size_t i = 0; i < countof(good); i++)
		passes_as(good[i], good[i]);
	passes_as("\x1b[?1049;2004;25h", "\x1b[?1049h\x1b[?25h");
}

static void
what_asks_names_clears_or_follows_stays_outside(void **state)
{
	static const char *const bad[] = { "\x1b[c", "\x1b[>c", "\x1b[6n", "\x1b[?6n", "\x1b[5n",
		"\x1b[x", "\x1b[21t", "\x1b[8;50;50t", "\x1b[3J", "\x1b[?1000h", "\x1b[?1006h",
		"\x1b[?1h", "\x1b=", "\x1b>", "\x1b[?2004h", "\x1b[>4;2m", "\x1b[>1u", "\x1b[=1u",
		"\x1b[?u", "\x1b[i", "\x1b[5i", "\x1b[!p", "\x1b[2 q", "\x1b[1;2;3;4;5T",
		"\x1b[20h", "\x1b[?3h", "\x1b]0;title\x07", "\x1b]52;c;eA==\x07",
		"\x1b]8;;http://x\x1b\\", "\x1bP$qm\x1b\\", "\x1b_Gi=1\x1b\\", "\x1bZ", "\x1b#8",
		"\x1b%G", "\x05", "\x07", "\x7f", "\x1b[1;1;1H", "\x1b[99999A", "\x1b[3:1A",
		"\x1b(A", "\x1bn", "\x1b|" };

	(void)state;
	for (size_t i = 0; i < countof(bad); i++)
		passes_as(bad[i], "");
	passes_as("\x1b"
		  "c",
	    "\x1b[0m\x1b[r\x1b[H\x1b[2J");
	passes_as("a\xe2\x80\xae"
		  "b\x9b"
		  "31m",
	    "a<U+202E>b<9b>31m");
}

static void
the_terminal_is_left_as_it_was_found(void **state)
{
	autobuf got = BUF_INIT(65536);
	struct vtgate g;

	(void)state;
	vtgate_init(&g);
	vtgate_feed(&g, "text alone", 10, &got);
	vtgate_end(&g, &got);
	assert_string_equal(buf_text(&got), "text alone");
	buf_clear(&got);
	vtgate_feed(&g, "\x1b[?1049h\x1b[7m\x1b[?25l", 18, &got);
	buf_clear(&got);
	vtgate_end(&g, &got);
	assert_non_null(strstr(buf_text(&got), "\x1b[?1049l"));
	assert_non_null(strstr(buf_text(&got), "\x1b[0m"));
	assert_non_null(strstr(buf_text(&got), "\x1b[?25h"));
}

static void
no_payload_of_a_hostile_host_gets_through(void **state)
{
	(void)state;
	for (size_t i = 0; i < payload_count(); i++) {
		autofree char *text = payload_text(i);
		autobuf got = BUF_INIT(1 << 20), again = BUF_INIT(1 << 20);
		struct vtgate g, second;

		vtgate_init(&g);
		vtgate_feed(&g, text, strlen(text), &got);
		vtgate_end(&g, &got);
		assert_null(memchr(buf_text(&got), '\a', got.len));
		assert_null(strstr(buf_text(&got), "\x1b]"));
		/* What has passed once passes as it is: the list is closed. */
		vtgate_init(&second);
		vtgate_feed(&second, got.data, got.len, &again);
		assert_string_equal(buf_text(&again), buf_text(&got));
	}
}

static void
reads_plainly_as(const char *bytes, const char *expected)
{
	size_t n = strlen(bytes);

	for (size_t step = 1; step <= n; step++) {
		autobuf got = BUF_INIT(65536);
		struct vtplain v;

		vtplain_init(&v);
		for (size_t i = 0; i < n; i += step)
			vtplain_feed(&v, bytes + i, n - i < step ? n - i : step, &got);
		vtplain_end(&v, &got);
		vtplain_fini(&v);
		assert_string_equal(buf_text(&got), expected);
	}
}

static void
lines_read_as_a_person_saw_them(void **state)
{
	(void)state;
	reads_plainly_as("one\r\ntwo", "one\ntwo\n");
	reads_plainly_as("\x1b[1;32m$\x1b[0m ls\r\n", "$ ls\n");
	/* Typed, deleted, typed anew; and a shell that redraws its line. */
	reads_plainly_as("$ lx\b \bs\r\n", "$ ls\n");
	reads_plainly_as("$ cat\r\x1b[K$ tac\r\n", "$ tac\n");
	reads_plainly_as("$ ac\b\b\x1b[1@tx\x1b[1P\r\n", "$ tx\n");
	reads_plainly_as(" 10%\r 99%\r100%\r\n", "100%\n");
	reads_plainly_as("a\tb\r\n", "a       b\n");
	reads_plainly_as("old\x1b[H\x1b[2Jnew", "old\nnew\n");
}

static void
a_program_that_takes_the_screen_is_named_and_left_out(void **state)
{
	(void)state;
	reads_plainly_as("$ vi\r\n\x1b[?1049h\x1b[2J~\r\n~\x1b[?1049l$ echo\r\n",
	    "$ vi\n[a program took the whole screen]\n$ echo\n");
}

static void
plain_text_is_clean(void **state)
{
	(void)state;
	reads_plainly_as("a\xe2\x80\xae"
			 "b\x1b]0;t\x07"
			 "c\r\n",
	    "a<U+202E>bc\n");
	reads_plainly_as("\xff\r\n", "\xef\xbf\xbd\n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bytes_are_text_controls_and_sequences),
		cmocka_unit_test(titles_and_other_strings_are_passed_over_whole),
		cmocka_unit_test(what_is_no_sequence_says_nothing),
		cmocka_unit_test(an_argument_is_its_number_or_what_stands_for_none),
		cmocka_unit_test(colours_the_cursor_and_erasing_pass_the_gate),
		cmocka_unit_test(what_asks_names_clears_or_follows_stays_outside),
		cmocka_unit_test(the_terminal_is_left_as_it_was_found),
		cmocka_unit_test(no_payload_of_a_hostile_host_gets_through),
		cmocka_unit_test(lines_read_as_a_person_saw_them),
		cmocka_unit_test(a_program_that_takes_the_screen_is_named_and_left_out),
		cmocka_unit_test(plain_text_is_clean),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
