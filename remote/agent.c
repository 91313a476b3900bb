#include "remote/agent.h"

#include "base/buf.h"
#include "base/err.h"
#include "base/loop.h"
#include "base/mem.h"
#include "base/str.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#define ANSWER_MAX     ((size_t)256 << 10)
#define IDENTITIES_MAX 256
#define RETRY_MS       20

enum { REQUEST_IDENTITIES = 11, IDENTITIES_ANSWER = 12 }; /* draft-miller-ssh-agent */

struct agent {
	struct agent_spec spec;
	char *path;
	bool listing;
	int fd;
	struct loop_io *io;
	struct loop_timer *step; /* begins; tries again while its queue is full */
	struct loop_timer *limit;
	struct buf answer;
	size_t sent;
};

const char *
agent_path(const char *identity_agent)
{
	const char *path = identity_agent;

	if (!path || str_eq(path, "SSH_AUTH_SOCK")) {
		path = getenv("SSH_AUTH_SOCK");
	} else if (str_eq(path, "none")) {
		path = NULL;
	} else if (path[0] == '$') {
		size_t n = strlen(path);
		bool braced = path[1] == '{' && path[n - 1] == '}';
		autofree char *name = braced ? xmemdup0(path + 2, n - 3) : xstrdup(path + 1);

		path = getenv(name);
	}
	return path && *path ? path : NULL;
}

static void
agent_free(struct agent *a)
{
	loop_io_free(a->io);
	if (a->fd >= 0)
		close(a->fd);
	loop_timer_free(a->step);
	loop_timer_free(a->limit);
	buf_fini(&a->answer);
	free(a->path);
	free(a);
}

static void
end_badly(struct agent *a, const struct err *err)
{
	struct agent_spec spec = a->spec;
	struct err kept = *err;
	bool listing = a->listing;

	agent_free(a);
	if (listing)
		spec.listed(spec.user, NULL, 0, &kept);
	else
		spec.opened(spec.user, -1, &kept);
}

__attribute__((format(printf, 3, 4))) static void
fail(struct agent *a, enum outcome kind, const char *fmt, ...)
{
	char text[200];
	struct err err;
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	err_set(&err, kind, "ssh agent %.100s: %s", a->path, text);
	str_copy(err.phase, sizeof(err.phase), "agent");
	end_badly(a, &err);
}

static uint32_t
number(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/* The next string of a message; false when it is cut short. */
static bool
take_string(const uint8_t **pp, size_t *left, const uint8_t **ret, size_t *ret_len)
{
	if (*left < 4 || number(*pp) > *left - 4)
		return false;
	*ret = *pp + 4;
	*ret_len = number(*pp);
	*pp += 4 + *ret_len;
	*left -= 4 + *ret_len;
	return true;
}

static void
read_identities(struct agent *a, const uint8_t *p, size_t left)
{
	struct agent_identity list[IDENTITIES_MAX];
	struct agent_spec spec = a->spec;
	uint32_t count = left >= 4 ? number(p) : 0;
	size_t n = 0;
	bool whole = left >= 4;

	p += whole ? 4 : 0;
	left -= whole ? 4 : 0;
	for (uint32_t i = 0; whole && i < count && n < IDENTITIES_MAX; i++) {
		const uint8_t *comment = NULL;
		size_t len = 0;

		whole = take_string(&p, &left, &list[n].blob, &list[n].len) &&
			take_string(&p, &left, &comment, &len);
		if (whole)
			list[n++].comment = xmemdup0(comment, len);
	}
	if (whole) {
		struct buf kept = a->answer; /* the list points into it */

		a->answer = BUF_INIT(0);
		agent_free(a);
		spec.listed(spec.user, list, n, NULL);
		buf_fini(&kept);
	} else {
		fail(a, OUTCOME_UNREACHABLE, "an answer that cannot be read");
	}
	for (size_t i = 0; i < n; i++)
		free((char *)(uintptr_t)list[i].comment);
}

static void
on_readable(struct agent *a)
{
	char piece[8192];
	ssize_t n = recv(a->fd, piece, sizeof(piece), 0);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		fail(a, OUTCOME_UNREACHABLE, "it closed the connection");
		return;
	}
	buf_add(&a->answer, piece, (size_t)n);
	const uint8_t *p = (const uint8_t *)a->answer.data;
	size_t len = a->answer.len;
	if (len < 5)
		return;
	if (number(p) < 1 || number(p) > ANSWER_MAX - 4)
		fail(a, OUTCOME_UNREACHABLE, "an answer that cannot be read");
	else if (len - 4 < number(p))
		return;
	else if (p[4] != IDENTITIES_ANSWER)
		fail(a, OUTCOME_UNREACHABLE, "it does not list its keys");
	else
		read_identities(a, p + 5, number(p) - 1);
}

