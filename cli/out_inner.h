/* What the parts of struct out share; for cli/out*.c alone. */
#ifndef DROVER_CLI_OUT_INNER_H
#define DROVER_CLI_OUT_INNER_H

#include "base/buf.h"

#include <stdbool.h>

struct follow;
struct progress;
struct table;

enum progress_mode { PROGRESS_NONE, PROGRESS_PLAIN, PROGRESS_BAR };

struct out {
	bool json, quiet, colour, notes_colour;
	int verbose;
	enum progress_mode mode;
	struct buf pending; /* of standard output */
	bool closed;        /* the reader went away: the rest is dropped quietly */
	bool stdin_used;    /* not ours to read */
	bool held;          /* a question is on the terminal: no progress block, no reading */
	int failed;         /* errno of the first write that failed */
	struct table *table;
	struct follow *follow;
	struct progress *progress;
	void (*typed)(void *user, const char *bytes, size_t len); /* may be NULL */
	void *typed_user;
	void (*erase)(struct out *o); /* take the progress block off the terminal; may be NULL */
};

#endif
