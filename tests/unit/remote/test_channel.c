#include "tests/lib/probe.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/loop.h"
#include "base/mem.h"
#include "base/str.h"
#include "remote/message.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static struct fixture *f; /* one sshd and one remote for all */

static void
the_exit_status_comes_back(void **state)
{
	static const struct {
		const char *command;
		int status;
	} cases[] = { { "true", 0 }, { "exit 1", 1 }, { "exit 42", 42 }, { "exit 255", 255 },
		{ "no-such-command-here", 127 } };
	struct probe *p = probe_run(f, "true", NULL, 0);

	(void)state;
	for (size_t i = 0; i < countof(cases); i++) {
		probe_again(p, cases[i].command);
		assert_true(p->end.have_status);
		assert_null(p->end.err);
		assert_int_equal(p->end.status, cases[i].status);
	}
	probe_close(p);
}

static void
a_signal_comes_back_by_name(void **state)
{
	struct probe *p = probe_run(f, "kill -KILL $$", NULL, 0);

	(void)state;
	assert_false(p->end.have_status);
	assert_null(p->end.err);
	assert_string_equal(p->end.signal, "KILL");
	probe_again(p, "kill -TERM $$; sleep 5");
	assert_string_equal(p->end.signal, "TERM");
	probe_close(p);
}

static void
both_streams_stay_apart_and_are_counted(void **state)
{
	struct probe *p = probe_run(f, "cat; echo oops >&2; exit 7", "hello", 5);
	struct session_counters n;

	(void)state;
	assert_int_equal(p->end.status, 7);
	assert_string_equal(buf_text(&p->out), "hello");
	assert_string_equal(buf_text(&p->errors), "oops\n");
	assert_int_equal(p->end.out_bytes, 5);
	assert_int_equal(p->end.err_bytes, 5);
	session_counters(p->session, &n);
	assert_int_equal(n.logins, 1);
	assert_int_equal(n.execs, 1);
	assert_int_equal(n.bytes_in, 10);
	assert_int_equal(n.bytes_out, 5);
	assert_true(session_rtt_ms(p->session) >= 0);
	probe_close(p);
}

static void
two_floods_at_once_take_no_memory(void **state)
{
	struct probe *p = probe_run(f, "head -c 1000000 /dev/zero", NULL, 0);
	int worker = probe_worker();
	long before = probe_memory(worker, "VmRSS"), ours = probe_memory(getpid(), "VmRSS");

	(void)state;
	assert_true(before > 0);
	p->bytes = 0;
	probe_again(p, "head -c 67108864 /dev/zero & head -c 67108864 /dev/zero >&2; wait");
	assert_int_equal(p->end.status, 0);
	assert_int_equal(p->bytes, 2 * 67108864);
	assert_int_equal(p->end.out_bytes, 67108864);
	assert_int_equal(p->end.err_bytes, 67108864);
	/* AddressSanitizer keeps what was freed: only the plain build tells. */
#ifndef __SANITIZE_ADDRESS__
	assert_true(probe_memory(worker, "VmHWM") - before <= 8192);
	assert_true(probe_memory(getpid(), "VmHWM") - ours <= 8192);
#else
	(void)ours;
#endif
	probe_close(p);
}

static void
ten_megabytes_come_back_as_they_went(void **state)
{
	size_t n = 10 << 20;
	autofree char *bytes = xcalloc(n, 1);
	char sent[DIGEST_HEX], got[DIGEST_HEX];

	(void)state;
	digest_random(bytes, n);
	digest_hex(bytes, n, sent);
	struct probe *p = probe_open(f, NULL, "cat");
	p->input = bytes;
	p->input_len = n;
	p->digest = digest_new();
	probe_wait(f, &p->ended, &p->down);
	digest_end(p->digest, got);
	assert_true(p->end.have_status);
	assert_int_equal(p->end.out_bytes, n);
	assert_string_equal(sent, got);
	probe_close(p);
}

/* Input that comes while libssh still has to send the request for the command must not lie there. */
static void
a_few_bytes_of_input_always_arrive(void **state)
{
	struct probe *p[8];

	(void)state;
	for (int round = 0; round < 12; round++) {
		for (size_t i = 0; i < countof(p); i++) {
			p[i] = probe_open(f, NULL, "cat");
			p[i]->input = "one\ntwo\n";
			p[i]->input_len = 8;
		}
		for (size_t i = 0; i < countof(p); i++) {
			probe_wait(f, &p[i]->ended, &p[i]->down);
			assert_true(p[i]->end.have_status);
			assert_int_equal(p[i]->end.out_bytes, 8);
			probe_close(p[i]);
		}
	}
}

