/* The real program on a terminal of our own, over hosts that refuse connections. */
#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"
#include "tests/lib/screen.h"
#include "tests/lib/seat.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include <cmocka.h>

static struct screen *
open_console(const struct seat *p, int rows, int cols)
{
	struct screen *s = seat_console(p, "127.0.0.1:1,root@127.0.0.2:1", NULL, rows, cols);

	seat_shows(s, "127.0.0.1");
	seat_shows(s, "2 unreach");
	return s;
}

/* Main screen, cursor, no mouse, no pastes, the title as it was: whatever was asked for last is undone. */
static void
assert_gave_back(const struct screen *s)
{
	static const char *const off[] = { "\033[?1049l", "\033[?2004l", "\033[?1000l",
		"\033[?1006l", "\033[23;2t" };
	size_t n;
	const char *bytes = screen_bytes(s, &n);

	for (size_t i = 0; i < countof(off); i++)
		assert_non_null(memmem(bytes, n, off[i], strlen(off[i])));
}

static void
assert_left_well(struct screen *s, int status)
{
	assert_int_equal(screen_wait_end(s, SEAT_DEADLINE), status);
	assert_true(screen_modes_restored(s));
	assert_gave_back(s);
}

static void
it_opens_shows_help_and_leaves_the_terminal_as_it_was(void **state)
{
	struct seat p;

	(void)state;
	seat_up(&p, "xterm-256color");
	struct screen *s = open_console(&p, 30, 100);
	screen_type(s, "?");
	seat_shows(s, "what the keys of this screen do");
	screen_type(s, "\033");
	seat_gone(s, "what the keys of this screen do");
	screen_type(s, "\r");
	seat_shows(s, "[2 Host]");
	screen_type(s, "q");
	seat_shows(s, "[1 Fleet]");
	screen_type(s, "q");
	assert_left_well(s, 0);
	screen_free(s);
	seat_down(&p);
}

static void
a_signal_leaves_the_terminal_as_it_was(void **state)
{
	static const int fatal[] = { SIGSEGV, SIGABRT, SIGBUS, SIGQUIT };
	static const int ends[] = { SIGTERM, SIGHUP, SIGINT };
	struct seat p;

	(void)state;
	seat_up(&p, "xterm-256color");
	struct screen *s;
	for (size_t i = 0; i < countof(ends); i++) {
		s = open_console(&p, 24, 80);
		screen_signal(s, ends[i]);
		assert_left_well(s, (128 + ends[i]) << 8);
		screen_free(s);
	}
	for (size_t i = 0; i < countof(fatal); i++) {
		s = open_console(&p, 24, 80);
		screen_signal(s, fatal[i]);
		int status = screen_wait_end(s, SEAT_DEADLINE);
		assert_int_not_equal(status, -1);
		assert_int_not_equal(status, 0);
		assert_true(screen_modes_restored(s));
		assert_gave_back(s);
		screen_free(s);
	}
	seat_down(&p);
}

static void
a_storm_of_sizes_is_survived(void **state)
{
	struct seat p;
	unsigned seed = 7;

	(void)state;
	seat_up(&p, "xterm-256color");
	struct screen *s = open_console(&p, 24, 80);
	for (int i = 0; i < 1000; i++) {
		seed = seed * 1103515245 + 12345;
		screen_resize(s, 1 + (int)(seed >> 16) % 80, 1 + (int)(seed >> 8) % 240);
		if (i % 4 == 0)
			screen_type(s, i % 3 ? "j" : "?");
		screen_take(s, 0);
	}
	screen_resize(s, 24, 80);
	screen_type(s, "\033\033");
	seat_shows(s, "127.0.0.1");
	screen_type(s, "Q");
	assert_left_well(s, 0);
	screen_free(s);
	seat_down(&p);
}

static void
it_works_on_a_terminal_without_colours(void **state)
{
	struct seat p;

	(void)state;
	seat_up(&p, "vt100");
	p.envp[5] = "LC_ALL=C";
	struct screen *s = open_console(&p, 24, 80);
	screen_type(s, "q");
	assert_int_equal(screen_wait_end(s, SEAT_DEADLINE), 0);
	assert_true(screen_modes_restored(s));
	screen_free(s);
	seat_down(&p);
}

