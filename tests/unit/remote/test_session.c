#include "tests/lib/probe.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/loop.h"
#include "base/mem.h"
#include "base/str.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <cmocka.h>

static struct sshd *sshd;

/* A port of 127.0.0.1 that somebody listens on and nobody serves. */
static int
listen_only(int *ret_port)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(at);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&at, len), 0);
	assert_int_equal(listen(fd, 64), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &len), 0);
	*ret_port = ntohs(at.sin_port);
	return fd;
}

/* Open the target; it must fail with that kind, and its words begin so. */
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
an_unknown_host_key_is_refused_before_login(void **state)
{
	struct fixture *f = *state;
	struct target t = f->target;

	t.host_keys = NULL;
	expect_down(f, &t, OUTCOME_REFUSED, "web-1: host key: ");
	autofclose FILE *log = fopen(sshd_file(sshd, "log"), "re");
	char line[512];
	assert_non_null(log);
	while (fgets(line, sizeof(line), log))
		assert_null(strstr(line, "Accepted"));
}

static void
an_unknown_host_key_is_taken_on_first_use_when_allowed(void **state)
{
	struct fixture *f = *state;
	struct target t = f->target;

	t.host_keys = NULL;
	t.trust_first_use = true;
	for (int i = 0; i < 2; i++) {
		struct probe *p = probe_open(f, &t, "true");

		probe_wait(f, &p->ended, &p->down);
		assert_true(p->ended);
		probe_close(p);
		t.trust_first_use = false;
	}
	unlink(sshd_file(sshd, "known_hosts"));
}

static void
a_changed_host_key_is_refused(void **state)
{
	struct fixture *f = *state;
	struct target t = f->target;
	const char *other[] = {
		"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
		NULL
	};

	t.host_keys = other;
	expect_down(f, &t, OUTCOME_REFUSED, "web-1: host key: ");
}

static void
a_key_the_server_does_not_know_is_told(void **state)
{
	struct fixture *f = *state;
	struct target t = f->target;
	autofree char *path = xstrdup(sshd_file(sshd, "other"));
	autofree char *words = xasprintf(
	    "web-1: login: %s is refused with 1 key; the server takes: publickey", t.user);
	const char *argv[] = { "ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", path, NULL };

	unlink(path);
	sshd_run(argv);
	t.identity = path;
	expect_down(f, &t, OUTCOME_UNREACHABLE, words);
	unlink(path);
}

static void
a_silent_server_is_given_up(void **state)
{
	struct fixture *f = *state;
	struct target t = f->target;
	autoclose int fd = listen_only(&t.port);
	(void)fd; /* open, and silent, to the end of the test */

	expect_down(f, &t, OUTCOME_UNREACHABLE, "web-1: banner: nothing heard for 0.4 s");
}

static void
a_time_to_connect_covers_the_key_exchange(void **state)
{
	static const char *const ways[] = { "libssh", "ssh" };
	static const char *const words[] = { "web-1: banner: nothing heard for 0.",
		"web-1: key exchange: not done after 0." };
	struct fixture *f = *state;
	struct target t = f->target;
	autoclose int fd = listen_only(&t.port);
	(void)fd; /* open, and silent, to the end of the test */

	t.connect_timeout_ms = 300;
	for (size_t i = 0; i < countof(ways); i++) {
		int64_t began = clock_mono_ms();

		t.transport = ways[i];
		expect_down(f, &t, OUTCOME_UNREACHABLE, words[i]);
		assert_in_range(clock_mono_ms() - began, 100, 2000);
	}
}

static void
a_port_nobody_listens_on_is_told_at_once(void **state)
{
	struct fixture *f = *state;
	struct target t = f->target;

	close(listen_only(&t.port));
	expect_down(f, &t, OUTCOME_UNREACHABLE, "web-1: connect: ");
}

static void
a_server_that_closes_at_once_is_tried_four_times(void **state)
{
	struct fixture *f = *state;
	struct target t = f->target;
	autoclose int fd = listen_only(&t.port);
	(void)fd; /* open, and silent, to the end of the test */
	struct probe *p = probe_open(f, &t, "true");
	int64_t until = clock_mono_ms() + 60000;
	int seen = 0;

	while (!p->down && clock_mono_ms() < until) {
		int got = accept4(fd, NULL, NULL, SOCK_CLOEXEC);

		if (got >= 0) {
			seen++;
			close(got);
		}
		loop_pass(f->loop, 10);
	}
	assert_true(p->down);
	assert_int_equal(seen, 4);
	assert_int_equal(p->err.kind, OUTCOME_UNREACHABLE);
	assert_true(str_starts(p->err.text, "web-1: banner: "));
	probe_close(p);
}

