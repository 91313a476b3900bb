/* Keys of every kind against a real sshd: certificates, encrypted RSA, tokens, agents. */
#include "base/clock.h"
#include "base/digest.h"
#include "base/file.h"
#include "base/loop.h"
#include "base/mem.h"
#include "base/str.h"
#include "tests/lib/probe.h"

#include <openssl/evp.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

#include <cmocka.h>

static struct sshd *sshd;
static struct fixture *now;

__attribute__((format(printf, 1, 2))) static void
shell(const char *fmt, ...)
{
	char command[2000];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(command, sizeof(command), fmt, ap);
	va_end(ap);
	const char *argv[] = { "sh", "-ec", command, NULL };
	sshd_run(argv);
}

static void
on_ask(void *user, const struct remote_question *q)
{
	(void)user;
	assert_int_equal(q->kind, REMOTE_PASSPHRASE);
	remote_answer(now->remote, q->id, "open sesame");
}

static int
set_up(void **state)
{
	struct remote_config c = {
		.kex_timeout_ms = 120000, .auth_timeout_ms = 120000, .ask = on_ask
	};

	unsetenv("SSH_AUTH_SOCK");
	*state = now = probe_set_up(sshd, &c);
	return 0;
}

static int
tear_down(void **state)
{
	probe_tear_down(*state);
	unsetenv("SSH_AUTH_SOCK");
	return 0;
}

/* Log in with that key: NULL is in, else the reason, which is the caller's. */
static char *
come_in(struct fixture *f, const char *name)
{
	struct target t = f->target;
	autofree char *path = xstrdup(sshd_file(sshd, name));
	char *why = NULL;

	t.identity = path;
	struct probe *p = probe_open(f, &t, "exit 4");
	probe_wait(f, &p->ended, &p->down);
	if (p->down)
		why = xstrdup(p->err.text);
	else
		assert_int_equal(p->end.status, 4);
	probe_close(p);
	return why;
}

static void
assert_in(struct fixture *f, const char *name)
{
	autofree char *why = come_in(f, name);

	if (why)
		fail_msg("%s", why);
}

static void
assert_not_in(struct fixture *f, const char *name, const char *words)
{
	autofree char *why = come_in(f, name);

	if (!why || !strstr(why, words))
		fail_msg("'%s' does not say '%s'", why ? why : "(in)", words);
}

/* sshd writes it when it comes to it: on a busy machine that may be after we are in. */
static void
assert_logged(const char *words)
{
	int64_t deadline = clock_mono_ms() + 30000;
	bool said = false;

	while (!said) {
		struct err err;
		autofree char *log = file_read(sshd_file(sshd, "log"), 16 << 20, NULL, &err);

		said = log && strstr(log, words);
		if (!said && clock_mono_ms() > deadline)
			fail_msg("sshd's log does not say '%s'", words);
		if (!said)
			(void)poll(NULL, 0, 20);
	}
}

static void
forget_log(void)
{
	shell(": > %s/log", sshd_dir(sshd));
}

static void
every_kind_of_key_logs_in(void **state)
{
	static const char *const kinds[] = { "-t ed25519", "-t ecdsa -b 256", "-t ecdsa -b 384",
		"-t ecdsa -b 521", "-t rsa -b 2048", "-t rsa -b 3072 -m PEM" };

	for (size_t i = 0; i < countof(kinds); i++) {
		shell("cd %s; rm -f k k.pub; ssh-keygen -q %s -N '' -f k; cat k.pub >> authorized",
		    sshd_dir(sshd), kinds[i]);
		assert_in(*state, "k");
		probe_tear_down(*state);
		set_up(state); /* files are read once */
	}
}

static void
rsa_keys_sign_with_sha2_alone(void **state)
{
	forget_log();
	shell("cd %s; rm -f r r.pub; ssh-keygen -q -t rsa -b 2048 -N '' -f r; "
	      "cat r.pub >> authorized",
	    sshd_dir(sshd));
	assert_in(*state, "r");
	struct sshd *old = sshd_start("PubkeyAcceptedAlgorithms ssh-rsa");
	struct fixture *f = probe_set_up(old, &(struct remote_config){ .kex_timeout_ms = 120000 });
	shell("cat %s/r.pub >> %s/authorized", sshd_dir(sshd), sshd_dir(old));
	assert_not_in(f, "r", "is refused with 1 key");
	probe_tear_down(f);
	sshd_stop(old);
}

static void
encrypted_keys_of_every_kind_log_in(void **state)
{
	static const char *const kinds[] = { "-t rsa -b 2048 -a 1", "-t rsa -b 2048 -m PEM",
		"-t ed25519 -a 1", "-t ecdsa -a 1" };

	for (size_t i = 0; i < countof(kinds); i++) {
		shell("cd %s; rm -f e e.pub; ssh-keygen -q %s -N 'open sesame' -f e; "
		      "cat e.pub >> authorized",
		    sshd_dir(sshd), kinds[i]);
		assert_in(*state, "e");
		probe_tear_down(*state);
		set_up(state);
	}
}

