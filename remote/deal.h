/*
 * Which host crashes workers: found by halves.
 *
 * Pure. When a worker dies, all hosts it held are suspects; they are dealt into
 * two groups that share no worker with anybody else. A group whose worker dies
 * is dealt again, until one host is alone when it dies: the culprit. Hosts are
 * known by name, so that one that comes back meets its own group. Groups only
 * ever shrink, so a hunt ends after as many deaths as halvings.
 */
#ifndef DROVER_REMOTE_DEAL_H
#define DROVER_REMOTE_DEAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct deal;

struct deal *deal_new(void);
void deal_free(struct deal *d);

/* The group of a host; 0: not suspected. */
uint32_t deal_group(const struct deal *d, const char *host);

/* It was alone, and not for the first time under suspicion, when its worker died. */
bool deal_is_culprit(const struct deal *d, const char *host);

/* A worker died that held these hosts; a name may stand there more than once. */
void deal_died(struct deal *d, const char *const *hosts, size_t n);

/* A host did its work and left: it is suspected no more, unless it is a culprit. */
void deal_clear(struct deal *d, const char *host);

#endif
