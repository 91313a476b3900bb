/* Hosts that only ssh(1) reaches: which way is chosen, why, and what is refused on it. */
#include "tests/lib/probe.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/loop.h"
#include "base/mem.h"
#include "base/str.h"
#include "tests/lib/roles.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <cmocka.h>

#define PQ "sntrup761x25519-sha512@openssh.com"

static struct sshd *plain; /* an ordinary one */
static char dir[64];       /* keys of authorities, certificates */

static const char *
in_dir(const char *name)
{
	static char path[256];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return path;
}

static void
make_key(const char *name, const char *type)
{
	const char *argv[] = { "ssh-keygen", "-q", "-t", type, "-N", "", "-f", in_dir(name), NULL };

	sshd_run(argv);
}

/* Certify the key for those names and that time by the authority "ca". */
static void
certify(const char *key, const char *names, const char *time)
{
	autofree char *ca = xstrdup(in_dir("ca"));
	autofree char *pub = xasprintf("%s/%s.pub", dir, key);
	const char *argv[] = { "ssh-keygen", "-q", "-s", ca, "-I", "host", "-h", "-n", names, "-V",
		time, pub, NULL };

	sshd_run(argv);
}

/* An sshd with a host certificate of its own beside its plain key. */
static struct sshd *
certified_sshd(const char *key, const char *names, const char *time)
{
	autofree char *extra =
	    xasprintf("HostKey %s/%s\nHostCertificate %s/%s-cert.pub\n", dir, key, dir, key);

	make_key(key, "ecdsa");
	certify(key, names, time);
	return sshd_start(extra);
}

/* A fixture that knows nothing of the host but those lines. ca: the authority's file, for %s. */
static struct fixture *
knowing(struct sshd *sshd, const char *names, const char *ca)
{
	autofree char *path = xasprintf("%s/known-%s", dir, ca);
	autofree char *pub = xasprintf("%s/%s.pub", dir, ca);
	struct err err;
	autofree char *key = file_read(pub, 4096, NULL, &err);
	autofree char *line = xasprintf("@cert-authority %s %s", names, key);
	const char *files[] = { path, NULL };
	struct remote_config config = { .known_hosts = files };

	assert_int_equal(file_replace(path, line, strlen(line), 0600, &err), 0);
	struct fixture *f = probe_set_up(sshd, &config);
	f->target.host_keys = NULL;
	return f;
}

static void
expect_up(struct fixture *f, const struct target *t, const char *way, const char *words)
{
	struct probe *p = probe_open(f, t, "echo in; exit 3");
	const char *why;

	probe_wait(f, &p->ended, &p->down);
	if (p->down)
		fail_msg("%s", p->err.text);
	assert_int_equal(p->end.status, 3);
	assert_string_equal(buf_text(&p->out), "in\n");
	assert_string_equal(session_transport(p->session, &why), way);
	if (!strstr(why, words))
		fail_msg("'%s' does not say '%s'", why, words);
	probe_close(p);
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
	for (const char *c = p->err.text; *c; c++)
		assert_in_range(*c, ' ', '~');
	probe_close(p);
}

/* Lines of its log with those words, from a place on. */
static int
logged(const struct sshd *sshd, const char *words)
{
	autofclose FILE *log = fopen(sshd_file(sshd, "log"), "re");
	char line[512];
	int n = 0;

	while (log && fgets(line, sizeof(line), log))
		n += strstr(line, words) != NULL;
	return n;
}

static void
a_host_known_by_its_authority_is_reached_through_ssh(void **state)
{
	struct sshd *sshd = certified_sshd("good", "127.0.0.1", "always:forever");
	struct fixture *f = knowing(sshd, "127.0.0.1", "ca");
	struct target libssh = f->target;

	(void)state;
	expect_up(f, NULL, "ssh", "certified by an authority");
	assert_int_equal(logged(sshd, "Accepted publickey"), 1);
	libssh.transport = "libssh";
	expect_down(f, &libssh, OUTCOME_REFUSED, "web-1: host key: ");
	assert_int_equal(logged(sshd, "Accepted publickey"), 1);
	probe_tear_down(f);
	/* The authority stands for what the inventory calls it; the certificate does not. */
	f = knowing(sshd, "web-*", "ca");
	expect_down(f, NULL, OUTCOME_REFUSED,
	    "web-1: host key: host certificate is refused: name is not a listed principal");
	probe_tear_down(f);
	/* Another authority. */
	f = knowing(sshd, "127.0.0.1", "other");
	expect_down(f, NULL, OUTCOME_REFUSED, "web-1: host key: ");
	probe_tear_down(f);
	assert_int_equal(logged(sshd, "Accepted publickey"), 1);
	sshd_stop(sshd);
}

static void
a_certificate_may_name_what_the_inventory_does(void **state)
{
	struct sshd *sshd = certified_sshd("named", "web-1", "always:forever");
	struct fixture *f = knowing(sshd, "web-*", "ca");

	(void)state;
	expect_up(f, NULL, "ssh", "certified by an authority");
	probe_tear_down(f);
	sshd_stop(sshd);
}

