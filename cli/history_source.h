/*
 * Where the screens and verbs of history read: the seat's ledger, or what a test made by hand.
 *
 * Plain values and functions; every read is bounded, and whoever gives rows and events lends their texts
 * for the call. The console makes one from its ledger (tui/feed_history).
 */
#ifndef DROVER_CLI_HISTORY_SOURCE_H
#define DROVER_CLI_HISTORY_SOURCE_H

#include "engine/progress.h"
#include "ledger/ledger.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct err;

/* A run that some drover on this ledger is at. */
struct history_live {
	const char *uuid, *alias, *verb, *who;
	const char *what; /* the command in words */
	bool ours;        /* of this very console */
	size_t hosts;     /* that it is for */
	int64_t start_ms;
	const struct progress *progress; /* as far as it is told */
};

struct history_source {
	void *user;
	/* The ledger as it is now; another number: something was written since. */
	uint64_t (*generation)(void *user);
	/* Runs older than this UUID (NULL: from the newest), newest first. */
	void (*runs)(void *user, const char *before, int limit,
	    bool (*each)(void *to, const struct ledger_row *row), void *to);
	/* One run by its UUID, r-N or "last". */
	bool (*run)(void *user, const char *name, struct ledger_row *ret, struct err *err);
	void (*results)(void *user, const char *uuid,
	    bool (*each)(void *to, const struct ledger_result *result), void *to);
	/* At most limit events after seq; the last one's seq. */
	int64_t (*events)(void *user, const char *uuid, int64_t seq, int limit,
	    bool (*each)(void *to, const struct event *e), void *to);
	/* A host of this name (a shell pattern) ended in the run. */
	bool (*had)(void *user, int64_t number, const char *glob);
	/* A content by its digest; caller frees. NULL: err tells. */
	char *(*content)(void *user, const char *digest, size_t *ret_len, struct err *err);
	/* Contents of that run may have been pruned; NULL: none ever was. */
	bool (*pruned)(void *user, const char *uuid);
	int64_t (*count)(void *user); /* of runs */
	int64_t (*bytes)(void *user); /* of the ledger on the disk */
	/* What is going on, ours first; false ends it. */
	void (*live)(void *user, bool (*each)(void *to, const struct history_live *live), void *to);
	/* Refresh again soon: there is more to be read. */
	void (*again)(void *user);
	size_t (*polls)(void *user); /* questions that are out to hosts */
	/* Verbs that were started from here and have not ended. */
	void (*children)(
	    void *user, bool (*each)(void *to, const char *title, int64_t began_ms), void *to);
};

#endif
