/*
 * What the hosts of a set say of their apps, for verbs that ask each of them (cli/asking.h).
 *
 * Owned by the verb's function; lives as long as its asking. Each host of the inventory has its
 * place, asked or not.
 */
#ifndef DROVER_CLI_SIGHTINGS_H
#define DROVER_CLI_SIGHTINGS_H

#include "base/err.h"
#include "playbooks/sighting.h"

struct asking;
struct herd_host;

struct sightings {
	struct sighting *item; /* by the host's index */
	bool *came;            /* its answer was read */
	struct err *err;       /* how its question ended; unreachable until it does */
	size_t count;
	bool as_root; /* what others than root see is not all: the host counts as refused */
	struct asking *asking;
};

void sightings_init(struct sightings *s, size_t hosts, bool as_root);
void sightings_fini(struct sightings *s);

/* Begin one host's question, as asking's ask(): units are names to look for beside what drover put
 * there, one a line. Its answer ends in asking_done(). */
void sightings_ask(struct sightings *s, struct asking *a, struct herd_host *hh, const char *units);

#endif
