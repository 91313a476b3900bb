/*
 * Connections carried over one SSH session, in the worker.
 *
 * Owns, for each, a direct-tcpip channel and the socket whose bytes it carries.
 * Never waits, and keeps no more than a few kilobytes of either direction: what
 * one side does not take is not read from the other. Sends STARTED and, once,
 * END.
 */
#ifndef DROVER_REMOTE_FORWARD_H
#define DROVER_REMOTE_FORWARD_H

#include "remote/stream.h"

struct forwards;

/* The place is the session's, borrowed. */
struct forwards *forwards_new(const struct stream_place *place);
void forwards_free(struct forwards *all); /* not from inside a libssh callback; NULL is nothing */

/* FORWARD, with its socket, which is taken; or anything for a channel that FORWARD opened. False: it
 * is for none of these. */
bool forwards_message(struct forwards *all, const struct message *m, int fd);

/* Move on; what remains waits for a socket or for the session to become writable. */
void forwards_step(struct forwards *all);

/* Is there anything that reads from the session? */
bool forwards_any(const struct forwards *all);

/* The session is lost: END for each. */
void forwards_lost(struct forwards *all, const struct err *why);

#endif
