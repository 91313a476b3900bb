/* Programs on four terminals of the console at once, by real sessions, beside the same program under ssh(1) in tmux
 * of the same size: every key goes to all of them, and every cell is the same. */
#include "base/clock.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/str.h"
#include "tests/lib/mux.h"
#include "tests/lib/screen.h"
#include "tests/lib/seat.h"
#include "tests/lib/sshd.h"
#include "tui/frame.h"
#include "tui/grid.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define ROWS     43
#define COLS     125
#define PANES    4
#define DEADLINE 60000

static struct sshd *server;
static struct seat seat;
static struct screen *screen;
static struct mux *mux;
static struct grid grid;
static pid_t sleeper;
static int first_row; /* of those that are compared */
static bool lost;     /* nobody knows what stands on the screens */

/* What is typed, and what is to be seen then that was not before; "!TEXT": what is not to be seen any more. */
struct step {
	const char *keys, *anchor;
};

static void
write_files(void)
{
	autobuf text = BUF_INIT(1 << 16);
	autofree char *config = xasprintf("Host p*\n  HostName 127.0.0.1\n  Port %d\n  User %s\n"
					  "  IdentityFile %s/id\n  IdentitiesOnly yes\n"
					  "  UserKnownHostsFile %s/known\n",
	    sshd_port(server), sshd_user(server), sshd_dir(server), seat.dir);
	autofree char *known =
	    xasprintf("[127.0.0.1]:%d %s\n", sshd_port(server), sshd_host_key(server));

	seat_put(&seat, "ssh_config", config, 0644);
	seat_put(&seat, "known", known, 0644);
	seat_put(&seat, "inventory.yaml",
	    "fleet: programs\nknown_hosts: known\n"
	    "groups: {all-of-them: {kind: cattle, hosts: \"p[1-4]\"}}\n",
	    0644);
	for (int i = 1; i <= 60; i++)
		buf_addf(&text, "line %d of the file%s\n", i,
		    i % 20 == 7 ? ", in which word stands and which is longer than a pane is wide"
				: "");
	seat_put(&seat, "file.txt", buf_text(&text), 0644);
}

/* The same shell everywhere: no rc file of whoever runs this, and no name in the prompt. */
static char *
shell_line(void)
{
	return xasprintf(
	    "exec env -i HOME=%s PATH=\"$PATH\" TERM=\"$TERM\" LC_ALL=C.UTF-8 PS1='> ' "
	    "bash --norc --noprofile\r",
	    seat.dir);
}

static void
type(const char *keys)
{
	screen_type(screen, keys);
	mux_type(mux, keys, strlen(keys));
}

static bool
same_cell(const struct screen_cell *ours, const struct mux_cell *theirs)
{
	bool blank = str_eq(ours->text, " "); /* whose letters' looks nobody sees */

	if (!str_eq(ours->text, theirs->text))
		return false;
	return !theirs->told ||
	       (ours->bg == theirs->tone.bg - 1 &&
		   ours->underline == ((theirs->tone.attr & TONE_UNDERLINE) != 0) &&
		   ours->reverse == ((theirs->tone.attr & TONE_REVERSE) != 0) &&
		   (blank || (ours->fg == theirs->tone.fg - 1 &&
				 ours->bold == ((theirs->tone.attr & TONE_BOLD) != 0))));
}

/* The first cell that differs, into why; false: none does. */
static bool
differs(char *why, size_t size)
{
	struct grid_box box;
	struct screen_cell cell;

	for (size_t pane = 0; pane < PANES; pane++) {
		grid_place(&grid, pane, &box);
		for (int row = first_row; row < box.rows; row++) {
			for (int col = 0; col < box.cols; col++) {
				const struct mux_cell *m = mux_cell(mux, row, col);

				screen_cell(
				    screen, FRAME_TOP + 1 + box.row + row, box.col + col, &cell);
				if (same_cell(&cell, m))
					continue;
				snprintf(why, size,
				    "pane %zu, row %d, column %d: '%s' %d/%d%s%s%s, in tmux '%s' "
				    "%d/%d/%x",
				    pane + 1, row, col, cell.text, cell.fg, cell.bg,
				    cell.bold ? " bold" : "", cell.underline ? " line" : "",
				    cell.reverse ? " reverse" : "", m->text, m->tone.fg - 1,
				    m->tone.bg - 1, m->tone.attr);
				return true;
			}
		}
	}
	return false;
}

