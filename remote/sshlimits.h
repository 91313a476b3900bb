/*
 * What of an answer drover cannot do by itself: algorithms that leave nothing in
 * common, keys on tokens, proofs that only ssh(1) can give.
 *
 * Pure; texts live in the arena given.
 */
#ifndef DROVER_REMOTE_SSHLIMITS_H
#define DROVER_REMOTE_SSHLIMITS_H

struct arena;
struct sshconf_host;

/* Narrow the lists of algorithms of h to what drover does, NULL where drover's own choice stands, and
 * set needs_ssh, forbidden and weak. usual: the lines of an empty configuration, "" when unknown. */
void sshlimits_set(struct arena *arena, struct sshconf_host *h, const char *usual);

#endif
