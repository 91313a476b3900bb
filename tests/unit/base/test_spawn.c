#include "base/spawn.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static int
run(const struct spawn_spec *spec)
{
	int status;
	pid_t pid;

	assert_int_equal(spawn_start(spec, &pid), 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

static int
shell(const char *line, enum spawn_group group)
{
	const char *const argv[] = { "sh", "-c", line, NULL };

	return run(&(struct spawn_spec){ .argv = argv, .group = group });
}

static void
a_child_has_the_signals_that_we_ignore_and_block(void **state)
{
	sigset_t pipe;

	(void)state;
	sigemptyset(&pipe);
	sigaddset(&pipe, SIGPIPE);
	assert_int_equal(sigprocmask(SIG_BLOCK, &pipe, NULL), 0);
	signal(SIGTERM, SIG_IGN);
	assert_int_equal(shell("kill -TERM $$", SPAWN_HERE), SIGTERM);
	assert_int_equal(shell("kill -PIPE $$", SPAWN_HERE), SIGPIPE);
	signal(SIGTERM, SIG_DFL);
	sigprocmask(SIG_UNBLOCK, &pipe, NULL);
}

/* Of /proc/PID/stat: the group, then the session. */
static void
it_is_in_the_group_and_the_session_that_were_asked_for(void **state)
{
	(void)state;
	assert_int_equal(
	    shell("read -r pid n s ppid group rest </proc/$$/stat; "
		  "read -r pid n s pp theirs rest </proc/$ppid/stat; [ $group = $theirs ]",
		SPAWN_HERE),
	    0);
	assert_int_equal(shell("read -r pid n s ppid group session rest </proc/$$/stat; "
			       "[ $group = $pid ] && [ $session != $pid ]",
			     SPAWN_GROUP),
	    0);
	assert_int_equal(shell("read -r pid n s ppid group session rest </proc/$$/stat; "
			       "[ $group = $pid ] && [ $session = $pid ]",
			     SPAWN_SESSION),
	    0);
}

static void
what_is_given_is_what_it_gets(void **state)
{
	static const char *const argv[] = { "another", "-c",
		"[ \"$0 $A ${HOME-none}\" = 'another 1 none' ]", NULL };
	static const char *const env[] = { "A=1", NULL };

	(void)state;
	assert_int_equal(
	    run(&(struct spawn_spec){ .file = "/bin/sh", .argv = argv, .env = env }), 0);
}

static void
what_cannot_be_started_is_told(void **state)
{
	static const char *const argv[] = { "/nonexistent/program", NULL };
	pid_t pid;

	(void)state;
	assert_int_equal(spawn_start(&(struct spawn_spec){ .argv = argv }, &pid), ENOENT);
	assert_int_equal(
	    spawn_start(&(struct spawn_spec){ .file = "/etc/passwd", .argv = argv }, &pid), EACCES);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_child_has_the_signals_that_we_ignore_and_block),
		cmocka_unit_test(it_is_in_the_group_and_the_session_that_were_asked_for),
		cmocka_unit_test(what_is_given_is_what_it_gets),
		cmocka_unit_test(what_cannot_be_started_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
