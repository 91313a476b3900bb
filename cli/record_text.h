/*
 * A recorded run told in lines: what changed, how hosts ended, its diffs, one host's part, and how two runs
 * differ. Pure but for the outputs, which are read from the source.
 */
#ifndef DROVER_CLI_RECORD_TEXT_H
#define DROVER_CLI_RECORD_TEXT_H

#include "cli/record.h"

struct buf;
struct history_row;

/* The few lines under the list: bad steps and hosts first, what changed by resource over hosts, then where
 * it came from. A line begins with "x ", "+ ", "? " or "  ". */
void record_tell(const struct record *r, const struct history_row *row, struct buf *to);

/* Every content that changed, each diff once with the hosts that had it. False: there is none. */
bool record_tell_diffs(const struct record *r, struct buf *to);

/* One host: how it ended, its steps, and what it said. */
void record_tell_host(const struct record *r, size_t host, struct buf *to);

/* What is different between two runs: their hosts' results, their steps, their outputs. */
void record_compare(const struct record *a, const char *a_name, const struct record *b,
    const char *b_name, struct buf *to);

#endif
