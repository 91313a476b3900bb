/*
 * What a command writes on one host, as events of its run.
 *
 * Embedded in whoever has the command. Text that comes in pieces is told in whole characters, of a terminal in
 * lines that end by a newline; the ledger of the run keeps all of it, as it is told.
 */
#ifndef DROVER_ENGINE_OUTFLOW_H
#define DROVER_ENGINE_OUTFLOW_H

#include "remote/remote.h"

#include <stdbool.h>
#include <stddef.h>

struct herd_host;
struct ledger_output;
struct run;

/* One of its streams. */
struct outflow_side {
	struct ledger_output *kept;
	char part[4]; /* the beginning of a character whose rest has not come yet */
	size_t part_len;
	size_t returns; /* of a terminal's, that may be part of an end of line */
};

struct outflow {
	struct run *run;
	struct herd_host *hh;
	bool terminal;
	struct outflow_side side[2];
};

/* run and hh are borrowed. */
void outflow_init(struct outflow *f, struct run *run, struct herd_host *hh, bool terminal);
void outflow_add(struct outflow *f, enum stream s, const void *p, size_t n);
/* No more comes: what was held back is told, and what the ledger keeps. Nothing is left to let go of. */
void outflow_end(struct outflow *f);

#endif
