/*
 * One SSH connection, in the worker.
 *
 * Owns its libssh session, the socket under it and every stream on it. A row of
 * steps: key exchange, the parent's verdict on the host key, login, up. Driven
 * by its socket, the parent's messages and its own timer; never waits.
 */
#ifndef DROVER_REMOTE_CONN_H
#define DROVER_REMOTE_CONN_H

#include <stdbool.h>
#include <stdint.h>

struct conn;
struct keyring;
struct loop;
struct message;
struct wire;
struct work;

/* What all connections of a worker share. */
struct conn_place {
	struct loop *loop;
	struct wire *wire;
	struct keyring *keys;
	struct work *lane; /* one thread: logins that ask an agent, which may block */
	bool doubts;       /* a server closed and did not say why */
	void (*gone)(void *user, struct conn *c); /* DOWN was sent: conn_free() it */
	void *user;
};

/* Begin on the socket fd, which is taken. */
struct conn *conn_new(struct conn_place *place, const struct message *open, int fd);
void conn_free(struct conn *c); /* any time; its memory may stay until the lane is done with it */

uint32_t conn_id(const struct conn *c);

/* What the parent says to the session or one of its channels; fd as in wire. False when it makes no
 * sense. */
bool conn_message(struct conn *c, const struct message *m, int fd);

/* The parent reads again. */
void conn_resume(struct conn *c);

#endif
