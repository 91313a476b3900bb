#include "base/digest.h"
#include "base/err.h"
#include "base/file.h"
#include "base/loop.h"
#include "base/mem.h"
#include "base/str.h"
#include "remote/agent.h"
#include "remote/keys.h"

#include <fcntl.h>
#include <libssh/libssh.h>
#include <setjmp.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>

#include <cmocka.h>

#define OFFERED 8

struct fixture {
	char dir[64];
	char *socket;
	pid_t agent;
	struct loop *loop;
	struct keys *keys;
	int calls;
	size_t count;
	struct key offered[OFFERED];
	struct err err;
	const char *passphrases[4]; /* answers, in order */
	int asked;
	char asked_for[128];
};

static void
run_command(const char *command)
{
	FILE *p = popen(command, "r");
	char drain[512];

	assert_non_null(p);
	while (fgets(drain, sizeof(drain), p))
		;
	if (pclose(p) != 0)
		fail_msg("%s", command);
}

static char *
path_in(const struct fixture *f, const char *name)
{
	return xasprintf("%s/%s", f->dir, name);
}

static char *
make_key(const struct fixture *f, const char *name, const char *options)
{
	char *path = path_in(f, name);
	autofree char *command = xasprintf("ssh-keygen -q %s -f %s 2>&1", options, path);

	run_command(command);
	return path;
}

static void
on_done(void *user, const struct key *const *list, size_t n, const struct err *err)
{
	struct fixture *f = user;

	f->calls++;
	f->count = n;
	assert_true(n <= OFFERED);
	for (size_t i = 0; i < n; i++)
		f->offered[i] = *list[i];
	f->err = err ? *err : (struct err){ .kind = OUTCOME_OK };
}

static uint32_t
on_passphrase(void *user, const char *path, bool wrong)
{
	struct fixture *f = user;

	(void)wrong;
	str_copy(f->asked_for, sizeof(f->asked_for), path);
	f->asked++;
	keys_passphrase(f->keys, path, f->passphrases[f->asked - 1]);
	return (uint32_t)f->asked;
}

static void
begin(struct fixture *f, bool interactive)
{
	struct keys_config config = { .loop = f->loop, .user = f, .agent_ms = 300 };
	struct err err;

	keys_free(f->keys);
	if (interactive)
		config.ask_passphrase = on_passphrase;
	f->keys = keys_new(&config, &err);
}

