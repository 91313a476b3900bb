#include "tests/lib/probe.h"

#include "base/clock.h"
#include "base/loop.h"
#include "base/mem.h"
#include "base/str.h"
#include "remote/session.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <cmocka.h>

extern char **environ;

static struct fixture *f;

static void
a_worker_that_is_killed_takes_only_its_sessions(void **state)
{
	struct probe *busy = probe_open(f, NULL, "echo on; sleep 30");
	struct probe *idle = probe_open(f, NULL, NULL);

	(void)state;
	while (!busy->out.len && !busy->down)
		loop_pass(f->loop, 100);
	probe_wait(f, &idle->up, &idle->down);
	int first = probe_worker();
	assert_true(first > 0);
	assert_int_equal(kill(first, SIGKILL), 0);
	probe_wait(f, &busy->down, NULL);
	probe_wait(f, &idle->down, NULL);
	assert_true(busy->ended);
	assert_false(busy->end.have_status);
	assert_int_equal(busy->end.err->kind, OUTCOME_UNKNOWN);
	assert_int_equal(idle->err.kind, OUTCOME_UNREACHABLE);
	assert_string_equal(
	    idle->err.text, "web-1: session: the worker process was ended by signal 9 (Killed)");
	/* Later sessions have a worker of their own. */
	struct probe *next = probe_run(f, "exit 8", NULL, 0);
	assert_int_equal(next->end.status, 8);
	assert_true(probe_worker() > 0 && probe_worker() != first);
	probe_close(next);
	probe_close(idle);
	probe_close(busy);
}

static void
a_worker_killed_during_login_costs_a_moment(void **state)
{
	struct probe *p[8];
	struct probe *warm = probe_run(f, "true", NULL, 0);
	struct target t = f->target;
	char names[countof(p)][16];

	(void)state;
	for (size_t i = 0; i < countof(p); i++) {
		snprintf(names[i], sizeof(names[i]), "new-%zu", i);
		t.name = names[i];
		p[i] = probe_open(f, &t, NULL);
	}
	assert_true(session_worker(warm->session) > 0);
	while (session_state(p[0]->session) < SESSION_KEX)
		loop_pass(f->loop, 5);
	assert_int_equal(kill(session_worker(warm->session), SIGKILL), 0);
	for (size_t i = 0; i < countof(p); i++) {
		probe_wait(f, &p[i]->down, &p[i]->up);
		if (p[i]->down)
			fail_msg("%s", p[i]->err.text);
	}
	probe_wait(f, &warm->down, NULL);
	for (size_t i = 0; i < countof(p); i++)
		probe_close(p[i]);
	probe_close(warm);
}

/* A port of 127.0.0.1 where connections are taken and nothing is said. */
static int
listen_mute(int *ret_port)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(at);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&at, len), 0);
	assert_int_equal(listen(fd, 64), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &len), 0);
	*ret_port = ntohs(at.sin_port);
	return fd;
}

/* Each time that the hosts in bad[] are with a worker it crashes, until they are given up. */
static void
crash_until_refused(struct probe **bad, size_t n)
{
	int64_t until = clock_mono_ms() + 120000;
	size_t left = n;

	while (left && clock_mono_ms() < until) {
		loop_pass(f->loop, 10);
		left = 0;
		for (size_t i = 0; i < n; i++) {
			left += !bad[i]->down;
			int worker = session_worker(bad[i]->session);

			if (worker > 0 && session_state(bad[i]->session) == SESSION_KEX)
				kill(worker, SIGABRT);
		}
	}
	assert_int_equal(left, 0);
}

static void
hosts_that_crash_their_worker_are_found_and_the_others_go_on(void **state)
{
	struct probe *good[24], *bad[2];
	struct target t = f->target;
	char name[16];
	autoclose int mute = listen_mute(&t.port);

	(void)state;
	(void)mute;
	for (size_t i = 0; i < countof(bad); i++) {
		snprintf(name, sizeof(name), "bad-%zu", i);
		t.name = name;
		bad[i] = probe_open(f, &t, "true");
	}
	t.port = f->target.port;
	for (size_t i = 0; i < countof(good); i++) {
		snprintf(name, sizeof(name), "good-%zu", i);
		t.name = name;
		good[i] = probe_open(f, &t, NULL);
	}
	crash_until_refused(bad, countof(bad));
	for (size_t i = 0; i < countof(bad); i++) {
		assert_int_equal(bad[i]->err.kind, OUTCOME_REFUSED);
		assert_non_null(strstr(bad[i]->err.text, ": worker: crash culprit: "));
	}
	/* Those that were up when a neighbour crashed are told; the others came up, and work. */
	for (size_t i = 0; i < countof(good); i++) {
		probe_wait(f, &good[i]->up, &good[i]->down);
		if (good[i]->down && good[i]->err.kind != OUTCOME_UNREACHABLE)
			fail_msg("%s", good[i]->err.text);
		probe_close(good[i]);
		t.name = "good-again";
		good[i] = probe_open(f, &t, "exit 7");
		probe_wait(f, &good[i]->ended, &good[i]->down);
		if (!good[i]->ended)
			fail_msg("%s", good[i]->err.text);
		assert_int_equal(good[i]->end.status, 7);
		probe_close(good[i]);
	}
	/* It is not tried again. */
	t.name = "bad-1";
	struct probe *again = probe_open(f, &t, "true");
	probe_wait(f, &again->down, &again->ended);
	assert_int_equal(again->err.kind, OUTCOME_REFUSED);
	probe_close(again);
	for (size_t i = 0; i < countof(bad); i++)
		probe_close(bad[i]);
}

