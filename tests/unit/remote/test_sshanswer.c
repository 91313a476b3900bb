#include "base/err.h"
#include "base/file.h"
#include "base/loop.h"
#include "base/mem.h"
#include "base/str.h"
#include "remote/sshconf.h"
#include "remote/sshoption.h"
#include "tests/lib/rig.h"

#include <pwd.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static void
narrowed_algorithms_are_told_from_the_usual(void **state)
{
	struct rig *f = *state;

	rig_write(f->dir, "config",
	    "Host a\n Ciphers aes256-gcm@openssh.com\n"
	    "Host minus\n Ciphers -chacha20-poly1305@openssh.com,aes*gcm*\n"
	    "Host plus\n Ciphers +3des-cbc\n MACs +hmac-md5\n"
	    "Host head\n KexAlgorithms ^ecdh-sha2-nistp384\n"
	    "Host quantum\n KexAlgorithms sntrup761x25519-sha512@openssh.com\n"
	    "Host old\n KexAlgorithms diffie-hellman-group1-sha1\n"
	    "Host umac\n MACs umac-128-etm@openssh.com\n"
	    "Host umac2\n MACs umac-128-etm@openssh.com\n Ciphers aes256-ctr\n"
	    "Host keys\n HostKeyAlgorithms rsa-sha2-512,ssh-ed25519\n"
	    "Host fewer\n HostKeyAlgorithms -*ecdsa*\n"
	    "Host certs\n HostKeyAlgorithms ssh-ed25519-cert-v01@openssh.com\n"
	    "Host users\n PubkeyAcceptedAlgorithms rsa-sha2-256\n RequiredRSASize 3072\n");
	for (int life = 0; life < 2; life++) { /* asked of ssh, then of the cache */
		rig_begin(f);
		assert_string_equal(rig_ask_for(f, "a")->ciphers, "aes256-gcm@openssh.com");
		assert_null(f->host->macs);
		assert_null(f->host->needs_ssh);
		assert_null(rig_ask_for(f, "b")->ciphers);
		assert_string_equal(
		    rig_ask_for(f, "minus")->ciphers, "aes128-ctr,aes192-ctr,aes256-ctr");
		assert_null(rig_ask_for(f, "plus")->ciphers);
		assert_string_equal(f->host->weak, "Ciphers 3des-cbc, MACs hmac-md5");
		assert_true(
		    str_starts(rig_ask_for(f, "head")->kex, "ecdh-sha2-nistp384,curve25519"));
		assert_non_null(strstr(rig_ask_for(f, "quantum")->needs_ssh, "sntrup761"));
		assert_null(f->host->kex);
		assert_null(f->host->forbidden);
		assert_null(rig_ask_for(f, "old")->needs_ssh);
		assert_non_null(strstr(f->host->forbidden, "allows diffie-hellman-group1-sha1"));
		assert_non_null(strstr(f->host->forbidden, "none but curve25519-sha256,"));
		assert_null(rig_ask_for(f, "umac")->needs_ssh);
		assert_null(strstr(f->host->ciphers, "ctr"));
		assert_non_null(strstr(rig_ask_for(f, "umac2")->needs_ssh, "MACs allows umac-128"));
		assert_string_equal(
		    rig_ask_for(f, "keys")->host_key_algorithms, "rsa-sha2-512,ssh-ed25519");
		assert_true(f->host->host_keys_ordered);
		assert_string_equal(rig_ask_for(f, "fewer")->host_key_algorithms,
		    "ssh-ed25519,rsa-sha2-512,rsa-sha2-256");
		assert_false(f->host->host_keys_ordered);
		assert_non_null(rig_ask_for(f, "certs")->needs_ssh);
		assert_string_equal(rig_ask_for(f, "users")->pubkey_algorithms, "rsa-sha2-256");
		assert_int_equal(f->host->rsa_bits, 3072);
		rig_end(f);
	}
}

static void
what_is_set_and_not_honoured_is_named(void **state)
{
	struct rig *f = *state;

	rig_write(f->dir, "config",
	    "Host a\n ForwardAgent yes\n LocalForward 8080 x:80\n Port 22\n SendEnv X\n"
	    "Host b\n StrictHostKeyChecking accept-new\n PreferredAuthentications password\n"
	    " ConnectionAttempts 3\n"
	    "Host c\n PreferredAuthentications gssapi-with-mic\n"
	    "Host d\n KnownHostsCommand /bin/x %H\n"
	    "Host e\n RevokedHostKeys /r\n");
	rig_begin(f);
	const struct sshconf_host *h = rig_ask_for(f, "a");
	assert_string_equal(h->send_env[0], "X");
	assert_null(h->send_env[1]);
	assert_string_equal(h->unused[0], "LocalForward 8080 [x]:80");
	assert_string_equal(h->unused[1], "ForwardAgent yes");
	assert_null(h->unused[2]);
	assert_int_equal(h->connection_attempts, 1);
	h = rig_ask_for(f, "b");
	assert_null(h->unused[0]);
	assert_true(h->lax);
	assert_true(h->password);
	assert_false(h->pubkey);
	assert_false(h->keyboard_interactive);
	assert_int_equal(h->connection_attempts, 3);
	assert_null(h->needs_ssh);
	assert_non_null(strstr(rig_ask_for(f, "c")->needs_ssh, "no way to log in but Kerberos"));
	assert_non_null(strstr(rig_ask_for(f, "d")->needs_ssh, "KnownHostsCommand /bin/x"));
	assert_non_null(strstr(rig_ask_for(f, "e")->needs_ssh, "RevokedHostKeys /r"));
	rig_end(f);
}

