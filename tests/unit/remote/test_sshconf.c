#include "base/err.h"
#include "base/file.h"
#include "base/loop.h"
#include "base/mem.h"
#include "base/str.h"
#include "remote/sshconf.h"
#include "remote/sshfiles.h"
#include "tests/lib/rig.h"

#include <ftw.h>
#include <pwd.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <cmocka.h>

static void
what_the_user_configured_comes_back(void **state)
{
	struct rig *f = *state;

	rig_write(f->dir, "config",
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
	rig_begin(f);
	const struct sshconf_host *h = rig_ask_for(f, "web1");
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
	h = rig_ask_for(f, "other");
	assert_string_equal(h->hostname, "other");
	assert_int_equal(h->port, 22);
	assert_null(h->host_key_alias);
	assert_null(h->identity_agent);
	assert_false(h->strict);
	assert_int_equal(h->connect_timeout_ms, 0);
	rig_end(f);
}

static void
the_inventory_wins_over_the_file(void **state)
{
	struct rig *f = *state;

	rig_write(f->dir, "config", "Host web1\n HostName 192.0.2.7\n User a\n Port 1\n");
	rig_begin(f);
	rig_ask(f, &(struct sshconf_query){
		       .host = "web1", .address = "fe80::1%lo", .user = "root", .port = 2200 });
	assert_non_null(f->host);
	assert_string_equal(f->host->hostname, "fe80::1%lo");
	assert_string_equal(f->host->user, "root");
	assert_int_equal(f->host->port, 2200);
	rig_end(f);
}

static void
ssh_says_what_is_wrong_with_the_file(void **state)
{
	struct rig *f = *state;

	rig_write(f->dir, "config", "Host *\n Prot 22\n");
	rig_begin(f);
	rig_ask(f, &(struct sshconf_query){ .host = "web1" });
	assert_null(f->host);
	assert_int_equal(f->err.kind, OUTCOME_INPUT);
	assert_non_null(strstr(f->err.text, "config: line 2: Bad configuration option: prot"));
	rig_end(f);
}

static void
a_missing_ssh_is_an_error_and_not_a_hang(void **state)
{
	struct rig *f = *state;

	rig_begin(f);
	sshconf_free(f->conf);
	f->conf = sshconf_new(
	    &(struct sshconf_config){
		.loop = f->loop, .ssh = "/nonexistent/ssh", .cache_dir = f->cache },
	    &f->err);
	rig_ask(f, &(struct sshconf_query){ .host = "web1" });
	assert_null(f->host);
	assert_non_null(strstr(f->err.text, "/nonexistent/ssh"));
	rig_end(f);
}

static void
words_that_ssh_would_read_as_options_are_refused(void **state)
{
	struct rig *f = *state;
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

	rig_begin(f);
	for (size_t i = 0; i < countof(bad); i++) {
		rig_ask(f, &bad[i]);
		assert_null(f->host);
		assert_int_equal(f->err.kind, OUTCOME_INPUT);
	}
	assert_int_equal(sshconf_spawned(f->conf), 0);
	rig_end(f);
}

static unsigned
children_of_a_life(struct rig *f, const char *const *hosts)
{
	rig_begin(f);
	for (; *hosts; hosts++)
		rig_ask_for(f, *hosts);
	unsigned n = sshconf_spawned(f->conf);
	rig_end(f);
	return n;
}

static void
a_warm_start_runs_ssh_for_nobody(void **state)
{
	static const char *const hosts[] = { "a", "b", "c", NULL };
	struct rig *f = *state;

	rig_write(f->dir, "config", "Host b\n User bob\n");
	f->alone = true;
	assert_int_equal(children_of_a_life(f, hosts), 4); /* and once without configuration */
	assert_int_equal(children_of_a_life(f, hosts), 0);
	rig_begin(f);
	assert_string_equal(rig_ask_for(f, "b")->user, "bob");
	rig_ask(f, &(struct sshconf_query){ .host = "b", .user = "eve" });
	assert_string_equal(f->host->user, "eve");
	assert_int_equal(sshconf_spawned(f->conf), 1); /* another question */
	rig_end(f);
	rig_write(f->dir, "config", "Host b\n User bill\n");
	rig_begin(f);
	assert_string_equal(rig_ask_for(f, "b")->user, "bill");
	rig_end(f);
}

static void
includes_and_the_members_of_their_globs_count(void **state)
{
	static const char *const hosts[] = { "a", NULL };
	struct rig *f = *state;
	autofree char *parts = xasprintf("%s/parts", f->dir);
	autofree char *config = xasprintf("Include = \"%s/*.conf\"\n", parts);

	assert_int_equal(mkdir(parts, 0700), 0);
	rig_write(f->dir, "config", config);
	rig_write(parts, "10.conf", "Host a\n Port 1000\n");
	assert_int_equal(children_of_a_life(f, hosts), 2);
	assert_int_equal(children_of_a_life(f, hosts), 0);
	rig_write(parts, "05.conf", "Host a\n Port 500\n");
	rig_begin(f);
	assert_int_equal(rig_ask_for(f, "a")->port, 500);
	rig_end(f);
	assert_int_equal(children_of_a_life(f, hosts), 0);
	rig_write(parts, "05.conf", "Host a\n Port 501\n");
	rig_begin(f);
	assert_int_equal(rig_ask_for(f, "a")->port, 501);
	rig_end(f);
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
	struct rig *f = *state;

	for (size_t i = 0; i < countof(configs); i++) {
		rig_write(f->dir, "config", configs[i]);
		children_of_a_life(f, hosts);
		assert_int_equal(children_of_a_life(f, hosts), 1);
	}
}

static void
a_match_block_is_decided_by_ssh(void **state)
{
	struct rig *f = *state;

	rig_write(f->dir, "config",
	    "Host db*\n Port 2200\nMatch host db1 user root\n Port 2201\n"
	    "Match final host db2\n Port 2202\n");
	rig_begin(f);
	rig_ask(f, &(struct sshconf_query){ .host = "db1", .user = "root" });
	assert_int_equal(f->host->port, 2200); /* the first value stands */
	rig_ask(f, &(struct sshconf_query){ .host = "x", .user = "root" });
	assert_int_equal(f->host->port, 22);
	rig_end(f);
}

static void
a_cache_that_others_could_write_is_not_read(void **state)
{
	static const char *const hosts[] = { "a", NULL };
	struct rig *f = *state;

	rig_write(f->dir, "config", "Host a\n Port 2200\n");
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
many_are_asked_at_once_and_each_is_answered(void **state)
{
	struct rig *f = *state;
	struct sshconf_ask *cancelled = NULL;

	rig_write(f->dir, "config", "Host *\n User bob\n");
	f->alone = true;
	rig_begin(f);
	for (int i = 0; i < 40; i++) {
		char host[16];
		struct sshconf_ask *a;

		snprintf(host, sizeof(host), "web%d", i);
		a = sshconf_ask(f->conf, &(struct sshconf_query){ .host = host }, rig_on_done, f);
		if (i == 20)
			cancelled = a;
	}
	while (f->calls < 3)
		loop_pass(f->loop, 1000);
	sshconf_cancel(cancelled);
	loop_run(f->loop);
	assert_int_equal(f->calls, 39);
	rig_end(f);
	rig_begin(f); /* freed while children run */
	for (int i = 0; i < 20; i++)
		sshconf_ask(f->conf, &(struct sshconf_query){ .host = "new", .port = i + 1 },
		    rig_on_done, f);
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
	struct rig *f = *state;

	rig_write(f->dir, "config", "Host a\n Port 1\n");
	rig_begin(f);
	assert_int_equal(rig_ask_for(f, "a")->port, 1);
	rig_write(f->dir, "config", "Host a\n Port 2\n");
	assert_int_equal(rig_ask_for(f, "a")->port, 1);
	sshconf_refresh(f->conf);
	assert_int_equal(rig_ask_for(f, "a")->port, 2);
	rig_end(f);
}

static void
switched_off_only_the_query_speaks(void **state)
{
	struct rig *f = *state;

	rig_begin(f);
	sshconf_free(f->conf);
	f->conf = sshconf_new(&(struct sshconf_config){ .loop = f->loop, .off = true }, &f->err);
	rig_ask(f, &(struct sshconf_query){ .host = "a", .address = "127.0.0.1", .port = 2200 });
	assert_string_equal(f->host->hostname, "127.0.0.1");
	assert_int_equal(f->host->port, 2200);
	assert_null(f->host->identity_files[0]);
	assert_null(f->host->known_hosts[0]);
	assert_int_equal(sshconf_spawned(f->conf), 0);
	rig_end(f);
}

#define WITH_FILES(test) cmocka_unit_test_setup_teardown(test, rig_set_up, rig_tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_FILES(what_the_user_configured_comes_back),
		WITH_FILES(the_inventory_wins_over_the_file),
		WITH_FILES(ssh_says_what_is_wrong_with_the_file),
		WITH_FILES(a_missing_ssh_is_an_error_and_not_a_hang),
		WITH_FILES(words_that_ssh_would_read_as_options_are_refused),
		WITH_FILES(a_warm_start_runs_ssh_for_nobody),
		WITH_FILES(includes_and_the_members_of_their_globs_count),
		WITH_FILES(what_is_decided_at_run_time_is_never_cached),
		WITH_FILES(a_match_block_is_decided_by_ssh),
		WITH_FILES(a_cache_that_others_could_write_is_not_read),
		WITH_FILES(many_are_asked_at_once_and_each_is_answered),
		WITH_FILES(a_changed_file_is_noticed_on_refresh),
		WITH_FILES(switched_off_only_the_query_speaks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
