#include "remote/master.h"

#include "base/buf.h"
#include "base/err.h"
#include "base/file.h"
#include "base/loop.h"
#include "base/mem.h"
#include "base/spawn.h"
#include "remote/hand.h"
#include "remote/local.h"
#include "remote/porter.h"
#include "remote/sitting.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/wait.h>

#define LOG_MAX  65536
#define ARGS_MAX 96
#define LOOK_MS  5 /* whether it listens yet: it says so nowhere */

struct master {
	struct loop *loop;
	struct local *undertaker;
	const struct master_listener *listener;
	void *user;
	char *socket;
	pid_t pid;
	int pidfd, log_fd;
	struct loop_io *exit_io, *log_io;
	struct loop_timer *look, *limit;
	int64_t began_ms, all_ms, limit_ms; /* limit_ms: of now */
	struct buf text;                    /* of its standard error, up to the next end of line */
	struct sshlog log;
	bool over;
};

static void
on_look(void *user)
{
	struct master *m = user;

	if (!file_exists(m->socket)) {
		loop_timer_start(m->look, LOOK_MS);
		return;
	}
	loop_timer_stop(m->limit);
	m->listener->up(m->user);
}

static void
take_lines(struct master *m)
{
	char *end = NULL;

	while (m->text.len && (end = memchr(m->text.data, '\n', m->text.len)) != NULL) {
		size_t n = (size_t)(end - m->text.data);

		*end = '\0';
		sshlog_line(&m->log, m->text.data);
		buf_drop(&m->text, n + 1);
	}
	if (m->text.len == LOG_MAX)
		buf_clear(&m->text); /* no line of ssh's */
}

/* False at its end. */
static bool
read_log(struct master *m)
{
	char bytes[4096];
	ssize_t n;

	for (;;) {
		n = read(m->log_fd, bytes, sizeof(bytes));
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 && errno == EAGAIN;
		buf_add(&m->text, bytes, (size_t)n);
		take_lines(m);
	}
}

/* The key exchange is over: what is left is for the login. */
static void
allow_login(struct master *m)
{
	int64_t left = m->all_ms - (loop_now_ms(m->loop) - m->began_ms);

	m->limit_ms = m->all_ms;
	loop_timer_start(m->limit, left > 0 ? left : 0);
}

static void
on_log(void *user, unsigned events)
{
	struct master *m = user;
	enum sshlog_phase before = m->log.phase;

	(void)events;
	if (!read_log(m))
		loop_io_want(m->log_io, 0);
	if (m->log.phase == before || m->over)
		return;
	if (before < SSHLOG_KEY && m->log.phase >= SSHLOG_KEY)
		allow_login(m);
	if (m->log.phase == SSHLOG_UP)
		loop_timer_start(m->look, 0);
	m->listener->reached(m->user, m->log.phase);
}

static void
on_limit(void *user)
{
	struct master *m = user;

	m->log.late = (double)m->limit_ms / 1000;
	m->over = true;
	loop_io_want(m->exit_io, 0);
	loop_timer_stop(m->look);
	m->listener->down(m->user, &m->log, false);
}

static void
on_exit_ready(void *user, unsigned events)
{
	struct master *m = user;
	siginfo_t info = { 0 };

	(void)events;
	if (waitid(P_PIDFD, (id_t)m->pidfd, &info, WEXITED | WNOHANG) < 0 || info.si_pid == 0)
		return;
	m->pid = 0;
	m->over = true;
	loop_io_want(m->exit_io, 0);
	loop_io_want(m->log_io, 0);
	loop_timer_stop(m->look);
	read_log(m);
	m->listener->down(m->user, &m->log,
	    m->log.phase <= SSHLOG_KEX && m->log.negotiated && !m->log.bad_option);
}