static void
a_command_that_does_not_read_its_input_ends(void **state)
{
	size_t n = 3 << 20;
	autofree char *bytes = xcalloc(n, 1);
	struct probe *p = probe_run(f, "exit 5", bytes, n);

	(void)state;
	assert_int_equal(p->end.status, 5);
	probe_close(p);
}

static void
a_held_stream_stops_at_its_window_and_goes_on(void **state)
{
	struct probe *p = probe_open(f, NULL, "head -c 5000000 /dev/zero; echo end >&2");
	uint64_t given = 0, seen = 0;
	int64_t until;

	(void)state;
	p->hold = true;
	while (!p->ended) {
		/* Nothing more comes once the window is full. */
		until = clock_mono_ms() + 300;
		while (!p->ended && clock_mono_ms() < until) {
			loop_pass(f->loop, 20);
			if (p->bytes != seen)
				until = clock_mono_ms() + 300;
			seen = p->bytes;
		}
		assert_true(p->bytes - given <= 1 << 20);
		if (p->channel)
			channel_consumed(p->channel, p->bytes - given);
		given = p->bytes;
	}
	assert_int_equal(p->end.out_bytes, 5000000);
	assert_true(p->end.have_status);
	probe_close(p);
}

static void
a_cancelled_command_ends_here_and_there(void **state)
{
	autofree char *mark = xstrdup(sshd_file(f->sshd, "terminated"));
	/* sshd passes signals on to commands of all users but root; those meet a closed pipe. */
	autofree char *command = xasprintf(
	    "trap 'echo yes >%s; exit' TERM PIPE; while :; do echo on; sleep 0.1; done", mark);
	struct probe *p = probe_open(f, NULL, command);
	bool there = false;
	int64_t until = clock_mono_ms() + 20000;

	(void)state;
	while (!p->out.len && !p->down)
		loop_pass(f->loop, 100);
	channel_cancel(p->channel);
	probe_wait(f, &p->ended, &p->down);
	assert_true(p->end.cancelled);
	assert_false(p->end.have_status);
	while (!there && clock_mono_ms() < until) {
		loop_pass(f->loop, 20);
		there = file_exists(mark);
	}
	assert_true(there);
	/* The session lives on. */
	probe_again(p, "exit 3");
	assert_int_equal(p->end.status, 3);
	probe_close(p);
}

static void
a_child_that_keeps_the_output_open_is_not_waited_for(void **state)
{
	int64_t began = clock_mono_ms();
	struct probe *p = probe_run(f, "sleep 15 & echo started; exit 3", NULL, 0);

	(void)state;
	assert_true(p->end.have_status);
	assert_int_equal(p->end.status, 3);
	assert_string_equal(buf_text(&p->out), "started\n");
	assert_true(clock_mono_ms() - began < 14000);
	probe_close(p);
}

/* Its window is full for longer than children are waited for; then everything is taken. */
static void
hold_and_take(const char *command, int status)
{
	struct probe *p = probe_open(f, NULL, command);
	uint64_t given = 0;
	int64_t until;

	p->hold = true;
	while (p->bytes < 1 << 20 && !p->ended && !p->down)
		loop_pass(f->loop, 50);
	until = clock_mono_ms() + 4000;
	while (clock_mono_ms() < until && !p->ended)
		loop_pass(f->loop, 50);
	assert_false(p->ended);
	int64_t freed = clock_mono_ms();
	while (!p->ended && !p->down) {
		if (p->bytes > given)
			channel_consumed(p->channel, p->bytes - given);
		given = p->bytes;
		loop_pass(f->loop, 50);
	}
	assert_true(p->end.have_status);
	assert_int_equal(p->end.status, status);
	assert_int_equal(p->bytes, 3000000);
	assert_true(clock_mono_ms() - freed < 25000);
	probe_close(p);
}

static void
output_that_was_not_taken_outlives_the_command(void **state)
{
	(void)state;
	hold_and_take("sleep 60 & head -c 3000000 /dev/zero; exit 5", 5);
	hold_and_take("(head -c 3000000 /dev/zero; sleep 60) & exit 6", 6);
}

static void
a_child_that_writes_without_end_is_not_waited_for(void **state)
{
	struct probe *p = probe_run(f, "yes & exit 7", NULL, 0);

	(void)state;
	assert_true(p->end.have_status);
	assert_int_equal(p->end.status, 7);
	probe_close(p);
}

static void
a_limit_ends_a_command_as_unknown(void **state)
{
	struct probe *p = probe_open(f, NULL, "sleep 30");

	(void)state;
	while (!p->channel && !p->down)
		loop_pass(f->loop, 100);
	channel_limits(p->channel, 0, 0, 300);
	probe_wait(f, &p->ended, &p->down);
	assert_non_null(p->end.err);
	assert_int_equal(p->end.err->kind, OUTCOME_UNKNOWN);
	assert_string_equal(p->end.err->text, "web-1: command: not finished for 0.3 s");
	probe_close(p);
}

