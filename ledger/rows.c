/* Runs as rows, newest first, in pages. */
#include "base/mem.h"
#include "base/str.h"
#include "ledger/db.h"
#include "ledger/ledger.h"
#include "ledger/lock.h"
#include "ledger/seat.h"
#include "ledger/texts.h"

#include <string.h>

#define ROW                                                                                        \
	"SELECT number, uuid, verb, fleet, playbook, argv, seat, git, start_ms, end_ms, state,"    \
	" CASE WHEN hosts>0 THEN hosts ELSE (SELECT count(*) FROM result WHERE run=number) END,"   \
	" ok, changed, failed, unreachable, untried, unknown, exit FROM run "

/* Who has not said how it ended still runs, or never will say. */
static const char *
run_state(struct ledger *l, const char *uuid, const char *seat, const char *state, bool ended)
{
	if (ended)
		return state ? state : "unknown";
	if (!str_eq(seat, l->seat))
		return "foreign";
	autofree char *lock = place_run_lock(&l->place, uuid);
	return lock_is_held(lock) ? "running" : "unfinished";
}

static const char *
lend(struct ledger *l, struct db_query *q, int column)
{
	const char *s = db_text(q, column);

	return texts_keep(l->texts, TEXTS_RUN, s ? s : "");
}

/* Texts are never NULL. */
static void
read_row(struct ledger *l, struct db_query *q, struct ledger_row *row)
{
	autofree char *alias = xasprintf("r-%lld", (long long)db_int(q, 0));

	texts_clear(l->texts, TEXTS_RUN);
	*row = (struct ledger_row){ .number = db_int(q, 0),
		.alias = texts_keep(l->texts, TEXTS_RUN, alias),
		.uuid = lend(l, q, 1),
		.verb = lend(l, q, 2),
		.fleet = lend(l, q, 3),
		.playbook = lend(l, q, 4),
		.argv = lend(l, q, 5),
		.seat = lend(l, q, 6),
		.git = lend(l, q, 7),
		.start_ms = db_int(q, 8),
		.end_ms = db_int(q, 9),
		.hosts = db_int(q, 11),
		.ok = db_int(q, 12),
		.changed = db_int(q, 13),
		.failed = db_int(q, 14),
		.unreachable = db_int(q, 15),
		.untried = db_int(q, 16),
		.unknown = db_int(q, 17),
		.exit = (int)db_int(q, 18) };
	row->state = texts_keep(l->texts, TEXTS_RUN,
	    run_state(l, row->uuid, row->seat, db_text(q, 10), row->end_ms != 0));
}

static void
each_row(struct ledger *l, struct db_query *q,
    bool (*each)(void *user, const struct ledger_row *row), void *user)
{
	struct ledger_row row;

	while (db_step(q)) {
		read_row(l, q, &row);
		if (!each(user, &row)) {
			db_done(q);
			break;
		}
	}
	(void)seat_read_ok(l); /* kept for ledger_failed() */
}

void
ledger_runs(struct ledger *l, const char *fleet, int limit,
    bool (*each)(void *user, const struct ledger_row *row), void *user)
{
	struct db_query *q =
	    fleet ? db_query(l->reader, ROW "WHERE fleet=? ORDER BY uuid DESC LIMIT ?", "si", fleet,
			(int64_t)limit)
		  : db_query(l->reader, ROW "ORDER BY uuid DESC LIMIT ?", "i", (int64_t)limit);

	each_row(l, q, each, user);
}

void
ledger_host_runs(struct ledger *l, const char *fleet, const char *host, int limit,
    bool (*each)(void *user, const struct ledger_row *row), void *user)
{
	struct db_query *q = db_query(l->reader,
	    ROW "WHERE number IN (SELECT run FROM result WHERE host="
		"(SELECT id FROM host WHERE fleet=? AND name=?) ORDER BY run DESC LIMIT ?)"
		" ORDER BY number DESC",
	    "ssi", fleet, host, (int64_t)limit);

	each_row(l, q, each, user);
}

void
ledger_runs_before(struct ledger *l, const char *before, int limit,
    bool (*each)(void *user, const struct ledger_row *row), void *user)
{
	struct db_query *q =
	    before ? db_query(l->reader, ROW "WHERE uuid<? ORDER BY uuid DESC LIMIT ?", "si",
			 before, (int64_t)limit)
		   : db_query(l->reader, ROW "ORDER BY uuid DESC LIMIT ?", "i", (int64_t)limit);

	each_row(l, q, each, user);
}

void
ledger_open_runs(
    struct ledger *l, int limit, bool (*each)(void *user, const struct ledger_row *row), void *user)
{
	struct db_query *q =
	    db_query(l->reader, ROW "WHERE end_ms=0 AND seat=? ORDER BY uuid DESC LIMIT ?", "si",
		l->seat, (int64_t)limit);

	each_row(l, q, each, user);
}

bool
ledger_run_had(struct ledger *l, int64_t number, const char *glob)
{
	bool had = db_number(l->reader, 0,
		       "SELECT 1 FROM result JOIN host ON host.id=result.host"
		       " WHERE run=? AND name GLOB ? LIMIT 1",
		       "is", number, glob) != 0;

	return seat_read_ok(l) && had;
}

int64_t
ledger_run_count(struct ledger *l)
{
	int64_t n = db_number(l->reader, 0, "SELECT max(number) FROM run", "");

	return seat_read_ok(l) ? n : 0;
}

int64_t
ledger_bytes(struct ledger *l)
{
	int64_t pages = db_number(l->reader, 0, "PRAGMA page_count", "");
	int64_t size = db_number(l->reader, 0, "PRAGMA page_size", "");

	return seat_read_ok(l) ? pages * size : 0;
}

static struct db_query *
query_run(struct ledger *l, const char *name)
{
	int64_t number;

	if (str_eq(name, "last"))
		return db_query(
		    l->reader, ROW "WHERE seat=? ORDER BY number DESC LIMIT 1", "s", l->seat);
	if (str_starts(name, "r-") && str_int(name + 2, 1, INT64_MAX, &number))
		return db_query(l->reader, ROW "WHERE number=?", "i", number);
	if (strlen(name) < 6 || strspn(name, "0123456789abcdef-") != strlen(name))
		return NULL;
	autofree char *end = xasprintf("%s~", name);
	return db_query(l->reader, ROW "WHERE uuid>=? AND uuid<? LIMIT 2", "ss", name, end);
}

bool
ledger_find_run(struct ledger *l, const char *name, struct ledger_row *ret, struct err *err)
{
	struct db_query *q = query_run(l, name);
	bool found = false, again = false;

	if (!q) {
		err_set(err, OUTCOME_USAGE,
		    "%.60s: a run is r-N, last, or 6 digits or more of its UUID", name);
		return false;
	}
	found = db_step(q);
	if (found) {
		read_row(l, q, ret);
		again = db_step(q);
		if (again)
			db_done(q);
	}
	if (!seat_read_ok(l)) {
		*err = l->read_err;
		return false;
	}
	if (again)
		err_set(err, OUTCOME_USAGE, "%.60s: more than one run begins so", name);
	else if (!found)
		err_set(err, OUTCOME_USAGE, "%.60s: there is no such run", name);
	return found && !again;
}
