/* One suite of what commands do, run over every transport. */
#include "tests/lib/ways.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/loop.h"
#include "base/mem.h"
#include "base/str.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void
every_exit_status_comes_back(void **state)
{
	struct fixture *f = *state;
	struct probe *p = probe_run(f, "true", NULL, 0);
	struct session_counters n;

	for (int i = 0; i < 256; i++) {
		char command[32];

		snprintf(command, sizeof(command), "exit %d", i);
		probe_again(p, command);
		assert_null(p->end.err);
		assert_true(p->end.have_status);
		assert_int_equal(p->end.status, i);
	}
	session_counters(p->session, &n);
	assert_int_equal(n.execs, 257);
	assert_int_equal(n.logins, ways_is(f, "local") ? 0 : 1);
	assert_true(session_rtt_ms(p->session) >= 0);
	probe_close(p);
}

static void
a_command_that_is_not_there_is_127(void **state)
{
	struct fixture *f = *state;
	struct probe *p = probe_run(f, "no-such-command-here", NULL, 0);

	assert_int_equal(p->end.status, 127);
	assert_non_null(strstr(buf_text(&p->errors), "no-such-command-here"));
	probe_close(p);
}

/* ssh(1) does not tell a signal from no end at all: that is unknown, and says so. */
static void
a_signal_comes_back_by_name(void **state)
{
	struct fixture *f = *state;
	static const char *const names[] = { "KILL", "TERM", "SEGV", "HUP" };
	struct probe *p = probe_run(f, "true", NULL, 0);

	for (size_t i = 0; i < countof(names); i++) {
		char command[32];

		snprintf(command, sizeof(command), "kill -%s $$; sleep 5", names[i]);
		probe_again(p, command);
		assert_false(p->end.have_status);
		if (ways_is(f, "ssh")) {
			assert_int_equal(p->end.err->kind, OUTCOME_UNKNOWN);
			assert_non_null(strstr(p->end.err->text, "signal"));
			continue;
		}
		assert_null(p->end.err);
		assert_string_equal(p->end.signal, names[i]);
	}
	probe_close(p);
}

static void
both_streams_stay_apart_and_are_counted(void **state)
{
	struct fixture *f = *state;
	struct probe *p = probe_run(f, "cat; echo oops >&2; exit 7", "hello", 5);
	struct session_counters n;

	assert_int_equal(p->end.status, 7);
	assert_string_equal(buf_text(&p->out), "hello");
	assert_string_equal(buf_text(&p->errors), "oops\n");
	session_counters(p->session, &n);
	assert_int_equal(n.execs, 1);
	assert_int_equal(n.bytes_in, 10);
	assert_int_equal(n.bytes_out, 5);
	probe_close(p);
}

static void
megabytes_of_any_bytes_come_back_as_they_went(void **state)
{
	struct fixture *f = *state;
	size_t n = 6 << 20;
	autofree char *bytes = xcalloc(n, 1);
	char sent[DIGEST_HEX], got[DIGEST_HEX];

	digest_random(bytes, n);
	digest_hex(bytes, n, sent);
	struct probe *p = probe_open(f, NULL, "cat");
	p->input = bytes;
	p->input_len = n;
	p->digest = digest_new();
	probe_wait(f, &p->ended, &p->down);
	digest_end(p->digest, got);
	assert_int_equal(p->end.out_bytes, n);
	assert_string_equal(sent, got);
	assert_int_equal(p->end.status, 0);
	probe_close(p);
}

static void
a_flood_takes_no_memory(void **state)
{
	struct fixture *f = *state;
	struct probe *p = probe_run(f, "head -c 2000000 /dev/zero", NULL, 0);
	long before = probe_memory(getpid(), "VmRSS");

	p->bytes = 0;
	probe_again(p, "head -c 67108864 /dev/zero & head -c 67108864 /dev/zero >&2; wait");
	assert_int_equal(p->end.status, 0);
	assert_int_equal(p->bytes, 2 * 67108864);
#ifndef __SANITIZE_ADDRESS__
	assert_true(probe_memory(getpid(), "VmHWM") - before <= 8192);
#else
	(void)before;
#endif
	probe_close(p);
}

/* Turn the loop until nothing comes for a while. */
static void
until_quiet(struct probe *p)
{
	int64_t until = clock_mono_ms() + 300;
	uint64_t seen = p->bytes;

	while (!p->ended && clock_mono_ms() < until) {
		loop_pass(p->f->loop, 20);
		if (p->bytes != seen)
			until = clock_mono_ms() + 300;
		seen = p->bytes;
	}
}

