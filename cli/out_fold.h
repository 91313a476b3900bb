/*
 * Equal outputs of hosts, gathered and shown once.
 *
 * Owns copies of what hosts said, within one ceiling for all of them; hosts that
 * said the same share one copy. Equality is that of every byte, kept or not.
 */
#ifndef DROVER_CLI_OUT_FOLD_H
#define DROVER_CLI_OUT_FOLD_H

#include <stdbool.h>
#include <stddef.h>

struct fold;
struct out;

struct fold *fold_new(void);
void fold_free(struct fold *f);

/* A piece of a host's output (stream 0) or errors (1). */
void fold_add(struct fold *f, const char *host, int stream, const void *p, size_t n);

/* The host has ended; verdict is ours: "ok", "failed: exit status 2". */
void fold_end(struct fold *f, const char *host, bool good, const char *verdict);

/* Every group: what went wrong first, then the fewest hosts first. */
void fold_print(struct fold *f, struct out *o);

#endif