static bool
shows(const char *text, const char *anchor)
{
	return anchor[0] == '!' ? !strstr(text, anchor + 1) : strstr(text, anchor) != NULL;
}

/* Until tmux shows the anchor and all four panes show what tmux does. */
static void
all_show(const char *what, const char *anchor)
{
	int64_t until = clock_mono_ms() + DEADLINE;
	char why[300] = "nothing came";
	struct mux_state st;
	bool there;

	do {
		screen_take(screen, 20);
		if (!mux_look(mux, &st))
			fail_msg("%s: tmux is gone", what);
		autofree char *text = mux_text(mux);
		there = shows(text, anchor);
		if (there && !differs(why, sizeof(why)))
			return;
	} while (clock_mono_ms() < until);
	autofree char *ours = screen_text(screen);
	autofree char *theirs = mux_text(mux);
	fail_msg("%s: '%s' %s; %s\n%s\ntmux:\n%s", what, anchor, there ? "is so" : "does not come",
	    why, ours, theirs);
}

static void
go(const struct step *steps, size_t count)
{
	if (lost)
		fail_msg("what went before did not end");
	lost = true;
	for (size_t i = 0; i < count; i++) {
		struct mux_state st;

		assert_true(mux_look(mux, &st));
		autofree char *before = mux_text(mux);
		if (shows(before, steps[i].anchor))
			fail_msg("'%s' is so before '%s'", steps[i].anchor, steps[i].keys);
		type(steps[i].keys);
		all_show(steps[i].keys, steps[i].anchor);
	}
	lost = false;
}

static int
up(void **state)
{
	struct grid_box box;

	(void)state;
	server = sshd_start(NULL);
	seat_up(&seat, "xterm-256color");
	write_files();
	sleeper = fork();
	if (sleeper == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		execlp("sleep", "sleep", "3600", (char *)NULL);
		_exit(127);
	}
	grid_make(ROWS - FRAME_TOP - FRAME_BOTTOM - 1, COLS, PANES, &grid);
	grid_place(&grid, 0, &box);
	autofree char *inventory = file_join(seat.dir, "inventory.yaml");
	autofree char *config = file_join(seat.dir, "ssh_config");
	autofree char *ssh = xasprintf("exec ssh -F %s p1", config);
	const char *more[] = { "--ssh-config", config, "ssh", "p[1-4]", NULL };
	const char *env[] = { "TERM=xterm-256color", NULL };
	screen = seat_console(&seat, inventory, more, ROWS, COLS);
	autofree char *command = xasprintf("TERM=xterm-256color; export TERM; %s", ssh);
	mux = mux_start(command, env, box.rows, box.cols);
	assert_non_null(mux);
	seat_shows(screen, "[7 Terms]");
	screen_type(screen, "\035b\035b");
	seat_shows(screen, "BROADCAST to 4 of 4: p[1-4]");
	seat_gone(screen, "connecting");
	autofree char *shell = shell_line();
	type(shell);
	type("cd; clear; echo be''gun\r");
	all_show("the shells", "begun");
	return 0;
}

static int
down(void **state)
{
	(void)state;
	screen_free(screen);
	mux_free(mux);
	kill(sleeper, SIGKILL);
	waitpid(sleeper, NULL, 0);
	sshd_stop(server);
	seat_down(&seat);
	return 0;
}

static void
a_shell_is_the_same_on_all(void **state)
{
	static const struct step steps[] = {
		{ "for i in $(seq 40); do printf '\\033[3%dm%s\\033[0m ' $((i % 8)) w$i; done; "
		  "echo "
		  "en''ded\r",
		    "ended" },
		{ "printf '\\033[38;5;200mpink\\033[48;2;0;0;95m on blue\\033[0m\\n\\033[1;4mbold "
		  "line\\033[0m \\033[7mreverse\\033[0m\\n\\346\\225\\260 e\\314\\201 fini%s\\n' "
		  "shed\r",
		    "finished" },
		{ "seq 100 | sed 's/$/ scrolled/'\r", "100 scrolled" },
		{ "echo one two three", "one two three" },
		{ "\001XX \005 YY\002\002\002ZZ", "threeZZ YY" },
		{ "\033bWW", "WWthreeZZ" },
		{ "\033[D\033[3~\001\013echo af''ter\r", "after" },
		{ "clear; echo be''gun\r", "begun" },
	};

	(void)state;
	go(steps, countof(steps));
}

