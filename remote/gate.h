/*
 * How many may be at the door at once.
 *
 * A gate owns nothing but the order of those who wait; a pass is embedded in its
 * owner. Entered in order, left by hand.
 */
#ifndef DROVER_REMOTE_GATE_H
#define DROVER_REMOTE_GATE_H

#include <stdbool.h>

struct gate_pass {
	struct gate_pass *next, *prev;
	void (*enter)(void *user); /* called once when it is this one's turn */
	void *user;
	enum { GATE_OUT, GATE_WAITING, GATE_IN } place;
};

struct gate {
	struct gate_pass waiting; /* head of a ring */
	int in, max;
	bool dealing;
};

void gate_init(struct gate *g, int max);

/* Wait for a turn; enter() may be called before this returns. */
void gate_wait(struct gate *g, struct gate_pass *p, void (*enter)(void *user), void *user);

/* Give the turn, or the wait for it, back; nothing when it was given back before. */
void gate_leave(struct gate *g, struct gate_pass *p);

#endif