static void
write_mode_is_asked_before_a_change(void **state)
{
	struct seat p;

	(void)state;
	seat_up(&p, "xterm");
	struct screen *s = open_console(&p, 24, 80);
	screen_type(s, "W");
	seat_shows(s, "read-only");
	screen_type(s, "!");
	seat_shows(s, "press W first");
	screen_type(s, "W!");
	seat_shows(s, "Command for 1 host");
	screen_type(s, "\033Q");
	assert_left_well(s, 0);
	screen_free(s);
	seat_down(&p);
}

/* It changes nothing on a host: as a key, as a row of the menu, as a verb. */
static void
a_plan_is_made_without_write_mode(void **state)
{
	struct seat p;

	(void)state;
	seat_up(&p, "xterm");
	struct screen *s = open_console(&p, 24, 80);
	screen_type(s, "W");
	seat_shows(s, "read-only");
	screen_type(s, "P");
	seat_shows(s, "Playbook to plan");
	screen_type(s, "\025/nonexistent.yaml\r");
	seat_shows(s, "/nonexistent.yaml:");
	screen_type(s, "\003aP");
	seat_shows(s, "Playbook to plan");
	screen_type(s, "\003:plan /none.yaml\r");
	seat_shows(s, "/none.yaml:");
	screen_type(s, "Q");
	assert_left_well(s, 0);
	screen_free(s);
	seat_down(&p);
}

static void
only_known_escape_sequences_leave_the_program(void **state)
{
	struct seat p;

	(void)state;
	seat_up(&p, "xterm-256color");
	struct screen *s = open_console(&p, 30, 100);
	screen_type(s, "?");
	seat_shows(s, "Help");
	screen_type(s, "?Q");
	assert_left_well(s, 0);
	assert_true(screen_only_allowed(s));
	screen_free(s);
	seat_down(&p);
}

/* The row of the screen that has this text; -1: none. */
static int
row_of(const struct screen *s, const char *text)
{
	autofree char *all = screen_text(s);
	const char *at = strstr(all, text);
	int row = 0;

	if (!at)
		return -1;
	for (const char *c = all; c < at; c++)
		row += *c == '\n';
	return row;
}

static void
click(struct screen *s, int row, int col)
{
	autofree char *bytes =
	    xasprintf("\033[<0;%d;%dM\033[<0;%d;%dm", col + 1, row + 1, col + 1, row + 1);

	screen_type(s, bytes);
}

static void
the_mouse_does_what_keys_do(void **state)
{
	struct seat p;
	int row, col;

	(void)state;
	seat_up(&p, "xterm-256color");
	p.envp[6] = "DROVER_TEST=1";
	struct screen *s = open_console(&p, 24, 80);
	int second = row_of(s, " 127.0.0.2  ");
	unsigned long idle = screen_wait_idle(s, 0, SEAT_DEADLINE);
	click(s, second, 20);
	do {
		idle = screen_wait_idle(s, idle, SEAT_DEADLINE);
		screen_cursor(s, &row, &col);
	} while (idle && row != second);
	assert_int_equal(row, second);
	click(s, second, 20);
	click(s, second, 20);
	seat_shows(s, "[2 Host]");
	seat_shows(s, "< 127.0.0.2 >");
	click(s, 1, 3);
	seat_shows(s, "[1 Fleet]");
	click(s, 23, 2);
	seat_shows(s, "[2 Host]");
	screen_type(s, "\033[<0;3;3M\033[<0;9;5m");
	seat_shows(s, "Shift-drag selects");
	screen_type(s, "M");
	seat_shows(s, "M takes it back");
	screen_type(s, "Q");
	assert_left_well(s, 0);
	screen_free(s);
	seat_down(&p);
}

static void
a_paste_is_typed_into_a_line_and_nowhere_else(void **state)
{
	struct seat p;

	(void)state;
	seat_up(&p, "xterm-256color");
	struct screen *s = open_console(&p, 24, 80);
	screen_type(s, "\033[200~Q\nP\n\033[201~");
	seat_shows(s, "a paste at a list is ignored");
	screen_type(s, "P\025\033[200~rm -rf /\n\033[201~");
	seat_shows(s, "the paste is refused");
	screen_type(s, "\033[200~site of mine.yaml\033[201~");
	seat_shows(s, "site of mine.yaml");
	screen_type(s, "\033");
	seat_gone(s, "site of mine.yaml");
	screen_type(s, "Q");
	assert_left_well(s, 0);
	screen_free(s);
	seat_down(&p);
}

