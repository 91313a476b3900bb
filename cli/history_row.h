/*
 * A run as a row of a list, with copies of its texts.
 *
 * What its first event tells is not in the ledger's row: whoever lists rows reads it
 * where it is wanted.
 */
#ifndef DROVER_CLI_HISTORY_ROW_H
#define DROVER_CLI_HISTORY_ROW_H

#include "base/uuid.h"

#include <stdbool.h>
#include <stdint.h>

struct ledger_row;

struct history_row {
	char uuid[UUID_TEXT], alias[24];
	int64_t number, start_ms, end_ms;
	int64_t hosts, ok, changed, failed, unreachable, untried, unknown;
	int64_t done; /* hosts that ended, of a run that is still at work */
	int exit;
	bool foreign, running, marked;
	/* In one block with their bytes; never NULL. */
	char *verb, *what, *doing, *who, *seat, *state, *playbook, *fleet, *git, *argv;
	/* From its first event, once the row was on the screen. */
	bool headed, console;
	char *folded; /* its hosts as a node set */
};

/* What a run does, in few words: the command of "run" without its hosts, the name of a playbook's file without
 * its directory, else the words of argv from the verb on. argv is a JSON list of texts; caller frees. */
char *history_doing(const char *verb, const char *argv, const char *playbook);

/* A row by itself, without what its first event tells. */
struct history_row *history_row_new(const struct ledger_row *from);
void history_row_free(struct history_row *r);

bool history_is_bad(const struct history_row *row);        /* it ended other than well */
const char *history_origin(const struct history_row *row); /* "cli", "console", "foreign" */

/* The whole command line, quoted for a shell, with "drover" before it; caller frees. NULL: not known. */
char *history_command(const struct history_row *row);

#endif