static void
a_held_stream_stops_at_its_window_and_goes_on(void **state)
{
	struct fixture *f = *state;
	struct probe *p = probe_open(f, NULL, "head -c 5000000 /dev/zero; echo end >&2");
	uint64_t given = 0;

	p->hold = true;
	while (!p->ended) {
		until_quiet(p);
		assert_true(p->bytes - given <= 1 << 20);
		if (p->channel)
			channel_consumed(p->channel, p->bytes - given);
		given = p->bytes;
	}
	assert_int_equal(p->end.out_bytes, 5000000);
	assert_int_equal(p->end.err_bytes, 4);
	assert_true(p->end.have_status);
	probe_close(p);
}

/* What is held beyond the grace of its background children is still all delivered. */
static void
an_end_does_not_cut_off_what_was_not_read(void **state)
{
	struct fixture *f = *state;
	struct probe *p = probe_open(f, NULL, "sleep 60 & head -c 3000000 /dev/zero");
	int64_t until = clock_mono_ms() + 3000;

	p->hold = true;
	while (!p->bytes && !p->down)
		loop_pass(f->loop, 20);
	while (clock_mono_ms() < until)
		loop_pass(f->loop, 20);
	for (uint64_t given = 0; !p->ended;) {
		uint64_t seen = p->bytes;

		channel_consumed(p->channel, seen - given);
		given = seen;
		while (!p->ended && p->bytes == seen)
			loop_pass(f->loop, 20);
	}
	assert_int_equal(p->end.out_bytes, 3000000);
	assert_int_equal(p->end.status, 0);
	probe_close(p);
}

static void
ends_of_streams_may_come_in_any_order(void **state)
{
	struct fixture *f = *state;
	static const struct {
		const char *command;
		const char *out, *errors;
		int status;
	} cases[] = {
		{ "exec >&-; cat >&2", "", "input", 0 },
		{ "exec >&- 2>&-; cat; exit 4", "", "", 4 },
		{ "exec 2>&-; cat; exit 5", "input", "", 5 },
		{ "exec <&-; echo no; exit 6", "no\n", "", 6 },
		{ "head -c 2; exit 9", "in", "", 9 },
	};
	struct probe *p = probe_run(f, "true", NULL, 0);

	for (size_t i = 0; i < countof(cases); i++) {
		buf_clear(&p->out);
		buf_clear(&p->errors);
		p->ended = false;
		p->command = cases[i].command;
		p->input = "input";
		p->input_len = 5;
		p->written = 0;
		probe_start(p);
		probe_wait(f, &p->ended, NULL);
		if (!str_eq(cases[i].command, "exec >&- 2>&-; cat; exit 4"))
			assert_int_equal(p->end.status, cases[i].status);
		assert_string_equal(buf_text(&p->out), cases[i].out);
		assert_string_equal(buf_text(&p->errors), cases[i].errors);
	}
	probe_close(p);
}

static void
a_command_that_does_not_read_its_input_ends(void **state)
{
	struct fixture *f = *state;
	size_t n = 3 << 20;
	autofree char *bytes = xcalloc(n, 1);
	struct probe *p = probe_run(f, "exit 5", bytes, n);

	assert_int_equal(p->end.status, 5);
	probe_close(p);
}

static void
input_that_is_not_ended_keeps_nothing_open(void **state)
{
	struct fixture *f = *state;
	struct probe *p = probe_open(f, NULL, "read line; echo \"$line\"; exit 8");

	p->input = "one\n";
	p->input_len = 4;
	p->keep_input = true;
	probe_wait(f, &p->ended, &p->down);
	assert_int_equal(p->end.status, 8);
	assert_string_equal(buf_text(&p->out), "one\n");
	probe_close(p);
}

static bool
appears(struct fixture *f, const char *path)
{
	int64_t until = clock_mono_ms() + 30000;

	while (!file_exists(path) && clock_mono_ms() < until)
		loop_pass(f->loop, 20);
	return file_exists(path);
}

static void
a_cancelled_command_ends_here_and_there(void **state)
{
	struct fixture *f = *state;
	autofree char *mark = xasprintf("%s/terminated-%s", sshd_dir(f->sshd), f->target.transport);
	/* sshd passes signals on to commands of all users but root; those meet a closed pipe. */
	autofree char *command = xasprintf(
	    "trap 'echo yes >%s; exit' TERM PIPE; while :; do echo on; sleep 0.1; done", mark);
	struct probe *p = probe_open(f, NULL, command);

	while (!p->out.len && !p->down)
		loop_pass(f->loop, 100);
	assert_false(p->down);
	channel_cancel(p->channel);
	probe_wait(f, &p->ended, &p->down);
	assert_true(p->end.cancelled);
	assert_false(p->end.have_status);
	assert_true(appears(f, mark));
	probe_again(p, "exit 3");
	assert_int_equal(p->end.status, 3);
	probe_close(p);
}

