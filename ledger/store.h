/*
 * Appending events inside a transaction: their ids, the hash chain of their run,
 * and the projections that follow.
 *
 * Belongs to whichever thread runs the transaction. Failures stay in the
 * connection until its end.
 */
#ifndef DROVER_LEDGER_STORE_H
#define DROVER_LEDGER_STORE_H

#include "base/buf.h"
#include "base/event.h"
#include "ledger/project.h"

#include <stdint.h>

struct db;

#define STORE_HASH 32

/* The end of a run's chain, as far as it is written and as far as it is durable. */
struct store_tail {
	int64_t number; /* r-N; 0: the run is not begun */
	int64_t seq, durable_seq;
	uint8_t hash[STORE_HASH], durable_hash[STORE_HASH];
	bool stale;   /* its row in `chain` is behind */
	bool touched; /* in this transaction */
	struct store_tail *next_touched;
};

struct store {
	struct db *db;
	struct project project;
	struct store_tail *touched;
	struct buf json;
};

void store_init(struct store *s, struct db *db);
void store_fini(struct store *s);

/* A new run: gives tail its number. */
void store_begin(struct store *s, struct store_tail *tail, const char *uuid);

/* The tail of a run that is there; false when there is none. */
bool store_resume(struct store *s, struct store_tail *tail, const char *uuid);

/* seq is given by the tail; e->seq must be the next or 0. */
void store_event(struct store *s, struct store_tail *tail, struct event *e);

/* The transaction is about to be committed: write what was put off. */
void store_finish(struct store *s);

/* It was committed, or rolled back. */
void store_committed(struct store *s);
void store_rolled_back(struct store *s);

/* hash of the next link: SHA-256(before || json). */
void store_link(
    const uint8_t before[STORE_HASH], const void *json, size_t len, uint8_t ret[STORE_HASH]);

/* Where the events of a run stand. */
static inline int64_t
store_id(int64_t number, int64_t seq)
{
	return (int64_t)((uint64_t)number << 32) + seq;
}

#endif