static void
what_talks_nonsense_is_given_up(void **state)
{
	struct fixture *f = *state;
	struct target t = f->target;
	autoclose int fd = listen_only(&t.port);
	(void)fd; /* open, and silent, to the end of the test */
	struct probe *p = probe_open(f, &t, "true");
	int64_t until = clock_mono_ms() + 60000;
	autoclose int got = -1;
	static const char bytes[] = "\x1b[2JHTTP/1.0 400 Bad Request\r\n\r\n";

	while (!p->down && clock_mono_ms() < until) {
		if (got < 0)
			got = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
		if (got >= 0 && send(got, bytes, sizeof(bytes) - 1, MSG_NOSIGNAL) < 0) {
			close(got);
			got = -1;
		}
		loop_pass(f->loop, 10);
	}
	assert_true(p->down);
	assert_int_equal(p->err.kind, OUTCOME_UNREACHABLE);
	for (const char *c = p->err.text; *c; c++)
		assert_in_range(*c, ' ', '~');
	probe_close(p);
}

static void
a_server_with_nothing_in_common_is_told(void **state)
{
	struct fixture *f = *state;
	struct target t = f->target;
	struct sshd *other = sshd_start("KexAlgorithms sntrup761x25519-sha512@openssh.com");

	t.port = sshd_port(other);
	t.transport = "libssh";
	expect_down(f, &t, OUTCOME_UNREACHABLE,
	    "web-1: key exchange: nothing in common for kex algos: the server offers "
	    "sntrup761x25519-sha512@openssh.com; post-quantum key exchange alone takes ssh(1)");
	sshd_stop(other);
}

static void
every_host_key_type_is_understood(void **state)
{
	static const char *const types[] = { "rsa", "ecdsa" };
	struct fixture *f = *state;

	for (size_t i = 0; i < countof(types); i++) {
		struct target t = f->target;
		autofree char *path = xasprintf("%s/host-%s", sshd_dir(sshd), types[i]);
		autofree char *public = xasprintf("%s.pub", path);
		autofree char *extra = xasprintf("HostKey %s\nHostKeyAlgorithms %s", path,
		    i ? "ecdsa-sha2-nistp256" : "rsa-sha2-512");
		const char *argv[] = { "ssh-keygen", "-q", "-t", types[i], "-N", "", "-f", path,
			NULL };
		struct err err;

		unlink(path);
		sshd_run(argv);
		autofree char *key = file_read(public, 4096, NULL, &err);
		struct sshd *other = sshd_start(extra);
		autofree char *identity = xstrdup(sshd_file(other, "id"));
		const char *keys[] = { key, NULL };

		key[strcspn(key, "\n")] = '\0';
		*strrchr(key, ' ') = '\0';
		t.host_keys = keys;
		t.port = sshd_port(other);
		t.identity = identity;
		struct probe *p = probe_open(f, &t, "exit 4");
		probe_wait(f, &p->ended, &p->down);
		if (p->down)
			fail_msg("%s", p->err.text);
		assert_int_equal(p->end.status, 4);
		probe_close(p);
		sshd_stop(other);
	}
}

static void
a_server_that_goes_away_leaves_the_command_unknown(void **state)
{
	struct fixture *f = *state;
	struct probe *p = probe_open(f, NULL, "echo $PPID; sleep 30");

	while (!p->out.len && !p->down)
		loop_pass(f->loop, 100);
	/* End the process that serves this very session. */
	struct probe *killer = probe_open(f, NULL, NULL);
	autofree char *command = xasprintf("kill -KILL %ld", strtol(buf_text(&p->out), NULL, 10));
	probe_wait(f, &killer->up, &killer->down);
	probe_again(killer, command);
	probe_wait(f, &p->down, NULL);
	assert_true(p->ended);
	assert_int_equal(p->end.err->kind, OUTCOME_UNKNOWN);
	assert_int_equal(p->err.kind, OUTCOME_UNREACHABLE);
	assert_true(str_starts(p->err.text, "web-1: session: the server closed the connection"));
	probe_close(killer);
	probe_close(p);
}

static void
two_hundred_sessions_live_at_once(void **state)
{
	struct fixture *f = *state;
	struct probe *p[200];
	char address[32];

	for (size_t i = 0; i < countof(p); i++) {
		p[i] = probe_open(f, NULL, "echo hello; exit 6");
		(void)address;
	}
	for (size_t i = 0; i < countof(p); i++) {
		probe_wait(f, &p[i]->ended, &p[i]->down);
		if (p[i]->down)
			fail_msg("%s", p[i]->err.text);
		assert_int_equal(p[i]->end.status, 6);
		assert_string_equal(buf_text(&p[i]->out), "hello\n");
	}
	long kib = probe_memory(probe_worker(), "VmRSS");
#ifndef __SANITIZE_ADDRESS__
	assert_in_range(kib, 1, 12000 + 200 * 64);
#else
	(void)kib;
#endif
	for (size_t i = 0; i < countof(p); i++)
		probe_close(p[i]);
}

