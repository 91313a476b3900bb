#include "engine/inlet.h"

#include "base/err.h"
#include "base/loop.h"
#include "base/mem.h"
#include "base/str.h"
#include "engine/herd.h"
#include "engine/socks.h"
#include "remote/tunnel.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <stdarg.h>
#include <string.h>
#include <sys/socket.h>

#define AT_ONCE 256   /* connections; more wait in the kernel */
#define SAY_MS  15000 /* for a client to say whom it wants */
#define BACKLOG 64
#define SOCKETS 2

struct passage {
	struct inlet *inlet;
	struct passage *next, **prev;
	int fd; /* -1: the worker has it */
	struct loop_io *io;
	struct loop_timer *timer;
	struct socks socks;
	ssize_t seen; /* bytes of a word that is not whole yet */
	struct tunnel *tunnel;
	bool waits, holds;
};

struct inlet {
	struct herd_host *hh;
	struct loop *loop;
	struct inlet_spec spec;
	char *host;
	int fd[SOCKETS];
	struct loop_io *io[SOCKETS];
	int sockets, count;
	struct passage *first;
};

static void
listen_on(const struct inlet *i)
{
	for (int k = 0; k < i->sockets; k++)
		loop_io_want(i->io[k], i->count < AT_ONCE ? LOOP_READ : 0);
}

static void
drop(struct passage *p)
{
	struct inlet *i = p->inlet;

	*p->prev = p->next;
	if (p->next)
		p->next->prev = p->prev;
	if (p->waits)
		herd_forget(i->hh, p);
	loop_io_free(p->io);
	loop_timer_free(p->timer);
	tunnel_free(p->tunnel);
	if (p->fd >= 0)
		close(p->fd);
	if (p->holds)
		herd_release(i->hh);
	free(p);
	i->count--;
	listen_on(i);
}

static void
on_over(void *user)
{
	drop(user);
}

/* Drop it behind whoever called: a timer of its own goes with it when the inlet does. */
static void
drop_soon(struct passage *p)
{
	if (!p->timer)
		p->timer = loop_timer_new(p->inlet->loop, on_over, p);
	loop_timer_start(p->timer, 0);
}

__attribute__((format(printf, 2, 3))) static void
fail(struct passage *p, const char *fmt, ...)
{
	const struct inlet *i = p->inlet;
	char text[500];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (i->spec.failed)
		i->spec.failed(i->spec.user, text);
	drop_soon(p);
}