static void
an_expired_certificate_is_refused(void **state)
{
	struct sshd *sshd = certified_sshd("old", "127.0.0.1", "20200101:20210101");
	struct fixture *f = knowing(sshd, "127.0.0.1", "ca");

	(void)state;
	expect_down(
	    f, NULL, OUTCOME_REFUSED, "web-1: host key: host certificate is refused: expired");
	assert_int_equal(logged(sshd, "Accepted publickey"), 0);
	probe_tear_down(f);
	sshd_stop(sshd);
}

static void
a_server_without_a_common_key_exchange_is_reached_through_ssh(void **state)
{
	struct sshd *sshd = sshd_start("KexAlgorithms " PQ "\n");
	struct fixture *f = probe_set_up(sshd, NULL);
	struct target libssh = f->target;

	(void)state;
	expect_up(f, NULL, "ssh", "post-quantum");
	libssh.transport = "libssh";
	expect_down(f, &libssh, OUTCOME_UNREACHABLE, "web-1: key exchange: ");
	probe_tear_down(f);
	sshd_stop(sshd);
}

static void
an_ordinary_host_takes_libssh_unless_told_otherwise(void **state)
{
	struct fixture *f = probe_set_up(plain, NULL);
	struct target ssh = f->target;

	(void)state;
	expect_up(f, NULL, "libssh", "");
	ssh.transport = "ssh";
	expect_up(f, &ssh, "ssh", "inventory");
	probe_tear_down(f);
}

static void
ssh_accepts_no_key_that_drover_would_not(void **state)
{
	struct fixture *f = probe_set_up(plain, NULL);
	struct target t = f->target;
	const char *other[] = {
		"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
		NULL
	};
	int before = logged(plain, "Accepted publickey");
	struct err err;

	(void)state;
	t.transport = "ssh";
	t.host_keys = NULL;
	expect_down(
	    f, &t, OUTCOME_REFUSED, "web-1: host key: host key is not known: ssh-ed25519 SHA256:");
	t.host_keys = other;
	expect_down(f, &t, OUTCOME_REFUSED, "web-1: host key: host key CHANGED");
	probe_tear_down(f);
	/* Taken back, whoever it belonged to. */
	autofree char *path = xasprintf("%s/revoked", dir);
	autofree char *line = xasprintf("@revoked elsewhere %s\n", sshd_host_key(plain));
	const char *files[] = { path, NULL };
	struct remote_config config = { .known_hosts = files };
	assert_int_equal(file_replace(path, line, strlen(line), 0600, &err), 0);
	f = probe_set_up(plain, &config);
	t = f->target;
	t.transport = "ssh";
	expect_down(f, &t, OUTCOME_REFUSED, "web-1: host key: ");
	probe_tear_down(f);
	assert_int_equal(logged(plain, "Accepted publickey"), before);
}

static void
a_key_the_server_does_not_know_is_told(void **state)
{
	struct fixture *f = probe_set_up(plain, NULL);
	struct target t = f->target;
	autofree char *path = xstrdup(in_dir("stranger"));
	autofree char *words =
	    xasprintf("web-1: login: %s is refused; the server takes: publickey", t.user);

	(void)state;
	make_key("stranger", "ed25519");
	t.identity = path;
	t.transport = "ssh";
	expect_down(f, &t, OUTCOME_UNREACHABLE, words);
	probe_tear_down(f);
}

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

static void
a_silent_server_is_given_up(void **state)
{
	struct remote_config config = { .kex_timeout_ms = 500, .auth_timeout_ms = 500 };
	struct fixture *f = probe_set_up(plain, &config);
	struct target t = f->target;
	autoclose int fd = listen_only(&t.port);

	(void)fd;
	(void)state;
	t.transport = "ssh";
	expect_down(f, &t, OUTCOME_UNREACHABLE, "web-1: key exchange: not done after 1.0 s");
	probe_tear_down(f);
}

static void
a_server_that_closes_at_once_is_tried_four_times(void **state)
{
	struct fixture *f = probe_set_up(plain, NULL);
	struct target t = f->target;
	autoclose int fd = listen_only(&t.port);
	int64_t until = clock_mono_ms() + 60000;
	int seen = 0;

	(void)state;
	t.transport = "ssh";
	struct probe *p = probe_open(f, &t, "true");
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
	assert_true(str_starts(p->err.text, "web-1: key exchange: ssh: "));
	probe_close(p);
	probe_tear_down(f);
}

/* The newest child of this test that is called so; 0: none. */
static int
child_called(const char *name)
{
	char path[64], line[64];
	autofclose FILE *list = NULL;
	int pid, found = 0;

	snprintf(path, sizeof(path), "/proc/self/task/%d/children", getpid());
	list = fopen(path, "re");
	while (list && fscanf(list, "%d", &pid) == 1) {
		snprintf(path, sizeof(path), "/proc/%d/comm", pid);
		autofclose FILE *f = fopen(path, "re");

		if (f && fgets(line, sizeof(line), f) && str_eq(line, name))
			found = pid;
	}
	return found;
}

