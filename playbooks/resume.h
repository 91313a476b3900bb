/*
 * What became of the acts of an earlier run: asked of the hosts themselves.
 *
 * Actor on the loop. Reads from the ledger which hosts an act was sent to and
 * have no proved end, follows the result file of each on its host to its end, and
 * ends every host of the list with one EVENT_HOST_END. Changes nothing anywhere.
 */
#ifndef DROVER_PLAYBOOKS_RESUME_H
#define DROVER_PLAYBOOKS_RESUME_H

#include "base/outcome.h"

#include <stdbool.h>
#include <stddef.h>

struct err;
struct herd;
struct ledger;
struct resume;
struct run;

/* The run's hosts that are not proved: without an end, or ended unknown. NULL with kind USAGE: the
 * ledger has no such run, or it was no apply. */
struct resume *resume_new(struct ledger *l, const char *uuid, struct err *err);
size_t resume_count(const struct resume *r);
/* Of this one an act may be on its host; nothing was sent to the others, which end as untried. */
bool resume_sent(const struct resume *r, size_t i);
const char *resume_host(const struct resume *r, size_t i);
/* Outcomes of the run's other hosts; each(user, outcome). */
void resume_others(const struct resume *r, void (*each)(void *user, enum outcome o), void *user);

struct resume_config {
	struct herd *herd;
	struct run *run;          /* that gets the events: the run itself, adopted, or another */
	int parallel;             /* 0: 64 */
	void (*done)(void *user); /* from the loop, once, last */
	void *user;
};
void resume_start(struct resume *r, const struct resume_config *config);
void resume_free(struct resume *r);

#endif