static void
on_writable(struct agent *a)
{
	static const uint8_t request[5] = { 0, 0, 0, 1, REQUEST_IDENTITIES };
	ssize_t n = send(a->fd, request + a->sent, sizeof(request) - a->sent, MSG_NOSIGNAL);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n < 0) {
		fail(a, OUTCOME_UNREACHABLE, "%s", strerror(errno));
		return;
	}
	a->sent += (size_t)n;
	if (a->sent == sizeof(request))
		loop_io_want(a->io, LOOP_READ);
}

static void
on_ready(void *user, unsigned events)
{
	struct agent *a = user;

	if (events & LOOP_WRITE)
		on_writable(a);
	else
		on_readable(a);
}

static bool
is_ours(uid_t uid)
{
	return uid == geteuid() || uid == 0;
}

static void
on_connected(struct agent *a)
{
	struct ucred peer = { .uid = (uid_t)-1 };
	socklen_t len = sizeof(peer);
	struct agent_spec spec = a->spec;

	if (getsockopt(a->fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) < 0 || !is_ours(peer.uid)) {
		fail(a, OUTCOME_REFUSED, "another user answers there");
		return;
	}
	if (a->listing) {
		a->io = loop_io_new(a->spec.loop, a->fd, on_ready, a);
		loop_io_want(a->io, LOOP_WRITE);
		return;
	}
	int fd = a->fd;
	a->fd = -1;
	agent_free(a);
	spec.opened(spec.user, fd, NULL);
}

/* A local connect succeeds or fails at once, but for a full queue: that one is tried again. */
static void
on_step(void *user)
{
	struct agent *a = user;
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	struct stat st;

	if (stat(a->path, &st) < 0) {
		fail(a, OUTCOME_UNREACHABLE, "%s", strerror(errno));
		return;
	}
	if (!S_ISSOCK(st.st_mode) || !is_ours(st.st_uid)) {
		fail(a, OUTCOME_REFUSED, "not a socket of this user");
		return;
	}
	if (!str_copy(to.sun_path, sizeof(to.sun_path), a->path)) {
		fail(a, OUTCOME_REFUSED, "the path is too long for a socket");
		return;
	}
	if (a->fd < 0)
		a->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (a->fd >= 0 && connect(a->fd, (const struct sockaddr *)&to, sizeof(to)) == 0)
		on_connected(a);
	else if (a->fd >= 0 && errno == EAGAIN)
		loop_timer_start(a->step, RETRY_MS);
	else
		fail(a, OUTCOME_UNREACHABLE, "%s", strerror(errno));
}

static int64_t
limit_of(const struct agent *a)
{
	return a->spec.timeout_ms ? a->spec.timeout_ms : 10000;
}

static void
on_limit(void *user)
{
	struct agent *a = user;

	fail(a, OUTCOME_UNREACHABLE, "no answer after %.1f s", (double)limit_of(a) / 1000.0);
}

static struct agent *
agent_new(const struct agent_spec *spec, bool listing)
{
	struct agent *a = xcalloc(1, sizeof(*a));

	a->spec = *spec;
	a->listing = listing;
	a->path = xstrdup(spec->path);
	a->fd = -1;
	buf_init(&a->answer, ANSWER_MAX);
	a->step = loop_timer_new(spec->loop, on_step, a);
	a->limit = loop_timer_new(spec->loop, on_limit, a);
	loop_timer_start(a->step, 0);
	loop_timer_start(a->limit, limit_of(a));
	return a;
}

struct agent *
agent_open(const struct agent_spec *spec)
{
	return agent_new(spec, false);
}

struct agent *
agent_list(const struct agent_spec *spec)
{
	return agent_new(spec, true);
}

void
agent_cancel(struct agent *a)
{
	if (a)
		agent_free(a);
}