static void
silence_is_told_from_slowness(void **state)
{
	struct probe *p = probe_open(f, NULL, "echo one; sleep 30");

	(void)state;
	while (!p->channel && !p->down)
		loop_pass(f->loop, 100);
	channel_limits(p->channel, 20000, 400, 0);
	probe_wait(f, &p->ended, &p->down);
	assert_string_equal(p->end.err->text, "web-1: command: nothing heard for 0.4 s");
	assert_string_equal(buf_text(&p->out), "one\n");
	probe_close(p);
}

/* The sshd behind the session, stopped: alive for TCP, silent for SSH. */
static long
stop_server_of(struct probe *p)
{
	while (!p->out.len && !p->down)
		loop_pass(f->loop, 100);
	long server = strtol(buf_text(&p->out), NULL, 10);

	assert_true(server > 1);
	assert_int_equal(kill((pid_t)server, SIGSTOP), 0);
	return server;
}

static void
a_server_that_falls_silent_is_noticed(void **state)
{
	struct probe *p = probe_open(f, NULL, "echo $PPID; sleep 300");
	long server = stop_server_of(p);

	(void)state;
	probe_wait(f, &p->down, NULL);
	kill((pid_t)server, SIGKILL);
	assert_true(p->ended);
	assert_int_equal(p->end.err->kind, OUTCOME_UNKNOWN);
	assert_int_equal(p->err.kind, OUTCOME_UNREACHABLE);
	if (!str_starts(p->err.text, "web-1: session: nothing heard for 15."))
		fail_msg("%s", p->err.text);
	probe_close(p);
}

static void
a_command_that_says_nothing_lives_as_long_as_its_host_answers(void **state)
{
	struct probe *p = probe_open(f, NULL, "sleep 22; exit 9");
	int64_t longest = 0;

	(void)state;
	while (!p->ended && !p->down) {
		loop_pass(f->loop, 100);
		if (p->up && session_silence_ms(p->session) > longest)
			longest = session_silence_ms(p->session);
	}
	if (p->down)
		fail_msg("%s", p->err.text);
	assert_int_equal(p->end.status, 9);
	/* Its answers were heard: it was silent for more than twice as long. */
	assert_in_range(longest, 1, 21000);
	probe_close(p);
}

static void
input_that_a_command_does_not_take_has_its_time(void **state)
{
	size_t n = 8 << 20;
	autofree char *bytes = xcalloc(n, 1);
	struct probe *p = probe_open(f, NULL, "sleep 300");

	(void)state;
	p->input = bytes;
	p->input_len = n;
	p->with.stall_ms = 700;
	probe_wait(f, &p->ended, &p->down);
	assert_true(p->ended);
	assert_non_null(p->end.err);
	assert_int_equal(p->end.err->kind, OUTCOME_UNKNOWN);
	assert_string_equal(p->end.err->text, "web-1: input: the command took no input for 0.7 s");
	assert_string_equal(p->end.err->phase, "input");
	probe_close(p);
	/* A slow one is not a stuck one. */
	p = probe_open(
	    f, NULL, "for i in 1 2 3 4 5; do head -c 400000 >/dev/null; sleep 0.1; done; cat");
	p->input = bytes;
	p->input_len = n;
	p->with.stall_ms = 20000;
	probe_wait(f, &p->ended, &p->down);
	assert_true(p->ended);
	assert_true(p->end.have_status);
	probe_close(p);
}

static void
a_command_longer_than_a_frame_is_refused(void **state)
{
	autofree char *command = xcalloc(70001, 1);

	(void)state;
	memset(command, 'x', 70000);
	struct probe *p = probe_run(f, command, NULL, 0);
	assert_int_equal(p->end.err->kind, OUTCOME_USAGE);
	assert_string_equal(p->end.err->text, "web-1: the command is longer than 60000 bytes");
	probe_close(p);
}

static void
eight_commands_share_a_session(void **state)
{
	struct probe *p[8];

	(void)state;
	p[0] = probe_run(f, "true", NULL, 0);
	for (size_t i = 1; i < countof(p); i++) {
		p[i] = xcalloc(1, sizeof(*p[i]));
		*p[i] = *p[0];
		buf_init(&p[i]->out, 1 << 20);
		buf_init(&p[i]->errors, 1 << 20);
		p[i]->ended = false;
	}
	for (size_t i = 1; i < countof(p); i++) {
		p[i]->bytes = 0;
		p[i]->command = "head -c 3000000 /dev/zero; head -c 3000000 /dev/zero >&2; exit 9";
		probe_start(p[i]);
	}
	for (size_t i = 1; i < countof(p); i++) {
		probe_wait(f, &p[i]->ended, NULL);
		assert_int_equal(p[i]->end.status, 9);
		assert_int_equal(p[i]->bytes, 6000000);
		buf_fini(&p[i]->out);
		buf_fini(&p[i]->errors);
		free(p[i]);
	}
	probe_close(p[0]);
}