/* A key that only its certificate lets in. */
static void
make_certified(const char *name, const char *kind, const char *more)
{
	shell("cd %s; rm -f %s %s.pub %s-cert.pub; ssh-keygen -q %s -f %s; "
	      "ssh-keygen -q -s ca -I me -n %s %s %s.pub",
	    sshd_dir(sshd), name, name, name, kind, name, sshd_user(sshd), more, name);
}

static void
a_certificate_beside_its_key_is_offered(void **state)
{
	static const char *const kinds[] = { "-t ed25519 -N ''", "-t ecdsa -N ''",
		"-t rsa -b 2048 -N ''", "-t rsa -b 2048 -a 1 -N 'open sesame'" };

	for (size_t i = 0; i < countof(kinds); i++) {
		forget_log();
		make_certified("c", kinds[i], "");
		assert_in(*state, "c");
		assert_logged("-CERT SHA256:");
		probe_tear_down(*state);
		set_up(state);
	}
	/* One that has expired is not offered, and the key alone does not do. */
	make_certified("x", "-t ed25519 -N ''", "-V 20200101:20200201");
	assert_not_in(*state, "x", "is refused with 1 key");
	make_certified("y", "-t ed25519 -N ''", "");
	shell("cd %s; echo 'ssh-ed25519-cert-v01@openssh.com AAAAjunk me' > y-cert.pub",
	    sshd_dir(sshd));
	assert_not_in(*state, "y", "is refused with 1 key");
}

static void
of_twenty_keys_in_the_agent_only_the_configured_one_is_offered(void **state)
{
	autofree char *socket = xstrdup(sshd_file(sshd, "agent"));
	int pid = sshd_agent(socket);

	shell("cd %s; for i in $(seq 20); do ssh-keygen -q -t ed25519 -N '' -f t$i; ssh-add -q t$i;"
	      " done; cat t17.pub >> authorized; mkdir only; mv t17.pub t3.pub only/; rm t[0-9]*",
	    sshd_dir(sshd));
	forget_log();
	assert_in(*state, "only/t17");
	assert_not_in(*state, "only/t3", "is refused with 1 key");
	struct err err;
	autofree char *log = file_read(sshd_file(sshd, "log"), 16 << 20, NULL, &err);
	size_t refused = 0;
	for (const char *p = log; p && (p = strstr(p, "Failed publickey")); p++)
		refused++;
	assert_int_equal(refused, 1);
	sshd_agent_stop(pid, socket);
}

static void
a_certificate_signs_through_the_agent_that_holds_its_key(void **state)
{
	autofree char *socket = xstrdup(sshd_file(sshd, "agent"));
	int pid = sshd_agent(socket);

	forget_log();
	make_certified("p", "-t ed25519 -N ''", "");
	/* The agent is given the key without its certificate, then one with it. */
	shell("cd %s; mv p-cert.pub keep; ssh-add -q p; mv keep p-cert.pub; rm p", sshd_dir(sshd));
	assert_in(*state, "p");
	assert_logged("ED25519-CERT SHA256:");
	forget_log();
	probe_tear_down(*state);
	set_up(state); /* what an agent holds is asked once in some seconds */
	setenv("SSH_AUTH_SOCK", socket, 1);
	make_certified("q", "-t rsa -b 2048 -N ''", "");
	shell("cd %s; ssh-add -q q; rm q q-cert.pub", sshd_dir(sshd));
	assert_in(*state, "q");
	assert_logged("RSA-CERT SHA256:");
	sshd_agent_stop(pid, socket);
}

/* An agent of one token: a key whose private half we made, since no hardware is here. */
static void
put_string(uint8_t **to, const void *p, size_t n)
{
	const uint8_t head[4] = { 0, 0, (uint8_t)(n >> 8), (uint8_t)n };

	memcpy(*to, head, 4);
	memcpy(*to + 4, p, n);
	*to += 4 + n;
}

static const char token_type[] = "sk-ssh-ed25519@openssh.com";
static const char application[] = "ssh:";

static size_t
token_blob(EVP_PKEY *key, uint8_t *to)
{
	uint8_t raw[32], *at = to;
	size_t n = sizeof(raw);

	EVP_PKEY_get_raw_public_key(key, raw, &n);
	put_string(&at, token_type, strlen(token_type));
	put_string(&at, raw, n);
	put_string(&at, application, strlen(application));
	return (size_t)(at - to);
}

