#include "remote/backway.h"

#include "base/buf.h"
#include "base/err.h"
#include "base/loop.h"
#include "base/mem.h"
#include "base/str.h"
#include "remote/berth.h"
#include "remote/master.h"
#include "remote/mux.h"
#include "remote/session.h"
#include "remote/session_inner.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#define AGAIN_MS 10    /* the master accepts others first */
#define LATE_MS  20000 /* for the server to answer */
#define ASK_MAX  2048

struct backway {
	struct loop *loop;
	struct backway_spec spec;
	struct berth *berth; /* over a worker's session; then there is nothing of the below */
	char *socket;
	int fd;
	struct loop_io *io;
	struct loop_timer *again, *late;
	struct buf out, in;
	size_t sent;
	bool over;
};

/* Told once; the rest is the owner's to free, from inside too. */
static void
finish(struct backway *b, int port, const struct err *err)
{
	if (b->over)
		return;
	b->over = true;
	if (b->io)
		loop_io_want(b->io, 0);
	loop_timer_stop(b->again);
	loop_timer_stop(b->late);
	b->spec.done(b->spec.user, port, err);
}

static void
refuse(struct backway *b, const char *why)
{
	struct err err;

	err_set(&err, OUTCOME_UNREACHABLE, "port %d there cannot be listened on: %s", b->spec.port,
	    why);
	finish(b, 0, &err);
}

static void
on_late(void *user)
{
	refuse(user, "the server does not answer");
}

static bool
on_reply(void *user, const struct mux_reply *r)
{
	struct backway *b = user;

	switch (r->word) {
	case MUX_DONE:
		finish(b, b->spec.port, NULL);
		break;
	case MUX_PORT:
		if (r->status >= 1 && r->status <= 65535)
			finish(b, (int)r->status, NULL);
		else
			refuse(b, "ssh's master speaks another language");
		break;
	case MUX_REFUSED:
		refuse(b, r->text[0] ? r->text : "refused");
		break;
	case MUX_HELLO:
	case MUX_OPENED:
	case MUX_NO_TERMINAL:
	case MUX_EXIT:
	case MUX_OTHER:
		break;
	}
	return !b->over;
}

static void
read_replies(struct backway *b)
{
	switch (mux_hear(b->fd, &b->in, on_reply, b)) {
	case MUX_GOES_ON:
		break;
	case MUX_GONE:
		refuse(b, "the connection is gone");
		break;
	case MUX_GARBLED:
		refuse(b, "ssh's master speaks another language");
		break;
	}
}

static void
on_ready(void *user, unsigned events)
{
	struct backway *b = user;
	size_t left = b->out.len - b->sent;

	if (!left || !(events & LOOP_WRITE)) {
		read_replies(b);
		return;
	}
	ssize_t n = send(b->fd, b->out.data + b->sent, left, MSG_NOSIGNAL);
	if (n > 0)
		b->sent += (size_t)n;
	/* A broken socket shows when it is read. */
	if (b->sent == b->out.len || (n < 0 && errno != EAGAIN && errno != EINTR))
		loop_io_want(b->io, LOOP_READ);
}

static void
ask(void *user)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	struct backway *b = user;

	str_copy(at.sun_path, sizeof(at.sun_path), b->socket);
	if (connect(b->fd, (struct sockaddr *)&at, sizeof(at)) == 0) {
		b->io = loop_io_new(b->loop, b->fd, on_ready, b);
		loop_io_want(b->io, LOOP_WRITE);
	} else if (errno == EAGAIN) {
		loop_timer_start(b->again, AGAIN_MS);
	} else {
		refuse(b, strerror(errno));
	}
}

static struct backway *
over_worker(struct session *via, const struct backway_spec *spec)
{
	struct backway *b = xcalloc(1, sizeof(*b));

	b->loop = via->place->loop;
	b->fd = -1;
	b->berth = berth_open(via, &(struct berth_spec){ .loop = via->place->loop,
				       .dial = via->place->route.dial,
				       .address = spec->address,
				       .port = spec->port,
				       .host = spec->host,
				       .to = spec->to,
				       .done = spec->done,
				       .failed = spec->failed,
				       .user = spec->user });
	return b;
}

struct backway *
backway_open(struct session *via, const struct backway_spec *spec, struct err *err)
{
	if (via->way == WAY_LIBSSH && via->channel_place.carrier)
		return over_worker(via, spec);
	if (via->way != WAY_SSH || !via->master) {
		err_set(err, OUTCOME_USAGE,
		    "port %d there cannot be listened on: this machine is not reached through SSH",
		    spec->port);
		return NULL;
	}
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0) {
		err_errno(err, "ssh's master cannot be asked");
		return NULL;
	}
	struct backway *b = xcalloc(1, sizeof(*b));
	*b = (struct backway){ .loop = via->place->loop,
		.spec = *spec,
		.socket = xstrdup(master_socket(via->master)),
		.fd = fd };
	buf_init(&b->out, ASK_MAX);
	buf_init(&b->in, 65536 + 4);
	mux_ask_listen(&b->out, spec->address, spec->port, spec->host, spec->to);
	b->again = loop_timer_new(b->loop, ask, b);
	b->late = loop_timer_new(b->loop, on_late, b);
	loop_timer_start(b->again, 0);
	loop_timer_start(b->late, LATE_MS);
	b->spec.address = b->spec.host = NULL;
	return b;
}

static void
release(void *user)
{
	free(user);
}

void
backway_free(struct backway *b)
{
	if (!b)
		return;
	b->over = true;
	berth_free(b->berth);
	loop_io_free(b->io);
	loop_timer_free(b->again);
	loop_timer_free(b->late);
	if (b->fd >= 0)
		close(b->fd);
	buf_fini(&b->out);
	buf_fini(&b->in);
	free(b->socket);
	loop_soon(b->loop, release, b);
}
