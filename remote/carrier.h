/*
 * What carries messages from a session to whoever serves it.
 *
 * Embedded in its owner: a worker's socket (remote/link), or a porter, which
 * plays the worker's part with child processes of our own. Sessions and channels
 * borrow it and know no more of the transport. Answers come back as messages of
 * the same table, never from inside a call made here.
 */
#ifndef DROVER_REMOTE_CARRIER_H
#define DROVER_REMOTE_CARRIER_H

#include <stdbool.h>

struct carrier;
struct message;

struct carrier_kind {
	void (*send)(struct carrier *c, const struct message *m, int fd); /* takes fd */
	bool (*full)(const struct carrier *c);
};

struct carrier {
	const struct carrier_kind *kind;
};

static inline void
carrier_send(struct carrier *c, const struct message *m)
{
	c->kind->send(c, m, -1);
}

/* Data should wait: the session is told when there is room again. */
static inline bool
carrier_full(const struct carrier *c)
{
	return c->kind->full(c);
}

#endif