static void
vim_is_the_same_on_all(void **state)
{
	static const struct step steps[] = {
		{ "vim.tiny -u NONE -i NONE -n file.txt\r", "line 3 of the file" },
		{ ":set nu showmode\r", "1 line 1 of the file" },
		{ "/line 47\r", "line 47 of" },
		{ "ohello from the keys", "hello from the keys" },
		{ "\033", "!-- INSERT --" },
		{ ":set list\r", "of the file$" },
		{ "gg5dd", "5 fewer lines" },
		{ "u", "5 more lines" },
		{ "G", "61 line 60" },
		{ "V3k", "-- VISUAL LINE --" },
		{ "\033", "!-- VISUAL LINE --" },
		{ ":q!\r", "begun" },
	};

	(void)state;
	go(steps, countof(steps));
}

static void
less_is_the_same_on_all(void **state)
{
	static const struct step steps[] = {
		{ "less file.txt\r", "line 3 of the file" },
		{ "/word\r", "line 20 of" },
		{ " ", "line 30 of" },
		{ "G", "line 60 of" },
		{ "g", "line 2 of" },
		{ "-N", "line numbers" },
		{ "\r", "1 line 1 of the file" },
		{ "q", "begun" },
	};

	(void)state;
	go(steps, countof(steps));
}

static void
nano_is_the_same_on_all(void **state)
{
	static const struct step steps[] = {
		{ "nano -I file.txt\r", "GNU nano" },
		{ "typed here ", "typed here" },
		{ "\033[B\033[B\005 end of it", "end of it" },
		{ "\027", "Search" },
		{ "line 55\r", "line 55 of" },
		{ "\007", "Main nano help text" },
		{ "\030", "line 55 of" },
		{ "\030", "Save modified" },
		{ "n", "begun" },
	};

	(void)state;
	go(steps, countof(steps));
}

static bool
in_colours(void)
{
	struct mux_state st;

	assert_true(mux_look(mux, &st));
	return mux_cell(mux, first_row, 2)->tone.fg != 0;
}

/* The row that the text stands in; -1: none. */
static int
row_of(const char *text)
{
	struct mux_state st;

	assert_true(mux_look(mux, &st));
	autofree char *all = mux_text(mux);
	const char *at = strstr(all, text);
	int row = 0;

	for (const char *p = all; at && p < at; p++)
		row += *p == '\n';
	return at ? row : -1;
}

/* What it says of the machine is another at each time: the process that sleeps is compared, and the line above it.
 * Its help is not: it erases behind a full line, of which test_pane_tmux tells. */
static void
top_is_the_same_on_all(void **state)
{
	static const struct step leave = { "q", "\n>\n" },
				 clear = { "clear; echo be''gun\r", "begun" };
	autofree char *start = xasprintf("clear; top -d 600 -p %d\r", (int)sleeper);
	int64_t until = clock_mono_ms() + DEADLINE;

	(void)state;
	assert_false(lost);
	lost = true;
	type(start);
	while ((first_row = row_of("PID USER")) < 0 && clock_mono_ms() < until)
		screen_take(screen, 20);
	assert_true(first_row >= 0);
	autofree char *pid = xasprintf("%d ", (int)sleeper);
	all_show("the process", pid);
	type("z");
	while (!in_colours() && clock_mono_ms() < until)
		screen_take(screen, 20);
	assert_true(in_colours());
	all_show("in colours", "PID USER");
	lost = false;
	go(&leave, 1);
	first_row = 0;
	go(&clear, 1);
}

static void
none_of_them_differs(void **state)
{
	(void)state;
	autofree char *text = screen_text(screen);
	assert_null(strstr(text, "DIFFERS"));
	screen_type(screen, "\035Q");
	assert_int_equal(screen_wait_end(screen, DEADLINE), 0);
	assert_true(screen_modes_restored(screen));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_shell_is_the_same_on_all),
		cmocka_unit_test(vim_is_the_same_on_all),
		cmocka_unit_test(less_is_the_same_on_all),
		cmocka_unit_test(nano_is_the_same_on_all),
		cmocka_unit_test(top_is_the_same_on_all),
		cmocka_unit_test(none_of_them_differs),
	};

	return cmocka_run_group_tests(tests, up, down);
}
