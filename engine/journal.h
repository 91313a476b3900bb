/*
 * The journal's export form: lines of NAME=VALUE, or a name and a counted value, a blank line behind each
 * entry.
 *
 * A value; fed whatever pieces come. Owns what is not yet a whole entry, within a ceiling: what is longer is
 * cut there and counted, never kept. Nothing a host writes makes it read outside what it was given.
 */
#ifndef DROVER_ENGINE_JOURNAL_H
#define DROVER_ENGINE_JOURNAL_H

#include "base/buf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct err;

#define JOURNAL_VALUE_MAX (4U << 20) /* of one value; what is behind is cut */

/* Bytes of a host, not ended by a NUL; p NULL: the entry has none. */
struct journal_text {
	const char *p;
	size_t n;
};

struct journal_entry {
	int64_t time_us; /* since 1970; -1: it says none */
	int priority;    /* 0 (emergency) .. 7 (debug); 6 when it says none */
	struct journal_text cursor, message, identifier, pid, hostname, unit, container;
	size_t cut; /* bytes of its message that were left out */
};

enum journal_field {
	JOURNAL_CURSOR,
	JOURNAL_TIME,
	JOURNAL_PRIORITY,
	JOURNAL_MESSAGE,
	JOURNAL_IDENTIFIER,
	JOURNAL_SYSLOG_PID,
	JOURNAL_PID,
	JOURNAL_COMM,
	JOURNAL_HOSTNAME,
	JOURNAL_UNIT,
	JOURNAL_CONTAINER,
	JOURNAL_FIELDS
};

struct journal {
	struct buf held; /* from the beginning of the entry that is not whole yet */
	size_t at;       /* what is before it was looked at */
	size_t done;     /* what is before it was told */
	struct {
		size_t from, len, cut;
		bool set;
	} field[JOURNAL_FIELDS];
	uint64_t entries, cut; /* cut: entries whose message was */
	size_t pass_over;      /* bytes of a value beyond the ceiling that are still to come */
	bool to_newline;       /* the same of a line, whose end is not known */
};

void journal_init(struct journal *j);
void journal_fini(struct journal *j);

/* entry() is called for each whole entry, with texts that stand for that call. -1, kind FAILED, when what came
 * is not the journal's; then nothing more may be fed. */
int journal_feed(struct journal *j, const void *p, size_t n,
    void (*entry)(void *user, const struct journal_entry *e), void *user, struct err *err);

#endif
