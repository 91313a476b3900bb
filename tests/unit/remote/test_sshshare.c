#include "base/buf.h"
#include "base/err.h"
#include "base/loop.h"
#include "base/mem.h"
#include "base/str.h"
#include "remote/sshfiles.h"
#include "remote/sshscan.h"
#include "tests/lib/rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define CONFIGS 200
#define HOSTS   3

static const char *const names[] = { "web1", "web2", "web3", "db1", "db2", "web5", "10.0.0.1",
	"10.0.0.2", "bastion", "Web4", "127.1" };

static const char *const patterns[] = { "*", "web*", "web?", "db1 db2", "!web1 *", "*.example.org",
	"10.0.0.*", "bastion inner", "node_?", "!*.example.org web* db*", "none" };

static const char *const settings[] = { "User deploy", "User op", "Port 2222", "Port 2200",
	"HostName gate.example.org", "HostName web1", "ProxyJump bastion",
	"ProxyJump me@inner:22,bastion", "IdentityFile ~/.ssh/%h_%n", "IdentityFile /keys/one",
	"ProxyCommand nc %h %p", "Ciphers aes256-ctr", "UserKnownHostsFile /known/all",
	"SetEnv A=1", "ForwardAgent yes", "ConnectTimeout 7", "StrictHostKeyChecking yes",
	"HostKeyAlias herd", "IdentityAgent /run/agent", "BindAddress 127.0.0.9",
	"PasswordAuthentication no" };

/* With these every host is asked about alone. */
static const char *const odd_settings[] = { "HostName %h.internal", "IdentityFile /keys/%C",
	"UserKnownHostsFile /known/%h", "Match host web*", "Host \"web1\"", "HostName x-%%",
	"IdentityAgent /run/%r", "HOSTNAME=%h", "Match all" };

/* The same numbers for the same seed. */
static unsigned
next(unsigned *seed, size_t below)
{
	*seed = *seed * 1103515245U + 12345U;
	return (*seed >> 16) % (unsigned)below;
}

static void
make_config(unsigned *seed, struct buf *to)
{
	unsigned blocks = 1 + next(seed, 5);

	for (unsigned b = 0; b < blocks; b++) {
		unsigned lines = 1 + next(seed, 3);

		if (b || next(seed, 2))
			buf_addf(to, "Host %s\n", patterns[next(seed, countof(patterns))]);
		for (unsigned l = 0; l < lines; l++)
			buf_addf(to, "  %s\n", settings[next(seed, countof(settings))]);
		if (next(seed, 40) == 0)
			buf_addf(to, "%s\n", odd_settings[next(seed, countof(odd_settings))]);
	}
}

static void
add_list(struct buf *to, const char *what, const char *const *list)
{
	for (; *list; list++)
		buf_addf(to, "%s %s\n", what, *list);
}

static void
add_text(struct buf *to, const char *what, const char *text)
{
	if (text)
		buf_addf(to, "%s %s\n", what, text);
}

/* Every field that says something, as text. */
static void
describe(const struct sshconf_host *h, struct buf *to)
{
	buf_addf(to, "%s@%s:%d family %d timeout %jd %d%d%d%d%d%d alive %jd %d attempts %d\n",
	    h->user, h->hostname, h->port, h->family, (intmax_t)h->connect_timeout_ms,
	    h->identity_default, h->identities_only, h->strict, h->pubkey, h->password,
	    h->keyboard_interactive, (intmax_t)h->server_alive_ms, h->server_alive_count,
	    h->connection_attempts);
	add_list(to, "identity", h->identity_files);
	add_list(to, "certificate", h->certificate_files);
	add_list(to, "known", h->known_hosts);
	add_list(to, "env", h->set_env);
	add_list(to, "unused", h->unused);
	add_text(to, "alias", h->host_key_alias);
	add_text(to, "agent", h->identity_agent);
	add_text(to, "jump", h->proxy_jump);
	add_text(to, "proxy", h->proxy_command);
	add_text(to, "bind", h->bind_address);
	add_text(to, "ciphers", h->ciphers);
	add_text(to, "needs", h->needs_ssh);
}

struct asked {
	struct buf said;
	int *open;
};

static void
on_answer(void *user, const struct sshconf_host *h, const struct err *err)
{
	struct asked *a = user;

	--*a->open;
	if (h)
		describe(h, &a->said);
	else
		buf_addf(&a->said, "error: %s\n", err->text);
}

/* Ask about the hosts at once; returns how often ssh was run. */
static unsigned
ask_all(struct rig *f, const struct sshconf_query *q, struct asked *to, bool alone)
{
	int open = HOSTS;

	f->alone = alone;
	rig_begin(f);
	for (size_t i = 0; i < HOSTS; i++) {
		to[i] = (struct asked){ .said = BUF_INIT(1 << 16), .open = &open };
		sshconf_ask(f->conf, &q[i], on_answer, &to[i]);
	}
	while (open > 0)
		loop_pass(f->loop, 1000);
	unsigned spawned = sshconf_spawned(f->conf);
	rig_end(f);
	return spawned;
}

