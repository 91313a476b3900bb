/*
 * How many may be at the door at once.
 *
 * A gate owns nothing but the order of those who wait; a pass is embedded in its
 * owner. Entered in order, left by hand. A gate that learns becomes wider by a
 * little while those who went through took no longer for it, narrower when they
 * took much longer, and half as wide when some were turned away.
 */
#ifndef DROVER_REMOTE_GATE_H
#define DROVER_REMOTE_GATE_H

#include <stdbool.h>
#include <stdint.h>

struct gate_pass {
	struct gate_pass *next, *prev;
	void (*enter)(void *user); /* called once when it is this one's turn */
	void *user;
	enum { GATE_OUT, GATE_WAITING, GATE_IN } place;
};

struct gate {
	struct gate_pass waiting; /* head of a ring */
	int in, max;
	int floor, top;          /* of max; both are max while it does not learn */
	int64_t best_ms, sum_ms; /* of a round: the shortest mean so far, this one's sum */
	int well, dropped;       /* in this round */
	bool dealing;
};

void gate_init(struct gate *g, int max);
void gate_learn(struct gate *g, int floor, int top); /* from now on, within these */

/* Wait for a turn; enter() may be called before this returns. */
void gate_wait(struct gate *g, struct gate_pass *p, void (*enter)(void *user), void *user);

/* Give the turn, or the wait for it, back; nothing when it was given back before. */
void gate_leave(struct gate *g, struct gate_pass *p);

/* One went through, and what it took beyond the way there and back; one was turned away because too
 * many came at once. */
void gate_well(struct gate *g, int64_t ms);
void gate_dropped(struct gate *g);

#endif
