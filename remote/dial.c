#include "remote/dial.h"

#include "base/clock.h"
#include "base/err.h"
#include "base/loop.h"
#include "base/mem.h"
#include "base/str.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <ifaddrs.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>

#define ADDRESS_TEXT (NI_MAXHOST)

struct dial {
	struct loop *loop;
	struct lookup *lookup;
	int64_t stagger_ms;
	struct dial_try *tries;
};

/* One address being connected to. */
struct leg {
	struct dial_try *of;
	struct loop_io *io; /* NULL: not under way */
	int fd;
};

struct dial_try {
	struct dial_try *next, **prev;
	struct dial *dial;
	struct dial_spec spec;
	char *host, *bind_address, *bind_interface;
	struct lookup_wait *wait;
	struct loop_timer *step;  /* begins, then brings in the next address */
	struct loop_timer *limit; /* of connecting */
	int64_t began;            /* this phase */
	struct lookup_address address[LOOKUP_MAX];
	struct leg leg[LOOKUP_MAX];
	size_t count, used; /* addresses, and how many were begun */
	int open;           /* legs under way */
	struct err err;     /* what failed so far */
	int failures;
};

static void
leg_drop(struct leg *leg)
{
	if (!leg->io)
		return;
	loop_io_free(leg->io);
	leg->io = NULL;
	close(leg->fd);
	leg->of->open--;
}

static void
try_free(struct dial_try *t)
{
	for (size_t i = 0; i < t->used; i++)
		leg_drop(&t->leg[i]);
	*t->prev = t->next;
	if (t->next)
		t->next->prev = t->prev;
	lookup_cancel(t->wait);
	loop_timer_free(t->step);
	loop_timer_free(t->limit);
	free(t->host);
	free(t->bind_address);
	free(t->bind_interface);
	free(t);
}

static void
end_badly(struct dial_try *t, const char *phase)
{
	struct dial_spec spec = t->spec;
	struct err err = t->err;

	err.kind = OUTCOME_UNREACHABLE;
	err.elapsed_ms = clock_mono_ms() - t->began;
	str_copy(err.phase, sizeof(err.phase), phase);
	try_free(t);
	spec.done(spec.user, -1, "", &err);
}

static void
address_text(const struct lookup_address *a, char to[ADDRESS_TEXT])
{
	const struct sockaddr *sa = (const struct sockaddr *)&a->to;

	if (getnameinfo(sa, a->len, to, ADDRESS_TEXT, NULL, 0, NI_NUMERICHOST) != 0)
		str_copy(to, ADDRESS_TEXT, "?");
}

/* Keep what went wrong with one address; the first three are told. */
static void
note_failure(struct dial_try *t, const struct lookup_address *a, int code, const char *what)
{
	char address[ADDRESS_TEXT], before[sizeof(t->err.text)];

	address_text(a, address);
	memcpy(before, t->err.text, sizeof(before));
	if (++t->failures == 1)
		err_set(
		    &t->err, OUTCOME_UNREACHABLE, "%.60s port %d: %s", address, t->spec.port, what);
	else if (t->failures <= 3)
		err_set(&t->err, OUTCOME_UNREACHABLE, "%.200s; %.60s: %s", before, address, what);
	t->err.code = code;
}

static void
note_errno(struct dial_try *t, const struct lookup_address *a, int code)
{
	char what[80];

	str_copy(what, sizeof(what), strerror(code));
	what[0] = (char)tolower((unsigned char)what[0]);
	note_failure(t, a, code, what);
}

/* On loopback a connect to a free port of the ephemeral range can meet itself. */
static bool
is_own_echo(int fd)
{
	struct sockaddr_storage here, there;
	socklen_t nhere = sizeof(here), nthere = sizeof(there);

	memset(&here, 0, sizeof(here));
	memset(&there, 0, sizeof(there));
	return getsockname(fd, (struct sockaddr *)&here, &nhere) == 0 &&
	       getpeername(fd, (struct sockaddr *)&there, &nthere) == 0 && nhere == nthere &&
	       memcmp(&here, &there, nhere) == 0;
}

static void
set_options(int fd)
{
	static const struct {
		int level, name, value;
	} options[] = {
		{ IPPROTO_TCP, TCP_NODELAY, 1 },
		{ SOL_SOCKET, SO_KEEPALIVE, 1 },
		{ IPPROTO_TCP, TCP_KEEPIDLE, 5 },
		{ IPPROTO_TCP, TCP_KEEPINTVL, 5 },
		{ IPPROTO_TCP, TCP_KEEPCNT, 3 },
		{ IPPROTO_TCP, TCP_USER_TIMEOUT, 15000 },
	};

	/* A kernel that refuses one of them still gives a connection. */
	for (size_t i = 0; i < countof(options); i++)
		setsockopt(fd, options[i].level, options[i].name, &options[i].value, sizeof(int));
}