static void
a_session_closed_at_any_moment_leaves_nothing(void **state)
{
	struct fixture *f = *state;

	for (int passes = 0; passes < 40; passes++) {
		struct probe *p = probe_open(f, NULL, "cat");

		for (int i = 0; i < passes; i++)
			loop_pass(f->loop, 3);
		probe_close(p);
	}
	struct probe *last = probe_run(f, "exit 2", NULL, 0);
	assert_int_equal(last->end.status, 2);
	probe_close(last);
}

static void
on_ask(void *user, const struct remote_question *q)
{
	struct fixture *f = *(struct fixture **)user;

	assert_int_equal(q->kind, REMOTE_PASSPHRASE);
	remote_answer(f->remote, q->id, "open sesame");
}

static struct fixture *asking;

static void
an_encrypted_key_is_opened_by_its_passphrase(void **state)
{
	struct remote_config c = { .ask = on_ask, .user = &asking };
	struct target t;
	autofree char *path = xstrdup(sshd_file(sshd, "id-locked"));
	const char *copy[] = { "cp", sshd_file(sshd, "id"), path, NULL };
	const char *lock[] = { "ssh-keygen", "-q", "-p", "-P", "", "-N", "open sesame", "-f", path,
		NULL };

	(void)state;
	sshd_run(copy);
	sshd_run(lock);
	asking = probe_set_up(sshd, &c);
	t = asking->target;
	t.identity = path;
	struct probe *p = probe_open(asking, &t, "exit 9");
	probe_wait(asking, &p->ended, &p->down);
	if (p->down)
		fail_msg("%s", p->err.text);
	assert_int_equal(p->end.status, 9);
	probe_close(p);
	probe_tear_down(asking);
	unlink(path);
}

static void
an_agent_signs_for_a_key_that_only_it_holds(void **state)
{
	struct fixture *f = *state;
	struct target t = f->target;
	autofree char *path = xstrdup(sshd_file(sshd, "id-public"));
	autofree char *public = xasprintf("%s.pub", path);
	autofree char *from = xstrdup(sshd_file(sshd, "id.pub"));
	autofree char *agent = xstrdup(sshd_file(sshd, "agent"));
	const char *copy[] = { "cp", from, public, NULL };
	autofree char *key = xstrdup(sshd_file(sshd, "id"));
	const char *add[] = { "ssh-add", "-q", key, NULL };
	struct probe *p[5];

	sshd_run(copy);
	int pid = sshd_agent(agent);
	sshd_run(add);
	t.identity = path;
	for (size_t i = 0; i < countof(p); i++)
		p[i] = probe_open(f, &t, "exit 5");
	for (size_t i = 0; i < countof(p); i++) {
		probe_wait(f, &p[i]->ended, &p[i]->down);
		if (p[i]->down)
			fail_msg("%s", p[i]->err.text);
		assert_int_equal(p[i]->end.status, 5);
		probe_close(p[i]);
	}
	sshd_agent_stop(pid, agent);
	unlink(public);
}

static int
set_up_hasty(void **state)
{
	struct remote_config c = { .kex_timeout_ms = 400 };

	*state = probe_set_up(sshd, &c);
	return 0;
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		PROBE_CASE(an_unknown_host_key_is_refused_before_login),
		PROBE_CASE(an_unknown_host_key_is_taken_on_first_use_when_allowed),
		PROBE_CASE(a_changed_host_key_is_refused),
		PROBE_CASE(a_key_the_server_does_not_know_is_told),
		cmocka_unit_test_setup_teardown(
		    a_silent_server_is_given_up, set_up_hasty, probe_case_down),
		PROBE_CASE(a_time_to_connect_covers_the_key_exchange),
		PROBE_CASE(a_port_nobody_listens_on_is_told_at_once),
		PROBE_CASE(a_server_that_closes_at_once_is_tried_four_times),
		cmocka_unit_test_setup_teardown(
		    what_talks_nonsense_is_given_up, set_up_hasty, probe_case_down),
		PROBE_CASE(a_server_with_nothing_in_common_is_told),
		PROBE_CASE(every_host_key_type_is_understood),
		PROBE_CASE(a_server_that_goes_away_leaves_the_command_unknown),
		cmocka_unit_test(an_encrypted_key_is_opened_by_its_passphrase),
		PROBE_CASE(an_agent_signs_for_a_key_that_only_it_holds),
		PROBE_CASE(two_hundred_sessions_live_at_once),
		PROBE_CASE(a_session_closed_at_any_moment_leaves_nothing),
	};

	return probe_main(argc, argv, &sshd, tests, countof(tests));
}