static void
reply(const struct passage *p, const struct socks_reply *r)
{
	/* A few bytes into an empty buffer; a client that is gone is seen by whoever reads it. */
	if (r->len && send(p->fd, r->bytes, r->len, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
		return;
}

static void
on_done(void *user, const struct err *err)
{
	struct passage *p = user;

	if (err)
		fail(p, "%s", err->text);
}

static void
on_gone(void *user)
{
	struct passage *p = user;

	drop_soon(p);
}

/* The client is told that it is connected before it is: behind that word the bytes are the host's, and
 * come from the worker. So does ssh(1). */
static void
on_ready(void *user, struct session *s, const struct err *err)
{
	struct passage *p = user;
	struct inlet *i = p->inlet;
	bool by_socks = !i->host;
	struct socks_reply r = socks_answer(&p->socks, s != NULL);
	struct tunnel_spec spec = { .host = by_socks ? p->socks.host : i->host,
		.port = by_socks ? p->socks.port : i->spec.to,
		.done = on_done,
		.gone = on_gone,
		.user = p };

	p->waits = false;
	if (by_socks)
		reply(p, &r);
	if (!s) {
		fail(p, "%s", err->text);
		return;
	}
	int fd = p->fd;

	herd_hold(i->hh);
	p->holds = true;
	p->fd = -1;
	p->tunnel = tunnel_open(s, &spec, fd);
}

/* Be woken when there is more than was seen: until it is whole, a word stays in the socket. */
static void
wait_beyond(struct passage *p, ssize_t seen)
{
	int wanted = (int)seen + 1;

	p->seen = seen;
	setsockopt(p->fd, SOL_SOCKET, SO_RCVLOWAT, &wanted, sizeof(wanted));
}

static void
ask(struct passage *p)
{
	if (!p->inlet->host)
		wait_beyond(p, 0);
	loop_io_free(take(p->io));
	if (p->timer)
		loop_timer_stop(p->timer);
	p->waits = true;
	herd_session(p->inlet->hh, on_ready, p);
}

static void
on_said(void *user, unsigned events)
{
	struct passage *p = user;
	uint8_t bytes[SOCKS_MAX];
	struct socks_reply r = { .len = 0 };
	ssize_t n = recv(p->fd, bytes, sizeof(bytes), MSG_PEEK | MSG_DONTWAIT);
	size_t used;

	(void)events;
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	/* Woken, and nothing more is there: it is the end. */
	if (n <= p->seen) {
		loop_io_want(p->io, 0);
		drop_soon(p);
		return;
	}
	enum socks_step step = socks_feed(&p->socks, bytes, (size_t)n, &used, &r);
	/* What stands behind it is for the far side and stays in the socket. */
	if (used && recv(p->fd, bytes, used, MSG_DONTWAIT) != (ssize_t)used)
		step = SOCKS_REFUSED;
	if (step == SOCKS_ASKED) {
		ask(p);
	} else if (step == SOCKS_MORE) {
		wait_beyond(p, n);
	} else if (step == SOCKS_GREET) {
		wait_beyond(p, 0);
		reply(p, &r);
	} else if (step == SOCKS_REFUSED) {
		reply(p, &r);
		loop_io_want(p->io, 0);
		fail(p, "port %d: a client did not ask for a connection as SOCKS does",
		    p->inlet->spec.port);
	}
}

static void
begin(struct inlet *i, int fd)
{
	struct passage *p = xcalloc(1, sizeof(*p));

	p->inlet = i;
	p->fd = fd;
	p->next = i->first;
	p->prev = &i->first;
	if (p->next)
		p->next->prev = &p->next;
	i->first = p;
	i->count++;
	listen_on(i);
	if (i->host) {
		ask(p);
		return;
	}
	p->timer = loop_timer_new(i->loop, on_over, p);
	loop_timer_start(p->timer, SAY_MS);
	p->io = loop_io_new(i->loop, fd, on_said, p);
	loop_io_want(p->io, LOOP_READ);
}

static void
on_client(void *user, unsigned events)
{
	struct inlet *i = user;

	(void)events;
	for (int k = 0; k < i->sockets && i->count < AT_ONCE; k++) {
		int fd = accept4(i->fd[k], NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

		if (fd >= 0)
			begin(i, fd);
	}
}

static int
open_at(struct inlet *i, const struct sockaddr *at, socklen_t len, struct err *err)
{
	int fd = socket(at->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), one = 1;

	if (fd < 0)
		return err_errno(err, "port %d", i->spec.port);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (at->sa_family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof(one));
	if (bind(fd, at, len) < 0 || listen(fd, BACKLOG) < 0) {
		int why = errno;

		close(fd);
		errno = why;
		return err_errno(err, "port %d cannot be listened on", i->spec.port);
	}
	i->fd[i->sockets] = fd;
	i->io[i->sockets] = loop_io_new(i->loop, fd, on_client, i);
	loop_io_want(i->io[i->sockets++], LOOP_READ);
	return 0;
}

/* A machine may lack one of the families. */
static int
open_both(struct inlet *i, bool everywhere, struct err *err)
{
	struct sockaddr_in four = { .sin_family = AF_INET,
		.sin_port = htons((uint16_t)i->spec.port),
		.sin_addr.s_addr = htonl(everywhere ? INADDR_ANY : INADDR_LOOPBACK) };
	struct sockaddr_in6 six = { .sin6_family = AF_INET6,
		.sin6_port = htons((uint16_t)i->spec.port),
		.sin6_addr = everywhere ? (struct in6_addr)IN6ADDR_ANY_INIT
					: (struct in6_addr)IN6ADDR_LOOPBACK_INIT };

	if (open_at(i, (struct sockaddr *)&four, sizeof(four), err) < 0 &&
	    err->code != EAFNOSUPPORT && err->code != EADDRNOTAVAIL)
		return -1;
	if (open_at(i, (struct sockaddr *)&six, sizeof(six), err) < 0 &&
	    err->code != EAFNOSUPPORT && err->code != EADDRNOTAVAIL)
		return -1;
	return i->sockets ? 0 : -1;
}

static int
open_one(struct inlet *i, struct err *err)
{
	struct addrinfo hints = { .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE,
		.ai_socktype = SOCK_STREAM },
			*found = NULL;
	char port[16];

	snprintf(port, sizeof(port), "%d", i->spec.port);
	if (getaddrinfo(i->spec.address, port, &hints, &found) != 0)
		return err_set(err, OUTCOME_USAGE, "%.200s is no numeric address of this machine",
		    i->spec.address);
	int failed = open_at(i, found->ai_addr, found->ai_addrlen, err);
	freeaddrinfo(found);
	return failed;
}

struct inlet *
inlet_new(struct herd_host *hh, const struct inlet_spec *spec, struct err *err)
{
	struct inlet *i = xcalloc(1, sizeof(*i));
	bool everywhere = spec->address && str_eq(spec->address, "*");
	int failed;

	i->hh = hh;
	i->loop = herd_loop(herd_host_herd(hh));
	i->spec = *spec;
	i->host = spec->host ? xstrdup(spec->host) : NULL;
	failed = spec->address && !everywhere ? open_one(i, err) : open_both(i, everywhere, err);
	i->spec.address = i->spec.host = NULL;
	if (failed == 0)
		return i;
	inlet_free(i);
	return NULL;
}

void
inlet_free(struct inlet *i)
{
	if (!i)
		return;
	while (i->first)
		drop(i->first);
	for (int k = 0; k < i->sockets; k++) {
		loop_io_free(i->io[k]);
		close(i->fd[k]);
	}
	free(i->host);
	free(i);
}
