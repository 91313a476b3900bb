/*
 * A port of this machine that leads through a host's session: what -L and -D of ssh
 * are.
 *
 * Owned by whoever opened it, and freed before its herd. Listens at once; each
 * connection waits for the session, is connected from the host and carried by the
 * worker, so that its bytes never come by here. How many there may be is bounded.
 */
#ifndef DROVER_ENGINE_INLET_H
#define DROVER_ENGINE_INLET_H

struct err;
struct herd_host;
struct inlet;

struct inlet_spec {
	const char *address; /* here: numeric, "*": all; NULL: both loopback addresses */
	int port;            /* here */
	const char *host;    /* there, as the host looks it up; NULL: whom SOCKS names */
	int to;              /* its port */
	/* A connection could not be had, and why, in plain text; may be NULL. */
	void (*failed)(void *user, const char *text);
	void *user;
};

/* NULL: it cannot listen there. Everything is copied. */
struct inlet *inlet_new(struct herd_host *hh, const struct inlet_spec *spec, struct err *err);
void inlet_free(struct inlet *i); /* ends its connections */

#endif
