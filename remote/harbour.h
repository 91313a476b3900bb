/*
 * Ports of a host that one SSH session listens on, in the worker.
 *
 * Owns its listeners and hears what the server opens by itself: what came to a port that was asked for
 * becomes a visitor among the forwards, and whatever else is refused at once. Never waits. One request
 * is under way at a time: libssh keeps a single answer for all of a session's requests, and what the
 * vigil asks is one of them. Sends STARTED, VISIT and, once, END.
 */
#ifndef DROVER_REMOTE_HARBOUR_H
#define DROVER_REMOTE_HARBOUR_H

#include "remote/stream.h"

struct forwards;
struct harbour;

/* All are the session's, borrowed; *packets: how many were heard. */
struct harbour *harbour_new(
    const struct stream_place *place, struct forwards *forwards, const uint64_t *packets);
void harbour_free(struct harbour *h); /* not from inside a libssh callback; NULL is nothing */

/* LISTEN, or anything for a channel that it opened. False: it is for none of these. */
bool harbour_message(struct harbour *h, const struct message *m);

/* Move on. *asked: the vigil put a question whose answer may still be on its way; cleared when it was taken. */
void harbour_step(struct harbour *h, bool *asked);

/* The next answer is the harbour's: the vigil may not ask now. */
bool harbour_asks(const struct harbour *h);

/* The port that the server chooses stands in its answer alone: nothing but harbour_step() may read now. */
bool harbour_reads_alone(const struct harbour *h);

/* Is there anything that reads from the session? */
bool harbour_any(const struct harbour *h);

/* The session is lost: END for each. */
void harbour_lost(struct harbour *h, const struct err *why);

#endif
