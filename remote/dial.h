/*
 * Names to addresses, addresses to connected sockets.
 *
 * One per program. Owns the look-up threads, the addresses found so far and
 * every try under way; all of it lives on the loop and nothing blocks it. A name
 * is looked up once until dial_forget(); a numeric address never leaves the
 * loop. Both address families are tried, 250 ms apart, and the first that
 * answers wins.
 */
#ifndef DROVER_REMOTE_DIAL_H
#define DROVER_REMOTE_DIAL_H

#include "remote/lookup.h"

#include <stddef.h>
#include <stdint.h>

struct dial;
struct dial_try;
struct loop;
struct err;

struct dial_config {
	struct loop *loop;
	int64_t lookup_ms;       /* cap of one look-up; 0: 5 s */
	int64_t stagger_ms;      /* before the next address is tried beside; 0: 250 ms */
	int threads;             /* for look-ups; 0: 32 */
	lookup_function *lookup; /* instead of getaddrinfo(3); for tests */
	void *user;
};

struct dial *dial_new(const struct dial_config *config, struct err *err);
void dial_free(struct dial *d); /* ends every try; no done() is called any more */

/* Look names up anew from here on: a new run begins. */
void dial_forget(struct dial *d);

struct dial_spec {
	const char *host; /* a name, or an IPv4 or IPv6 address (with %zone, with or without []) */
	int port;
	int family;                                /* AF_UNSPEC, or only AF_INET or AF_INET6 */
	const char *bind_address, *bind_interface; /* where it starts from, numeric; or NULL */
	int64_t timeout_ms; /* of connecting, from the first attempt; 0: 10 s */
	/* The name is known, and this its first address: connecting begins with dial_go(). NULL: it
	 * begins at once. Not from inside dial_start(); must not cancel the try. */
	void (*resolved)(void *user, struct dial_try *t, const char *address);
	/* Once, never from inside dial_start(). fd >= 0: connected, non-blocking, close-on-exec,
	 * NODELAY, KEEPALIVE and USER_TIMEOUT set; the callee's from here on; address is numeric and
	 * borrowed; err is NULL. fd -1: err says why; its kind is UNREACHABLE, its phase "resolve",
	 * "connect" or "banner" (it stood, and was reset before a word), elapsed_ms is set, and its
	 * text names no host: "10.0.0.5 port 22: connection refused", "no such name". */
	void (*done)(void *user, int fd, const char *address, const struct err *err);
	void *user;
};

/* The spec's texts are copied. The try frees itself after done(). */
struct dial_try *dial_start(struct dial *d, const struct dial_spec *spec);
/* After resolved(), also from inside it; 0: as the spec says. */
void dial_go(struct dial_try *t, int64_t timeout_ms);
void dial_cancel(struct dial_try *t); /* before done() only; done() is not called */

#endif
