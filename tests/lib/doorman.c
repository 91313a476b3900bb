#define LIBSSH_LEGACY_0_4 /* the deprecated calls say what is wanted, step by step */
#include "tests/lib/doorman.h"

#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/str.h"
#include "tests/lib/sshd.h"

#include <arpa/inet.h>
#include <libssh/libssh.h>
#include <libssh/server.h>
#include <netinet/in.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#pragma GCC diagnostic ignored "-Wdeprecated-declarations"

#define STEPS 8

struct doorman {
	int port, pid;
	char log[64];
};

/* One visitor, in a process of its own. */
struct visit {
	ssh_session ssh;
	char *step[STEPS];
	size_t count, at;
	FILE *log;
};

static void
note(struct visit *v, const char *what, const char *said)
{
	fprintf(v->log, "%s%s%s\n", what, *said ? " " : "", said);
	fflush(v->log);
}

static const char *
step_of(const struct visit *v, bool *ret_more)
{
	const char *step = v->at < v->count ? v->step[v->at] : "";

	*ret_more = str_starts(step, "also:");
	return *ret_more ? step + 5 : step;
}

static int
methods_of(const struct visit *v)
{
	bool more;
	const char *step = step_of(v, &more);
	unsigned all = SSH_AUTH_METHOD_PASSWORD | SSH_AUTH_METHOD_INTERACTIVE;
	unsigned one = str_starts(step, "key")        ? SSH_AUTH_METHOD_PUBLICKEY
		       : str_starts(step, "password") ? SSH_AUTH_METHOD_PASSWORD
						      : SSH_AUTH_METHOD_INTERACTIVE;

	return (int)(more ? one | all : one);
}

static void
deny(struct visit *v, ssh_message m)
{
	ssh_message_auth_set_methods(m, methods_of(v));
	ssh_message_reply_default(m);
}

static void
pass(struct visit *v, ssh_message m)
{
	v->at++;
	ssh_message_auth_set_methods(m, methods_of(v));
	if (v->at == v->count)
		note(v, "in", "");
	ssh_message_auth_reply_success(m, v->at < v->count);
}

static void
on_key(struct visit *v, ssh_message m)
{
	bool more, wanted = str_eq(step_of(v, &more), "key");
	ssh_key key = ssh_message_auth_pubkey(m);

	note(v, "key", key ? ssh_key_type_to_char(ssh_key_type(key)) : "?");
	if (wanted && ssh_message_auth_publickey_state(m) == SSH_PUBLICKEY_STATE_VALID)
		pass(v, m);
	else if (wanted && ssh_message_auth_publickey_state(m) == SSH_PUBLICKEY_STATE_NONE)
		ssh_message_auth_reply_pk_ok_simple(m);
	else
		deny(v, m);
}

static void
on_password(struct visit *v, ssh_message m)
{
	bool more;
	const char *step = step_of(v, &more), *said = ssh_message_auth_password(m);

	note(v, "password", said);
	if (str_starts(step, "password=") && str_eq(step + 9, said))
		pass(v, m);
	else
		deny(v, m);
}

static void
ask_many(ssh_message m)
{
	const char *prompts[100];
	char echo[100] = { 0 };

	for (size_t i = 0; i < countof(prompts); i++)
		prompts[i] = "again: ";
	ssh_message_auth_interactive_request(m, "", "", countof(prompts), prompts, echo);
}

static void
ask(struct visit *v, ssh_message m)
{
	bool more;
	const char *step = step_of(v, &more);
	const char *prompts[16], *hostile = "\033]0;evil\007\033[2Jpassword of root@safe\r: ";
	char echo[16] = { 0 };
	char *text = xstrdup(step), *rest = text;
	unsigned n = 0;

	if (str_starts(step, "prompts=")) {
		for (rest += 8; rest; n++) {
			char *one = strsep(&rest, "|");

			echo[n] = *one == '!';
			prompts[n] = one + echo[n];
			one[strcspn(one, ">")] = '\0';
		}
		ssh_message_auth_interactive_request(
		    m, "The name\033[31m", "Do as\nyou are \xe2\x80\xaetold", n, prompts, echo);
	} else if (str_eq(step, "many")) {
		ask_many(m);
	} else if (str_eq(step, "endless") || str_eq(step, "leave")) {
		ssh_message_auth_interactive_request(m, "", "", 1, &hostile, echo);
	} else {
		deny(v, m);
	}
	free(text);
	if (str_eq(step, "leave")) {
		ssh_disconnect(v->ssh);
		_exit(0);
	}
}