static void
end_well(struct dial_try *t, struct leg *leg)
{
	struct dial_spec spec = t->spec;
	char address[ADDRESS_TEXT];
	int fd = leg->fd;

	address_text(&t->address[leg - t->leg], address);
	loop_io_free(leg->io);
	leg->io = NULL;
	set_options(fd);
	try_free(t);
	spec.done(spec.user, fd, address, NULL);
}

static void start_next(struct dial_try *t);

static void
on_writable(void *user, unsigned events)
{
	struct leg *leg = user;
	struct dial_try *t = leg->of;
	int code = 0;
	socklen_t len = sizeof(code);

	(void)events;
	if (getsockopt(leg->fd, SOL_SOCKET, SO_ERROR, &code, &len) < 0)
		code = errno;
	if (code == 0 && is_own_echo(leg->fd))
		code = ECONNREFUSED;
	if (code == 0) {
		end_well(t, leg);
		return;
	}
	note_errno(t, &t->address[leg - t->leg], code);
	leg_drop(leg);
	start_next(t);
}

static int
bind_to(int fd, const struct sockaddr *sa)
{
	struct sockaddr_storage from = { 0 };
	socklen_t len =
	    sa->sa_family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6);

	memcpy(&from, sa, len);
	if (sa->sa_family == AF_INET)
		((struct sockaddr_in *)&from)->sin_port = 0;
	else
		((struct sockaddr_in6 *)&from)->sin6_port = 0;
	return bind(fd, (struct sockaddr *)&from, len) < 0 ? errno : 0;
}

/* From the first address of that family that the interface has, as ssh does. */
static int
bind_interface(int fd, const char *name, int family)
{
	struct ifaddrs *list;
	int code = EADDRNOTAVAIL;

	if (getifaddrs(&list) < 0)
		return errno;
	for (struct ifaddrs *i = list; i && code == EADDRNOTAVAIL; i = i->ifa_next) {
		if (i->ifa_addr && i->ifa_addr->sa_family == family && str_eq(i->ifa_name, name))
			code = bind_to(fd, i->ifa_addr);
	}
	freeifaddrs(list);
	return code;
}

/* Where the connection starts from. 0 or an errno. */
static int
bind_start(const struct dial_try *t, int fd, int family)
{
	struct addrinfo hints = { .ai_family = family,
		.ai_socktype = SOCK_STREAM,
		.ai_flags = AI_NUMERICHOST },
			*list;

	if (!t->bind_address && t->bind_interface)
		return bind_interface(fd, t->bind_interface, family);
	if (!t->bind_address)
		return 0;
	if (getaddrinfo(t->bind_address, NULL, &hints, &list) != 0)
		return EADDRNOTAVAIL;
	int code = bind_to(fd, list->ai_addr);
	freeaddrinfo(list);
	return code;
}

