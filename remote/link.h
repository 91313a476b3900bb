/*
 * One worker process, seen from the parent.
 *
 * Owns the process and the socket to it. Starts it from our own program file.
 * When it dies, or stops answering, dead() is told once and every session it
 * held is lost.
 */
#ifndef DROVER_REMOTE_LINK_H
#define DROVER_REMOTE_LINK_H

#include "remote/carrier.h"
#include "remote/message.h"

struct key;
struct link;
struct loop;

struct link_listener {
	void (*message)(void *user, const struct message *m); /* of sessions and channels */
	void (*drained)(void *user);                          /* after link_full() */
	void (*dead)(void *user, const struct err *err); /* once; link_free() it, later or here */
};

/* NULL when no process can be started. */
struct link *link_new(
    struct loop *loop, const struct link_listener *l, void *user, struct err *err);
void link_free(struct link *k); /* the worker leaves by itself */

void link_send(struct link *k, const struct message *m, int fd); /* takes fd */
struct carrier *link_carrier(struct link *k);

/* The worker's number for a private key; it is sent when it was not yet. */
uint32_t link_key(struct link *k, const struct key *key);

int link_pid(const struct link *k);

/* What holds the worker, as it says: CONFINE_*; -1: it said nothing yet. */
int link_guards(const struct link *k);

#endif
