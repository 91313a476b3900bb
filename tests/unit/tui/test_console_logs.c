/* The screen of logs in the real program: this machine is the host, and its journal is made by hand. */
#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"
#include "tests/lib/screen.h"
#include "tests/lib/seat.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include <cmocka.h>

/* Says what is there, then whatever comes through a pipe, until it is ended; once more behind c3. */
static const char journalctl[] =
    "#!/bin/sh\n"
    "case $* in *--follow*) ;; *) exit 0 ;; esac\n"
    "echo \"$$ $*\" >>asked\n"
    "case $* in *--after-cursor=c3*) exec cat later ;; esac\n"
    "printf '__CURSOR=c1\\n__REALTIME_TIMESTAMP=1767350527014000\\nMESSAGE=the first\\n\\n'\n"
    "printf '__CURSOR=c2\\n__REALTIME_TIMESTAMP=1767350527988000\\nPRIORITY=3\\nMESSAGE\\n'\n"
    "printf '\\037\\0\\0\\0\\0\\0\\0\\0\\033]52;c;b3duZWQ=\\007 \\033[31mred\\033[0m!!\\n\\n'\n"
    "exec cat pipe\n";

static struct seat seat;
static char path_word[4096];
static int pipes[2];

/* A pipe that is open at both ends here: nobody waits to open it. */
static int
make_pipe(const char *name)
{
	autofree char *path = file_join(seat.dir, name);
	int fd;

	assert_int_equal(mkfifo(path, 0600), 0);
	fd = open(path, O_RDWR | O_CLOEXEC);
	assert_true(fd >= 0);
	return fd;
}

static void
say(int fd, const char *text)
{
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
}

static struct screen *
open_logs(void)
{
	autofree char *inventory = NULL, *script = NULL;

	seat_up(&seat, "xterm-256color");
	snprintf(path_word, sizeof(path_word), "PATH=%s:%s", seat.dir, getenv("PATH"));
	seat_setenv(&seat, path_word);
	/* The reader begins in the home of who logs in; that is the seat's here, whatever it is. */
	script = xasprintf("#!/bin/sh\ncd %s && exec sh ./journal \"$@\"\n", seat.dir);
	seat_put(&seat, "journalctl", script, 0755);
	seat_put(&seat, "journal", journalctl, 0755);
	pipes[0] = make_pipe("pipe");
	pipes[1] = make_pipe("later");
	seat_put(&seat, "inventory.yaml", "hosts:\n  here: {transport: local}\n", 0644);
	inventory = file_join(seat.dir, "inventory.yaml");
	struct screen *s = seat_console(&seat, inventory, NULL, 30, 100);
	seat_shows(s, "here");
	screen_type(s, "4");
	return s;
}

static void
close_all(void)
{
	close(pipes[0]);
	close(pipes[1]);
	seat_down(&seat);
}

/* What the reader was asked; until it has the words. Caller frees; NULL: it never had. */
static char *
asked(const char *words)
{
	autofree char *path = file_join(seat.dir, "asked");
	const struct timespec nap = { .tv_nsec = 20000000 };
	struct err err;

	for (int i = 0; i < SEAT_DEADLINE / 20; i++) {
		char *text = file_read(path, 1 << 16, NULL, &err);

		if (text && strstr(text, words))
			return text;
		free(text);
		nanosleep(&nap, NULL);
	}
	return NULL;
}

static bool
is_gone(pid_t pid)
{
	const struct timespec nap = { .tv_nsec = 20000000 };

	for (int i = 0; i < SEAT_DEADLINE / 20; i++) {
		if (kill(pid, 0) < 0)
			return true;
		nanosleep(&nap, NULL);
	}
	return false;
}

static void
lines_are_followed_past_the_end_of_their_reader_and_no_byte_of_them_is_obeyed(void **state)
{
	size_t n;

	(void)state;
	struct screen *s = open_logs();
	if (!screen_wait(s, "10:42:07.014 here the first", SEAT_DEADLINE)) {
		autofree char *got = screen_text(s);
		fail_msg("no first line in:\n%s", got);
	}
	seat_shows(s, "x10:42:07.988 here ^[]52;c;b3duZWQ=^G red!!");
	say(pipes[0], "__CURSOR=c3\n__REALTIME_TIMESTAMP=1767350528000000\nMESSAGE=by pipe\n\n"
		      "__CURSOR=c4\n__REALTIME_TIMESTAMP=1767350529000000\nMESSAGE=half");
	seat_shows(s, "10:42:08.000 here by pipe");
	autofree char *first = asked("--follow");
	assert_non_null(first);
	/* Somebody on the host ends the reader in the middle of an entry. */
	assert_int_equal(kill((pid_t)strtol(first, NULL, 10), SIGKILL), 0);
	autofree char *second = asked("--after-cursor=c3");
	assert_non_null(second);
	say(pipes[1], "__CURSOR=c4\n__REALTIME_TIMESTAMP=1767350529000000\nMESSAGE=whole now\n\n");
	seat_shows(s, "10:42:09.000 here whole now");
	seat_shows(s, "4 lines");
	const char *bytes = screen_bytes(s, &n);
	assert_null(memmem(bytes, n, "\033]52;c;b3", 9));
	/* Away from the screen: its reader goes. */
	screen_type(s, "q");
	seat_shows(s, "[1 Fleet]");
	/* The second line is the second reader's. */
	assert_true(is_gone((pid_t)strtol(strchr(second, '\n') + 1, NULL, 10)));
	screen_type(s, "q");
	assert_int_equal(screen_wait_end(s, SEAT_DEADLINE), 0);
	assert_true(screen_modes_restored(s));
	screen_free(s);
	close_all();
}

static void
a_search_a_filter_and_a_command_work_on_what_is_seen(void **state)
{
	(void)state;
	struct screen *s = open_logs();

	seat_shows(s, "the first");
	seat_shows(s, " red!!");
	screen_type(s, "/FIRST\r");
	seat_shows(s, "/FIRST 1/1");
	screen_type(s, "&!first\r");
	seat_gone(s, "here the first");
	screen_type(s, "|sed s/red/blue/\r");
	seat_shows(s, "blue");
	seat_shows(s, "-- Enter goes back --");
	screen_type(s, "\r");
	seat_shows(s, "[4 Logs]");
	screen_type(s, "Q");
	assert_int_equal(screen_wait_end(s, SEAT_DEADLINE), 0);
	assert_true(screen_modes_restored(s));
	screen_free(s);
	close_all();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    lines_are_followed_past_the_end_of_their_reader_and_no_byte_of_them_is_obeyed),
		cmocka_unit_test(a_search_a_filter_and_a_command_work_on_what_is_seen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
