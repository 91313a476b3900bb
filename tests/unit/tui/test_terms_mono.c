/* Terminals on a terminal of one colour: this program paints them on one when it is called so, and reads there
 * what the other end sees. */
#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "cli/out.h"
#include "tests/lib/booth.h"
#include "tests/lib/screen.h"
#include "tests/lib/stage.h"
#include "tui/canvas.h"
#include "tui/term.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define DEADLINE 30000

static void
type(struct terms *t, const char *text)
{
	for (; *text; text++)
		terms_key(t, (char[]){ *text, '\0' }, true);
	terms_key(t, "enter", false);
}

/* What differs, what does not receive, what is a pet, what ended; and a program that asks for every look. */
static void
play(struct booth *b)
{
	static const char *const prompts[] = { "web1", "web2", "web3" };
	struct terms *t = b->terms;

	for (size_t i = 0; i < t->count; i++)
		terms_began(t->panes[i]);
	for (size_t i = 0; i < countof(prompts); i++)
		booth_write(b, prompts[i], "$ ");
	booth_pass(b, 500);
	terms_set_mode(t, BROADCAST_ALL);
	type(t, "df");
	for (size_t i = 0; i < countof(prompts); i++)
		booth_write(b, prompts[i],
		    i == 2 ? "df\r\n\033[1;31m38G  95%\033[0m\r\n$ " : "df\r\n 9G  22%\r\n$ ");
	booth_write(b, "db1",
	    "\033[1mbold\033[0m \033[3mitalic\033[0m \033[4mline\033[0m \033[7mreverse\033[0m "
	    "\033[31mred\033[0m \033[48;5;200mpink\033[0m \033[1;38;2;0;0;255mblue\033[0m\r\n$ ");
	booth_pass(b, 2500);
	terms_ended(t->panes[1], NULL, 3, NULL);
	booth_pass(b, 500);
}

static int
paint_on(int rows, int cols)
{
	static const char *const hosts[] = { "web1", "web2", "web3", "db1" };
	struct out *o = out_new(&(struct out_config){ .quiet = true });
	struct canvas *c = canvas_new(rows, cols);
	struct stage st;
	struct booth b;
	struct err err;
	char key;

	booth_up(&b);
	stage_up(&st);
	st.services.terms = b.terms;
	stage_open(&st, &view_terms, NULL);
	if (terms_add(b.terms, hosts, countof(hosts), TERMS_SHELL, NULL, &err) != countof(hosts))
		mem_abort("the panes do not open");
	stage_paint(&st, NULL, c);
	play(&b);
	canvas_clear(c);
	stage_paint(&st, NULL, c);
	struct term *t = term_open(&(struct term_config){ .colour = out_colour(o) }, &err);
	if (!t)
		mem_abort("the terminal cannot be painted on");
	term_paint(t, c);
	term_mark_idle(t, 1);
	if (read(STDIN_FILENO, &key, 1) < 0)
		mem_abort("no key came");
	term_close(t);
	canvas_free(c);
	stage_down(&st);
	booth_down(&b);
	out_free(o);
	return 0;
}

static char
look_of(const struct screen_cell *c)
{
	static const char looks[] = ".BRrUuvV"; /* bold, reverse, underline: a bit each */

	return looks[(c->bold ? 1 : 0) | (c->reverse ? 2 : 0) | (c->underline ? 4 : 0)];
}

/* The screen and, below it, a letter for the look of each cell. */
static char *
seen(struct screen *s, int rows, int cols)
{
	struct buf b = BUF_INIT(1 << 20);
	autofree char *text = screen_text(s);

	buf_adds(&b, text);
	for (int row = 0; row < rows; row++) {
		for (int col = 0; col < cols; col++) {
			struct screen_cell cell;

			screen_cell(s, row, col, &cell);
			if (cell.fg != -1 || cell.bg != -1)
				fail_msg("row %d column %d has a colour", row, col);
			buf_addc(&b, look_of(&cell));
		}
		while (b.len && b.data[b.len - 1] == '.')
			b.data[--b.len] = '\0';
		buf_addc(&b, '\n');
	}
	return buf_detach(&b, NULL);
}

static void
look_on(const char *term, const char *setting, const char *golden)
{
	static const int sizes[][2] = { { 30, 100 }, { 24, 80 }, { 15, 60 } };
	autofree char *type_of = xasprintf("TERM=%s", term);
	const char *env[] = { type_of, "LC_ALL=C.UTF-8", setting, NULL };

	for (size_t i = 0; i < countof(sizes); i++) {
		char rows[12], cols[12];
		const char *argv[] = { "/proc/self/exe", "paint", rows, cols, NULL };

		snprintf(rows, sizeof(rows), "%d", sizes[i][0]);
		snprintf(cols, sizeof(cols), "%d", sizes[i][1]);
		struct screen *s = screen_start(argv, env, sizes[i][0], sizes[i][1]);
		assert_int_not_equal(screen_wait_idle(s, 0, DEADLINE), 0);
		autofree char *got = seen(s, sizes[i][0], sizes[i][1]);
		stage_compare(golden, sizes[i][0], sizes[i][1], got);
		screen_type(s, "q");
		assert_int_equal(screen_wait_end(s, DEADLINE), 0);
		assert_true(screen_modes_restored(s));
		assert_true(screen_only_allowed(s));
		screen_free(s);
	}
}

static void
without_colours_all_of_it_is_still_said(void **state)
{
	(void)state;
	look_on("xterm-256color", "NO_COLOR=1", "terms-mono");
}

static void
a_terminal_that_has_none_shows_the_same(void **state)
{
	(void)state;
	look_on("vt220", "NO_COLOR=", "terms-mono");
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_colours_all_of_it_is_still_said),
		cmocka_unit_test(a_terminal_that_has_none_shows_the_same),
	};

	if (argc == 4 && str_eq(argv[1], "paint"))
		return paint_on(atoi(argv[2]), atoi(argv[3]));
	return cmocka_run_group_tests(tests, NULL, NULL);
}
