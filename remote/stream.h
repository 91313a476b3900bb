/*
 * One command on one SSH session, in the worker.
 *
 * Owns its libssh channel, the input that the server did not take yet and its
 * timers. Never waits: stream_step() does what can be done now. Output is read
 * only while the parent gave credit and reads its socket. Sends STARTED,
 * DATA_OUT, CREDIT and, once, END.
 */
#ifndef DROVER_REMOTE_STREAM_H
#define DROVER_REMOTE_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct err;
struct loop;
struct message;
struct stream;
struct wire;

/* Where streams live; the session's, borrowed. */
struct stream_place {
	void *ssh; /* ssh_session */
	struct loop *loop;
	struct wire *wire;
	uint32_t session;
	void (*nudge)(void *user); /* a timer wants stream_step() called; never from inside it */
	void *user;
};

struct stream *stream_new(const struct stream_place *place, const struct message *exec);
void stream_free(struct stream *s); /* not from inside a libssh callback */

uint32_t stream_id(const struct stream *s);

/* What the parent says to the channel: DATA_IN, EOF, CREDIT, CANCEL, RESIZE, SIGNAL. False when it sent more than
 * its credit. Call stream_step() after. */
bool stream_message(struct stream *s, const struct message *m);

enum stream_got {
	STREAM_WAITS, /* for the socket, the parent or a timer */
	STREAM_MOVED, /* something was read or written: call again */
	STREAM_GONE,  /* END was sent: free it */
	STREAM_BROKEN /* the session failed under it */
};

/* Move on; at most *budget bytes are read and taken from it. */
enum stream_got stream_step(struct stream *s, size_t *budget);

/* Input lies here that the server would take now: what was in its way may have gone while another
 * part of the session was served. */
bool stream_writable(const struct stream *s);

/* Output waits for credit: reading more would only fill memory. */
bool stream_stalled(const struct stream *s);

/* Something is to come from there: silence is a bad sign. Not so of a quiet command nobody asked. */
bool stream_listens(const struct stream *s);

/* The session is lost: say END, with the status if it came. */
void stream_lost(struct stream *s, const struct err *why);

#endif