static int
set_up(void **state)
{
	struct fixture *f = xcalloc(1, sizeof(*f));
	struct err err;

	str_copy(f->dir, sizeof(f->dir), "/tmp/drover-test-XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	f->socket = path_in(f, "agent");
	unsetenv("SSH_AUTH_SOCK");
	f->loop = loop_new(&err);
	begin(f, false);
	*state = f;
	return 0;
}

static int
tear_down(void **state)
{
	struct fixture *f = *state;
	autofree char *remove = xasprintf("rm -rf %s", f->dir);

	keys_free(f->keys);
	loop_free(f->loop);
	if (f->agent) {
		kill(f->agent, SIGTERM);
		waitpid(f->agent, NULL, 0);
	}
	run_command(remove);
	free(f->socket);
	free(f);
	return 0;
}

static void
get(struct fixture *f, const struct keys_want *w)
{
	f->calls = 0;
	keys_get(f->keys, w, on_done, f);
	assert_int_equal(f->calls, 0);
	loop_run(f->loop);
	assert_int_equal(f->calls, 1);
}

static void
get_identity(struct fixture *f, const char *path)
{
	get(f, &(struct keys_want){ .identity = path, .agent = "none" });
}

static void
on_opened(void *user, int fd, const struct err *err)
{
	struct fixture *f = user;

	f->calls++;
	f->err = err ? *err : (struct err){ .kind = OUTCOME_OK };
	if (fd >= 0)
		close(fd);
}

static struct err
open_agent(struct fixture *f, const char *path)
{
	f->calls = 0;
	agent_open(
	    &(struct agent_spec){ .loop = f->loop, .path = path, .opened = on_opened, .user = f });
	loop_run(f->loop);
	assert_int_equal(f->calls, 1);
	return f->err;
}

/* The agent listens when its socket answers; no key is added before. */
static void
start_agent(struct fixture *f)
{
	char *argv[] = { "ssh-agent", "-D", "-a", f->socket, NULL };
	posix_spawn_file_actions_t actions;

	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
	assert_int_equal(posix_spawnp(&f->agent, argv[0], &actions, NULL, argv, environ), 0);
	posix_spawn_file_actions_destroy(&actions);
	/* Bound is not yet listening. */
	for (int i = 0; i < 2000 && open_agent(f, f->socket).kind != OUTCOME_OK; i++)
		loop_pass(f->loop, 5);
}

static void
add_to_agent(struct fixture *f, const char *path)
{
	autofree char *command =
	    xasprintf("SSH_AUTH_SOCK=%s SSH_ASKPASS=%s/ask SSH_ASKPASS_REQUIRE=force DISPLAY= "
		      "ssh-add -q %s 2>&1",
		f->socket, f->dir, path);
	autofree char *ask = path_in(f, "ask");
	struct err err;

	assert_int_equal(file_replace(ask, "#!/bin/sh\necho secret\n", 22, 0700, &err), 0);
	run_command(command);
}

/* The blob is the one in FILE.pub. */
static void
assert_blob(const struct key *key, const char *path)
{
	autofree char *name = xasprintf("%s.pub", path);
	struct err err;
	autofree char *text = file_read(name, 9999, NULL, &err);
	autofree char *blob = digest_base64(key->blob, key->blob_len);

	assert_non_null(text);
	assert_non_null(strstr(text, blob));
	assert_true(str_starts(text, key->type));
}

static void
every_kind_of_plain_key_is_loaded(void **state)
{
	static const char *const kinds[] = { "-t ed25519 -N ''", "-t ecdsa -b 256 -N ''",
		"-t ecdsa -b 521 -N ''", "-t rsa -b 2048 -N ''", "-t rsa -b 2048 -m PEM -N ''",
		"-t rsa -b 2048 -m PKCS8 -N ''" };
	struct fixture *f = *state;

	for (size_t i = 0; i < countof(kinds); i++) {
		char name[16];
		ssh_key key = NULL;

		snprintf(name, sizeof(name), "key%zu", i);
		autofree char *path = make_key(f, name, kinds[i]);
		get_identity(f, path);
		if (f->count != 1)
			fail_msg("%s: %s", kinds[i], f->err.text);
		assert_string_equal(f->offered[0].path, path);
		assert_blob(&f->offered[0], path);
		assert_int_equal(strlen(f->offered[0].private_text), f->offered[0].private_len);
		assert_int_equal(ssh_pki_import_privkey_base64(
				     f->offered[0].private_text, NULL, NULL, NULL, &key),
		    SSH_OK);
		ssh_key_free(key);
	}
}

static void
a_key_that_others_may_read_is_refused(void **state)
{
	struct fixture *f = *state;
	autofree char *path = make_key(f, "key", "-t ed25519 -N ''");
	char want[200];

	chmod(path, 0644);
	get_identity(f, path);
	assert_int_equal(f->count, 0);
	assert_int_equal(f->err.kind, OUTCOME_REFUSED);
	snprintf(want, sizeof(want),
	    "%s: others may read this private key (mode 0644, wanted 0600)", path);
	assert_string_equal(f->err.text, want);
}

static void
a_named_file_that_is_missing_or_junk_is_an_error(void **state)
{
	struct fixture *f = *state;
	autofree char *missing = path_in(f, "missing");
	autofree char *junk = path_in(f, "junk");

	get_identity(f, missing);
	assert_int_equal(f->err.kind, OUTCOME_INPUT);
	assert_non_null(strstr(f->err.text, "no such key file"));
	assert_int_equal(file_replace(junk, "junk\n", 5, 0600, &f->err), 0);
	get_identity(f, junk);
	assert_int_equal(f->err.kind, OUTCOME_INPUT);
	assert_non_null(strstr(f->err.text, "not a private key that can be read"));
	get_identity(f, f->dir);
	assert_int_equal(f->err.kind, OUTCOME_INPUT);
}

static void
of_sshs_own_files_those_that_exist_are_offered(void **state)
{
	struct fixture *f = *state;
	autofree char *rsa = path_in(f, "id_rsa");
	autofree char *ecdsa = make_key(f, "id_ecdsa", "-t ecdsa -N ''");
	autofree char *locked = make_key(f, "id_dsa", "-t ed25519 -a 1 -N secret");
	autofree char *plain = make_key(f, "id_ed25519", "-t ed25519 -N ''");
	const char *files[] = { rsa, ecdsa, locked, plain, NULL };
	struct keys_want want = { .files = files, .files_default = true, .agent = "none" };

	get(f, &want);
	assert_int_equal(f->count, 2);
	assert_string_equal(f->offered[0].path, ecdsa);
	assert_string_equal(f->offered[1].path, plain);
	assert_int_equal(unlink(plain) + unlink(ecdsa), 0);
	begin(f, false);
	get(f, &want);
	assert_int_equal(f->err.kind, OUTCOME_REFUSED);
	assert_non_null(
	    strstr(f->err.text, "id_dsa: encrypted, nobody to ask, and there is no agent"));
	assert_int_equal(unlink(locked), 0);
	autofree char *command = xasprintf("rm %s/*.pub", f->dir);
	run_command(command);
	begin(f, false);
	get(f, &want);
	assert_string_equal(f->err.text,
	    "no key to log in with: ssh's usual files are not there, and no agent is used");
}

static void
of_files_that_ssh_config_names_one_is_enough(void **state)
{
	struct fixture *f = *state;
	autofree char *missing = path_in(f, "missing");
	autofree char *plain = make_key(f, "plain", "-t ed25519 -N ''");
	const char *both[] = { missing, plain, NULL }, *one[] = { missing, NULL },
		   *none[] = { NULL };

	get(f, &(struct keys_want){ .files = both, .agent = "none" });
	assert_int_equal(f->count, 1);
	get(f, &(struct keys_want){ .files = one, .agent = "none" });
	assert_int_equal(f->err.kind, OUTCOME_INPUT);
	get(f, &(struct keys_want){ .files = none, .agent = "none" });
	assert_string_equal(
	    f->err.text, "no key to log in with: ssh_config names no identity file");
}

static void
an_encrypted_key_is_asked_for_once_and_opened(void **state)
{
	struct fixture *f = *state;
	autofree char *path = make_key(f, "key", "-t ed25519 -a 1 -N secret");
	struct keys_want want = { .identity = path, .agent = "none" };

	begin(f, true);
	f->passphrases[0] = "wrong";
	f->passphrases[1] = "secret";
	f->calls = 0;
	keys_get(f->keys, &want, on_done, f);
	keys_get(f->keys, &want, on_done, f);
	loop_run(f->loop);
	assert_int_equal(f->calls, 2);
	assert_int_equal(f->asked, 2);
	assert_string_equal(f->asked_for, path);
	assert_int_equal(f->count, 1);
	assert_blob(&f->offered[0], path);
	assert_non_null(f->offered[0].private_text);
	assert_null(strstr(f->offered[0].private_text, "bcrypt"));
	get(f, &want);
	assert_int_equal(f->asked, 2);
}

static void
an_encrypted_rsa_key_is_opened_in_either_format(void **state)
{
	static const char *const kinds[] = { "-m PEM -N secret", "-a 1 -N secret" };
	struct fixture *f = *state;

	for (size_t i = 0; i < countof(kinds); i++) {
		autofree char *options = xasprintf("-t rsa -b 2048 %s", kinds[i]);
		autofree char *path = make_key(f, i ? "key" : "old", options);

		begin(f, true);
		f->passphrases[0] = "secret";
		f->asked = 0;
		get_identity(f, path);
		assert_int_equal(f->count, 1);
		const struct key *k = &f->offered[0];
		ssh_key plain = NULL, opened = NULL;
		assert_blob(k, path);
		ssh_pki_import_privkey_base64(k->private_text, NULL, NULL, NULL, &plain);
		ssh_pki_import_privkey_base64(k->private_text, k->secret, NULL, NULL, &opened);
		assert_non_null(opened);
		/* libssh 0.10 cannot write the new format without its passphrase; later ones can. */
		assert_true(plain || i == 1);
		assert_int_equal(k->secret != NULL, plain == NULL);
		ssh_key_free(plain);
		ssh_key_free(opened);
	}
}

static void
giving_up_and_guessing_come_to_an_end(void **state)
{
	struct fixture *f = *state;
	autofree char *path = make_key(f, "key", "-t ed25519 -a 1 -N secret");

	begin(f, true);
	get_identity(f, path); /* the answer is NULL */
	assert_int_equal(f->asked, 1);
	assert_int_equal(f->err.kind, OUTCOME_REFUSED);
	assert_non_null(strstr(f->err.text, "the passphrase was not given"));
	begin(f, true);
	f->asked = 0;
	f->passphrases[0] = f->passphrases[1] = f->passphrases[2] = f->passphrases[3] = "wrong";
	get_identity(f, path);
	assert_int_equal(f->asked, 3);
	assert_int_equal(f->err.kind, OUTCOME_REFUSED);
}

static void
what_the_agent_holds_needs_no_passphrase(void **state)
{
	struct fixture *f = *state;
	autofree char *path = make_key(f, "key", "-t ed25519 -a 1 -N secret");
	struct keys_want want = { .identity = path, .agent = f->socket };

	start_agent(f);
	get(f, &want);
	assert_int_equal(f->err.kind, OUTCOME_REFUSED);
	assert_non_null(
	    strstr(f->err.text, "encrypted, nobody to ask, and the agent does not hold it"));
	add_to_agent(f, path);
	begin(f, false);
	get(f, &want);
	assert_int_equal(f->count, 1);
	assert_null(f->offered[0].private_text);
	assert_blob(&f->offered[0], path);
	/* The private file may be elsewhere altogether. */
	assert_int_equal(unlink(path), 0);
	begin(f, false);
	get(f, &want);
	assert_int_equal(f->count, 1);
	assert_null(f->offered[0].private_text);
}

static void
only_configured_keys_are_offered(void **state)
{
	struct fixture *f = *state;
	autofree char *plain = make_key(f, "plain", "-t ed25519 -N ''");
	autofree char *other = make_key(f, "other", "-t ed25519 -N ''");
	autofree char *none = path_in(f, "id_none");
	const char *usual[] = { none, NULL }, *both[] = { plain, NULL };

	start_agent(f);
	add_to_agent(f, other);
	get(f, &(struct keys_want){ .identity = plain, .agent = f->socket });
	assert_int_equal(f->count, 1);
	assert_string_equal(f->offered[0].path, plain);
	get(f, &(struct keys_want){ .files = both, .agent = f->socket });
	assert_int_equal(f->count, 1);
	setenv("SSH_AUTH_SOCK", f->socket, 1);
	get(f, &(struct keys_want){ .files = both, .files_default = true });
	assert_int_equal(f->count, 2);
	assert_string_equal(f->offered[0].path, plain);
	assert_true(str_starts(f->offered[1].path, "agent: "));
	assert_blob(&f->offered[1], other);
	get(f, &(struct keys_want){ .files = usual, .files_default = true });
	assert_int_equal(f->count, 1);
	get(f,
	    &(struct keys_want){ .files = usual, .files_default = true, .identities_only = true });
	assert_int_equal(f->err.kind, OUTCOME_REFUSED);
	get(f, &(struct keys_want){ .files = usual, .files_default = true, .agent = "none" });
	assert_int_equal(f->err.kind, OUTCOME_REFUSED);
}

static int
listen_at(const char *path)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	str_copy(a.sun_path, sizeof(a.sun_path), path);
	assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	assert_int_equal(listen(fd, 4), 0);
	return fd;
}