static void
on_answers(struct visit *v, ssh_message m)
{
	bool more, good = true;
	const char *at = step_of(v, &more);
	int n = ssh_userauth_kbdint_getnanswers(v->ssh);

	for (int i = 0; i < n; i++) {
		const char *said = ssh_userauth_kbdint_getanswer(v->ssh, (unsigned)i);

		note(v, "answer", said);
		at = strchr(at, '>');
		at = at ? at + 1 : "";
		good = good && strlen(said) == strcspn(at, "|") &&
		       strncmp(at, said, strlen(said)) == 0;
	}
	if (str_eq(step_of(v, &more), "endless"))
		ask(v, m);
	else if (good && n > 0)
		pass(v, m);
	else
		deny(v, m);
}

static void
on_message(struct visit *v, ssh_message m)
{
	if (ssh_message_type(m) != SSH_REQUEST_AUTH || v->at == v->count) {
		ssh_message_reply_default(m);
		return;
	}
	switch (ssh_message_subtype(m)) {
	case SSH_AUTH_METHOD_PUBLICKEY:
		on_key(v, m);
		break;
	case SSH_AUTH_METHOD_PASSWORD:
		on_password(v, m);
		break;
	case SSH_AUTH_METHOD_INTERACTIVE:
		if (ssh_message_auth_kbdint_is_response(m))
			on_answers(v, m);
		else
			ask(v, m);
		break;
	default:
		deny(v, m);
		break;
	}
}

static void
visit(const char *host_key, char *steps, const char *log, int fd)
{
	struct visit v = { .ssh = ssh_new(), .log = fopen(log, "ae") };
	ssh_bind door = ssh_bind_new();

	while (steps && v.count < STEPS)
		v.step[v.count++] = strsep(&steps, ";");
	ssh_bind_options_set(door, SSH_BIND_OPTIONS_HOSTKEY, host_key);
	if (!v.log || ssh_bind_accept_fd(door, v.ssh, fd) != SSH_OK ||
	    ssh_handle_key_exchange(v.ssh) != SSH_OK)
		_exit(1);
	ssh_set_auth_methods(v.ssh, methods_of(&v));
	for (ssh_message m = ssh_message_get(v.ssh); m; m = ssh_message_get(v.ssh)) {
		on_message(&v, m);
		ssh_message_free(m);
	}
	_exit(0);
}

void
doorman_main(int argc, char **argv)
{
	if (argc != 6 || strcmp(argv[1], "--doorman") != 0)
		return;
	int listener = atoi(argv[5]);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	signal(SIGCHLD, SIG_IGN);
	ssh_init();
	for (;;) {
		int fd = accept(listener, NULL, NULL);

		if (fd < 0)
			_exit(0);
		if (fork() == 0) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			visit(argv[2], argv[3], argv[4], fd);
		}
		close(fd);
	}
}

struct doorman *
doorman_start(const char *host_key_file, const char *steps)
{
	struct doorman *d = xcalloc(1, sizeof(*d));
	struct sockaddr_in at = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(at);
	int fd = socket(AF_INET, SOCK_STREAM, 0); /* the child's too */
	char number[16];

	snprintf(d->log, sizeof(d->log), "/tmp/drover-doorman-XXXXXX");
	close(mkstemp(d->log));
	if (bind(fd, (struct sockaddr *)&at, len) < 0 || listen(fd, 64) < 0 ||
	    getsockname(fd, (struct sockaddr *)&at, &len) < 0)
		mem_abort("no port is free");
	d->port = ntohs(at.sin_port);
	snprintf(number, sizeof(number), "%d", fd);
	const char *argv[] = { "/proc/self/exe", "--doorman", host_key_file, steps, d->log, number,
		NULL };
	d->pid = sshd_launch(argv);
	close(fd);
	return d;
}

void
doorman_stop(struct doorman *d)
{
	kill(d->pid, SIGKILL);
	waitpid(d->pid, NULL, 0);
	unlink(d->log);
	free(d);
}

int
doorman_port(const struct doorman *d)
{
	return d->port;
}

char *
doorman_seen(const struct doorman *d)
{
	struct err err;
	char *text = file_read(d->log, 1 << 20, NULL, &err);

	return text ? text : xstrdup("");
}
