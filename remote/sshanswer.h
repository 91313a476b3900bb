/*
 * What ssh -G printed, as values: the lines drover honours, the lines it refuses.
 *
 * Pure but for the user's home directory; texts live in the arena given.
 */
#ifndef DROVER_REMOTE_SSHANSWER_H
#define DROVER_REMOTE_SSHANSWER_H

#include "remote/sshhost.h"

struct arena;
struct buf;
struct err;

/* Why a host that drover's own transport cannot reach takes ssh(1), or NULL: keys on tokens, host
 * keys from a program or a revocation list, algorithms or proofs that libssh has not. The rest of
 * the answer stands all the same. */
const char *sshanswer_needs_ssh(const struct sshconf_host *h);

/* Copy the lines that matter from ssh -G's output. usual: the picked lines of an empty
 * configuration; "" when not known, or for these themselves. */
void sshanswer_pick(const char *output, const char *usual, struct buf *to);

/* Read such lines. host: the name that was asked for (%n). usual: the picked lines of an empty
 * configuration, "" when not known. NULL: err is REFUSED (names the option) or INPUT. */
const struct sshconf_host *sshanswer_read(
    struct arena *arena, const char *host, const char *lines, const char *usual, struct err *err);

#endif
