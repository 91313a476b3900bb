/* The Fleet screen of the real program on a terminal of our own, over hosts that refuse connections. */
#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"
#include "tests/lib/screen.h"
#include "tests/lib/seat.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

static const char inventory[] = "fleet: walk\n"
				"groups:\n"
				"  web:\n"
				"    kind: cattle\n"
				"    vars: {tier: front}\n"
				"    hosts:\n"
				"      web1: {address: 127.0.0.1, port: 1}\n"
				"      web2: {address: 127.0.0.2, port: 1}\n"
				"      web3: {address: 127.0.0.3, port: 1}\n"
				"  db:\n"
				"    hosts:\n"
				"      db1: {address: 127.0.0.4, port: 1, user: deploy}\n";

struct walk {
	struct seat seat;
	struct screen *screen;
};

static int
set_up(void **state)
{
	struct walk *w = xcalloc(1, sizeof(*w));

	seat_up(&w->seat, "xterm-256color");
	seat_put(&w->seat, "inventory.yaml", inventory, 0600);
	autofree char *file = file_join(w->seat.dir, "inventory.yaml");
	w->screen = seat_console(&w->seat, file, NULL, 24, 90);
	*state = w;
	return 0;
}

static int
tear_down(void **state)
{
	struct walk *w = *state;

	screen_free(w->screen);
	seat_down(&w->seat);
	free(w);
	return 0;
}

/* Keys, and what the screen shows after them, or no longer. */
struct step {
	const char *keys, *shows, *gone;
};

static void
walk(struct screen *s, const struct step *steps, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		screen_type(s, steps[i].keys);
		if (steps[i].shows)
			seat_shows(s, steps[i].shows);
		if (steps[i].gone)
			seat_gone(s, steps[i].gone);
	}
}

static void
leave(struct screen *s, const char *keys)
{
	screen_type(s, keys);
	assert_int_equal(screen_wait_end(s, SEAT_DEADLINE), 0);
}

static void
a_herd_is_opened_filtered_and_marked(void **state)
{
	static const struct step steps[] = {
		{ "/web", .gone = "db1 " },
		{ "\r", .shows = "only web" },
		{ "\033", .shows = "db1" },
		{ "/tier=front\r", .gone = "db1 " },
		{ .keys = "\033" },
		{ "+web[1-2]\r", .shows = "2 hosts marked" },
		{ "@nobody\r", .shows = "nobody" },
		{ .keys = "\033" },
		{ "-web1\r", .shows = "1 host not marked any more" },
		{ ">", .shows = "sort HOST v" },
	};
	struct walk *w = *state;

	seat_shows(w->screen, "4 unreach");
	seat_shows(w->screen, "db1");
	walk(w->screen, steps, countof(steps));
	leave(w->screen, "q");
	assert_true(screen_modes_restored(w->screen));
}

static void
a_terminal_opens_from_what_ran_there_too(void **state)
{
	static const struct step to[] = {
		{ "g!", .shows = "Command for 1 host" },
		{ "true\r", .shows = "Cancel" },
		{ "y", .shows = "1/1 hosts" },
		{ "\rs", .shows = "[7 Terms]" },
	};
	struct walk *w = *state;
	struct screen *s = w->screen;

	seat_shows(s, "4 unreach");
	walk(s, to, countof(to));
	seat_shows(s, "db1 (pet)");
	/* While it is not lost yet, keys are its own; why, the run has said already. */
	seat_shows(s, "LOST");
	seat_shows(s, "connect: 127.0.0.4 port 1: connection refused");
	leave(s, "Q");
	assert_true(screen_modes_restored(s));
}

static void
a_terminal_that_cannot_be_had_says_why_in_its_pane(void **state)
{
	struct walk *w = *state;
	struct screen *s = w->screen;

	seat_shows(s, "4 unreach");
	screen_type(s, "gs");
	seat_shows(s, "[7 Terms]");
	seat_shows(s, "LOST");
	seat_shows(s, "(r connects again, x closes)");
	/* Nobody receives keys there: they are those of the screen. */
	walk(s, (const struct step[]){ { "x", .shows = "No terminal is open." } }, 1);
	leave(s, "Q");
	assert_true(screen_only_allowed(s));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    a_herd_is_opened_filtered_and_marked, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    a_terminal_opens_from_what_ran_there_too, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    a_terminal_that_cannot_be_had_says_why_in_its_pane, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
