/*
 * An open ledger from the inside: what its parts share.
 *
 * The writing connection belongs to the writer's thread, the reading one to the
 * thread that opened the ledger.
 */
#ifndef DROVER_LEDGER_SEAT_H
#define DROVER_LEDGER_SEAT_H

#include "base/err.h"
#include "ledger/place.h"
#include "ledger/store.h"

#include <stdbool.h>

struct db;
struct writer;

struct ledger {
	struct place place;
	char *seat;
	struct db *reader, *writing;
	struct store store;
	struct writer *writer; /* NULL: opened to read */
	int lock_fd;
	bool read_failed;
	struct err read_err;
	int64_t seen_version;       /* of the database, at the last ledger_changed() */
	struct ledger_texts *texts; /* what the look-ups lend out */
};

/* After a query: keep its failure, if there was one. False then. */
bool seat_read_ok(struct ledger *l);

#endif