/* A worker holds no file but its sockets and pipes, and dumps no core. */
static void
a_worker_is_confined(void **state)
{
	struct probe *p = probe_run(f, "true", NULL, 0);
	int pid = probe_worker();

	(void)state;
	assert_int_equal(probe_memory(pid, "NoNewPrivs"), 1);
	assert_int_equal(probe_memory(pid, "Seccomp"), 2);
	assert_non_null(strstr(remote_guards(f->remote), "seccomp"));
	char path[64], line[128];
	bool found = false;
	snprintf(path, sizeof(path), "/proc/%d/limits", pid);
	autofclose FILE *limits = fopen(path, "re");
	while (limits && fgets(line, sizeof(line), limits))
		found |= strncmp(line, "Max core file size        0                    0", 48) == 0;
	assert_true(found);
	probe_close(p);
}

/* Run in a process of its own: keep a session, tell the worker's number, wait to be killed. */
static int
orphan_main(const char *port, const char *dir, const char *host_key)
{
	struct target t = { .name = "web-1", .address = "127.0.0.1", .user = "root" };
	autofree char *identity = xasprintf("%s/id", dir);
	autofree char *trust = xasprintf("%s/known_hosts", dir);
	const char *keys[] = { host_key, NULL };
	struct fixture own = { 0 };
	struct err err;

	own.loop = loop_new(&err);
	struct remote_config c = { .loop = own.loop, .no_ssh_config = true, .trust_file = trust };
	own.remote = remote_new(&c, &err);
	t.port = (int)strtol(port, NULL, 10);
	t.identity = identity;
	t.host_keys = keys;
	t.user = getenv("DROVER_TEST_USER");
	struct probe *p = probe_open(&own, &t, NULL);
	probe_wait(&own, &p->up, &p->down);
	printf("%d\n", p->up ? probe_worker() : -1);
	fflush(stdout);
	while (!p->down)
		loop_pass(own.loop, 1000);
	return 1;
}

static pid_t
start_orphan(int *ret_out)
{
	char port[16];
	int out[2];
	pid_t pid;
	char *argv[] = { (char[]){ "orphan" }, (char[]){ "--orphan" }, port,
		(char *)(uintptr_t)sshd_dir(f->sshd), (char *)(uintptr_t)sshd_host_key(f->sshd),
		NULL };
	posix_spawn_file_actions_t files;

	snprintf(port, sizeof(port), "%d", sshd_port(f->sshd));
	setenv("DROVER_TEST_USER", sshd_user(f->sshd), 1);
	assert_int_equal(pipe2(out, O_CLOEXEC), 0);
	posix_spawn_file_actions_init(&files);
	posix_spawn_file_actions_adddup2(&files, out[1], 1);
	assert_int_equal(posix_spawn(&pid, "/proc/self/exe", &files, NULL, argv, environ), 0);
	posix_spawn_file_actions_destroy(&files);
	close(out[1]);
	*ret_out = out[0];
	return pid;
}

static void
a_worker_leaves_when_its_parent_is_gone(void **state)
{
	autoclose int out = -1;
	pid_t parent = start_orphan(&out);
	char text[32] = "";
	int64_t until;

	(void)state;
	assert_true(read(out, text, sizeof(text) - 1) > 0);
	pid_t worker = (pid_t)strtol(text, NULL, 10);
	assert_true(worker > 0);
	assert_int_equal(kill(worker, 0), 0);
	kill(parent, SIGKILL);
	waitpid(parent, NULL, 0);
	until = clock_mono_ms() + 20000;
	/* It may stay a zombie where nobody collects orphans: no memory is as good as gone. */
	while (kill(worker, 0) == 0 && probe_memory(worker, "VmRSS") > 0 && clock_mono_ms() < until)
		loop_pass(f->loop, 10);
	assert_true(kill(worker, 0) < 0 || probe_memory(worker, "VmRSS") <= 0);
}

static int
set_up(void **state)
{
	(void)state;
	f = probe_set_up(sshd_start(NULL), NULL);
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
		cmocka_unit_test(a_worker_that_is_killed_takes_only_its_sessions),
		cmocka_unit_test(a_worker_killed_during_login_costs_a_moment),
		cmocka_unit_test(hosts_that_crash_their_worker_are_found_and_the_others_go_on),
		cmocka_unit_test(a_worker_is_confined),
		cmocka_unit_test(a_worker_leaves_when_its_parent_is_gone),
	};

	if (argc == 2 && strcmp(argv[1], "--worker") == 0)
		return remote_worker_main(3);
	if (argc == 5 && strcmp(argv[1], "--orphan") == 0)
		return orphan_main(argv[2], argv[3], argv[4]);
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