static void
the_way_there_and_the_proofs_are_read(void **state)
{
	struct rig *f = *state;
	const struct sshconf_host *h;

	rig_write(f->dir, "config",
	    "Host jump\n ProxyJump me@bastion:2222,b2\n"
	    "Host proxy\n ProxyCommand nc %h %p\n"
	    "Host cert\n CertificateFile /c-cert.pub\n CertificateFile /%n-cert.pub\n"
	    "Host bind\n BindAddress 127.0.0.9\n"
	    "Host nokey\n PubkeyAuthentication no\n KbdInteractiveAuthentication no\n"
	    "Host env\n SetEnv A=1 B=2\n ServerAliveInterval 7\n ServerAliveCountMax 2\n"
	    "Host clear\n ProxyCommand none\n ProxyJump none\n"
	    "Host token\n PKCS11Provider /usr/lib/p11.so\n");
	for (int life = 0; life < 2; life++) { /* asked of ssh, then of the cache */
		rig_begin(f);
		assert_string_equal(rig_ask_for(f, "jump")->proxy_jump, "me@bastion:2222,b2");
		assert_string_equal(rig_ask_for(f, "proxy")->proxy_command, "nc %h %p");
		h = rig_ask_for(f, "cert");
		assert_string_equal(h->certificate_files[0], "/c-cert.pub");
		assert_string_equal(h->certificate_files[1], "/cert-cert.pub");
		assert_null(h->certificate_files[2]);
		assert_string_equal(rig_ask_for(f, "bind")->bind_address, "127.0.0.9");
		h = rig_ask_for(f, "nokey");
		assert_false(h->pubkey);
		assert_false(h->keyboard_interactive);
		assert_true(h->password);
		h = rig_ask_for(f, "env");
		assert_string_equal(h->set_env[0], "A=1");
		assert_string_equal(h->set_env[1], "B=2");
		assert_int_equal(h->server_alive_ms, 7000);
		assert_int_equal(h->server_alive_count, 2);
		h = rig_ask_for(f, "clear");
		assert_null(h->proxy_jump);
		assert_null(h->proxy_command);
		assert_null(h->set_env[0]);
		assert_true(h->pubkey);
		assert_int_equal(h->server_alive_count, 3);
		h = rig_ask_for(f, "token");
		assert_non_null(strstr(sshanswer_needs_ssh(h), "PKCS11Provider /usr/lib/p11.so"));
		assert_null(sshanswer_needs_ssh(rig_ask_for(f, "env")));
		rig_end(f);
	}
}

static void
identity_files_are_expanded_as_ssh_does(void **state)
{
	struct rig *f = *state;
	const struct passwd *pw = getpwuid(getuid());
	autofree char *first = xasprintf("%s/.ssh/192.0.2.7_web1_deploy_22", pw->pw_dir);
	autofree char *second = xasprintf("%s/k-%s-%u%%", pw->pw_dir, pw->pw_name, getuid());
	autofree char *third = xasprintf("%s/key", f->dir);

	setenv("DROVER_TEST_DIR", f->dir, 1);
	rig_write(f->dir, "config",
	    "Host web1\n HostName 192.0.2.7\n User deploy\n"
	    " IdentityFile ~/.ssh/%h_%n_%r_%p\n IdentityFile %d/k-%u-%i%%\n"
	    " IdentityFile ${DROVER_TEST_DIR}/key\n IdentityFile \"/a b/c\"\n"
	    "Host hashed\n IdentityFile /keys/%C\n"
	    "Host jumped\n IdentityFile /keys/%j\n ProxyJump a,me@inner:22\n"
	    "Host unset\n IdentityFile ${DROVER_TEST_UNSET}/key\n"
	    "Host none\n IdentityFile none\n");
	rig_begin(f);
	const struct sshconf_host *h = rig_ask_for(f, "web1");
	assert_false(h->identity_default);
	assert_string_equal(h->identity_files[0], first);
	assert_string_equal(h->identity_files[1], second);
	assert_string_equal(h->identity_files[2], third);
	assert_string_equal(h->identity_files[3], "/a b/c");
	assert_null(h->identity_files[4]);
	h = rig_ask_for(f, "none");
	assert_null(h->identity_files[0]);
	assert_false(h->identity_default);
	h = rig_ask_for(f, "hashed");
	assert_int_equal(strlen(h->identity_files[0]), strlen("/keys/") + 40);
	assert_string_equal(rig_ask_for(f, "jumped")->identity_files[0], "/keys/inner");
	rig_ask(f, &(struct sshconf_query){ .host = "unset" });
	assert_int_equal(f->err.kind, OUTCOME_INPUT);
	rig_end(f);
}

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
	struct rig *f = *state;
	autofree char *lines = NULL;
	size_t keys = 0;

	rig_write(f->dir, "config",
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
	rig_begin(f);
	sshconf_show(f->conf, &(struct sshconf_query){ .host = "web1" }, false, on_shown, &lines);
	loop_run(f->loop);
	for (const char *l = lines; *l; l += strcspn(l, "\n"), l += *l == '\n') {
		size_t n = strcspn(l, " \n");

		if (!sshoption_find(l, n))
			fail_msg("not in the table: %.*s", (int)n, l);
		keys++;
	}
	assert_true(keys > 80);
	rig_end(f);
}

#define WITH_FILES(test) cmocka_unit_test_setup_teardown(test, rig_set_up, rig_tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_FILES(identity_files_are_expanded_as_ssh_does),
		WITH_FILES(the_way_there_and_the_proofs_are_read),
		WITH_FILES(narrowed_algorithms_are_told_from_the_usual),
		WITH_FILES(what_is_set_and_not_honoured_is_named),
		WITH_FILES(every_key_this_ssh_prints_stands_in_the_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
