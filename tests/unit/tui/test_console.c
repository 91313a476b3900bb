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

#define DEADLINE 30000 /* ms; a condition, not a timing */

static struct screen *
open_console(const struct seat *p, int rows, int cols)
{
	const char *program = getenv("DROVER");
	const char *argv[] = { program ? program : "build/release/drover", "-i",
		"127.0.0.1:1,root@127.0.0.2:1", NULL };
	struct screen *s = screen_start(argv, p->envp, rows, cols);

	if (!screen_wait(s, "127.0.0.1", DEADLINE) || !screen_wait(s, "2 unreach", DEADLINE))
		fail_msg("the console did not open");
	return s;
}

static void
assert_left_well(struct screen *s, int status)
{
	size_t n;

	assert_int_equal(screen_wait_end(s, DEADLINE), status);
	assert_true(screen_modes_restored(s));
	const char *bytes = screen_bytes(s, &n);
	assert_non_null(memmem(bytes, n, "\033[?1049l", 8));
	assert_non_null(memmem(bytes, n, "\033[?2004l", 8));
}

static void
it_opens_shows_help_and_leaves_the_terminal_as_it_was(void **state)
{
	struct seat p;

	(void)state;
	seat_up(&p, "xterm-256color");
	struct screen *s = open_console(&p, 30, 100);
	screen_type(s, "?");
	assert_true(screen_wait(s, "what the keys of this screen do", DEADLINE));
	screen_type(s, "\033");
	assert_true(screen_wait_gone(s, "what the keys of this screen do", DEADLINE));
	screen_type(s, "\r");
	assert_true(screen_wait(s, "[2 Host]", DEADLINE));
	screen_type(s, "q");
	assert_true(screen_wait(s, "[1 Fleet]", DEADLINE));
	screen_type(s, "q");
	assert_left_well(s, 0);
	screen_free(s);
	seat_down(&p);
}

static void
a_signal_leaves_the_terminal_as_it_was(void **state)
{
	static const int fatal[] = { SIGSEGV, SIGABRT, SIGBUS };
	struct seat p;

	(void)state;
	seat_up(&p, "xterm-256color");
	struct screen *s = open_console(&p, 24, 80);
	screen_signal(s, SIGTERM);
	assert_left_well(s, (128 + SIGTERM) << 8);
	screen_free(s);
	for (size_t i = 0; i < countof(fatal); i++) {
		s = open_console(&p, 24, 80);
		screen_signal(s, fatal[i]);
		int status = screen_wait_end(s, DEADLINE);
		assert_int_not_equal(status, -1);
		assert_int_not_equal(status, 0);
		assert_true(screen_modes_restored(s));
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
	for (int i = 0; i < 200; i++) {
		seed = seed * 1103515245 + 12345;
		screen_resize(s, 2 + (int)(seed >> 16) % 60, 10 + (int)(seed >> 8) % 200);
		screen_type(s, i % 3 ? "j" : "?");
	}
	screen_type(s, "\003");
	screen_resize(s, 24, 80);
	assert_true(screen_wait(s, "127.0.0.1", DEADLINE));
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
	assert_int_equal(screen_wait_end(s, DEADLINE), 0);
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
	assert_true(screen_wait(s, "read-only", DEADLINE));
	screen_type(s, "P");
	assert_true(screen_wait(s, "press W first", DEADLINE));
	screen_type(s, "WP");
	assert_true(screen_wait(s, "Playbook to plan", DEADLINE));
	screen_type(s, "\025/nonexistent.yaml\r");
	assert_true(screen_wait(s, "nonexistent.yaml", DEADLINE));
	screen_type(s, "\033Q");
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
	assert_true(screen_wait(s, "Help", DEADLINE));
	screen_type(s, "?Q");
	assert_left_well(s, 0);
	assert_true(screen_only_allowed(s));
	screen_free(s);
	seat_down(&p);
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
		cmocka_unit_test(only_known_escape_sequences_leave_the_program),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