static void
an_agent_that_hangs_costs_its_time_limit_and_is_named(void **state)
{
	struct fixture *f = *state;
	autofree char *path = make_key(f, "key", "-t ed25519 -a 1 -N secret");
	int fd = listen_at(f->socket);

	get(f, &(struct keys_want){ .identity = path, .agent = f->socket });
	assert_int_equal(f->err.kind, OUTCOME_REFUSED);
	assert_non_null(strstr(f->err.text, "no answer after 0.3 s"));
	close(fd);
}

static void
an_agent_that_talks_nonsense_is_not_believed(void **state)
{
	static const char *const answers[] = { "\0\0\0\1\5", "\xff\xff\xff\xff\x0c",
		"\0\0\0\x09\x0c\0\0\0\1\0\0\0\x09", "" };
	static const size_t sizes[] = { 5, 5, 13, 0 };
	struct fixture *f = *state;
	autofree char *path = make_key(f, "key", "-t ed25519 -a 1 -N secret");
	int fd = listen_at(f->socket);

	for (size_t i = 0; i < countof(answers); i++) {
		begin(f, false);
		f->calls = 0;
		keys_get(f->keys, &(struct keys_want){ .identity = path, .agent = f->socket },
		    on_done, f);
		fcntl(fd, F_SETFL, O_NONBLOCK);
		int peer = -1;
		while (peer < 0) {
			loop_pass(f->loop, 5);
			peer = accept(fd, NULL, NULL);
		}
		assert_int_equal(send(peer, answers[i], sizes[i], MSG_NOSIGNAL), sizes[i]);
		shutdown(peer, SHUT_WR);
		loop_run(f->loop);
		close(peer);
		assert_int_equal(f->calls, 1);
		assert_int_equal(f->err.kind, OUTCOME_REFUSED);
	}
	close(fd);
}

