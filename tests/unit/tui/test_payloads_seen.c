/*
 * Hostile texts are not only kept from the terminal: each byte that it would have obeyed is seen.
 *
 * The program runs itself on a terminal and shows one after the other; the other side reads the screen.
 */
#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "tests/lib/payloads.h"
#include "tests/lib/screen.h"
#include "tui/canvas.h"
#include "tui/term.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define DEADLINE    60000 /* ms; a condition, not a timing */
#define ROOM        90    /* columns that are compared */
#define WHOLE_LEAST 270   /* payloads of which all is */

/* One line with it, until the other side has looked at it. */
static bool
show(struct term *t, struct canvas *c, size_t i)
{
	autofree char *text = payload_text(i);
	char seen;

	canvas_clear(c);
	canvas_print(c, 3, 4, c->cols - 4, STYLE_TEXT, text);
	term_paint(t, c);
	term_mark_idle(t, i + 1);
	return read(STDIN_FILENO, &seen, 1) == 1;
}

/* What the other side of the terminal runs. Exit 4: no terminal, 5: nobody looked. */
static int
child(void)
{
	struct err err;
	struct term *t = term_open(&(struct term_config){ .title = "drover: payloads" }, &err);
	int code = 0;

	if (!t)
		return 4;
	struct canvas *c = canvas_new(30, 100);
	for (size_t i = 0; i < payload_count() && !code; i++)
		code = show(t, c, i) ? 0 : 5;
	term_close(t);
	canvas_free(c);
	return code;
}

static struct screen *
start(const char *term, const char *locale)
{
	const char *argv[] = { "/proc/self/exe", "--child", NULL };
	const char *env[] = { term, locale, NULL };

	return screen_start(argv, env, 30, 100);
}

/* How a byte that no terminal may have is to look: not by the sanitiser's own words. */
static size_t
spell(const char *p, size_t n, char *to, size_t size)
{
	unsigned char c = (unsigned char)*p;
	uint32_t ch;
	size_t len = utf8_decode(p, n, &ch);

	if (c < 32 || c == 127)
		snprintf(to, size, "^%c", c == 127 ? '?' : c + 64);
	else if (!len)
		snprintf(to, size, "<%02x>", c);
	else if (len == 1)
		snprintf(to, size, "%c", c);
	else if (screen_hides(ch))
		snprintf(to, size, "<U+%04X>", (unsigned)ch);
	else
		to[0] = '\0'; /* a character as others: how wide it is, others test */
	return len ? len : 1;
}

/* What must stand there, as far as it can be told and has room; *ret_whole: all of it. */
static void
spelled(const char *text, struct buf *to, bool *ret_whole)
{
	size_t n = strlen(text);
	char one[16] = "-";

	*ret_whole = true;
	for (size_t i = 0; i < n && one[0];) {
		i += spell(text + i, n - i, one, sizeof(one));
		*ret_whole &= one[0] && to->len + strlen(one) <= ROOM;
		if (*ret_whole)
			buf_adds(to, one);
	}
	if (!one[0] && to->len)
		to->data[--to->len] = '\0'; /* it may have joined what stands before it */
}

static void
all_of_it_is_seen(const char *term, const char *locale)
{
	struct screen *s = start(term, locale);
	size_t whole = 0;

	for (size_t i = 0; i < payload_count(); i++) {
		autofree char *text = payload_text(i);
		autobuf wanted = BUF_INIT(4096);
		bool all;

		assert_true(screen_wait_idle(s, i, DEADLINE) == i + 1);
		autofree char *shown = screen_text(s);
		spelled(text, &wanted, &all);
		if (!strstr(shown, buf_text(&wanted)))
			fail_msg("payload %zu: no %s on:\n%s", i, buf_text(&wanted), shown);
		whole += all;
		screen_type(s, "x");
	}
	assert_int_equal(screen_wait_end(s, DEADLINE), 0);
	assert_in_range(whole, WHOLE_LEAST, payload_count());
	screen_free(s);
}

static void
what_would_have_been_said_is_seen_instead(void **state)
{
	(void)state;
	all_of_it_is_seen("TERM=xterm-256color", "LC_ALL=C.UTF-8");
}

static void
and_in_a_locale_of_bytes(void **state)
{
	(void)state;
	all_of_it_is_seen("TERM=linux", "LC_ALL=C");
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_would_have_been_said_is_seen_instead),
		cmocka_unit_test(and_in_a_locale_of_bytes),
	};

	if (argc == 2 && strcmp(argv[1], "--child") == 0)
		return child();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
