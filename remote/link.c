#include "remote/link.h"

#include "base/err.h"
#include "base/loop.h"
#include "base/mem.h"
#include "base/spawn.h"
#include "remote/key.h"
#include "remote/wire.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/wait.h>

#define WORKER_FD 3
#define PING_MS   5000
#define STUCK     4 /* pings without an answer */

struct link {
	struct carrier carrier;
	struct loop *loop;
	struct link_listener listener;
	void *user;
	struct wire *wire;
	pid_t pid;
	int pidfd;
	struct loop_io *exit_io;
	struct loop_timer *ping;
	int unanswered; /* pings */
	int guards;
	const struct key **keys;
	size_t key_count, key_cap;
	bool closed, dead;
};

/* Tell of the end once; how says what is known of it. */
static void
die(struct link *k, const char *how)
{
	struct err err;

	if (k->dead)
		return;
	k->dead = true;
	loop_timer_stop(k->ping);
	err_set(&err, OUTCOME_UNREACHABLE, "the worker process %s", how);
	k->listener.dead(k->user, &err);
}

static void
on_exit_ready(void *user, unsigned events)
{
	struct link *k = user;
	siginfo_t info = { 0 };
	char how[64];

	(void)events;
	if (waitid(P_PIDFD, (id_t)k->pidfd, &info, WEXITED | WNOHANG) < 0 || info.si_pid == 0)
		return;
	loop_io_want(k->exit_io, 0);
	k->pid = 0;
	if (info.si_code == CLD_EXITED)
		snprintf(how, sizeof(how), "ended with status %d", info.si_status);
	else
		snprintf(how, sizeof(how), "was ended by signal %d (%s)", info.si_status,
		    strsignal(info.si_status));
	die(k, how);
}

static void
on_message(void *user, const struct message *m, int fd)
{
	struct link *k = user;

	if (fd >= 0)
		close(fd); /* a worker has none to give */
	k->unanswered = 0;
	if (m->type == MESSAGE_HELLO && message_get(m, FIELD_VERSION) != MESSAGE_VERSION)
		die(k, "speaks another version");
	else if (m->type == MESSAGE_HELLO)
		k->guards = (int)(message_get(m, FIELD_GUARDS) & 3);
	else if (m->session && !k->dead)
		k->listener.message(k->user, m);
}

static void
on_drained(void *user)
{
	struct link *k = user;

	if (!k->dead)
		k->listener.drained(k->user);
}

/* The exit status tells more than the end of the socket: it follows within moments. */
static void
on_closed(void *user, const struct err *err)
{
	struct link *k = user;

	if (err->kind == OUTCOME_BUG) {
		char how[200];

		snprintf(how, sizeof(how), "sent nonsense (%.150s)", err->text);
		kill(k->pid, SIGKILL);
		die(k, how);
		return;
	}
	k->closed = true;
	if (k->pid)
		loop_timer_start(k->ping, 1000);
	else
		die(k, "is gone");
}

static void
on_ping(void *user)
{
	struct link *k = user;
	struct message m;

	if (k->closed || k->unanswered++ >= STUCK) {
		if (k->pid)
			kill(k->pid, SIGKILL);
		die(k, k->closed ? "closed its socket" : "is stuck");
		return;
	}
	message_init(&m, MESSAGE_PING, 0, 0);
	wire_send(k->wire, &m, -1);
	loop_timer_start(k->ping, PING_MS);
}

/* A worker shares no terminal with us: not its signals, not its output. */
static int
spawn(int fd, pid_t *ret)
{
	static const char *const argv[] = { "drover", "--worker", NULL };
	posix_spawn_file_actions_t files;

	posix_spawn_file_actions_init(&files);
	posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_addopen(&files, 1, "/dev/null", O_WRONLY, 0);
	if (isatty(2))
		posix_spawn_file_actions_addopen(&files, 2, "/dev/null", O_WRONLY, 0);
	posix_spawn_file_actions_adddup2(&files, fd, WORKER_FD);
	posix_spawn_file_actions_addclosefrom_np(&files, WORKER_FD + 1);
	int rc = spawn_start(
	    &(struct spawn_spec){
		.file = "/proc/self/exe", .argv = argv, .files = &files, .group = SPAWN_GROUP },
	    ret);
	posix_spawn_file_actions_destroy(&files);
	return rc;
}