static void
the_environment_comes_before_the_command_and_a_refused_name_is_left_out(void **state)
{
	static const char *const env[] = { "REFUSED=1", "DROVER_A=one two", "DROVER_B=a=b", NULL };
	struct probe *p = probe_run(f, "true", NULL, 0);

	(void)state;
	p->with.env = env;
	probe_again(p, "echo \"$DROVER_A|$DROVER_B|${REFUSED-none}\"; test -t 0; exit $?");
	assert_string_equal(buf_text(&p->out), "one two|a=b|none\n");
	assert_int_equal(p->end.status, 1);
	probe_close(p);
}

static void
an_environment_longer_than_a_frame_is_refused(void **state)
{
	autofree char *pair = xcalloc(MESSAGE_ENV + 2, 1);
	const char *env[] = { pair, NULL };
	struct probe *p = probe_run(f, "true", NULL, 0);

	(void)state;
	memset(pair, 'x', MESSAGE_ENV + 1);
	p->with.env = env;
	probe_again(p, "true");
	assert_int_equal(p->end.err->kind, OUTCOME_USAGE);
	assert_string_equal(p->end.err->text, "web-1: its environment is longer than 4096 bytes");
	probe_close(p);
}

static void
a_command_gets_a_terminal_that_can_be_resized(void **state)
{
	struct probe *p = probe_run(f, "true", NULL, 0);

	(void)state;
	p->with = (struct exec_spec){ .terminal = "vt52", .columns = 132, .rows = 43 };
	p->keep_input = true;
	buf_clear(&p->out);
	p->ended = false;
	p->command =
	    "test -t 0 && test -t 2 && echo $TERM $(stty size); "
	    "stty raw -echo -onlcr; trap 'stty size; kill $!' WINCH; echo ready; sleep 60 & "
	    "wait; exit 3";
	probe_start(p);
	while (!strstr(buf_text(&p->out), "ready\n"))
		loop_pass(f->loop, 1000);
	assert_true(str_starts(buf_text(&p->out), "vt52 43 132\r\nready\n"));
	channel_resize(p->channel, 80, 24);
	probe_wait(f, &p->ended, NULL);
	assert_non_null(strstr(buf_text(&p->out), "ready\n24 80\n"));
	assert_int_equal(p->end.status, 3);
	assert_int_equal(p->end.err_bytes, 0);
	probe_close(p);
}

static int
set_up(void **state)
{
	(void)state;
	f = probe_set_up(sshd_start("AcceptEnv DROVER_*"), NULL);
	return 0;
}

static int
tear_down(void **state)
{
	struct sshd *sshd = f->sshd;

	(void)state;
	probe_tear_down(f);
	sshd_stop(sshd);
	return 0;
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_exit_status_comes_back),
		cmocka_unit_test(a_signal_comes_back_by_name),
		cmocka_unit_test(both_streams_stay_apart_and_are_counted),
		cmocka_unit_test(two_floods_at_once_take_no_memory),
		cmocka_unit_test(ten_megabytes_come_back_as_they_went),
		cmocka_unit_test(a_few_bytes_of_input_always_arrive),
		cmocka_unit_test(a_command_that_does_not_read_its_input_ends),
		cmocka_unit_test(a_held_stream_stops_at_its_window_and_goes_on),
		cmocka_unit_test(a_cancelled_command_ends_here_and_there),
		cmocka_unit_test(a_child_that_keeps_the_output_open_is_not_waited_for),
		cmocka_unit_test(output_that_was_not_taken_outlives_the_command),
		cmocka_unit_test(a_child_that_writes_without_end_is_not_waited_for),
		cmocka_unit_test(a_limit_ends_a_command_as_unknown),
		cmocka_unit_test(silence_is_told_from_slowness),
		cmocka_unit_test(a_server_that_falls_silent_is_noticed),
		cmocka_unit_test(a_command_that_says_nothing_lives_as_long_as_its_host_answers),
		cmocka_unit_test(input_that_a_command_does_not_take_has_its_time),
		cmocka_unit_test(a_command_longer_than_a_frame_is_refused),
		cmocka_unit_test(eight_commands_share_a_session),
		cmocka_unit_test(
		    the_environment_comes_before_the_command_and_a_refused_name_is_left_out),
		cmocka_unit_test(an_environment_longer_than_a_frame_is_refused),
		cmocka_unit_test(a_command_gets_a_terminal_that_can_be_resized),
	};

	if (argc == 2 && strcmp(argv[1], "--worker") == 0)
		return remote_worker_main(3);
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
