/*
 * What the agents hold: each asked once in a few seconds for all hosts.
 *
 * One per store of keys; owns every key that an agent ever showed, so that what was
 * given out lives on.
 */
#ifndef DROVER_REMOTE_HOLDER_H
#define DROVER_REMOTE_HOLDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct err;
struct holder;
struct holders;
struct key;
struct loop;

/* listed() after each answer of an agent. limit_ms: as in agent_spec. */
struct holders *holders_new(
    struct loop *loop, int64_t limit_ms, void (*listed)(void *user), void *user);
void holders_free(struct holders *h);

/* The agent at a socket; NULL for NULL. */
struct holder *holders_of(struct holders *h, const char *path);

/* True when what it holds is known; asks it when it is not. */
bool holder_is_listed(struct holder *h);

/* The key, if it holds it now; h NULL is no agent. */
const struct key *holder_find(const struct holder *h, const void *blob, size_t len);

/* Each key it holds now, in its order: start with NULL. */
const struct key *holder_next(const struct holder *h, const struct key *before);

/* Why it was of no use; NULL: it was. */
const char *holder_fault(const struct holder *h);

#endif
