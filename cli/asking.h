/*
 * A verb that asks each host of a set one thing: the drive and the sweep of it.
 *
 * Owned by the verb's function; lives as long as asking_run().
 */
#ifndef DROVER_CLI_ASKING_H
#define DROVER_CLI_ASKING_H

#include "base/outcome.h"

#include <stdbool.h>

struct call;
struct err;
struct herd_host;
struct run;
struct set;
struct sweep;

struct asking {
	struct call *call;
	const struct set *set;
	const char *verb;
	int parallel;    /* at once; 0: as many as --parallel says */
	bool unrecorded; /* reads only what changes by itself: not in the ledger */
	/* Begin one host's question; its answer ends in asking_done(). */
	void (*ask)(struct asking *a, struct herd_host *hh);
	/* Asked twice to stop: end it; asking_done() follows. NULL: it ends as unknown. */
	void (*cut)(struct asking *a, struct herd_host *hh);
	/* All hosts are done, before the last line: print the result. */
	void (*print)(struct asking *a);
	void *user;
	enum outcome extra; /* set by print(): how the verb ends if nothing worse happened */
	struct run *run;    /* while it runs */
	struct sweep *sweep;
};

/* Opens what is needed, asks, prints. Gives the exit code. */
int asking_run(struct asking *a);

/* A host has answered; false when it was cut before: its answer is not wanted. */
bool asking_wants(const struct asking *a, const struct herd_host *hh);
void asking_done(struct asking *a, struct herd_host *hh, const struct err *err);

#endif
