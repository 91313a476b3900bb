/*
 * One asynchronous job a host, at most so many at once: for verbs that ask.
 *
 * Actor on the loop. Tells the run which hosts begin and how they end; the job
 * itself is the user's: begun by begin(), ended by sweep_host_done().
 */
#ifndef DROVER_ENGINE_SWEEP_H
#define DROVER_ENGINE_SWEEP_H

#include <stdbool.h>
#include <stddef.h>

struct err;
struct herd;
struct herd_host;
struct run;
struct sweep;

struct sweep_spec {
	struct herd *herd;
	struct run *run;
	struct herd_host *const *hosts; /* borrowed until done */
	size_t count;
	int parallel; /* 0: 64 */
	void (*begin)(void *user, struct herd_host *hh);
	/* Asked twice to stop: end the host's job, sweep_host_done() follows from here or later.
	 * NULL: such hosts end as unknown at once. */
	void (*cut)(void *user, struct herd_host *hh);
	void (*done)(void *user);
	void *user;
};

/* done() comes from the loop, never from inside this call. */
struct sweep *sweep_start(const struct sweep_spec *spec);

/* A host's job is over; err kind OK or CHANGED when it went well. Its session is let go. A host that was cut
 * before is not ended twice. */
void sweep_host_done(struct sweep *s, struct herd_host *hh, const struct err *err);

/* The first time: begin no more hosts. Again: those at work are cut. */
void sweep_stop(struct sweep *s);

/* Whether the host still waits for its answer: it has not been cut. */
bool sweep_wants(const struct sweep *s, const struct herd_host *hh);
void sweep_free(struct sweep *s);

#endif
