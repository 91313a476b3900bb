/*
 * One run of a batch verb, driven on the loop to its end.
 *
 * Owns the run, the signals and the time limit while it lasts. The first INT,
 * TERM or HUP asks the run to stop and lets what is running end, the second
 * cuts; run.end is the last event, whatever happened.
 */
#ifndef DROVER_CLI_DRIVE_H
#define DROVER_CLI_DRIVE_H

#include "base/outcome.h"

#include <stdbool.h>

struct call;
struct drive;
struct event;
struct run;
struct set;

struct drive_spec {
	struct call *call; /* its herd is open */
	const struct set *set;
	const char *verb;
	bool fold;         /* -b */
	bool unrecorded;   /* the ledger is not told */
	bool silent;       /* nothing of its events is printed: the verb shows them itself */
	bool endless;      /* a signal is the way to end it: nothing is said about stopping */
	const char *adopt; /* the unfinished run of this UUID goes on; NULL: a new one */
	/* More fields of run.start; may be NULL. */
	void (*describe)(void *user, struct event *start);
	/* Asked to stop: the first time let the running end, again cut. signum 0: --timeout. */
	void (*stop)(void *user, int signum);
	void *user;
};

/* The run is in the ledger when this returns. NULL: said why, call->exit is set. */
struct drive *drive_new(const struct drive_spec *spec);
struct run *drive_run(struct drive *d);

/* The verb's work is over: from its done callback, or before drive_wait(). */
void drive_end(struct drive *d, enum outcome extra);

/* Turn the loop until drive_end(), record, print. Gives the exit code and frees d. ret_largest (may
 * be NULL): the largest exit status a host's command had. */
int drive_wait(struct drive *d, int *ret_largest);

#endif
