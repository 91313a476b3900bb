#include "tests/lib/probe.h"

#include "base/clock.h"
#include "base/loop.h"
#include "base/mem.h"
#include "base/str.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define JUMPS 3

/* The host behind, and jump hosts a, b and c before it. */
static struct sshd *sshd, *jump_sshd[JUMPS];
static struct target jumps[JUMPS];
static const char *jump_keys[JUMPS][2];
static char jump_identity[JUMPS][128];

static bool
on_find(void *user, const char *name, struct target *ret)
{
	(void)user;
	if (strlen(name) != 1 || *name < 'a' || *name >= 'a' + JUMPS)
		return false;
	*ret = jumps[*name - 'a'];
	return true;
}

static void
set_jumps(void)
{
	static const char *const names[] = { "a", "b", "c" };

	for (int i = 0; i < JUMPS; i++) {
		struct sshd *s = jump_sshd[i];

		snprintf(jump_identity[i], sizeof(jump_identity[i]), "%s", sshd_file(s, "id"));
		jump_keys[i][0] = sshd_host_key(s);
		jumps[i] = (struct target){ .name = names[i],
			.address = "127.0.0.1",
			.port = sshd_port(s),
			.identity = jump_identity[i],
			.host_keys = jump_keys[i] };
	}
}

/* Lines of an sshd's log that hold the words. */
static int
count_lines(struct sshd *s, const char *words)
{
	autofclose FILE *log = fopen(sshd_file(s, "log"), "re");
	char line[512];
	int n = 0;

	assert_non_null(log);
	while (fgets(line, sizeof(line), log))
		n += strstr(line, words) != NULL;
	return n;
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
a_host_behind_a_jump_host_is_reached(void **state)
{
	struct fixture *f = *state;
	struct target t = f->target;
	int before = count_lines(jump_sshd[0], "Accepted publickey");

	t.jump = "a";
	expect_status(f, &t, 7);
	assert_int_equal(count_lines(jump_sshd[0], "Accepted publickey"), before + 1);
}

static void
many_hosts_share_one_session_to_their_jump_host(void **state)
{
	struct fixture *f = *state;
	struct target t = f->target;
	struct probe *p[60];
	int before = count_lines(jump_sshd[0], "Accepted publickey");

	t.jump = "a";
	for (size_t i = 0; i < countof(p); i++)
		p[i] = probe_open(f, &t, "exit 3");
	for (size_t i = 0; i < countof(p); i++) {
		probe_wait(f, &p[i]->ended, &p[i]->down);
		if (p[i]->down)
			fail_msg("%s", p[i]->err.text);
		assert_int_equal(p[i]->end.status, 3);
	}
	for (size_t i = 0; i < countof(p); i++)
		probe_close(p[i]);
	assert_int_equal(count_lines(jump_sshd[0], "Accepted publickey"), before + 1);
}

static void
a_chain_is_walked_in_its_order(void **state)
{
	struct fixture *f = *state;
	struct target t = f->target;
	int before[JUMPS];

	for (int i = 0; i < JUMPS; i++)
		before[i] = count_lines(jump_sshd[i], "Accepted publickey");
	t.jump = "a,b,c";
	expect_status(f, &t, 4);
	for (int i = 0; i < JUMPS; i++)
		assert_int_equal(count_lines(jump_sshd[i], "Accepted publickey"), before[i] + 1);
}

static void
a_jump_host_may_have_a_jump_host_of_its_own(void **state)
{
	struct fixture *f = *state;
	struct target t = f->target;
	int before = count_lines(jump_sshd[1], "Accepted publickey");

	jumps[0].jump = "b";
	t.jump = "a";
	expect_status(f, &t, 5);
	assert_int_equal(count_lines(jump_sshd[1], "Accepted publickey"), before + 1);
}

static void
a_chain_names_users_and_ports(void **state)
{
	struct fixture *f = *state;
	struct target t = f->target;
	autofree char *chain = xasprintf("ssh://%s@a:%d", sshd_user(sshd), jumps[0].port);

	jumps[0].port = 1;
	t.jump = chain;
	expect_status(f, &t, 6);
}

static void
loops_of_jump_hosts_are_refused(void **state)
{
	struct fixture *f = *state;
	struct target t = f->target;

	jumps[0].jump = "a";
	t.jump = "a";
	expect_down(f, &t, OUTCOME_INPUT, "web-1: jump a: jump: the jump hosts form a loop: a > a");
	jumps[1].jump = "c";
	jumps[2].jump = "b";
	t.jump = "b";
	expect_down(f, &t, OUTCOME_INPUT,
	    "web-1: jump b: jump c: jump: the jump hosts form a loop: c > b > c");
}

static void
what_is_no_jump_host_is_refused(void **state)
{
	static const char *const bad[] = { "a:0", "a:x", "@a", "a,", "[::1", "a:70000" };
	struct fixture *f = *state;
	struct target t = f->target;

	for (size_t i = 0; i < countof(bad); i++) {
		t.jump = bad[i];
		expect_down(f, &t, OUTCOME_INPUT, "web-1: jump: not a jump host: ");
	}
}

static void
the_key_of_a_jump_host_is_checked(void **state)
{
	struct fixture *f = *state;
	struct target t = f->target;

	jumps[0].host_keys = NULL;
	t.jump = "a";
	expect_down(f, &t, OUTCOME_REFUSED, "web-1: jump a: host key: ");
}

static void
the_key_of_the_host_behind_is_checked(void **state)
{
	struct fixture *f = *state;
	struct target t = f->target;

	t.host_keys = NULL;
	t.jump = "a";
	expect_down(f, &t, OUTCOME_REFUSED, "web-1: host key: ");
}

static void
a_jump_host_that_is_away_fails_all_behind_it(void **state)
{
	struct fixture *f = *state;
	struct target t = f->target;
	struct probe *p[20];

	jumps[0].port = 1;
	t.jump = "a";
	for (size_t i = 0; i < countof(p); i++)
		p[i] = probe_open(f, &t, "true");
	for (size_t i = 0; i < countof(p); i++) {
		probe_wait(f, &p[i]->down, &p[i]->ended);
		assert_true(p[i]->down);
		assert_string_equal(
		    p[i]->err.text, "web-1: jump a: connect: 127.0.0.1 port 1: connection refused");
		assert_string_equal(p[i]->err.phase, "connect");
		assert_int_equal(p[i]->err.kind, OUTCOME_UNREACHABLE);
		probe_close(p[i]);
	}
}

static void
a_host_that_is_away_behind_its_jump_host_is_told(void **state)
{
	struct fixture *f = *state;
	struct target t = f->target;

	t.port = 1;
	t.jump = "a";
	expect_down(f, &t, OUTCOME_UNREACHABLE,
	    "web-1: connect: through jump a: 127.0.0.1 port 1: Connection refused");
}

static void
a_jump_host_that_forwards_nothing_is_told(void **state)
{
	struct fixture *f = *state;
	struct target t = f->target;
	struct sshd *strict = sshd_start("AllowTcpForwarding no");

	snprintf(jump_identity[0], sizeof(jump_identity[0]), "%s", sshd_file(strict, "id"));
	jump_keys[0][0] = sshd_host_key(strict);
	jumps[0].port = sshd_port(strict);
	t.jump = "a";
	expect_down(f, &t, OUTCOME_UNREACHABLE, "web-1: connect: through jump a: 127.0.0.1 port ");
	sshd_stop(strict);
}

static void
a_jump_host_that_is_lost_ends_the_sessions_behind_it(void **state)
{
	struct fixture *f = *state;
	struct target t = f->target;
	struct probe *p[5];

	t.jump = "a";
	for (size_t i = 0; i < countof(p); i++)
		p[i] = probe_open(f, &t, "echo here; sleep 60");
	for (size_t i = 0; i < countof(p); i++) {
		while (!p[i]->out.len && !p[i]->down)
			loop_pass(f->loop, 100);
		assert_false(p[i]->down);
	}
	sshd_cut(jump_sshd[0]);
	for (size_t i = 0; i < countof(p); i++) {
		probe_wait(f, &p[i]->down, NULL);
		assert_true(p[i]->ended);
		assert_int_equal(p[i]->end_err.kind, OUTCOME_UNKNOWN);
		assert_true(str_starts(p[i]->err.text, "web-1: jump a: session lost: "));
		probe_close(p[i]);
	}
}

static void
a_worker_that_dies_takes_the_way_along(void **state)
{
	struct fixture *f = *state;
	struct target t = f->target;

	t.jump = "a";
	struct probe *p = probe_open(f, &t, "echo here; sleep 60");
	while (!p->out.len && !p->down)
		loop_pass(f->loop, 100);
	assert_false(p->down);
	kill(probe_worker(), SIGKILL);
	probe_wait(f, &p->down, NULL);
	assert_true(p->ended);
	assert_int_equal(p->end_err.kind, OUTCOME_UNKNOWN);
	probe_close(p);
	expect_status(f, &t, 9);
}

static void
much_passes_both_ways(void **state)
{
	struct fixture *f = *state;
	struct target t = f->target;
	size_t n = (size_t)16 << 20;
	autofree char *bytes = xcalloc(n, 1);
	char sent[DIGEST_HEX], got[DIGEST_HEX];

	digest_random(bytes, n);
	t.jump = "a,b";
	struct probe *p = probe_open(f, &t, "cat");
	p->input = bytes;
	p->input_len = n;
	p->digest = digest_new();
	probe_wait(f, &p->ended, &p->down);
	if (p->down)
		fail_msg("%s", p->err.text);
	digest_end(p->digest, got);
	p->digest = NULL;
	digest_hex(bytes, n, sent);
	assert_string_equal(sent, got);
	probe_close(p);
}

static void
a_host_behind_that_is_not_read_stops_the_jump_host(void **state)
{
	struct fixture *f = *state;
	struct target t = f->target;

	t.jump = "a";
	struct probe *slow = probe_open(f, &t, "head -c 200000000 /dev/zero");
	slow->hold = true;
	struct probe *other = probe_open(f, &t, "echo through; exit 8");
	probe_wait(f, &other->ended, &other->down);
	assert_int_equal(other->end.status, 8);
	int64_t until = clock_mono_ms() + 1000;
	while (clock_mono_ms() < until)
		loop_pass(f->loop, 50);
	assert_in_range(slow->bytes, 1, 2 << 20);
#ifndef __SANITIZE_ADDRESS__
	assert_in_range(probe_memory(probe_worker(), "VmRSS"), 1, 40000);
#endif
	probe_close(other);
	probe_close(slow);
}

static void
sessions_closed_at_any_moment_leave_nothing(void **state)
{
	struct fixture *f = *state;
	struct target t = f->target;

	t.jump = "a,b";
	for (int passes = 0; passes < 60; passes++) {
		struct probe *p = probe_open(f, &t, "cat");

		for (int i = 0; i < passes; i++)
			loop_pass(f->loop, 3);
		probe_close(p);
	}
	expect_status(f, &t, 2);
}

static int
set_up(void **state)
{
	struct remote_config c = {
		.kex_timeout_ms = 120000, .auth_timeout_ms = 120000, .find = on_find
	};

	set_jumps();
	*state = probe_set_up(sshd, &c);
	return 0;
}

static int
tear_down(void **state)
{
	probe_tear_down(*state);
	return 0;
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		CASE(a_host_behind_a_jump_host_is_reached),
		CASE(many_hosts_share_one_session_to_their_jump_host),
		CASE(a_chain_is_walked_in_its_order),
		CASE(a_jump_host_may_have_a_jump_host_of_its_own),
		CASE(a_chain_names_users_and_ports),
		CASE(loops_of_jump_hosts_are_refused),
		CASE(what_is_no_jump_host_is_refused),
		CASE(the_key_of_a_jump_host_is_checked),
		CASE(the_key_of_the_host_behind_is_checked),
		CASE(a_jump_host_that_is_away_fails_all_behind_it),
		CASE(a_host_that_is_away_behind_its_jump_host_is_told),
		CASE(a_jump_host_that_forwards_nothing_is_told),
		CASE(a_jump_host_that_is_lost_ends_the_sessions_behind_it),
		CASE(a_worker_that_dies_takes_the_way_along),
		CASE(much_passes_both_ways),
		CASE(a_host_behind_that_is_not_read_stops_the_jump_host),
		CASE(sessions_closed_at_any_moment_leave_nothing),
	};

	if (argc == 2 && strcmp(argv[1], "--worker") == 0)
		return remote_worker_main(3);
	sshd = sshd_start(NULL);
	for (int i = 0; i < JUMPS; i++)
		jump_sshd[i] = sshd_start(NULL);
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	for (int i = 0; i < JUMPS; i++)
		sshd_stop(jump_sshd[i]);
	sshd_stop(sshd);
	return failed;
}
