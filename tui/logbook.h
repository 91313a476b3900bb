/*
 * Lines of many hosts, merged by time, millions of them.
 *
 * Owns the lines: their bytes in the order they came, an index of them in the order of time, both in blocks
 * that go to a file when there are too many. A line that comes late goes to its place; lines of the same time
 * stand in the order they came. Every line carries what a filter and a search found in it; what was not looked
 * at yet is looked at in slices. Pure but for the file.
 */
#ifndef DROVER_TUI_LOGBOOK_H
#define DROVER_TUI_LOGBOOK_H

#include "base/err.h"
#include "tui/finder.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LOGBOOK_MEMORY (56U << 20)

struct logbook;

struct logbook *logbook_new(size_t memory);
void logbook_free(struct logbook *b);
void logbook_clear(struct logbook *b);

/* Add a line; source < 65536, level 0..7. Line ends at its end are left out. */
struct logbook_add {
	int64_t time_us;
	size_t source;
	int level;
	const char *text;
	size_t len;
};
void logbook_add(struct logbook *b, const struct logbook_add *line);

uint64_t logbook_count(const struct logbook *b); /* lines */
uint64_t logbook_bytes(const struct logbook *b); /* of their texts */
size_t logbook_memory(const struct logbook *b);  /* in use */
const struct err *logbook_err(
    const struct logbook *b); /* kind OK, or why lines cannot go to a file */
/* Try again what could not be written. */
void logbook_retry(struct logbook *b);

/* Which lines there are to be seen. Looked at from here on, in slices. */
struct logbook_filter {
	const char *typed;  /* as match.h reads it; "" or NULL: all */
	int level;          /* 0..7: nothing less grave; -1: all */
	const bool *hidden; /* a bool a source; copied; NULL: none is */
	size_t sources;
	int context; /* lines around those that are kept */
};
void logbook_filter(struct logbook *b, const struct logbook_filter *f);
void logbook_search(struct logbook *b, const char *typed);
const struct finder *logbook_finder(const struct logbook *b); /* of the search */

/* Look at lines that were not looked at, the newest first, for at most this long. True: there are more. */
bool logbook_work(struct logbook *b, int64_t us);
bool logbook_is_done(const struct logbook *b);

/* Which line it is, whatever is added. */
struct logbook_place {
	int64_t time_us;
	uint32_t where;
};
extern const struct logbook_place logbook_end;
int logbook_compare(struct logbook_place a, struct logbook_place b);

struct logbook_line {
	struct logbook_place place;
	size_t source;
	int level;
	bool marked, hit;
	uint32_t hash;    /* equal texts have equal ones */
	const char *text; /* stands until the next call for another line */
	size_t len;
};

enum logbook_found {
	LOGBOOK_NONE, /* there is none */
	LOGBOOK_FOUND,
	LOGBOOK_LATER, /* not looked at so far in the time given: ask again */
};

/* The nearest line to be seen behind (or before) a place, that place itself left out; with hit the nearest that
 * the search found. Looks at lines for at most us. */
struct logbook_step {
	struct logbook_place from;
	bool back, hit;
	int64_t us;
};
enum logbook_found logbook_next(
    struct logbook *b, const struct logbook_step *step, struct logbook_line *ret);

/* The line of a place; false when there is none. */
bool logbook_get(struct logbook *b, struct logbook_place place, struct logbook_line *ret);
/* The last of all lines, seen or not. */
bool logbook_last(struct logbook *b, struct logbook_line *ret);
void logbook_mark(struct logbook *b, struct logbook_place place, bool on);

/* Of the lines that can be seen: how many there are, were found, and stand before or at a place; so far as they
 * were looked at. */
struct logbook_counts {
	uint64_t seen, hits, seen_before, hits_before;
};
void logbook_counts(struct logbook *b, struct logbook_place place, struct logbook_counts *ret);

#endif
