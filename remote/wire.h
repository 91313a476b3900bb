/*
 * Messages over a Unix stream socket, descriptors included.
 *
 * Owns its socket and the descriptors that wait to be sent. Lives on the loop.
 * What is sent waits in memory while the peer does not read: wire_full() asks
 * senders of data to pause, drained() tells them to go on. A peer that talks
 * nonsense or never reads is closed().
 */
#ifndef DROVER_REMOTE_WIRE_H
#define DROVER_REMOTE_WIRE_H

#include "remote/message.h"

struct wire;
struct loop;

struct wire_listener {
	/* m is borrowed for the call; fd, if not -1, is the callee's. */
	void (*message)(void *user, const struct message *m, int fd);
	void (*drained)(void *user); /* after wire_full() was true; may be NULL */
	void (*closed)(void *user, const struct err *err); /* once, last */
};

/* Takes fd. Incoming is the way that messages travel to this end. */
struct wire *wire_new(struct loop *loop, int fd, enum message_way incoming,
    const struct wire_listener *l, void *user);
void wire_free(struct wire *w); /* any time; what was not sent is dropped */

/* Queue a message; takes fd when it is not -1. A broken message is a bug and aborts. */
void wire_send(struct wire *w, const struct message *m, int fd);

bool wire_full(const struct wire *w);

#endif
