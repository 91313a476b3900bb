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

#define DEADLINE 30000 /* ms; a condition, not a timing */

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

/* What drover asks of ssh is answered by ssh; a login says with what words it was called. */
static const char ssh[] = "#!/bin/sh\n"
			  "for word; do [ \"$word\" = -G ] && exec /usr/bin/ssh \"$@\"; done\n"
			  "echo \"login: $*\"\n"
			  "read -r line\n"
			  "echo \"typed: $line\"\n"
			  "exit 3\n";

struct walk {
	struct seat seat;
	char path[256];
	struct screen *screen;
};

static void
put_file(const char *dir, const char *name, const char *text, mode_t mode)
{
	autofree char *path = xasprintf("%s/%s", dir, name);
	struct err err;

	assert_int_equal(file_replace(path, text, strlen(text), mode, &err), 0);
}

static int
set_up(void **state)
{
	struct walk *w = xcalloc(1, sizeof(*w));
	const char *program = getenv("DROVER");
	size_t n = 0;

	seat_up(&w->seat, "xterm-256color");
	put_file(w->seat.dir, "inventory.yaml", inventory, 0600);
	put_file(w->seat.dir, "ssh", ssh, 0700);
	snprintf(w->path, sizeof(w->path), "PATH=%s:/usr/local/bin:/usr/bin:/bin", w->seat.dir);
	while (w->seat.envp[n])
		n++;
	w->seat.envp[n] = w->path;
	w->seat.envp[n + 1] = NULL;
	autofree char *file = xasprintf("%s/inventory.yaml", w->seat.dir);
	const char *argv[] = { program ? program : "build/release/drover", "-i", file, NULL };
	w->screen = screen_start(argv, w->seat.envp, 24, 90);
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

static void
assert_shown(struct walk *w, const char *text)
{
	if (screen_wait(w->screen, text, DEADLINE))
		return;
	autofree char *now = screen_text(w->screen);
	fail_msg("'%s' did not come:\n%s", text, now);
}

static void
assert_gone(struct walk *w, const char *text)
{
	if (screen_wait_gone(w->screen, text, DEADLINE))
		return;
	autofree char *now = screen_text(w->screen);
	fail_msg("'%s' did not go:\n%s", text, now);
}

static void
a_herd_is_opened_filtered_and_marked(void **state)
{
	struct walk *w = *state;
	struct screen *s = w->screen;

	assert_shown(w, "4 unreach");
	assert_shown(w, "db1");
	screen_type(s, "/web");
	assert_gone(w, "db1 ");
	screen_type(s, "\r");
	assert_shown(w, "only web");
	screen_type(s, "\033");
	assert_shown(w, "db1");
	screen_type(s, "/tier=front\r");
	assert_gone(w, "db1 ");
	screen_type(s, "\033");
	screen_type(s, "+web[1-2]\r");
	assert_shown(w, "2 hosts marked");
	screen_type(s, "@nobody\r");
	assert_shown(w, "nobody");
	screen_type(s, "\033");
	screen_type(s, "-web1\r");
	assert_shown(w, "1 host not marked any more");
	screen_type(s, ">");
	assert_shown(w, "sort HOST v");
	screen_type(s, "q");
	assert_int_equal(screen_wait_end(s, DEADLINE), 0);
	assert_true(screen_modes_restored(s));
}

static void
a_login_has_the_terminal_until_it_ends(void **state)
{
	struct walk *w = *state;
	struct screen *s = w->screen;

	assert_shown(w, "4 unreach");
	screen_type(s, "g");
	screen_type(s, "s");
	assert_shown(w, "login:");
	autofree char *called = screen_text(s);
	assert_non_null(strstr(called, "-l deploy"));
	assert_non_null(strstr(called, "HostName=127.0.0.4"));
	screen_type(s, "words for the other program\r");
	assert_shown(w, "it ended with status 3");
	assert_shown(w, "[1 Fleet]");
	assert_shown(w, "db1");
	/* Nothing of what was typed there became a key here. */
	assert_shown(w, "sort HEALTH v");
	screen_type(s, "q");
	assert_int_equal(screen_wait_end(s, DEADLINE), 0);
	assert_true(screen_modes_restored(s));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    a_herd_is_opened_filtered_and_marked, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    a_login_has_the_terminal_until_it_ends, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
