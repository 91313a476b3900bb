/*
 * One command on a host, seen from the parent.
 *
 * Owned by its session. Keeps the credit of its streams and its deadlines; tells
 * its listener what comes and, once, how it ended. The public functions stand in
 * remote/remote.h.
 */
#ifndef DROVER_REMOTE_CHANNEL_H
#define DROVER_REMOTE_CHANNEL_H

#include "remote/remote.h"

struct carrier;
struct message;

/* What a channel needs of its session; borrowed, outlives it. */
struct channel_place {
	struct loop *loop;
	struct carrier *carrier; /* NULL while nobody serves the session */
	uint32_t session;
	const char *name;           /* of the host, for errors */
	const char *const *set_env; /* ssh_config's for every command; ended by NULL; may be NULL */
	const char *const *send_env; /* names of ours for a person's terminal; the same */
	struct session_counters *counters;
	bool deaf;        /* it passes no signals on */
	bool settled;     /* the worker has ended every channel it had heard of */
	int64_t heard_ms; /* when the host was last heard; 0: never */
	void (*ended)(void *user, struct channel *c); /* unlink it; it frees itself */
	void *user;
};

struct channel *channel_new(struct channel_place *place, uint32_t id, const struct exec_spec *spec,
    const struct channel_listener *l, void *user);

uint32_t channel_id(const struct channel *c);

/* A message of the worker for this channel. */
void channel_message(struct channel *c, const struct message *m);

/* The link has room again. */
void channel_drained(struct channel *c);

/* The session is gone: end(), kind UNKNOWN when the command may have begun. Silent: the owner closes
 * it and wants no callback. */
void channel_lost(struct channel *c, const struct err *why, bool silent);

#endif
