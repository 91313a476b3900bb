/*
 * Which hosts to take together so that no failure domain suffers whole.
 *
 * Pure. A failure domain is what fails at once: a rack, a site. Hosts are numbers
 * from 0, domains from 0 to the number of hosts.
 */
#ifndef DROVER_PLAYBOOKS_SPREAD_H
#define DROVER_PLAYBOOKS_SPREAD_H

#include <stdbool.h>
#include <stddef.h>

struct spread_host {
	size_t domain;
	bool there; /* counts at all: false for one that was not reached */
	bool waits; /* may be taken */
	bool up;    /* was not found or made unwell; true for one that waits */
};

/* At most want of those that wait, into ret, from as many domains as possible. Where there are several
 * domains, one that has several hosts keeps one up; when no host can be taken so, it is one alone. */
size_t spread_pick(const struct spread_host *host, size_t n, size_t want, size_t *ret);

#endif
