#include "base/err.h"
#include "base/file.h"
#include "base/loop.h"
#include "base/mem.h"
#include "base/str.h"
#include "remote/sshconf.h"
#include "remote/sshfiles.h"
#include "remote/sshoption.h"

#include <ftw.h>
#include <pwd.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <cmocka.h>

/* A directory with a configuration and a cache, and one program's life at a time on them. */
struct fixture {
	char dir[64];
	char *config, *cache;
	struct loop *loop;
	struct sshconf *conf;
	const struct sshconf_host *host;
	struct err err;
	int calls;
};

static void
on_done(void *user, const struct sshconf_host *h, const struct err *err)
{
	struct fixture *f = user;

	f->calls++;
	f->host = h;
	f->err = err ? *err : (struct err){ 0 };
}

static void
begin(struct fixture *f)
{
	struct err err;

	f->loop = loop_new(&err);
	f->conf = sshconf_new(
	    &(struct sshconf_config){
		.loop = f->loop, .file = f->config, .cache_dir = f->cache, .timeout_ms = 60000 },
	    &err);
}

static void
end(struct fixture *f)
{
	sshconf_free(f->conf);
	loop_free(f->loop);
}

static void
write_file(const char *dir, const char *name, const char *text)
{
	autofree char *path = file_join(dir, name);
	struct err err;

	assert_int_equal(file_replace(path, text, strlen(text), 0600, &err), 0);
}

