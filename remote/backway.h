/*
 * A port of a host that leads to one from here, over a session of ssh(1): what -R of ssh is.
 *
 * Owned by whoever asked; the master behind the session listens there, connects from here and carries the bytes, and
 * goes on with that until the session ends. What comes here is that it listens, or why not.
 */
#ifndef DROVER_REMOTE_BACKWAY_H
#define DROVER_REMOTE_BACKWAY_H

struct backway;
struct err;
struct session;

struct backway_spec {
	const char *address; /* there; NULL: what leads to that machine alone; "*": all */
	int port;            /* there */
	const char *host;    /* as ssh(1) here looks it up */
	int to;              /* its port */
	/* Once, never from inside backway_open(): it listens (err NULL), or why not. */
	void (*done)(void *user, const struct err *err);
	void *user;
};

/* Over a session that is up. NULL: it is no session of ssh(1) (kind USAGE), or that cannot be asked. */
struct backway *backway_open(struct session *via, const struct backway_spec *spec, struct err *err);
void backway_free(struct backway *b); /* any time; NULL is nothing */

#endif
