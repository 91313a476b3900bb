/*
 * Connections carried over one SSH session, in the worker.
 *
 * Owns, for each, its channel and the socket whose bytes it carries: a direct-tcpip channel that
 * FORWARD has it open, or one that the server opened, a visitor, which waits here for ADMIT.
 * Never waits, and keeps no more than a few kilobytes of either direction: what
 * one side does not take is not read from the other. Sends STARTED and, once,
 * END.
 */
#ifndef DROVER_REMOTE_FORWARD_H
#define DROVER_REMOTE_FORWARD_H

#include "remote/stream.h"

#include <stdint.h>

struct forwards;

/* The place is the session's, borrowed. */
struct forwards *forwards_new(const struct stream_place *place);
void forwards_free(struct forwards *all); /* not from inside a libssh callback; NULL is nothing */

/* FORWARD or ADMIT, with its socket, which is taken; DISMISS; or anything for a channel that one of the
 * first two opened. False: it is for none of these. */
bool forwards_message(struct forwards *all, const struct message *m, int fd);

/* A channel that the server opened for a listener, which is taken. Its number for VISIT. */
uint32_t forwards_visit(struct forwards *all, void *channel, uint32_t listener);

/* The listener is gone, and with it who waits there to be admitted. */
void forwards_unlisted(struct forwards *all, uint32_t listener);

/* As many as there may be at once: no more visitors. */
bool forwards_full(const struct forwards *all);

/* Move on; what remains waits for a socket or for the session to become writable. */
void forwards_step(struct forwards *all);

/* Is there anything that reads from the session? */
bool forwards_any(const struct forwards *all);

/* The session is lost: END for each. */
void forwards_lost(struct forwards *all, const struct err *why);

#endif
