/*
 * What a worker sees of the ssh-agent: the keys that are configured for its host,
 * and signatures by them.
 *
 * Stands between a worker's descriptor and the agent for one login. Every other
 * key, and every other request, does not exist for the worker.
 */
#ifndef DROVER_REMOTE_AGENTGATE_H
#define DROVER_REMOTE_AGENTGATE_H

#include <stddef.h>
#include <stdint.h>

struct agentgate;
struct key;
struct loop;

/* For the keys without a private part, which the agent of an IdentityAgent value signs for; they
 * outlive the gate. *ret_fd is the worker's end, the caller's. NULL and -1 when there is no such key
 * or no agent, or no descriptor left to reach it by: the login then does without those keys. */
struct agentgate *agentgate_new(struct loop *loop, const char *identity_agent,
    const struct key *const *keys, size_t n, int *ret_fd);
/* How long one signature may take; 10 s otherwise. */
void agentgate_limit(struct agentgate *g, int64_t limit_ms);
void agentgate_free(struct agentgate *g); /* NULL is nothing */

#endif