static void
a_master_that_is_killed_leaves_its_commands_unknown(void **state)
{
	struct fixture *f = probe_set_up(plain, NULL);
	struct target t = f->target;

	(void)state;
	t.transport = "ssh";
	struct probe *p = probe_open(f, &t, "echo on; sleep 60");
	while (!p->out.len && !p->down)
		loop_pass(f->loop, 50);
	int master = child_called("ssh\n");
	assert_true(master > 0);
	kill(master, SIGKILL);
	probe_wait(f, &p->ended, NULL);
	assert_non_null(p->end.err);
	assert_int_equal(p->end.err->kind, OUTCOME_UNKNOWN);
	probe_wait(f, &p->down, NULL);
	assert_true(str_starts(p->err.text, "web-1: session: "));
	probe_close(p);
	probe_tear_down(f);
}

static void
twenty_hosts_at_once_are_reached(void **state)
{
	struct fixture *f = probe_set_up(plain, NULL);
	struct target t = f->target;
	struct probe *p[20];
	int before = logged(plain, "Accepted publickey"),
	    began = logged(plain, "Starting session: command");

	(void)state;
	t.transport = "ssh";
	for (size_t i = 0; i < countof(p); i++)
		p[i] = probe_open(f, &t, "cat /dev/null; exit 7");
	for (size_t i = 0; i < countof(p); i++) {
		probe_wait(f, &p[i]->ended, &p[i]->down);
		if (p[i]->down)
			fail_msg("%s", p[i]->err.text);
		assert_int_equal(p[i]->end.status, 7);
	}
	for (size_t i = 0; i < countof(p); i++)
		probe_close(p[i]);
	probe_tear_down(f);
	assert_int_equal(logged(plain, "Accepted publickey") - before, 20);
	assert_int_equal(logged(plain, "Starting session: command") - began, 20);
}

static int
nests(void)
{
	autofree char *prefix = xasprintf("drover.%d.", getpid());
	const char *top = getenv("XDG_RUNTIME_DIR");
	DIR *d = opendir(top);
	int n = 0;

	for (struct dirent *e = readdir(d); e; e = readdir(d))
		n += str_starts(e->d_name, prefix);
	closedir(d);
	return n;
}

static void
nothing_is_left_behind_and_what_was_is_swept(void **state)
{
	autofree char *old = xasprintf("%s/drover.999999999.abcdef", getenv("XDG_RUNTIME_DIR"));
	autofree char *file = xasprintf("%s/1.known", old);
	struct fixture *f = probe_set_up(plain, NULL);
	struct target t = f->target;
	struct err err;

	(void)state;
	assert_int_equal(mkdir(old, 0700), 0);
	assert_int_equal(file_replace(file, "x", 1, 0600, &err), 0);
	t.transport = "ssh";
	struct probe *p = probe_open(f, &t, "true");
	probe_wait(f, &p->ended, &p->down);
	assert_true(p->ended);
	assert_false(file_exists(old));
	assert_int_equal(nests(), 1);
	probe_close(p);
	probe_tear_down(f);
	assert_int_equal(nests(), 0);
}

static int
set_up(void **state)
{
	(void)state;
	snprintf(dir, sizeof(dir), "/tmp/drover-byway-XXXXXX");
	assert_non_null(mkdtemp(dir));
	setenv("XDG_RUNTIME_DIR", dir, 1);
	make_key("ca", "ed25519");
	make_key("other", "ed25519");
	plain = sshd_start(NULL);
	return 0;
}

static int
tear_down(void **state)
{
	const char *argv[] = { "rm", "-rf", dir, NULL };

	(void)state;
	sshd_stop(plain);
	sshd_run(argv);
	return 0;
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_host_known_by_its_authority_is_reached_through_ssh),
		cmocka_unit_test(a_certificate_may_name_what_the_inventory_does),
		cmocka_unit_test(an_expired_certificate_is_refused),
		cmocka_unit_test(a_server_without_a_common_key_exchange_is_reached_through_ssh),
		cmocka_unit_test(an_ordinary_host_takes_libssh_unless_told_otherwise),
		cmocka_unit_test(ssh_accepts_no_key_that_drover_would_not),
		cmocka_unit_test(a_key_the_server_does_not_know_is_told),
		cmocka_unit_test(a_silent_server_is_given_up),
		cmocka_unit_test(a_server_that_closes_at_once_is_tried_four_times),
		cmocka_unit_test(a_master_that_is_killed_leaves_its_commands_unknown),
		cmocka_unit_test(twenty_hosts_at_once_are_reached),
		cmocka_unit_test(nothing_is_left_behind_and_what_was_is_swept),
	};
	int status = roles_play(argc, argv);

	if (status >= 0)
		return status;
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