static void
greet(struct link *k, int fd)
{
	static const struct wire_listener listener = {
		.message = on_message, .drained = on_drained, .closed = on_closed
	};
	struct message m;

	k->wire = wire_new(k->loop, fd, MESSAGE_UP_WAY, &listener, k);
	k->exit_io = loop_io_new(k->loop, k->pidfd, on_exit_ready, k);
	loop_io_want(k->exit_io, LOOP_READ);
	k->ping = loop_timer_new(k->loop, on_ping, k);
	loop_timer_start(k->ping, PING_MS);
	message_init(&m, MESSAGE_HELLO, 0, 0);
	message_number(&m, FIELD_VERSION, MESSAGE_VERSION);
	wire_send(k->wire, &m, -1);
}

struct link *
link_new(struct loop *loop, const struct link_listener *l, void *user, struct err *err)
{
	int pair[2], rc;
	pid_t pid = 0;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) < 0) {
		err_errno(err, "a worker process cannot be started");
		return NULL;
	}
	rc = spawn(pair[1], &pid);
	close(pair[1]);
	int pidfd = rc == 0 ? pidfd_open(pid, 0) : -1;
	if (pidfd < 0) {
		errno = rc ? rc : errno;
		err_errno(err, "a worker process cannot be started");
		close(pair[0]);
		return NULL;
	}
	struct link *k = xcalloc(1, sizeof(*k));
	k->loop = loop;
	k->listener = *l;
	k->user = user;
	k->pid = pid;
	k->pidfd = pidfd;
	k->guards = -1;
	greet(k, pair[0]);
	return k;
}

void
link_free(struct link *k)
{
	siginfo_t info;

	if (!k)
		return;
	wire_free(k->wire);
	loop_io_free(k->exit_io);
	loop_timer_free(k->ping);
	if (k->pid)
		waitid(P_PIDFD, (id_t)k->pidfd, &info, WEXITED | WNOHANG);
	close(k->pidfd);
	free(k->keys);
	free(k);
}

void
link_send(struct link *k, const struct message *m, int fd)
{
	wire_send(k->wire, m, fd);
}

static void
carry(struct carrier *c, const struct message *m, int fd)
{
	link_send(container_of(c, struct link, carrier), m, fd);
}

static bool
is_full(const struct carrier *c)
{
	return wire_full(container_of(c, const struct link, carrier)->wire);
}

struct carrier *
link_carrier(struct link *k)
{
	static const struct carrier_kind kind = { .send = carry, .full = is_full };

	k->carrier.kind = &kind;
	return &k->carrier;
}

uint32_t
link_key(struct link *k, const struct key *key)
{
	struct message m;

	for (size_t i = 0; i < k->key_count; i++) {
		if (k->keys[i] == key)
			return (uint32_t)i + 1;
	}
	mem_grow(k->keys, k->key_count, k->key_cap);
	k->keys[k->key_count++] = key;
	message_init(&m, MESSAGE_KEY, 0, 0);
	message_number(&m, FIELD_KEY, k->key_count);
	message_text(&m, FIELD_NAME, key->path);
	message_bytes(&m, FIELD_PRIVATE, key->private_text, key->private_len);
	if (key->certificate)
		message_text(&m, FIELD_CERTIFICATE, key->certificate);
	if (key->secret)
		message_text(&m, FIELD_SECRET, key->secret);
	wire_send(k->wire, &m, -1);
	return (uint32_t)k->key_count;
}

int
link_pid(const struct link *k)
{
	return k->pid;
}

int
link_guards(const struct link *k)
{
	return k->guards;
}
