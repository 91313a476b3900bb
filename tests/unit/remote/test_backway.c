#include "tests/lib/way.h"

#include "base/clock.h"
#include "base/digest.h"
#include "base/loop.h"
#include "base/mem.h"
#include "base/str.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/socket.h>

#include <cmocka.h>

static struct sshd *sshd;

static void
a_port_there_leads_here_until_it_is_let_go_of(void **state)
{
	struct fixture *f = *state;
	struct way w;
	int64_t until = way_deadline();

	way_open(&w, f, &f->target, &(struct backway_spec){ .port = way_free_port() });
	assert_int_equal(w.err.kind, OUTCOME_OK);
	int there = way_connect_there(&w), here = way_accept(&w);
	way_say(there, "to here");
	way_expect(&w, here, "to here");
	way_say(here, "and back");
	way_expect(&w, there, "and back");

	/* Each may have said all, and listen on. */
	shutdown(there, SHUT_WR);
	way_expect_end(&w, here);
	way_say(here, "after that");
	way_expect(&w, there, "after that");
	close(here);
	way_expect_end(&w, there);
	close(there);

	/* One that is carried ends with it, and the port goes. */
	there = way_connect_there(&w);
	here = way_accept(&w);
	backway_free(take(w.backway));
	way_expect_end(&w, here);
	way_expect_end(&w, there);
	close(here);
	close(there);
	while (way_is_there(&w))
		way_turn(&w, until);
	assert_int_equal(w.failures, 0);
	probe_again(w.probe, "exit 6");
	assert_int_equal(w.probe->end.status, 6);
	way_close(&w);
}

static void
a_port_of_the_servers_choice_is_told(void **state)
{
	struct fixture *f = *state;
	struct way w;

	way_open(&w, f, &f->target, &(struct backway_spec){ .port = 0 });
	if (w.err.kind != OUTCOME_OK)
		fail_msg("%s", w.err.text);
	assert_in_range(w.port, 1, 65535);
	int there = way_connect_there(&w), here = way_accept(&w);
	way_say(there, "chosen");
	way_expect(&w, here, "chosen");
	close(here);
	close(there);
	way_close(&w);
}

static void
what_came_before_the_connection_here_is_not_lost(void **state)
{
	struct fixture *f = *state;
	struct way w;

	way_open(&w, f, &f->target, &(struct backway_spec){ .port = way_free_port() });
	for (int i = 0; i < 20; i++) {
		int there = way_connect_there(&w);

		way_say(there, "said and gone");
		close(there);
		int here = way_accept(&w);
		way_expect(&w, here, "said and gone");
		way_expect_end(&w, here);
		close(here);
	}
	way_close(&w);
}

static void
much_passes_both_ways(void **state)
{
	struct fixture *f = *state;
	struct way w;
	size_t n = (size_t)8 << 20, sent[2] = { 0 }, got[2] = { 0 };
	autofree char *bytes = xcalloc(n, 1), *came[2] = { xcalloc(n, 1), xcalloc(n, 1) };
	int64_t until = way_deadline();

	digest_random(bytes, n);
	way_open(&w, f, &f->target, &(struct backway_spec){ .port = way_free_port() });
	int end[2] = { way_connect_there(&w), way_accept(&w) };
	while (got[0] < n || got[1] < n) {
		for (int i = 0; i < 2; i++) {
			ssize_t out = send(end[i], bytes + sent[i], n - sent[i], MSG_NOSIGNAL);
			ssize_t in = recv(end[i], came[i] + got[i], n - got[i], 0);

			sent[i] += out > 0 ? (size_t)out : 0;
			got[i] += in > 0 ? (size_t)in : 0;
		}
		way_turn(&w, until);
	}
	for (int i = 0; i < 2; i++) {
		assert_memory_equal(came[i], bytes, n);
		close(end[i]);
	}
	free(came[1]);
	way_close(&w);
}

static void
who_does_not_read_stops_who_writes(void **state)
{
	struct fixture *f = *state;
	struct way w;
	size_t taken[2] = { 0 };
	static char bytes[65536];

	way_open(&w, f, &f->target, &(struct backway_spec){ .port = way_free_port() });
	int end[2] = { way_connect_there(&w), way_accept(&w) };
	for (int i = 0; i < 2; i++) {
		int64_t still = clock_mono_ms(), until = way_deadline();

		/* Until nothing was taken for a while: what the sockets between hold, and no more. */
		while (clock_mono_ms() - still < 2000) {
			ssize_t n = send(end[i], bytes, sizeof(bytes), MSG_NOSIGNAL);

			if (n > 0) {
				taken[i] += (size_t)n;
				still = clock_mono_ms();
			}
			way_turn(&w, until);
		}
		assert_in_range(taken[i], 1, 64 << 20);
	}
#ifndef __SANITIZE_ADDRESS__
	assert_in_range(probe_memory(probe_worker(), "VmRSS"), 1, 40000);
#endif
	close(end[0]);
	close(end[1]);
	way_close(&w);
}

