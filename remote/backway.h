/*
 * A port of a host that leads to one from here: what -R of ssh is.
 *
 * Owned by whoever asked. Over a session of ssh(1) the master behind it listens there, connects from here and carries
 * the bytes, and goes on with that until the session ends; what comes here is that it listens, or why not. Over a
 * worker's session it is a berth.
 */
#ifndef DROVER_REMOTE_BACKWAY_H
#define DROVER_REMOTE_BACKWAY_H

struct backway;
struct err;
struct session;

struct backway_spec {
	const char *address; /* there; NULL: what leads to that machine alone; "*": all */
	int port;            /* there; 0: the server's choice */
	const char *host;    /* as it is looked up here */
	int to;              /* its port */
	/* Once, never from inside backway_open(): it listens on that port (err NULL), or why not. */
	void (*done)(void *user, int port, const struct err *err);
	/* Somebody came, and could not be connected: why, in plain text. ssh(1) keeps that to itself. */
	void (*failed)(void *user, const char *text);
	void *user;
};

/* Over a session that is up. NULL: it is not one of SSH (kind USAGE), or cannot be asked. */
struct backway *backway_open(struct session *via, const struct backway_spec *spec, struct err *err);
void backway_free(struct backway *b); /* any time; NULL is nothing */

#endif
