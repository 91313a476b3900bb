#include "remote/wire.h"

#include "base/buf.h"
#include "base/err.h"
#include "base/loop.h"
#include "base/mem.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#define FULL    (1U << 20) /* senders of data pause */
#define CEILING (64U << 20)
#define READ    (128U << 10)
#define FDS     16

struct lent {
	size_t at; /* where in `out` its frame begins */
	int fd;
};

struct wire {
	struct loop *loop;
	struct loop_io *io;
	int fd;
	enum message_way incoming;
	struct wire_listener listener;
	void *user;
	struct buf in, out;
	size_t sent; /* of out */
	struct lent *lent;
	size_t lent_count, lent_cap;
	int got[FDS * 4];
	size_t got_count;
	bool flush_soon, paused, secret, broken, dead;
};

static void flush(struct wire *w);

static void
fail(struct wire *w, const struct err *err)
{
	if (w->dead)
		return;
	w->dead = true;
	loop_io_want(w->io, 0);
	w->listener.closed(w->user, err);
}

/* The next descriptor that came, or -1. */
static int
shift_got(struct wire *w)
{
	if (w->got_count == 0)
		return -1;
	int fd = w->got[0];
	w->got_count--;
	memmove(w->got, w->got + 1, w->got_count * sizeof(w->got[0]));
	return fd;
}

static bool
is_secret(const struct message *m)
{
	return m->type == MESSAGE_KEY || m->type == MESSAGE_ANSWER;
}

static void
dispatch(struct wire *w)
{
	struct message m;
	struct err err;
	size_t at = 0;

	while (!w->dead) {
		long n = message_length(w->in.data + at, w->in.len - at);
		int fd = -1;

		if (n == 0 || (n > 0 && (size_t)n > w->in.len - at))
			break;
		if (n < 0) {
			err_set(&err, OUTCOME_BUG, "what came is not a frame");
			fail(w, &err);
			return;
		}
		if (message_decode(&m, w->in.data + at, (size_t)n, w->incoming, &err) < 0) {
			fail(w, &err);
			return;
		}
		if (message_carries(&m)) {
			fd = shift_got(w);
			if (fd < 0) {
				err_set(&err, OUTCOME_BUG, "%s came without its descriptor",
				    message_name(m.type));
				fail(w, &err);
				return;
			}
		}
		bool secret = is_secret(&m);
		w->listener.message(w->user, &m, fd);
		if (secret)
			explicit_bzero(w->in.data + at, (size_t)n);
		at += (size_t)n;
	}
	if (!w->dead)
		buf_drop(&w->in, at);
}

static void
keep_descriptors(struct wire *w, struct msghdr *h)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(h); c; c = CMSG_NXTHDR(h, c)) {
		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		size_t n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);

		for (size_t i = 0; i < n; i++) {
			int fd;

			memcpy(&fd, CMSG_DATA(c) + i * sizeof(int), sizeof(fd));
			if (w->got_count < countof(w->got))
				w->got[w->got_count++] = fd;
			else
				close(fd);
		}
	}
}

/* Receive once: bytes, 0 when there is nothing now, -1 after the end. */
static ssize_t
receive(struct wire *w)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(FDS * sizeof(int))];
	} control;
	static const size_t room = READ;
	struct err err;

	if (w->in.cap < room + 1) {
		w->in.data = xrealloc(w->in.data, room + 1, 1);
		w->in.cap = room + 1;
	}
	struct iovec part = { w->in.data + w->in.len, room - w->in.len };
	struct msghdr h = { .msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = control.bytes,
		.msg_controllen = sizeof(control.bytes) };
	ssize_t n = recvmsg(w->fd, &h, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (n <= 0) {
		err_set(&err, OUTCOME_UNKNOWN, "%s", n == 0 ? "closed" : strerror(errno));
		fail(w, &err);
		return -1;
	}
	keep_descriptors(w, &h);
	w->in.len += (size_t)n;
	return n;
}

static void
on_ready(void *user, unsigned events)
{
	struct wire *w = user;

	if (events & LOOP_WRITE)
		flush(w);
	if (!(events & LOOP_READ))
		return;
	for (int i = 0; i < 8 && !w->dead; i++) {
		ssize_t n = receive(w);

		if (n <= 0)
			return;
		dispatch(w);
		if ((size_t)n < READ / 2)
			return;
	}
}

