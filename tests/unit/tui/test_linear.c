/* The console in lines: the real program on a terminal, over hosts that refuse connections. */
#include "base/err.h"
#include "base/mem.h"
#include "inventory/inventory.h"
#include "tests/lib/screen.h"
#include "tests/lib/seat.h"
#include "tests/lib/stage.h"
#include "tui/announce.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct screen *
open_lines(const struct seat *p, const char *option)
{
	const char *const more[] = { "ui", option, NULL };

	return seat_console(p, "127.0.0.1:1,root@127.0.0.2:1", more, 40, 100);
}

/* Nothing but plain lines: no byte of a screen. */
static void
assert_plain(const struct screen *s)
{
	size_t n;
	const char *bytes = screen_bytes(s, &n);

	for (size_t i = 0; i < n; i++) {
		if ((bytes[i] < ' ' && bytes[i] != '\r' && bytes[i] != '\n') || bytes[i] == 127)
			fail_msg("byte %zu is %02x", i, bytes[i] & 0xff);
	}
}

static void
walk(struct screen *s)
{
	seat_shows(s, "Screen Fleet");
	seat_shows(s, "127.0.0.2: unreachable: connect");
	screen_type(s, "4\n");
	seat_shows(s, "4. here: >");
	screen_type(s, "enter\n");
	seat_shows(s, "Screen Host");
	screen_type(s, "?\n");
	seat_shows(s, "Type a number to choose");
	screen_type(s, "\nback\n");
	seat_shows(s, "drover  fleet adhoc");
	screen_type(s, "write\n");
	seat_shows(s, "read-only");
	screen_type(s, "no such thing\n");
	seat_shows(s, "There is no key or action of this name");
	screen_type(s, "!\n");
	seat_shows(s, "press W first");
	screen_type(s, "P\n");
	seat_shows(s, "Enter alone takes:");
	screen_type(s, "/nonexistent.yaml\n");
	seat_shows(s, "/nonexistent.yaml: ");
	screen_type(s, "Q\n");
	assert_int_equal(screen_wait_end(s, SEAT_DEADLINE), 0);
}

static void
a_walk_is_read_out_in_lines(void **state)
{
	struct seat p;

	(void)state;
	seat_up(&p, "xterm-256color");
	struct screen *s = open_lines(&p, "--linear");
	walk(s);
	assert_plain(s);
	assert_true(screen_modes_restored(s));
	screen_free(s);
	seat_down(&p);
}

/* Without panes a login is drover ssh, over the same fleet, and the console comes back behind it. */
static void
a_login_has_the_terminal_to_itself(void **state)
{
	struct seat p;

	(void)state;
	seat_up(&p, "xterm-256color");
	struct screen *s = open_lines(&p, "--linear");
	seat_shows(s, "127.0.0.2: unreachable: connect");
	screen_type(s, "4\n");
	seat_shows(s, "4. here: >");
	screen_type(s, "s\n");
	seat_shows(s, "drover: 127.0.0.2: connect: 127.0.0.2 port 1: connection refused");
	seat_shows(s, "it ended with status 255");
	screen_type(s, "Q\n");
	assert_int_equal(screen_wait_end(s, SEAT_DEADLINE), 0);
	assert_true(screen_modes_restored(s));
	screen_free(s);
	seat_down(&p);
}

static void
a_terminal_that_cannot_be_drawn_on_gets_lines(void **state)
{
	struct seat p;

	(void)state;
	seat_up(&p, "dumb");
	p.envp[5] = "LC_ALL=C";
	struct screen *s = open_lines(&p, NULL);
	seat_shows(s, "Screen Fleet");
	screen_type(s, "Q\n");
	assert_int_equal(screen_wait_end(s, SEAT_DEADLINE), 0);
	assert_plain(s);
	screen_free(s);
	seat_down(&p);
}

static void
a_variable_asks_for_lines(void **state)
{
	struct seat p;

	(void)state;
	seat_up(&p, "xterm");
	p.envp[6] = "ACCESSIBLE=1";
	struct screen *s = open_lines(&p, "--readonly");
	seat_shows(s, "Read-only.");
	screen_type(s, "W\n");
	seat_shows(s, "started with --readonly");
	screen_type(s, "\004");
	assert_true(screen_wait_end(s, SEAT_DEADLINE) > 0);
	screen_free(s);
	seat_down(&p);
}

static void
on_line(void *user, const char *line)
{
	char *said = user;
	size_t n = strlen(said);

	snprintf(said + n, 4096 - n, "%s\n", line);
}

static void
a_change_is_one_line(void **state)
{
	struct announcer *a = announce_new();
	char said[4096] = "";
	struct stage s;

	(void)state;
	stage_up(&s);
	announce_take(a, &s.scene, on_line, said);
	assert_non_null(strstr(said, "lab-pi: unreachable: connect: timed out after 10.0 s\n"));
	assert_non_null(strstr(said, "db1: postgres.service failed\n"));
	said[0] = '\0';
	announce_take(a, &s.scene, on_line, said);
	assert_string_equal(said, "");
	s.hosts[2].link = LINK_UP;
	for (size_t i = 3; i < 6; i++) {
		s.hosts[i].link = LINK_DOWN;
		err_set(&s.hosts[i].err, OUTCOME_UNREACHABLE, "%s: gone", s.hosts[i].name);
	}
	announce_take(a, &s.scene, on_line, said);
	assert_string_equal(said, "lab-pi: reachable again\nweb[1-3]: unreachable: gone\n");
	said[0] = '\0';
	s.status[0].units[1].active[0] = 'x';
	announce_take(a, &s.scene, on_line, said);
	assert_string_equal(said, "db1: postgres.service is not failed any more\n");
	stage_down(&s);
	announce_free(a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_walk_is_read_out_in_lines),
		cmocka_unit_test(a_login_has_the_terminal_to_itself),
		cmocka_unit_test(a_terminal_that_cannot_be_drawn_on_gets_lines),
		cmocka_unit_test(a_variable_asks_for_lines),
		cmocka_unit_test(a_change_is_one_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
