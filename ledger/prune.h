/*
 * Old contents out of the ledger: what hosts said and showed, and the texts of files.
 *
 * Events stay, and so do their chains, results and lists: what is taken away is contents that no run names any more
 * but those that are pruned. A run is pruned only when it has ended and nothing is in need of it.
 */
#ifndef DROVER_LEDGER_PRUNE_H
#define DROVER_LEDGER_PRUNE_H

#include <stdbool.h>
#include <stdint.h>

struct err;
struct ledger;

struct prune {
	int64_t before_ms; /* runs of this seat that ended before that; INT64_MAX: whenever */
	int64_t keep;      /* but not the newest so many */
	bool transcripts;  /* only what terminals showed */
	int64_t
	    most; /* with transcripts, in place of before_ms: the oldest beyond so many bytes; 0: none */
	const char *fleet; /* of that one; NULL: all */
	const char *own;   /* the UUID of the run that does this; NULL: none */
	bool dry;          /* only count */
};

struct pruned {
	int64_t runs, contents, bytes; /* bytes: as they lie there, compressed */
	/* Runs that would have been pruned too: */
	int64_t open;     /* have not ended */
	int64_t last;     /* the last that changed one of its hosts, which undo takes back */
	int64_t releases; /* brought a release that a host has */
	int64_t owed;     /* hosts are owed them */
};

/* One transaction under the write lock: who opens the ledger or writes to it meanwhile waits. Kind LOCKED while a
 * run is at work that is no terminal. Contents that no event ever named go too, if nobody else has the ledger open
 * and it is not only about transcripts. */
int ledger_prune(struct ledger *l, const struct prune *what, struct pruned *ret, struct err *err);

/* When the contents of a run were pruned, all or its terminals'; 0: never. */
int64_t ledger_pruned_ms(struct ledger *l, int64_t number);
bool ledger_is_pruned(struct ledger *l, const char *uuid);

/* Give the space of what is gone back to the file system, if it is a quarter of the file or more. The ledger at
 * that path (NULL: the usual) is opened by nobody here. *ret_bytes: how much smaller it is; 0: not worth it, or
 * others have it open. */
int ledger_compact(const char *path, int64_t *ret_bytes, struct err *err);

#endif