static void
a_shared_answer_is_what_ssh_would_have_said(void **state)
{
	struct rig *f = *state;
	unsigned seed = 20, alone = 0, shared = 0;

	char *kept = f->cache;

	for (int n = 0; n < CONFIGS; n++) {
		autobuf config = BUF_INIT(1 << 16);
		struct sshconf_query q[HOSTS];
		struct asked one[HOSTS], many[HOSTS];

		make_config(&seed, &config);
		rig_write(f->dir, "config", buf_text(&config));
		bool addresses = next(&seed, 3) == 0;
		for (size_t i = 0; i < HOSTS; i++)
			q[i] = (struct sshconf_query){ .host = names[next(&seed, countof(names))],
				.address = addresses ? names[next(&seed, countof(names))] : NULL,
				.user = next(&seed, 4) ? NULL : "typed" };
		autofree char *cache = xasprintf("%s/alone%d", f->dir, n);
		f->cache = cache;
		alone += ask_all(f, q, one, true);
		autofree char *other = xasprintf("%s/shared%d", f->dir, n);
		f->cache = other;
		shared += ask_all(f, q, many, false);
		f->cache = kept;
		for (size_t i = 0; i < HOSTS; i++) {
			if (!str_eq(buf_text(&one[i].said), buf_text(&many[i].said)))
				fail_msg("%s of\n%s\nalone:\n%s\nshared:\n%s", q[i].host,
				    buf_text(&config), buf_text(&one[i].said),
				    buf_text(&many[i].said));
			buf_fini(&one[i].said);
			buf_fini(&many[i].said);
		}
	}
	print_message("alone %u, shared %u\n", alone, shared);
	assert_true(shared + CONFIGS / 4 < alone);
}

static void
a_thousand_alike_are_asked_about_once(void **state)
{
	struct rig *f = *state;
	struct asked one;
	int open = 0;

	rig_write(f->dir, "config", "Host db*\n User root\nHost *\n User deploy\n Port 2222\n");
	one = (struct asked){ .said = BUF_INIT(1 << 24), .open = &open };
	rig_begin(f);
	for (int i = 0; i < 1000; i++) {
		autofree char *name = xasprintf("%s%d", i % 2 ? "web" : "db", i);

		open++;
		sshconf_ask(f->conf, &(struct sshconf_query){ .host = name }, on_answer, &one);
	}
	while (open > 0)
		loop_pass(f->loop, 1000);
	assert_int_equal(sshconf_spawned(f->conf), 3); /* one of each, and an empty configuration */
	assert_non_null(strstr(buf_text(&one.said), "root@db998:2222 "));
	assert_non_null(strstr(buf_text(&one.said), "deploy@web999:2222 "));
	buf_fini(&one.said);
	rig_end(f);
	rig_begin(f); /* from the cache */
	assert_string_equal(rig_ask_for(f, "web501")->hostname, "web501");
	assert_int_equal(sshconf_spawned(f->conf), 0);
	rig_end(f);
}

static void
one_that_is_cancelled_leaves_its_place_to_the_next(void **state)
{
	struct rig *f = *state;
	struct sshconf_ask *first;
	struct asked a, b;
	int open = 1, waiting = 1;

	rig_write(f->dir, "config", "Host *\n User deploy\n");
	a = (struct asked){ .said = BUF_INIT(1 << 16), .open = &open };
	b = (struct asked){ .said = BUF_INIT(1 << 16), .open = &waiting };
	rig_begin(f);
	rig_ask_for(f, "Upper"); /* so that what ssh does by itself is known */
	first = sshconf_ask(f->conf, &(struct sshconf_query){ .host = "web1" }, on_answer, &b);
	sshconf_ask(f->conf, &(struct sshconf_query){ .host = "web2" }, on_answer, &a);
	while (sshconf_spawned(f->conf) < 3)
		loop_pass(f->loop, 1000);
	if (waiting > 0) /* on a slow machine it has been answered */
		sshconf_cancel(first);
	while (open > 0)
		loop_pass(f->loop, 1000);
	assert_true(str_starts(buf_text(&a.said), "deploy@web2:22 "));
	buf_fini(&a.said);
	buf_fini(&b.said);
	rig_end(f);
}

static void
the_line_that_counts_is_found(void **state)
{
	struct rig *f = *state;
	struct sshfiles files;
	const char *file;
	int line;

	rig_write(f->dir, "inc.conf", "Port 1\nHost db*\n User inc\nHost *\n IdentityFile /inc\n");
	autofree char *config = xasprintf("Host web1\n User one\n Include %s/inc.conf\n Ciphers x\n"
					  "Host !web9 web*\n Port 2\n User two\n"
					  "Match host x\n Compression yes\n"
					  "Host *\n Compression no\n TCPKeepAlive no\n",
	    f->dir);
	rig_write(f->dir, "config", config);
	struct sshscan *s = sshscan_new(f->config, "ssh", &files);
	assert_true(sshscan_find(s, "web1", "user", &file, &line));
	assert_int_equal(line, 2);
	assert_string_equal(file, f->config);
	assert_true(sshscan_find(s, "web1", "port", &file, &line));
	assert_true(str_ends(file, "/inc.conf"));
	assert_int_equal(line, 1);
	assert_true(sshscan_find(s, "web1", "identityfile", &file, &line));
	assert_int_equal(line, 5);
	assert_true(sshscan_find(s, "web1", "ciphers", &file, &line));
	assert_int_equal(line, 4);
	assert_true(sshscan_find(s, "web2", "user", &file, &line));
	assert_int_equal(line, 7);
	assert_true(sshscan_find(s, "web2", "port", &file, &line));
	assert_int_equal(line, 6);
	assert_false(sshscan_find(s, "web9", "user", &file, &line));
	assert_false(sshscan_find(s, "db1", "identityfile", &file, &line));
	assert_false(sshscan_find(s, "web1", "compression", &file, &line)); /* Match could decide */
	assert_true(sshscan_find(s, "web1", "tcpkeepalive", &file, &line));
	sshscan_free(s);
}

#define WITH_FILES(test) cmocka_unit_test_setup_teardown(test, rig_set_up, rig_tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_FILES(a_shared_answer_is_what_ssh_would_have_said),
		WITH_FILES(a_thousand_alike_are_asked_about_once),
		WITH_FILES(one_that_is_cancelled_leaves_its_place_to_the_next),
		WITH_FILES(the_line_that_counts_is_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