static void
a_session_that_is_closed_takes_its_commands_along(void **state)
{
	struct fixture *f = *state;
	autofree char *mark = xasprintf("%s/closed-%s", sshd_dir(f->sshd), f->target.transport);
	autofree char *command = xasprintf(
	    "trap 'echo yes >%s; exit' TERM PIPE; while :; do echo on; sleep 0.1; done", mark);
	struct probe *p = probe_open(f, NULL, command);

	while (!p->out.len && !p->down)
		loop_pass(f->loop, 100);
	assert_false(p->down);
	probe_close(p);
	assert_true(appears(f, mark));
}

static void
a_child_that_keeps_the_output_open_is_not_waited_for(void **state)
{
	struct fixture *f = *state;
	int64_t began = clock_mono_ms();
	struct probe *p = probe_run(f, "sleep 25 & echo started; exit 3", NULL, 0);

	assert_true(p->end.have_status);
	assert_int_equal(p->end.status, 3);
	assert_string_equal(buf_text(&p->out), "started\n");
	assert_true(clock_mono_ms() - began < 24000);
	probe_close(p);
}

static void
a_limit_ends_a_command_as_unknown(void **state)
{
	struct fixture *f = *state;
	struct probe *p = probe_open(f, NULL, "sleep 30");

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
an_environment_reaches_the_command(void **state)
{
	struct fixture *f = *state;
	static const char *const env[] = { "DROVER_A=one two", "DROVER_B=$x;'\"", NULL };
	struct exec_spec spec = { .command = "printf '%s|%s' \"$DROVER_A\" \"$DROVER_B\"",
		.env = env };
	struct probe *p = probe_run(f, "true", NULL, 0);

	probe_run_spec(p, &spec);
	assert_string_equal(buf_text(&p->out), "one two|$x;'\"");
	assert_int_equal(p->end.status, 0);
	probe_close(p);
}

static void
ten_commands_share_a_session(void **state)
{
	struct fixture *f = *state;
	struct probe *p[10];

	p[0] = probe_run(f, "true", NULL, 0);
	for (size_t i = 1; i < countof(p); i++) {
		p[i] = xcalloc(1, sizeof(*p[i]));
		*p[i] = *p[0];
		buf_init(&p[i]->out, 1 << 20);
		buf_init(&p[i]->errors, 1 << 20);
		p[i]->ended = false;
		p[i]->bytes = 0;
		p[i]->command = "head -c 300000 /dev/zero; head -c 300000 /dev/zero >&2; exit 9";
		probe_start(p[i]);
	}
	for (size_t i = 1; i < countof(p); i++) {
		probe_wait(f, &p[i]->ended, NULL);
		if (p[i]->end.err)
			fail_msg("%s", p[i]->end.err->text);
		assert_int_equal(p[i]->end.status, 9);
		assert_int_equal(p[i]->bytes, 600000);
		buf_fini(&p[i]->out);
		buf_fini(&p[i]->errors);
		free(p[i]);
	}
	probe_close(p[0]);
}

static int
suite(const char *transport)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_exit_status_comes_back),
		cmocka_unit_test(a_command_that_is_not_there_is_127),
		cmocka_unit_test(a_signal_comes_back_by_name),
		cmocka_unit_test(both_streams_stay_apart_and_are_counted),
		cmocka_unit_test(megabytes_of_any_bytes_come_back_as_they_went),
		cmocka_unit_test(a_flood_takes_no_memory),
		cmocka_unit_test(a_held_stream_stops_at_its_window_and_goes_on),
		cmocka_unit_test(an_end_does_not_cut_off_what_was_not_read),
		cmocka_unit_test(ends_of_streams_may_come_in_any_order),
		cmocka_unit_test(a_command_that_does_not_read_its_input_ends),
		cmocka_unit_test(input_that_is_not_ended_keeps_nothing_open),
		cmocka_unit_test(a_cancelled_command_ends_here_and_there),
		cmocka_unit_test(a_session_that_is_closed_takes_its_commands_along),
		cmocka_unit_test(a_child_that_keeps_the_output_open_is_not_waited_for),
		cmocka_unit_test(a_limit_ends_a_command_as_unknown),
		cmocka_unit_test(an_environment_reaches_the_command),
		cmocka_unit_test(ten_commands_share_a_session),
	};

	return cmocka_run_group_tests_name(transport, tests, ways_set_up, ways_tear_down);
}

int
main(int argc, char **argv)
{
	return ways_main(argc, argv, "AcceptEnv DROVER_*\n", suite);
}