/* Through our own program, which sees to it that ssh ends with us. */
static int
spawn(pid_t *ret, const char *const *argv, int log)
{
	autofree char *parent = xasprintf("%d", getpid());
	const char *args[ARGS_MAX] = { "drover", "--hand", "run", parent };
	posix_spawn_file_actions_t files;
	size_t n = 4;

	while (*argv && n + 1 < ARGS_MAX)
		args[n++] = *argv++;
	if (*argv)
		return E2BIG;
	posix_spawn_file_actions_init(&files);
	posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_addopen(&files, 1, "/dev/null", O_WRONLY, 0);
	posix_spawn_file_actions_adddup2(&files, log, 2);
	posix_spawn_file_actions_addclosefrom_np(&files, 3);
	int rc = spawn_start(
	    &(struct spawn_spec){
		.file = "/proc/self/exe", .argv = args, .files = &files, .group = SPAWN_SESSION },
	    ret);
	posix_spawn_file_actions_destroy(&files);
	return rc;
}

static void
watch(struct master *m)
{
	m->exit_io = loop_io_new(m->loop, m->pidfd, on_exit_ready, m);
	m->log_io = loop_io_new(m->loop, m->log_fd, on_log, m);
	m->look = loop_timer_new(m->loop, on_look, m);
	m->limit = loop_timer_new(m->loop, on_limit, m);
	loop_timer_start(m->limit, m->limit_ms);
	loop_io_want(m->exit_io, LOOP_READ);
	loop_io_want(m->log_io, LOOP_READ);
}

struct master *
master_new(const struct master_config *c, struct err *err)
{
	int pair[2] = { -1, -1 }, pidfd = -1, rc = -1;
	autoclose int fd = c->fd;
	pid_t pid = 0;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0 &&
	    fcntl(pair[0], F_SETFL, O_NONBLOCK) == 0 && hand_give(pair[0], fd) == 0)
		rc = spawn(&pid, c->argv, pair[1]);
	if (rc == 0)
		pidfd = pidfd_open(pid, 0);
	if (pidfd < 0) {
		errno = rc > 0 ? rc : errno;
		err_errno(err, "ssh cannot be started");
		close(pair[0]);
		close(pair[1]);
		return NULL;
	}
	close(pair[1]);
	struct master *m = xcalloc(1, sizeof(*m));
	*m = (struct master){ .loop = c->loop,
		.undertaker = c->undertaker,
		.listener = c->listener,
		.user = c->user,
		.socket = xstrdup(c->socket),
		.pid = pid,
		.pidfd = pidfd,
		.log_fd = pair[0],
		.began_ms = loop_now_ms(c->loop),
		.all_ms = c->limit_ms,
		.limit_ms = c->kex_ms < c->limit_ms ? c->kex_ms : c->limit_ms };
	buf_init(&m->text, LOG_MAX);
	sshlog_init(&m->log);
	watch(m);
	return m;
}

const char *
master_socket(const struct master *m)
{
	return m->socket;
}

static void
release(void *user)
{
	free(user);
}

void
master_free(struct master *m)
{
	if (!m)
		return;
	m->over = true;
	loop_io_free(m->exit_io);
	loop_io_free(m->log_io);
	loop_timer_free(m->look);
	loop_timer_free(m->limit);
	if (m->pid)
		local_bury(m->undertaker, m->pid, m->pidfd);
	else
		close(m->pidfd);
	close(m->log_fd);
	unlink(m->socket);
	free(m->socket);
	buf_fini(&m->text);
	loop_soon(m->loop, release, m);
}

static struct sitting_place
place_of(const struct master *m)
{
	return (struct sitting_place){ .loop = m->loop, .socket = m->socket, .master = m->pid };
}

static void *
start(void *user, struct porter_task *t, const struct porter_order *o, const int fd[3],
    struct err *err)
{
	struct sitting_place place = place_of(user);

	return sitting_new(&place, t, o, fd, err);
}

static void *
forward(void *user, struct porter_task *t, const struct porter_forward *f, struct err *err)
{
	struct sitting_place place = place_of(user);

	return sitting_new_forward(&place, t, f, err);
}

static void
resized(void *work)
{
	sitting_resized(work);
}

static void
drop(void *work, bool cancelled)
{
	(void)
	    cancelled; /* a command that runs there loses its streams, as with any ssh that ends */
	sitting_free(work);
}

const struct porter_kind master_kind = { .start = start,
	.forward = forward,
	.resized = resized,
	.drop = drop,
	.far = true,
	.splits_terminal = true };
