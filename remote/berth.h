/*
 * A port of a host that leads here, over a worker's session, seen from the parent.
 *
 * Owned by whoever opened it. The server listens; whoever comes is announced by the worker, connected
 * from here to where the port leads, and carried inside the worker: its bytes never come by here. How
 * many there may be is bounded.
 */
#ifndef DROVER_REMOTE_BERTH_H
#define DROVER_REMOTE_BERTH_H

struct berth;
struct dial;
struct err;
struct loop;
struct message;
struct session;

struct berth_spec {
	struct loop *loop;
	struct dial *dial;   /* who connects from here; both outlive the berth */
	const char *address; /* there; NULL: what leads to that machine alone; "*": all */
	int port;            /* there; 0: the server's choice */
	const char *host;    /* as it is looked up here */
	int to;              /* its port */
	/* Once, never from inside berth_open(): it listens on that port, or why not: UNREACHABLE. */
	void (*done)(void *user, int port, const struct err *err);
	/* Somebody came, and could not be connected: why, in plain text. */
	void (*failed)(void *user, const char *text);
	void *user;
};

/* Over a worker's session that is up; everything is copied. */
struct berth *berth_open(struct session *via, const struct berth_spec *spec);
void berth_free(struct berth *b); /* any time: ends what is carried; NULL is nothing */

/* A message of the worker for one of the session's berths; nothing when it is for none. */
void berth_message(struct session *via, const struct message *m);

/* The session is gone and its berths with it; done() is told when it was not yet. */
void berth_orphan(struct session *via);

#endif
