/*
 * The watch over one SSH connection, in the worker.
 *
 * Embedded in the connection; owns a timer. While a command runs it asks a
 * silent host whether it lives, tells the parent how long ago it was heard, and
 * says when to give it up. The rule is remote/alive's.
 */
#ifndef DROVER_REMOTE_VIGIL_H
#define DROVER_REMOTE_VIGIL_H

#include "remote/alive.h"

#include <stdbool.h>
#include <stdint.h>

struct loop;
struct loop_timer;
struct message;
struct wire;

struct vigil {
	struct alive alive;
	struct loop_timer *timer;
	struct wire *wire;
	uint32_t session;
	bool due;
	bool
	    asked; /* an answer may be on its way, or lie in libssh: for whoever takes it to clear */
	void (*nudge)(void *user); /* vigil_step() wants to be called */
	void *user;
};

/* The interval and count are those of an OPEN. nudge and user are set before. */
void vigil_init(struct vigil *v, struct loop *loop, struct wire *wire, const struct message *open);
void vigil_fini(struct vigil *v);

/* The first of some commands begins. */
void vigil_begin(struct vigil *v, uint64_t bytes);

/* While a command runs; so many bytes were heard in all. False: the host is to be given up. */
bool vigil_step(struct vigil *v, void *ssh, uint64_t bytes);

/* Nobody listens just now: the silence is not the host's. */
void vigil_pause(struct vigil *v, uint64_t bytes);

int64_t vigil_silence_ms(const struct vigil *v);

#endif