static void
many_come_at_once(void **state)
{
	struct fixture *f = *state;
	struct way w;
	int there[60], here;
	char words[20];

	way_open(&w, f, &f->target, &(struct backway_spec){ .port = way_free_port() });
	for (size_t i = 0; i < countof(there); i++) {
		there[i] = way_connect_there(&w);
		snprintf(words, sizeof(words), "%04zu", i);
		way_say(there[i], words);
	}
	for (size_t i = 0; i < countof(there); i++) {
		here = way_accept(&w);
		assert_int_equal(way_receive(&w, here, words, 4), 4);
		way_say(here, words);
		close(here);
	}
	for (size_t i = 0; i < countof(there); i++) {
		snprintf(words, sizeof(words), "%04zu", i);
		way_expect(&w, there[i], words);
		way_expect_end(&w, there[i]);
		close(there[i]);
	}
	assert_int_equal(w.failures, 0);
	way_close(&w);
}

static void
a_port_that_leads_to_nobody_ends_each_connection_and_is_told(void **state)
{
	struct fixture *f = *state;
	struct way w;

	way_open(&w, f, &f->target,
	    &(struct backway_spec){ .port = way_free_port(), .to = way_free_port() });
	for (int i = 1; i <= 3; i++) {
		int there = way_connect_there(&w);

		way_expect_end(&w, there);
		close(there);
		assert_int_equal(w.failures, i);
		assert_non_null(strstr(w.failed, "there, which leads to 127.0.0.1 port "));
		assert_non_null(strstr(w.failed, ": connection refused"));
	}
	way_close(&w);
}

static void
a_server_that_does_not_allow_it_is_told(void **state)
{
	struct fixture *f = *state;
	struct target t = f->target;
	struct sshd *strict = sshd_start("AllowTcpForwarding no");
	const char *keys[] = { sshd_host_key(strict), NULL };
	char identity[128], wanted[100];
	struct way w;

	str_copy(identity, sizeof(identity), sshd_file(strict, "id"));
	t.port = sshd_port(strict);
	t.host_keys = keys;
	t.identity = identity;
	for (int port = 0; port < 8080; port += 8079) {
		way_open(&w, f, &t, &(struct backway_spec){ .port = port });
		snprintf(wanted, sizeof(wanted),
		    "port %d there cannot be listened on: the server refuses it", port);
		if (!str_starts(w.err.text, wanted))
			fail_msg("%s", w.err.text);
		assert_int_equal(w.err.kind, OUTCOME_UNREACHABLE);
		way_close(&w);
	}
	sshd_stop(strict);
}

static void
a_connection_that_is_lost_takes_its_ports_along(void **state)
{
	struct fixture *f = *state;
	struct way w;

	way_open(&w, f, &f->target, &(struct backway_spec){ .port = way_free_port() });
	int there = way_connect_there(&w), here = way_accept(&w);
	way_say(there, "up");
	way_expect(&w, here, "up");
	sshd_cut(sshd);
	probe_wait(f, &w.probe->down, NULL);
	way_expect_end(&w, here);
	way_expect_end(&w, there);
	close(here);
	close(there);
	way_close(&w);
}

static void
what_is_closed_at_any_moment_leaves_nothing(void **state)
{
	struct fixture *f = *state;
	struct way w;

	way_open(&w, f, &f->target, &(struct backway_spec){ .port = way_free_port() });
	int port = w.port;
	for (int passes = 0; passes < 40; passes++) {
		struct backway *b = way_another(&w);

		for (int i = 0; i < passes / 4; i++)
			loop_pass(f->loop, 2);
		backway_free(b);
	}
	w.port = port;
	int there = way_connect_there(&w), here = way_accept(&w);
	way_say(there, "still");
	way_expect(&w, here, "still");
	close(here);
	close(there);
	way_close(&w);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		PROBE_CASE(a_port_there_leads_here_until_it_is_let_go_of),
		PROBE_CASE(a_port_of_the_servers_choice_is_told),
		PROBE_CASE(what_came_before_the_connection_here_is_not_lost),
		PROBE_CASE(much_passes_both_ways),
		PROBE_CASE(who_does_not_read_stops_who_writes),
		PROBE_CASE(many_come_at_once),
		PROBE_CASE(a_port_that_leads_to_nobody_ends_each_connection_and_is_told),
		PROBE_CASE(a_server_that_does_not_allow_it_is_told),
		PROBE_CASE(a_connection_that_is_lost_takes_its_ports_along),
		PROBE_CASE(what_is_closed_at_any_moment_leaves_nothing),
	};

	return probe_main(argc, argv, &sshd, tests, countof(tests));
}