/* Begin with address i. 0: under way; else an errno. */
static int
start_leg(struct dial_try *t, size_t i)
{
	struct lookup_address *a = &t->address[i];
	struct leg *leg = &t->leg[i];

	if (a->to.ss_family == AF_INET)
		((struct sockaddr_in *)&a->to)->sin_port = htons((uint16_t)t->spec.port);
	else
		((struct sockaddr_in6 *)&a->to)->sin6_port = htons((uint16_t)t->spec.port);
	int fd = socket(a->to.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return errno;
	int no_start = bind_start(t, fd, a->to.ss_family);
	if (no_start) {
		close(fd);
		return no_start;
	}
	if (connect(fd, (const struct sockaddr *)&a->to, a->len) < 0 && errno != EINPROGRESS) {
		int code = errno;

		close(fd);
		return code;
	}
	*leg = (struct leg){ .of = t, .fd = fd };
	leg->io = loop_io_new(t->dial->loop, fd, on_writable, leg);
	loop_io_want(leg->io, LOOP_WRITE);
	t->open++;
	return 0;
}

/* Bring in the next address; the last failure of all ends the try. */
static void
start_next(struct dial_try *t)
{
	while (t->used < t->count) {
		size_t i = t->used++;
		int code = start_leg(t, i);

		if (code == 0) {
			if (t->used < t->count)
				loop_timer_start(t->step, t->dial->stagger_ms);
			return;
		}
		note_errno(t, &t->address[i], code);
	}
	/* Only a connection that stood is reset; before, it is refused (RFC 9293, 3.10.7.3). */
	if (t->open == 0)
		end_badly(t, t->err.code == ECONNRESET ? "banner" : "connect");
}

static void
on_limit(void *user)
{
	struct dial_try *t = user;
	char what[48];

	snprintf(what, sizeof(what), "no answer after %.1f s",
	    (double)(t->spec.timeout_ms ? t->spec.timeout_ms : 10000) / 1000.0);
	for (size_t i = 0; i < t->used; i++) {
		if (t->leg[i].io)
			note_failure(t, &t->address[i], ETIMEDOUT, what);
	}
	end_badly(t, "connect");
}

/* The families take turns, beginning with the one the resolver prefers. */
static void
take_addresses(struct dial_try *t, const struct lookup_address *list, size_t n)
{
	bool taken[LOOKUP_MAX] = { false };
	int want = list[0].to.ss_family;

	while (t->count < n) {
		size_t i = 0;

		while (i < n && (taken[i] || list[i].to.ss_family != want))
			i++;
		want = want == AF_INET ? AF_INET6 : AF_INET;
		if (i == n)
			continue;
		taken[i] = true;
		t->address[t->count++] = list[i];
	}
}

void
dial_go(struct dial_try *t, int64_t timeout_ms)
{
	if (timeout_ms)
		t->spec.timeout_ms = timeout_ms;
	t->began = clock_mono_ms();
	loop_timer_start(t->limit, t->spec.timeout_ms ? t->spec.timeout_ms : 10000);
	loop_timer_start(t->step, 0);
}

static void
got_addresses(struct dial_try *t, const struct lookup_address *list, size_t n)
{
	char first[ADDRESS_TEXT];

	take_addresses(t, list, n);
	if (!t->spec.resolved) {
		dial_go(t, 0);
		return;
	}
	address_text(&t->address[0], first);
	t->spec.resolved(t->spec.user, t, first);
}

static void
on_found(void *user, const struct lookup_address *list, size_t n, const struct err *err)
{
	struct dial_try *t = user;

	t->wait = NULL;
	if (err) {
		t->err = *err;
		end_badly(t, "resolve");
	} else {
		got_addresses(t, list, n);
	}
}

static bool
is_host_name(const char *s)
{
	size_t n = strlen(s);

	if (n == 0 || n > 253 || *s == '-')
		return false;
	for (; *s; s++) {
		if (!isalnum((unsigned char)*s) && !strchr("._:%-", *s))
			return false;
	}
	return true;
}

static void
on_step(void *user)
{
	struct dial_try *t = user;
	struct lookup *l = t->dial->lookup;
	struct lookup_address list[LOOKUP_MAX];

	if (t->count) {
		start_next(t);
		return;
	}
	if (!is_host_name(t->host) || t->spec.port < 1 || t->spec.port > 65535) {
		err_set(&t->err, OUTCOME_UNREACHABLE, "not a host name and port");
		end_badly(t, "resolve");
		return;
	}
	size_t n = lookup_known(l, t->host, t->spec.family, list);
	if (n)
		got_addresses(t, list, n);
	else
		t->wait = lookup_get(l, t->host, t->spec.family, on_found, t);
}

struct dial *
dial_new(const struct dial_config *config, struct err *err)
{
	struct dial *d = xcalloc(1, sizeof(*d));

	(void)err;
	d->loop = config->loop;
	d->stagger_ms = config->stagger_ms ? config->stagger_ms : 250;
	d->lookup = lookup_new(config->loop, config->threads ? config->threads : 32,
	    config->lookup_ms ? config->lookup_ms : 5000, config->lookup, config->user);
	return d;
}

void
dial_free(struct dial *d)
{
	if (!d)
		return;
	while (d->tries)
		try_free(d->tries);
	lookup_free(d->lookup);
	free(d);
}

void
dial_forget(struct dial *d)
{
	lookup_forget(d->lookup);
}

struct dial_try *
dial_start(struct dial *d, const struct dial_spec *spec)
{
	struct dial_try *t = xcalloc(1, sizeof(*t));
	size_t n = strlen(spec->host);
	bool bracketed = n > 2 && spec->host[0] == '[' && spec->host[n - 1] == ']';

	t->dial = d;
	t->spec = *spec;
	t->host = bracketed ? xmemdup0(spec->host + 1, n - 2) : xstrdup(spec->host);
	t->spec.host = t->host;
	t->bind_address = spec->bind_address ? xstrdup(spec->bind_address) : NULL;
	t->bind_interface = spec->bind_interface ? xstrdup(spec->bind_interface) : NULL;
	t->began = clock_mono_ms();
	t->next = d->tries;
	t->prev = &d->tries;
	if (t->next)
		t->next->prev = &t->next;
	d->tries = t;
	t->step = loop_timer_new(d->loop, on_step, t);
	t->limit = loop_timer_new(d->loop, on_limit, t);
	loop_timer_start(t->step, 0);
	return t;
}

void
dial_cancel(struct dial_try *t)
{
	if (t)
		try_free(t);
}