/* PROTOCOL.u2f: over the digests of application and data, the flags (1: touched), a counter. */
static size_t
token_sign(EVP_PKEY *key, const uint8_t *data, size_t n, uint8_t *to)
{
	uint8_t signed_data[69], signature[64], tail[5] = { 1, 0, 0, 0, 9 }, *at = to;
	size_t len = sizeof(signature);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();

	digest_raw(application, strlen(application), signed_data);
	memcpy(signed_data + 32, tail, sizeof(tail));
	digest_raw(data, n, signed_data + 37);
	EVP_DigestSignInit(ctx, NULL, NULL, NULL, key);
	EVP_DigestSign(ctx, signature, &len, signed_data, sizeof(signed_data));
	EVP_MD_CTX_free(ctx);
	put_string(&at, token_type, strlen(token_type));
	put_string(&at, signature, len);
	memcpy(at, tail, sizeof(tail));
	return (size_t)(at - to) + sizeof(tail);
}

static void
answer(int fd, const uint8_t *body, size_t n)
{
	const uint8_t head[4] = { 0, 0, (uint8_t)(n >> 8), (uint8_t)n };

	if (write(fd, head, 4) != 4 || write(fd, body, n) != (ssize_t)n)
		_exit(1);
}

static void
serve_token(EVP_PKEY *key, int fd)
{
	uint8_t in[4096], out[1024], inner[512], *at = out;
	size_t n;

	while (read(fd, in, 4) == 4) {
		size_t len = (size_t)in[2] << 8 | in[3];

		if (read(fd, in, len) != (ssize_t)len)
			_exit(1);
		at = out + 1;
		if (in[0] == 11) {
			const uint8_t one[4] = { 0, 0, 0, 1 };

			out[0] = 12;
			memcpy(at, one, 4);
			at += 4;
			n = token_blob(key, inner);
			put_string(&at, inner, n);
			put_string(&at, "token", 5);
		} else {
			size_t skip = 1 + 4 + ((size_t)in[3] << 8 | in[4]);
			size_t data = (size_t)in[skip + 2] << 8 | in[skip + 3];

			out[0] = 14;
			n = token_sign(key, in + skip + 4, data, inner);
			put_string(&at, inner, n);
		}
		answer(fd, out, (size_t)(at - out));
	}
}

static int
listen_at(const char *path)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	str_copy(to.sun_path, sizeof(to.sun_path), path);
	unlink(path);
	assert_int_equal(bind(fd, (struct sockaddr *)&to, sizeof(to)), 0);
	assert_int_equal(listen(fd, 8), 0);
	return fd;
}

static void
a_token_signs_through_the_agent(void **state)
{
	autofree char *socket = xstrdup(sshd_file(sshd, "token"));
	EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	int listener = listen_at(socket);
	uint8_t blob[256];

	autofree char *text = digest_base64(blob, token_blob(key, blob));
	shell("cd %s; echo '%s %s' | tee sk.pub >> authorized", sshd_dir(sshd), token_type, text);
	setenv("SSH_AUTH_SOCK", socket, 1);
	int pid = fork();
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		signal(SIGCHLD, SIG_IGN);
		for (;;) {
			int fd = accept(listener, NULL, NULL);

			if (fork() == 0) {
				serve_token(key, fd);
				_exit(0);
			}
			close(fd);
		}
	}
	close(listener);
	forget_log();
	autofree char *why = come_in(*state, "sk");
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	EVP_PKEY_free(key);
	if (why)
		fail_msg("%s", why);
	assert_logged("ED25519-SK SHA256:");
}

static void
an_agent_that_hangs_is_given_up(void **state)
{
	autofree char *socket = xstrdup(sshd_file(sshd, "mute"));
	int listener = listen_at(socket);

	shell("cd %s; ssh-keygen -q -t ed25519 -N '' -f m; rm m", sshd_dir(sshd));
	setenv("SSH_AUTH_SOCK", socket, 1);
	assert_not_in(*state, "m", "no answer after 10.0 s");
	close(listener);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		CASE(every_kind_of_key_logs_in),
		CASE(rsa_keys_sign_with_sha2_alone),
		CASE(encrypted_keys_of_every_kind_log_in),
		CASE(a_certificate_beside_its_key_is_offered),
		CASE(of_twenty_keys_in_the_agent_only_the_configured_one_is_offered),
		CASE(a_certificate_signs_through_the_agent_that_holds_its_key),
		CASE(a_token_signs_through_the_agent),
		CASE(an_agent_that_hangs_is_given_up),
	};

	if (argc == 2 && strcmp(argv[1], "--worker") == 0)
		return remote_worker_main(3);
	char ca[] = "/tmp/drover-ca-XXXXXX", conf[64];
	if (!mkdtemp(ca))
		return 1;
	shell("ssh-keygen -q -t ed25519 -N '' -f %s/ca", ca);
	snprintf(conf, sizeof(conf), "TrustedUserCAKeys %s/ca.pub", ca);
	sshd = sshd_start(conf);
	shell("cp %s/ca %s/ca", ca, sshd_dir(sshd));
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	sshd_stop(sshd);
	shell("rm -rf %s", ca);
	return failed;
}