static void
only_a_socket_of_ours_is_an_agent(void **state)
{
	struct fixture *f = *state;
	autofree char *file = path_in(f, "file");
	autofree char *missing = path_in(f, "missing");

	start_agent(f);
	assert_int_equal(open_agent(f, f->socket).kind, OUTCOME_OK);
	assert_int_equal(file_replace(file, "", 0, 0600, &f->err), 0);
	assert_int_equal(open_agent(f, file).kind, OUTCOME_REFUSED);
	assert_int_equal(open_agent(f, missing).kind, OUTCOME_UNREACHABLE);
	if (geteuid() == 0) {
		assert_int_equal(chown(f->socket, 12345, 12345), 0);
		assert_int_equal(open_agent(f, f->socket).kind, OUTCOME_REFUSED);
	}
}

static void
the_agent_is_found_as_ssh_finds_it(void **state)
{
	(void)state;
	assert_null(agent_path(NULL));
	setenv("SSH_AUTH_SOCK", "/a", 1);
	setenv("OTHER_SOCK", "/b", 1);
	assert_string_equal(agent_path(NULL), "/a");
	assert_string_equal(agent_path("SSH_AUTH_SOCK"), "/a");
	assert_string_equal(agent_path("$OTHER_SOCK"), "/b");
	assert_string_equal(agent_path("${OTHER_SOCK}"), "/b");
	assert_string_equal(agent_path("/c"), "/c");
	assert_null(agent_path("none"));
	assert_null(agent_path("$UNSET_SOCK_OF_DROVER"));
	unsetenv("SSH_AUTH_SOCK");
}

