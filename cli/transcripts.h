/*
 * The terminals that a run recorded: where the pieces of each lie.
 *
 * A value; owns copies. Terminals are in the order in which they were first told.
 */
#ifndef DROVER_CLI_TRANSCRIPTS_H
#define DROVER_CLI_TRANSCRIPTS_H

#include <stddef.h>
#include <stdint.h>

struct ledger;

struct transcript_record {
	char *host, *name;
	char **digest; /* of the pieces, in order */
	size_t count, cap;
	int64_t bytes, ms; /* of output; how long it lasted, as far as is known */
};

struct transcripts {
	struct transcript_record *list;
	size_t count, cap;
};

/* Of one host, or of all (NULL). Pieces beyond 4096 a terminal, and terminals beyond 4096, are left out. */
void transcripts_read(struct transcripts *t, struct ledger *l, const char *uuid, const char *host);
void transcripts_fini(struct transcripts *t);

#endif
