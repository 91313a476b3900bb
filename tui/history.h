/*
 * The runs of a ledger as a list: read page by page as the reader goes back in time, filtered, and kept up
 * with what is written meanwhile.
 *
 * A value embedded in a view's state; owns copies of its rows. Reads in slices of a few milliseconds; what
 * is left is read at the next refresh, which it asks its source for.
 */
#ifndef DROVER_TUI_HISTORY_H
#define DROVER_TUI_HISTORY_H

#include "base/uuid.h"
#include "cli/history_row.h"
#include "tui/history_words.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct history_source;

struct history {
	const struct history_source *source;
	struct history_words words;
	bool filtered;
	struct history_row **rows; /* by UUID, the newest first */
	size_t count, cap;
	struct history_row **shown; /* the running ones first */
	char oldest[UUID_TEXT];     /* as far back as was read; "": nothing yet */
	bool all;                   /* there is nothing older */
	uint64_t generation;
	int64_t total, bytes;
};

void history_init(struct history *h, const struct history_source *source);
void history_fini(struct history *h);

/* Only runs that agree with these words (history_words.h); "": all. */
void history_filter(struct history *h, const char *typed);

/* Take in what is new, and read on until there are `want` rows or it took too long. */
void history_refresh(struct history *h, size_t want);

/* What a row has from its run's first event; reads it once. */
void history_head(struct history *h, struct history_row *row);

struct history_row *history_find(struct history *h, const char *uuid);

#endif