/* Send up to where the next descriptor belongs, or with it when that is here. */
static ssize_t
send_part(struct wire *w)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control = { 0 };
	struct iovec part = { w->out.data + w->sent, w->out.len - w->sent };
	struct msghdr h = { .msg_iov = &part, .msg_iovlen = 1 };
	bool with = w->lent_count > 0 && w->lent[0].at == w->sent;

	if (with) {
		h.msg_control = control.bytes;
		h.msg_controllen = sizeof(control.bytes);
		struct cmsghdr *c = CMSG_FIRSTHDR(&h);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(c), &w->lent[0].fd, sizeof(int));
	}
	size_t next = with ? 1 : 0;
	if (w->lent_count > next)
		part.iov_len = w->lent[next].at - w->sent;
	ssize_t n = sendmsg(w->fd, &h, MSG_DONTWAIT | MSG_NOSIGNAL);

	if (n > 0 && with) {
		close(w->lent[0].fd);
		w->lent_count--;
		memmove(w->lent, w->lent + 1, w->lent_count * sizeof(w->lent[0]));
	}
	return n;
}

/* A private key or a password passed through: leave nothing of it behind. */
static void
wipe(struct wire *w)
{
	if (!w->secret)
		return;
	explicit_bzero(w->out.data, w->out.cap);
	w->secret = false;
}

static void
compact(struct wire *w)
{
	if (w->sent == w->out.len)
		wipe(w);
	if (w->sent < w->out.len && w->sent < FULL / 4)
		return;
	for (size_t i = 0; i < w->lent_count; i++)
		w->lent[i].at -= w->sent;
	buf_drop(&w->out, w->sent);
	w->sent = 0;
	if (w->out.len == 0 && w->out.cap > FULL / 4)
		buf_fini(&w->out);
}

static void
flush(struct wire *w)
{
	struct err err;

	while (!w->dead && w->sent < w->out.len) {
		ssize_t n = send_part(w);

		if (n < 0 && (errno == EAGAIN || errno == EINTR || errno == ETOOMANYREFS))
			break;
		if (n < 0) {
			err_set(&err, OUTCOME_UNKNOWN, "%s", strerror(errno));
			fail(w, &err);
			return;
		}
		w->sent += (size_t)n;
	}
	if (w->dead)
		return;
	compact(w);
	loop_io_want(w->io, LOOP_READ | (w->out.len > w->sent ? LOOP_WRITE : 0));
	if (w->paused && w->out.len - w->sent < FULL / 4) {
		w->paused = false;
		if (w->listener.drained)
			w->listener.drained(w->user);
	}
}

static void
on_flush(void *user)
{
	struct wire *w = user;

	struct err err;

	w->flush_soon = false;
	if (w->broken) {
		err_set(&err, OUTCOME_UNKNOWN, "the other end does not read");
		fail(w, &err);
	}
	flush(w);
}

struct wire *
wire_new(
    struct loop *loop, int fd, enum message_way incoming, const struct wire_listener *l, void *user)
{
	struct wire *w = xcalloc(1, sizeof(*w));

	w->loop = loop;
	w->fd = fd;
	w->incoming = incoming;
	w->listener = *l;
	w->user = user;
	buf_init(&w->in, READ);
	buf_init(&w->out, CEILING);
	w->io = loop_io_new(loop, fd, on_ready, w);
	loop_io_want(w->io, LOOP_READ);
	return w;
}

static void
release(void *user)
{
	struct wire *w = user;

	for (size_t i = 0; i < w->lent_count; i++)
		close(w->lent[i].fd);
	free(w->lent);
	while (w->got_count)
		close(shift_got(w));
	wipe(w);
	buf_fini(&w->in);
	buf_fini(&w->out);
	free(w);
}

void
wire_free(struct wire *w)
{
	if (!w)
		return;
	w->dead = true;
	loop_io_free(w->io);
	close(w->fd);
	loop_soon(w->loop, release, w);
}

void
wire_send(struct wire *w, const struct message *m, int fd)
{
	struct err err;
	size_t at = w->out.len;

	if (w->dead || w->broken) {
		if (fd >= 0)
			close(fd);
		return;
	}
	if (message_encode(m, &w->out, &err) < 0) {
		if (w->out.max - w->out.len > MESSAGE_MAX)
			mem_abort(err.text);
		if (fd >= 0)
			close(fd);
		w->broken = true;
	} else if (fd >= 0) {
		mem_grow(w->lent, w->lent_count, w->lent_cap);
		w->lent[w->lent_count++] = (struct lent){ at, fd };
	}
	w->secret |= is_secret(m);
	if (w->out.len - w->sent >= FULL)
		w->paused = true;
	if (w->flush_soon)
		return;
	w->flush_soon = true;
	loop_soon(w->loop, on_flush, w);
}

bool
wire_full(const struct wire *w)
{
	return w->paused;
}
