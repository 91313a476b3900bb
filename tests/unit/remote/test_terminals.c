/* Terminals, window sizes, shells and signals, over every transport. */
#include "tests/lib/ways.h"

#include "base/clock.h"
#include "base/loop.h"
#include "base/mem.h"
#include "base/str.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void
a_command_may_have_a_terminal(void **state)
{
	struct fixture *f = *state;
	struct exec_spec spec = { .command = "test -t 0 && test -t 1 && test -t 2 || exit 9;"
					     "echo $TERM; stty size </dev/tty; exit 3",
		.terminal = "vt100",
		.columns = 99,
		.rows = 33 };
	struct probe *p = probe_run(f, "true", NULL, 0);

	probe_run_spec(p, &spec);
	assert_int_equal(p->end.status, 3);
	assert_string_equal(buf_text(&p->out), "vt100\r\n33 99\r\n");
	assert_int_equal(p->errors.len, 0);
	/* Without one there is none. */
	probe_again(p, "test -t 0 || test -t 1 || test -t 2 || exit 4");
	assert_int_equal(p->end.status, 4);
	probe_close(p);
}

static void
a_terminal_takes_a_new_size(void **state)
{
	struct fixture *f = *state;
	struct exec_spec spec = { .command = "trap 'stty size; exit 6' WINCH; echo ready;"
					     "while :; do sleep 0.1; done",
		.terminal = "xterm",
		.columns = 80,
		.rows = 24 };
	struct probe *p = probe_run(f, "true", NULL, 0);

	buf_clear(&p->out);
	p->ended = false;
	p->with = spec;
	p->command = spec.command;
	p->keep_input = true;
	probe_start(p);
	while (!strstr(buf_text(&p->out), "ready") && !p->ended)
		loop_pass(f->loop, 50);
	channel_resize(p->channel, 120, 50);
	probe_wait(f, &p->ended, NULL);
	assert_int_equal(p->end.status, 6);
	assert_non_null(strstr(buf_text(&p->out), "50 120"));
	p->with = (struct exec_spec){ .command = NULL };
	probe_close(p);
}

static void
a_size_that_is_said_before_it_runs_is_its_size(void **state)
{
	struct fixture *f = *state;
	struct probe *p = probe_run(f, "true", NULL, 0);

	p->ended = false;
	p->with = (struct exec_spec){ .terminal = "dumb", .columns = 80, .rows = 24 };
	p->command = "until [ \"$(stty size)\" = '10 50' ]; do sleep 0.1; done; exit 3";
	p->keep_input = true;
	probe_start(p);
	channel_resize(p->channel, 50, 10);
	probe_wait(f, &p->ended, NULL);
	assert_int_equal(p->end.status, 3);
	p->with = (struct exec_spec){ .command = NULL };
	probe_close(p);
}

static void
wait_for_text(struct probe *p, const char *text)
{
	int64_t until = clock_mono_ms() + 30000;

	while (!strstr(buf_text(&p->out), text) && !p->ended && clock_mono_ms() < until)
		loop_pass(p->f->loop, 50);
	if (!strstr(buf_text(&p->out), text))
		fail_msg("no '%s' in: %s", text, buf_text(&p->out));
}

/* No command: the login's own shell, which reads what is typed. */
static void
a_shell_is_typed_to(void **state)
{
	struct fixture *f = *state;
	static const char typed[] = "stty -echo; echo ter''minal $(tty | cut -c-8)\n";
	static const char leave[] = "exit 21\n";
	struct probe *p = probe_run(f, "true", NULL, 0);

	buf_clear(&p->out);
	p->ended = false;
	p->with = (struct exec_spec){ .terminal = "dumb", .columns = 80, .rows = 24 };
	p->command = "";
	p->keep_input = true;
	probe_start(p);
	assert_int_equal(channel_write(p->channel, typed, sizeof(typed) - 1), sizeof(typed) - 1);
	wait_for_text(p, "terminal /dev/pts");
	assert_int_equal(channel_write(p->channel, leave, sizeof(leave) - 1), sizeof(leave) - 1);
	probe_wait(f, &p->ended, NULL);
	assert_int_equal(p->end.status, 21);
	p->with = (struct exec_spec){ .command = NULL };
	probe_close(p);
}

static void
what_the_server_has_not_taken_is_counted(void **state)
{
	struct fixture *f = *state;
	autofree char *bytes = xcalloc(60000, 1);
	struct probe *p = probe_run(f, "true", NULL, 0);
	int64_t until = clock_mono_ms() + 30000;

	p->ended = false;
	p->command = "sleep 60";
	p->keep_input = true;
	probe_start(p);
	assert_int_equal(channel_write(p->channel, bytes, 60000), 60000);
	assert_int_equal(channel_pending(p->channel), 60000);
	channel_cancel(p->channel);
	probe_wait(f, &p->ended, NULL);
	p->ended = false;
	p->command = "cat >/dev/null; sleep 60";
	probe_start(p);
	channel_write(p->channel, bytes, 60000);
	while (channel_pending(p->channel) && clock_mono_ms() < until)
		loop_pass(f->loop, 50);
	assert_int_equal(channel_pending(p->channel), 0);
	channel_cancel(p->channel);
	probe_wait(f, &p->ended, NULL);
	probe_close(p);
}

/* sshd passes signals on for all users but root, and ssh(1) for nobody: that is told, not swallowed. */
static void
a_signal_is_passed_on_or_it_is_said_that_it_cannot_be(void **state)
{
	struct fixture *f = *state;
	struct probe *p = probe_run(f, "true", NULL, 0);

	buf_clear(&p->out);
	p->ended = false;
	p->command = "trap 'exit 17' INT; echo ready; while :; do sleep 0.1; done";
	p->keep_input = true;
	probe_start(p);
	wait_for_text(p, "ready");
	assert_int_equal(channel_signal(p->channel, "INT"), !ways_is(f, "ssh"));
	if (ways_is(f, "libssh") && getuid() == 0)
		channel_cancel(p->channel);
	else if (ways_is(f, "ssh"))
		channel_cancel(p->channel);
	probe_wait(f, &p->ended, NULL);
	if (!p->end.cancelled)
		assert_int_equal(p->end.status, 17);
	assert_int_equal(
	    p->end.cancelled, ways_is(f, "ssh") || (ways_is(f, "libssh") && getuid() == 0));
	probe_close(p);
}

static int
suite(const char *transport)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_command_may_have_a_terminal),
		cmocka_unit_test(a_terminal_takes_a_new_size),
		cmocka_unit_test(a_size_that_is_said_before_it_runs_is_its_size),
		cmocka_unit_test(a_shell_is_typed_to),
		cmocka_unit_test(what_the_server_has_not_taken_is_counted),
		cmocka_unit_test(a_signal_is_passed_on_or_it_is_said_that_it_cannot_be),
	};

	return cmocka_run_group_tests_name(transport, tests, ways_set_up, ways_tear_down);
}

int
main(int argc, char **argv)
{
	return ways_main(argc, argv, NULL, suite);
}
