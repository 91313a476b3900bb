#include "tests/lib/probe.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/loop.h"
#include "base/mem.h"
#include "base/str.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static struct sshd *sshd;

/* A proxy command: a script that does something before, then leads to the sshd. */
static char *
way(const char *before)
{
	autofree char *path = xstrdup(sshd_file(sshd, "proxy"));
	autofree char *text =
	    xasprintf("%s\nexec perl -MIO::Socket::INET -MIO::Select -e '"
		      "$s=IO::Socket::INET->new(\"$ARGV[0]:$ARGV[1]\") or die \"no way\";"
		      "$c=IO::Select->new($s,\\*STDIN);"
		      "while(1){for($c->can_read){sysread($_,$b,65536) or exit;"
		      "syswrite($_==$s?\\*STDOUT:$s,$b)}}' \"$1\" \"$2\"\n",
		before);
	struct err err;

	assert_int_equal(file_replace(path, text, strlen(text), 0600, &err), 0);
	return xasprintf("/bin/sh %s %%h %%p %%r %%n %%%%", path);
}

static void
expect_down(struct fixture *f, const struct target *t, enum outcome kind, const char *words)
{
	struct probe *p = probe_open(f, t, "true");

	probe_wait(f, &p->down, &p->ended);
	assert_false(p->ended);
	if (!str_starts(p->err.text, words))
		fail_msg("'%s' does not begin with '%s'", p->err.text, words);
	assert_int_equal(p->err.kind, kind);
	probe_close(p);
}

static void
expect_status(struct fixture *f, const struct target *t, int status)
{
	autofree char *command = xasprintf("exit %d", status);
	struct probe *p = probe_open(f, t, command);

	probe_wait(f, &p->ended, &p->down);
	if (p->down)
		fail_msg("%s", p->err.text);
	assert_int_equal(p->end.status, status);
	probe_close(p);
}

static void
a_proxy_command_leads_to_the_host(void **state)
{
	struct fixture *f = *state;
	struct target t = f->target;
	autofree char *line = way(":");

	t.proxy_command = line;
	expect_status(f, &t, 7);
}

static void
its_tokens_are_those_of_ssh(void **state)
{
	struct fixture *f = *state;
	struct target t = f->target;
	autofree char *file = xstrdup(sshd_file(sshd, "tokens"));
	autofree char *before = xasprintf("echo \"$*\" > %s", file);
	autofree char *line = way(before);
	autofree char *want = xasprintf("127.0.0.1 %d %s web-1 %%\n", t.port, t.user);
	struct err err;

	t.proxy_command = line;
	expect_status(f, &t, 3);
	autofree char *got = file_read(file, 4096, NULL, &err);
	assert_string_equal(got, want);
	t.proxy_command = "nc %h %C";
	expect_down(
	    f, &t, OUTCOME_INPUT, "web-1: connect: the proxy command has %C, which is none");
	t.proxy_command = "nc %h %";
	expect_down(f, &t, OUTCOME_INPUT, "web-1: connect: the proxy command has %, which is none");
}

static void
a_user_that_a_shell_would_take_apart_is_refused(void **state)
{
	static const char *const bad[] = { "a;touch", "$(id)", "a'b", "a`b", "a|b", "a&b" };
	struct fixture *f = *state;
	struct target t = f->target;
	autofree char *line = way(":");

	t.proxy_command = line;
	for (size_t i = 0; i < countof(bad); i++) {
		t.user = bad[i];
		expect_down(f, &t, OUTCOME_INPUT, "web-1: connect: a host or user name that a");
	}
}

static void
what_it_says_is_told(void **state)
{
	struct fixture *f = *state;
	struct target t = f->target;
	autofree char *line = way("echo starting >&2; echo 'no \x1b[1mroute' >&2; exit 3");

	t.proxy_command = line;
	expect_down(f, &t, OUTCOME_UNREACHABLE,
	    "web-1: banner: the proxy command ended with status 3: no ?[1mroute (");
	t.proxy_command = "sh -c 'kill -KILL $$'";
	expect_down(
	    f, &t, OUTCOME_UNREACHABLE, "web-1: banner: the proxy command was ended by signal 9 (");
	t.proxy_command = "/nonexistent/program";
	expect_down(
	    f, &t, OUTCOME_UNREACHABLE, "web-1: banner: the proxy command ended with status 127: ");
}

/* True while the process lives and is not a zombie. */
static bool
lives(int pid)
{
	autofree char *path = xasprintf("/proc/%d/stat", pid);
	struct err err;
	autofree char *text = file_read(path, 4096, NULL, &err);
	const char *state = text ? strrchr(text, ')') : NULL;

	return state && state[2] != 'Z';
}

