/*
 * A connection carried by a jump host's session, seen from the parent.
 *
 * Owned by whoever opened it. The bytes pass from the descriptor to the jump
 * host inside the worker and never through here; what comes here is that it was
 * opened, or why not.
 */
#ifndef DROVER_REMOTE_TUNNEL_H
#define DROVER_REMOTE_TUNNEL_H

#include <stdint.h>

struct err;
struct message;
struct session;
struct tunnel;

struct tunnel_spec {
	const char *host; /* as the jump host is to look it up */
	int port;
	/* Once: the far side answers (err NULL), or why it does not: UNREACHABLE. Never from inside
	 * tunnel_open(). */
	void (*done)(void *user, const struct err *err);
	/* Once, when what was open is over, or the session goes before done() was told; the tunnel is
	 * still the owner's to free, but not from inside. May be NULL. */
	void (*gone)(void *user);
	void *user;
};

/* Over a session that is up; takes fd, the other end of which is the caller's. */
struct tunnel *tunnel_open(struct session *via, const struct tunnel_spec *spec, int fd);

/* What a visitor of a berth says goes to fd, which is taken, and back; gone() as above. */
struct tunnel *tunnel_admit(
    struct session *via, uint64_t visitor, void (*gone)(void *user), void *user, int fd);

void tunnel_free(struct tunnel *t); /* any time: ends what is open; NULL is nothing */

/* A message of the worker for one of the session's tunnels; nothing when it is for none. */
void tunnel_message(struct session *via, const struct message *m);

/* The session is gone and its tunnels with it; only gone() is told. */
void tunnel_orphan(struct session *via);

#endif
