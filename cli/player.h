/*
 * A recorded terminal played on this one, in its own time.
 *
 * Owns the timer and the signals while it plays; reads one piece after another from
 * whoever has them. What it writes passed the gate (base/vtgate): nothing that a host
 * sent reaches the terminal by another way, and it is left as it was found, also when a
 * signal ends the play.
 */
#ifndef DROVER_CLI_PLAYER_H
#define DROVER_CLI_PLAYER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct err;
struct loop;
struct out;

struct player_spec {
	struct loop *loop;
	struct out *out;
	double speed;    /* 2: twice as fast */
	int64_t idle_ms; /* no wait is longer; 0: as it was */
	/* A piece of the recording, freed here; NULL with err: it cannot be had. */
	char *(*piece)(void *user, size_t i, size_t *ret_len, struct err *err);
	size_t pieces;
	void *user;
};

/* Until the end. 0; -1 with err; or the number of the signal that ended it. */
int player_run(const struct player_spec *spec, struct err *err);

#endif