static void
a_question_taken_back_is_not_answered(void **state)
{
	struct fixture *f = *state;
	autofree char *path = make_key(f, "key", "-t ed25519 -N ''");
	struct keys_want want = { .identity = path, .agent = "none" };

	f->calls = 0;
	keys_cancel(keys_get(f->keys, &want, on_done, f));
	loop_run(f->loop);
	assert_int_equal(f->calls, 0);
	keys_get(f->keys, &want, on_done, f); /* keys_free() ends this one */
	begin(f, false);
	loop_run(f->loop);
	assert_int_equal(f->calls, 0);
}

#define WITH_FILES(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_FILES(every_kind_of_plain_key_is_loaded),
		WITH_FILES(a_key_that_others_may_read_is_refused),
		WITH_FILES(a_named_file_that_is_missing_or_junk_is_an_error),
		WITH_FILES(of_sshs_own_files_those_that_exist_are_offered),
		WITH_FILES(of_files_that_ssh_config_names_one_is_enough),
		WITH_FILES(an_encrypted_key_is_asked_for_once_and_opened),
		WITH_FILES(an_encrypted_rsa_key_is_opened_in_either_format),
		WITH_FILES(giving_up_and_guessing_come_to_an_end),
		WITH_FILES(what_the_agent_holds_needs_no_passphrase),
		WITH_FILES(only_configured_keys_are_offered),
		WITH_FILES(an_agent_that_hangs_costs_its_time_limit_and_is_named),
		WITH_FILES(an_agent_that_talks_nonsense_is_not_believed),
		WITH_FILES(only_a_socket_of_ours_is_an_agent),
		WITH_FILES(the_agent_is_found_as_ssh_finds_it),
		WITH_FILES(a_question_taken_back_is_not_answered),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