static int
set_up(void **state)
{
	struct fixture *f = xcalloc(1, sizeof(*f));

	str_copy(f->dir, sizeof(f->dir), "/tmp/drover-test-XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	f->config = xasprintf("%s/config", f->dir);
	f->cache = xasprintf("%s/cache", f->dir);
	*state = f;
	return 0;
}

static int
remove_one(const char *path, const struct stat *st, int flag, struct FTW *at)
{
	(void)st;
	(void)flag;
	(void)at;
	return remove(path);
}

static int
tear_down(void **state)
{
	struct fixture *f = *state;

	nftw(f->dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	free(f->config);
	free(f->cache);
	free(f);
	return 0;
}

static void
ask(struct fixture *f, const struct sshconf_query *q)
{
	f->calls = 0;
	f->host = NULL;
	sshconf_ask(f->conf, q, on_done, f);
	assert_int_equal(f->calls, 0);
	loop_run(f->loop);
	assert_int_equal(f->calls, 1);
}

static const struct sshconf_host *
ask_for(struct fixture *f, const char *host)
{
	ask(f, &(struct sshconf_query){ .host = host });
	if (!f->host)
		fail_msg("%s: %s", host, f->err.text);
	return f->host;
}

static void
what_the_user_configured_comes_back(void **state)
{
	struct fixture *f = *state;

	write_file(f->dir, "config",
	    "Host web1\n"
	    "  HostName 192.0.2.7\n"
	    "  User deploy\n"
	    "  Port 2222\n"
	    "  HostKeyAlias herd\n"
	    "  IdentitiesOnly yes\n"
	    "  IdentityAgent /run/agent\n"
	    "  ConnectTimeout 7\n"
	    "  AddressFamily inet\n"
	    "  StrictHostKeyChecking yes\n"
	    "  UserKnownHostsFile /x/one /x/two\n"
	    "  GlobalKnownHostsFile none\n");
	begin(f);
	const struct sshconf_host *h = ask_for(f, "web1");
	assert_string_equal(h->hostname, "192.0.2.7");
	assert_string_equal(h->user, "deploy");
	assert_int_equal(h->port, 2222);
	assert_string_equal(h->host_key_alias, "herd");
	assert_true(h->identities_only);
	assert_string_equal(h->identity_agent, "/run/agent");
	assert_int_equal(h->connect_timeout_ms, 7000);
	assert_int_equal(h->family, AF_INET);
	assert_true(h->strict);
	assert_string_equal(h->known_hosts[0], "/x/one");
	assert_string_equal(h->known_hosts[1], "/x/two");
	assert_null(h->known_hosts[2]);
	assert_true(h->identity_default);
	h = ask_for(f, "other");
	assert_string_equal(h->hostname, "other");
	assert_int_equal(h->port, 22);
	assert_null(h->host_key_alias);
	assert_null(h->identity_agent);
	assert_false(h->strict);
	assert_int_equal(h->connect_timeout_ms, 0);
	end(f);
}

static void
the_inventory_wins_over_the_file(void **state)
{
	struct fixture *f = *state;

	write_file(f->dir, "config", "Host web1\n HostName 192.0.2.7\n User a\n Port 1\n");
	begin(f);
	ask(f, &(struct sshconf_query){
		   .host = "web1", .address = "fe80::1%lo", .user = "root", .port = 2200 });
	assert_non_null(f->host);
	assert_string_equal(f->host->hostname, "fe80::1%lo");
	assert_string_equal(f->host->user, "root");
	assert_int_equal(f->host->port, 2200);
	end(f);
}

static void
identity_files_are_expanded_as_ssh_does(void **state)
{
	struct fixture *f = *state;
	const struct passwd *pw = getpwuid(getuid());
	autofree char *first = xasprintf("%s/.ssh/192.0.2.7_web1_deploy_22", pw->pw_dir);
	autofree char *second = xasprintf("%s/k-%s-%u%%", pw->pw_dir, pw->pw_name, getuid());
	autofree char *third = xasprintf("%s/key", f->dir);

	setenv("DROVER_TEST_DIR", f->dir, 1);
	write_file(f->dir, "config",
	    "Host web1\n HostName 192.0.2.7\n User deploy\n"
	    " IdentityFile ~/.ssh/%h_%n_%r_%p\n IdentityFile %d/k-%u-%i%%\n"
	    " IdentityFile ${DROVER_TEST_DIR}/key\n IdentityFile \"/a b/c\"\n"
	    "Host hashed\n IdentityFile /keys/%C\n"
	    "Host unset\n IdentityFile ${DROVER_TEST_UNSET}/key\n"
	    "Host none\n IdentityFile none\n");
	begin(f);
	const struct sshconf_host *h = ask_for(f, "web1");
	assert_false(h->identity_default);
	assert_string_equal(h->identity_files[0], first);
	assert_string_equal(h->identity_files[1], second);
	assert_string_equal(h->identity_files[2], third);
	assert_string_equal(h->identity_files[3], "/a b/c");
	assert_null(h->identity_files[4]);
	h = ask_for(f, "none");
	assert_null(h->identity_files[0]);
	assert_false(h->identity_default);
	ask(f, &(struct sshconf_query){ .host = "hashed" });
	assert_int_equal(f->err.kind, OUTCOME_REFUSED);
	ask(f, &(struct sshconf_query){ .host = "unset" });
	assert_int_equal(f->err.kind, OUTCOME_INPUT);
	end(f);
}

static void
the_way_there_and_the_proofs_are_read(void **state)
{
	struct fixture *f = *state;
	const struct sshconf_host *h;

	write_file(f->dir, "config",
	    "Host jump\n ProxyJump me@bastion:2222,b2\n"
	    "Host proxy\n ProxyCommand nc %h %p\n"
	    "Host cert\n CertificateFile /c-cert.pub\n CertificateFile /%n-cert.pub\n"
	    "Host bind\n BindAddress 127.0.0.9\n"
	    "Host nokey\n PubkeyAuthentication no\n KbdInteractiveAuthentication no\n"
	    "Host env\n SetEnv A=1 B=2\n ServerAliveInterval 7\n ServerAliveCountMax 2\n"
	    "Host clear\n ProxyCommand none\n ProxyJump none\n"
	    "Host token\n PKCS11Provider /usr/lib/p11.so\n");
	for (int life = 0; life < 2; life++) { /* asked of ssh, then of the cache */
		begin(f);
		assert_string_equal(ask_for(f, "jump")->proxy_jump, "me@bastion:2222,b2");
		assert_string_equal(ask_for(f, "proxy")->proxy_command, "nc %h %p");
		h = ask_for(f, "cert");
		assert_string_equal(h->certificate_files[0], "/c-cert.pub");
		assert_string_equal(h->certificate_files[1], "/cert-cert.pub");
		assert_null(h->certificate_files[2]);
		assert_string_equal(ask_for(f, "bind")->bind_address, "127.0.0.9");
		h = ask_for(f, "nokey");
		assert_false(h->pubkey);
		assert_false(h->keyboard_interactive);
		assert_true(h->password);
		h = ask_for(f, "env");
		assert_string_equal(h->set_env[0], "A=1");
		assert_string_equal(h->set_env[1], "B=2");
		assert_int_equal(h->server_alive_ms, 7000);
		assert_int_equal(h->server_alive_count, 2);
		h = ask_for(f, "clear");
		assert_null(h->proxy_jump);
		assert_null(h->proxy_command);
		assert_null(h->set_env[0]);
		assert_true(h->pubkey);
		assert_int_equal(h->server_alive_count, 3);
		ask(f, &(struct sshconf_query){ .host = "token" });
		assert_null(f->host);
		assert_int_equal(f->err.kind, OUTCOME_REFUSED);
		end(f);
	}
}

static void
ssh_says_what_is_wrong_with_the_file(void **state)
{
	struct fixture *f = *state;

	write_file(f->dir, "config", "Host *\n Prot 22\n");
	begin(f);
	ask(f, &(struct sshconf_query){ .host = "web1" });
	assert_null(f->host);
	assert_int_equal(f->err.kind, OUTCOME_INPUT);
	assert_non_null(strstr(f->err.text, "config: line 2: Bad configuration option: prot"));
	end(f);
}

static void
a_missing_ssh_is_an_error_and_not_a_hang(void **state)
{
	struct fixture *f = *state;

	begin(f);
	sshconf_free(f->conf);
	f->conf = sshconf_new(
	    &(struct sshconf_config){
		.loop = f->loop, .ssh = "/nonexistent/ssh", .cache_dir = f->cache },
	    &f->err);
	ask(f, &(struct sshconf_query){ .host = "web1" });
	assert_null(f->host);
	assert_non_null(strstr(f->err.text, "/nonexistent/ssh"));
	end(f);
}

static void
words_that_ssh_would_read_as_options_are_refused(void **state)
{
	struct fixture *f = *state;
	static const struct sshconf_query bad[] = {
		{ .host = "-oProxyCommand=x" },
		{ .host = "" },
		{ .host = "a b" },
		{ .host = "a\nb" },
		{ .host = "a", .address = "-x" },
		{ .host = "a", .address = "x y" },
		{ .host = "a", .user = "-l" },
		{ .host = "a", .user = "x\ny" },
	};

	begin(f);
	for (size_t i = 0; i < countof(bad); i++) {
		ask(f, &bad[i]);
		assert_null(f->host);
		assert_int_equal(f->err.kind, OUTCOME_INPUT);
	}
	assert_int_equal(sshconf_spawned(f->conf), 0);
	end(f);
}

static unsigned
children_of_a_life(struct fixture *f, const char *const *hosts)
{
	begin(f);
	for (; *hosts; hosts++)
		ask_for(f, *hosts);
	unsigned n = sshconf_spawned(f->conf);
	end(f);
	return n;
}

static void
a_warm_start_runs_ssh_for_nobody(void **state)
{
	static const char *const hosts[] = { "a", "b", "c", NULL };
	struct fixture *f = *state;

	write_file(f->dir, "config", "Host b\n User bob\n");
	assert_int_equal(children_of_a_life(f, hosts), 4); /* and once without configuration */
	assert_int_equal(children_of_a_life(f, hosts), 0);
	begin(f);
	assert_string_equal(ask_for(f, "b")->user, "bob");
	ask(f, &(struct sshconf_query){ .host = "b", .user = "eve" });
	assert_string_equal(f->host->user, "eve");
	assert_int_equal(sshconf_spawned(f->conf), 1); /* another question */
	end(f);
	write_file(f->dir, "config", "Host b\n User bill\n");
	begin(f);
	assert_string_equal(ask_for(f, "b")->user, "bill");
	end(f);
}

static void
includes_and_the_members_of_their_globs_count(void **state)
{
	static const char *const hosts[] = { "a", NULL };
	struct fixture *f = *state;
	autofree char *parts = xasprintf("%s/parts", f->dir);
	autofree char *config = xasprintf("Include = \"%s/*.conf\"\n", parts);

	assert_int_equal(mkdir(parts, 0700), 0);
	write_file(f->dir, "config", config);
	write_file(parts, "10.conf", "Host a\n Port 1000\n");
	assert_int_equal(children_of_a_life(f, hosts), 2);
	assert_int_equal(children_of_a_life(f, hosts), 0);
	write_file(parts, "05.conf", "Host a\n Port 500\n");
	begin(f);
	assert_int_equal(ask_for(f, "a")->port, 500);
	end(f);
	assert_int_equal(children_of_a_life(f, hosts), 0);
	write_file(parts, "05.conf", "Host a\n Port 501\n");
	begin(f);
	assert_int_equal(ask_for(f, "a")->port, 501);
	end(f);
}

static void
what_is_decided_at_run_time_is_never_cached(void **state)
{
	static const char *const configs[] = {
		"Match exec \"true\"\n User bob\n",
		"match host x !exec \"true\"\n User bob\n",
		"Match exec=true\n User bob\n",
		"CanonicalizeHostname yes\nCanonicalizeFallbackLocal yes\n",
		"IdentityFile ${HOME}/.ssh/x\n",
	};
	static const char *const hosts[] = { "127.0.0.1", NULL };
	struct fixture *f = *state;

	for (size_t i = 0; i < countof(configs); i++) {
		write_file(f->dir, "config", configs[i]);
		children_of_a_life(f, hosts);
		assert_int_equal(children_of_a_life(f, hosts), 1);
	}
}

static void
a_match_block_is_decided_by_ssh(void **state)
{
	struct fixture *f = *state;

	write_file(f->dir, "config",
	    "Host db*\n Port 2200\nMatch host db1 user root\n Port 2201\n"
	    "Match final host db2\n Port 2202\n");
	begin(f);
	ask(f, &(struct sshconf_query){ .host = "db1", .user = "root" });
	assert_int_equal(f->host->port, 2200); /* the first value stands */
	ask(f, &(struct sshconf_query){ .host = "x", .user = "root" });
	assert_int_equal(f->host->port, 22);
	end(f);
}

static void
a_cache_that_others_could_write_is_not_read(void **state)
{
	static const char *const hosts[] = { "a", NULL };
	struct fixture *f = *state;

	write_file(f->dir, "config", "Host a\n Port 2200\n");
	children_of_a_life(f, hosts);
	autofree char *command = xasprintf("chmod 666 %s/*", f->cache);
	FILE *run = popen(command, "r");
	assert_int_equal(pclose(run), 0);
	assert_int_equal(children_of_a_life(f, hosts), 2);
	command = (free(command), xasprintf("truncate -s -3 %s/*", f->cache));
	run = popen(command, "r");
	assert_int_equal(pclose(run), 0);
	assert_int_equal(children_of_a_life(f, hosts), 2);
}

static void
narrowed_algorithms_are_told_from_the_usual(void **state)
{
	struct fixture *f = *state;

	write_file(f->dir, "config", "Host a\n Ciphers aes256-gcm@openssh.com\n");
	begin(f);
	assert_string_equal(ask_for(f, "a")->ciphers, "aes256-gcm@openssh.com");
	assert_null(f->host->macs);
	assert_null(ask_for(f, "b")->ciphers);
	end(f);
}

static void
many_are_asked_at_once_and_each_is_answered(void **state)
{
	struct fixture *f = *state;
	struct sshconf_ask *cancelled = NULL;

	write_file(f->dir, "config", "Host *\n User bob\n");
	begin(f);
	for (int i = 0; i < 40; i++) {
		char host[16];
		struct sshconf_ask *a;

		snprintf(host, sizeof(host), "web%d", i);
		a = sshconf_ask(f->conf, &(struct sshconf_query){ .host = host }, on_done, f);
		if (i == 20)
			cancelled = a;
	}
	while (f->calls < 3)
		loop_pass(f->loop, 1000);
	sshconf_cancel(cancelled);
	loop_run(f->loop);
	assert_int_equal(f->calls, 39);
	end(f);
	begin(f); /* freed while children run */
	for (int i = 0; i < 20; i++)
		sshconf_ask(
		    f->conf, &(struct sshconf_query){ .host = "new", .port = i + 1 }, on_done, f);
	while (sshconf_spawned(f->conf) == 0)
		loop_pass(f->loop, 1000);
	f->calls = 0;
	sshconf_free(f->conf);
	loop_run(f->loop);
	assert_int_equal(f->calls, 0);
	loop_free(f->loop);
}

static void
a_changed_file_is_noticed_on_refresh(void **state)
{
	struct fixture *f = *state;

	write_file(f->dir, "config", "Host a\n Port 1\n");
	begin(f);
	assert_int_equal(ask_for(f, "a")->port, 1);
	write_file(f->dir, "config", "Host a\n Port 2\n");
	assert_int_equal(ask_for(f, "a")->port, 1);
	sshconf_refresh(f->conf);
	assert_int_equal(ask_for(f, "a")->port, 2);
	end(f);
}

static void
switched_off_only_the_query_speaks(void **state)
{
	struct fixture *f = *state;

	begin(f);
	sshconf_free(f->conf);
	f->conf = sshconf_new(&(struct sshconf_config){ .loop = f->loop, .off = true }, &f->err);
	ask(f, &(struct sshconf_query){ .host = "a", .address = "127.0.0.1", .port = 2200 });
	assert_string_equal(f->host->hostname, "127.0.0.1");
	assert_int_equal(f->host->port, 2200);
	assert_null(f->host->identity_files[0]);
	assert_null(f->host->known_hosts[0]);
	assert_int_equal(sshconf_spawned(f->conf), 0);
	end(f);
}

#define WITH_FILES(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

static void
on_shown(void *user, const char *lines, const struct err *err)
{
	char **to = user;

	if (!lines)
		fail_msg("%s", err->text);
	*to = xstrdup(lines);
}

static void
every_key_this_ssh_prints_stands_in_the_table(void **state)
{
	struct fixture *f = *state;
	autofree char *lines = NULL;
	size_t keys = 0;

	write_file(f->dir, "config",
	    "BindAddress 127.0.0.1\nBindInterface lo\nCertificateFile "
	    "/c\nControlPath /p\n"
	    "DynamicForward 1080\nHostKeyAlias a\nIdentityAgent "
	    "/a\nIgnoreUnknown X\n"
	    "KnownHostsCommand /bin/true\nLocalCommand x\nLocalForward 1 a:1\n"
	    "PKCS11Provider /p\nPreferredAuthentications publickey\nProxyJump "
	    "j\n"
	    "RemoteCommand x\nRemoteForward 1 a:1\nRevokedHostKeys /r\nSendEnv "
	    "A\n"
	    "SetEnv A=1\nKbdInteractiveDevices x\n");
	begin(f);
	sshconf_show(f->conf, &(struct sshconf_query){ .host = "web1" }, false, on_shown, &lines);
	loop_run(f->loop);
	for (const char *l = lines; *l; l += strcspn(l, "\n"), l += *l == '\n') {
		size_t n = strcspn(l, " \n");

		if (!sshoption_find(l, n))
			fail_msg("not in the table: %.*s", (int)n, l);
		keys++;
	}
	assert_true(keys > 80);
	end(f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_FILES(every_key_this_ssh_prints_stands_in_the_table),
		WITH_FILES(what_the_user_configured_comes_back),
		WITH_FILES(the_inventory_wins_over_the_file),
		WITH_FILES(identity_files_are_expanded_as_ssh_does),
		WITH_FILES(the_way_there_and_the_proofs_are_read),
		WITH_FILES(ssh_says_what_is_wrong_with_the_file),
		WITH_FILES(a_missing_ssh_is_an_error_and_not_a_hang),
		WITH_FILES(words_that_ssh_would_read_as_options_are_refused),
		WITH_FILES(a_warm_start_runs_ssh_for_nobody),
		WITH_FILES(includes_and_the_members_of_their_globs_count),
		WITH_FILES(what_is_decided_at_run_time_is_never_cached),
		WITH_FILES(a_match_block_is_decided_by_ssh),
		WITH_FILES(a_cache_that_others_could_write_is_not_read),
		WITH_FILES(narrowed_algorithms_are_told_from_the_usual),
		WITH_FILES(many_are_asked_at_once_and_each_is_answered),
		WITH_FILES(a_changed_file_is_noticed_on_refresh),
		WITH_FILES(switched_off_only_the_query_speaks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