static void
a_small_window_says_so_and_goes_on(void **state)
{
	struct seat p;

	(void)state;
	seat_up(&p, "xterm-256color");
	struct screen *s = open_console(&p, 24, 80);
	screen_resize(s, 4, 30);
	seat_shows(s, "drover: enlarge (30x4)");
	screen_type(s, "\r");
	screen_resize(s, 5, 20);
	seat_gone(s, "enlarge");
	screen_resize(s, 24, 80);
	seat_shows(s, "[2 Host]");
	screen_type(s, "Q");
	assert_left_well(s, 0);
	screen_free(s);
	seat_down(&p);
}

static void
updates_are_synchronized_where_the_terminal_says_so(void **state)
{
	struct seat p;
	size_t from;

	(void)state;
	seat_up(&p, "xterm-256color");
	struct screen *s = open_console(&p, 24, 80);
	const char *bytes = screen_bytes(s, &from);
	assert_non_null(memmem(bytes, from, "\033[?2026$p", 9));
	assert_null(memmem(bytes, from, "\033[?2026h", 8));
	screen_type(s, "\033[?2026;2$y");
	screen_type(s, "W");
	assert_true(screen_wait_bytes(s, "\033[?2026h", from, SEAT_DEADLINE));
	assert_true(screen_wait_bytes(s, "\033[?2026l", from, SEAT_DEADLINE));
	seat_shows(s, "read-only");
	screen_type(s, "Q");
	assert_left_well(s, 0);
	assert_true(screen_only_allowed(s));
	screen_free(s);
	seat_down(&p);
}

/* The colours of the row that a host has, in this terminal. */
static void
colours_are(const char *term, const char *setting, int fg, bool reverse)
{
	struct screen_cell cell;
	struct seat p;

	seat_up(&p, term);
	p.envp[6] = setting;
	struct screen *s = open_console(&p, 24, 80);
	screen_cell(s, row_of(s, "--PETS"), 4, &cell);
	assert_int_equal(cell.fg, fg);
	assert_int_equal(cell.bg, -1);
	screen_cell(s, 0, 1, &cell);
	assert_int_equal(cell.reverse, reverse);
	screen_type(s, "Q");
	assert_int_equal(screen_wait_end(s, SEAT_DEADLINE), 0);
	assert_true(screen_modes_restored(s));
	screen_free(s);
	seat_down(&p);
}

static void
colours_are_the_terminals_own_or_none(void **state)
{
	(void)state;
	colours_are("xterm-256color", NULL, 6, true);
	colours_are("xterm", NULL, 6, true);
	colours_are("xterm-256color", "NO_COLOR=1", -1, true);
	colours_are("xterm-256color", "NO_COLOR=", 6, true);
	colours_are("xterm-256color", "CLICOLOR=0", -1, true);
	/* ncurses keeps the memory of the newterm() that failed. */
	colours_are("a-terminal-nobody-knows", "ASAN_OPTIONS=detect_leaks=0", 6, true);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_opens_shows_help_and_leaves_the_terminal_as_it_was),
		cmocka_unit_test(a_signal_leaves_the_terminal_as_it_was),
		cmocka_unit_test(a_storm_of_sizes_is_survived),
		cmocka_unit_test(it_works_on_a_terminal_without_colours),
		cmocka_unit_test(write_mode_is_asked_before_a_change),
		cmocka_unit_test(a_plan_is_made_without_write_mode),
		cmocka_unit_test(only_known_escape_sequences_leave_the_program),
		cmocka_unit_test(the_mouse_does_what_keys_do),
		cmocka_unit_test(a_paste_is_typed_into_a_line_and_nowhere_else),
		cmocka_unit_test(a_small_window_says_so_and_goes_on),
		cmocka_unit_test(updates_are_synchronized_where_the_terminal_says_so),
		cmocka_unit_test(colours_are_the_terminals_own_or_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
