/*
 * How far a run is: a block at the foot of a terminal, or lines in a log.
 *
 * Owns its timers. Draws on standard error alone, a carriage return only on a
 * terminal. What is finished is told here; output goes its own way above the block.
 */
#ifndef DROVER_CLI_OUT_PROGRESS_H
#define DROVER_CLI_OUT_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct loop;
struct out;
struct progress;

struct progress *progress_new(struct out *o, struct loop *loop);
void progress_free(struct progress *p); /* takes the block away */

void progress_begin(struct progress *p, const char *title, size_t hosts);
void progress_host_begins(struct progress *p, const char *host);
/* Bytes of a copy; total -1: not known. */
void progress_host_moves(struct progress *p, const char *host, int64_t bytes, int64_t total);
/* A good end is told folded, with others; of another the caller has told already. */
void progress_host_ends(struct progress *p, const char *host, bool good, const char *verdict);
void progress_flush(struct progress *p); /* tell the ends that wait to be folded */

/* A line for each host that is begun and not ended, the slowest first. */
void progress_outstanding(struct progress *p);

#endif