static int
read_pid(const char *path)
{
	struct err err;
	autofree char *text = file_read(path, 64, NULL, &err);

	assert_non_null(text);
	return (int)strtol(text, NULL, 10);
}

static void
wait_for_end(struct fixture *f, int pid)
{
	int64_t until = clock_mono_ms() + 60000;

	while (lives(pid) && clock_mono_ms() < until)
		loop_pass(f->loop, 20);
	assert_false(lives(pid));
}

static void
it_ends_with_its_session(void **state)
{
	struct fixture *f = *state;
	struct target t = f->target;
	autofree char *file = xstrdup(sshd_file(sshd, "pid"));
	autofree char *before = xasprintf("echo $$ > %s", file);
	autofree char *line = way(before);

	t.proxy_command = line;
	expect_status(f, &t, 1);
	wait_for_end(f, read_pid(file));
}

static void
one_that_will_not_end_is_killed_and_holds_nothing_up(void **state)
{
	struct fixture *f = *state;
	struct target t = f->target;
	autofree char *file = xstrdup(sshd_file(sshd, "pid"));
	autofree char *before =
	    xasprintf("trap '' TERM; echo $$ > %s; while :; do sleep 1; done", file);
	autofree char *line = way(before);
	int64_t began = clock_mono_ms();

	unlink(file);
	t.proxy_command = line;
	struct probe *p = probe_open(f, &t, "true");
	while (!file_exists(file) && clock_mono_ms() < began + 60000)
		loop_pass(f->loop, 20);
	while (read_pid(file) == 0)
		loop_pass(f->loop, 20);
	int pid = read_pid(file);
	began = clock_mono_ms();
	probe_close(p);
	assert_in_range(clock_mono_ms() - began, 0, 1000);
	wait_for_end(f, pid);
}

static void
none_outlives_the_program(void **state)
{
	struct fixture *f = *state;
	struct target t = f->target;
	autofree char *file = xstrdup(sshd_file(sshd, "pid"));
	autofree char *before =
	    xasprintf("trap '' TERM; echo $$ > %s; while :; do sleep 1; done", file);
	autofree char *line = way(before);
	int64_t until = clock_mono_ms() + 60000;

	unlink(file);
	t.proxy_command = line;
	struct fixture *own = probe_set_up(sshd, NULL);
	struct probe *p = probe_open(own, &t, "true");
	while ((!file_exists(file) || read_pid(file) == 0) && clock_mono_ms() < until)
		loop_pass(own->loop, 20);
	int pid = read_pid(file);
	probe_close(p);
	probe_tear_down(own);
	wait_for_end(f, pid);
}

static void
it_has_no_terminal_and_no_descriptor_of_ours(void **state)
{
	struct fixture *f = *state;
	struct target t = f->target;
	autofree char *file = xstrdup(sshd_file(sshd, "seen"));
	autofree char *before =
	    xasprintf("{ for f in /proc/$$/fd/*; do printf '%%s ' \"${f##*/}\"; done;"
		      "true 2>/dev/null </dev/tty || "
		      "echo none; } > %s",
		file);
	autofree char *line = way(before);
	struct err err;

	t.proxy_command = line;
	expect_status(f, &t, 1);
	autofree char *got = file_read(file, 4096, NULL, &err);
	assert_non_null(got);
	assert_true(str_ends(got, "none\n"));
	/* What the shell itself needs to look: the directory as 3, what it saved from 10 on. */
	for (int i = 4; i < 10; i++)
		assert_int_not_equal(got[2 * i], '0' + i);
}

static void
none_means_straight(void **state)
{
	struct fixture *f = *state;
	struct target t = f->target;

	t.proxy_command = "none";
	expect_status(f, &t, 2);
	t.proxy_command = NULL;
	t.jump = "none";
	expect_status(f, &t, 2);
	t.jump = "bastion";
	t.proxy_command = "true";
	expect_down(f, &t, OUTCOME_INPUT, "web-1: jump: the inventory gives both");
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		PROBE_CASE(a_proxy_command_leads_to_the_host),
		PROBE_CASE(its_tokens_are_those_of_ssh),
		PROBE_CASE(a_user_that_a_shell_would_take_apart_is_refused),
		PROBE_CASE(what_it_says_is_told),
		PROBE_CASE(it_ends_with_its_session),
		PROBE_CASE(one_that_will_not_end_is_killed_and_holds_nothing_up),
		PROBE_CASE(none_outlives_the_program),
		PROBE_CASE(it_has_no_terminal_and_no_descriptor_of_ours),
		PROBE_CASE(none_means_straight),
	};

	return probe_main(argc, argv, &sshd, tests, countof(tests));
}
