#include "base/buf.h"
#include "base/mem.h"
#include "base/str.h"
#include "ledger/db.h"
#include "ledger/ledger.h"
#include "ledger/lock.h"
#include "ledger/seat.h"
#include "ledger/texts.h"

#include <string.h>

#define PAGE 256 /* events read in one transaction: a long reader would hold up checkpoints */

#define ROW                                                                                        \
	"SELECT number, uuid, verb, fleet, playbook, argv, seat, git, start_ms, end_ms, state,"    \
	" CASE WHEN hosts>0 THEN hosts ELSE (SELECT count(*) FROM result WHERE run=number) END,"   \
	" ok, changed, failed, unreachable, untried, unknown, exit FROM run "

bool
ledger_changed(struct ledger *l)
{
	int64_t version = db_number(l->reader, 0, "PRAGMA data_version", "");
	bool changed = version != l->seen_version;

	l->seen_version = version;
	return seat_read_ok(l) && changed;
}

#define HOST                                                                                       \
	"SELECT fleet, name, machine_id, boot_id, stranger, generation, seen_ms, strayed FROM "    \
	"host "

static void
read_host(struct ledger *l, struct db_query *q, struct ledger_host *ret)
{
	struct ledger_texts *t = l->texts;

	texts_clear(t, TEXTS_HOST);
	*ret = (struct ledger_host){ .fleet = texts_keep(t, TEXTS_HOST, db_text(q, 0)),
		.name = texts_keep(t, TEXTS_HOST, db_text(q, 1)),
		.machine_id = texts_keep(t, TEXTS_HOST, db_text(q, 2)),
		.boot_id = texts_keep(t, TEXTS_HOST, db_text(q, 3)),
		.stranger = texts_keep(t, TEXTS_HOST, db_text(q, 4)),
		.generation = db_int(q, 5),
		.seen_ms = db_int(q, 6),
		.strayed = db_int(q, 7) != 0 };
}

bool
ledger_host(struct ledger *l, const char *fleet, const char *name, struct ledger_host *ret)
{
	struct db_query *q =
	    db_query(l->reader, HOST "WHERE fleet=? AND name=?", "ss", fleet, name);

	if (!db_step(q)) {
		(void)seat_read_ok(l); /* kept for ledger_failed() */
		return false;
	}
	read_host(l, q, ret);
	db_done(q);
	return true;
}

void
ledger_hosts(struct ledger *l, const char *fleet,
    void (*each)(void *user, const struct ledger_host *host), void *user)
{
	struct db_query *q = db_query(l->reader, HOST "WHERE fleet=?", "s", fleet);
	struct ledger_host host;

	while (db_step(q)) {
		read_host(l, q, &host);
		each(user, &host);
	}
	(void)seat_read_ok(l); /* kept for ledger_failed() */
}

void
ledger_hosts_facts(struct ledger *l, const char *fleet, const char *keys,
    void (*each)(void *user, const char *host, const char *key, const char *value), void *user)
{
	struct db_query *q = db_query(l->reader,
	    "SELECT host.name, fact.name, value FROM host JOIN fact ON fact.host=host.id"
	    " WHERE fleet=? AND instr(' '||?||' ', ' '||fact.name||' ')>0",
	    "ss", fleet, keys);

	while (db_step(q))
		each(user, db_text(q, 0), db_text(q, 1), db_text(q, 2));
	(void)seat_read_ok(l); /* kept for ledger_failed() */
}

void
ledger_facts(struct ledger *l, const char *fleet, const char *name,
    void (*each)(void *user, const char *key, const char *value), void *user)
{
	struct db_query *q = db_query(l->reader,
	    "SELECT fact.name, value FROM fact JOIN host ON host.id=fact.host"
	    " WHERE fleet=? AND host.name=? ORDER BY fact.name",
	    "ss", fleet, name);

	while (db_step(q))
		each(user, db_text(q, 0), db_text(q, 1));
	(void)seat_read_ok(l); /* kept for ledger_failed() */
}

const char *
ledger_fact(struct ledger *l, const char *fleet, const char *name, const char *key)
{
	struct db_query *q = db_query(l->reader,
	    "SELECT value FROM fact JOIN host ON host.id=fact.host"
	    " WHERE fleet=? AND host.name=? AND fact.name=?",
	    "sss", fleet, name, key);
	const char *value = NULL;

	if (db_step(q)) {
		texts_clear(l->texts, TEXTS_FACT);
		value = texts_keep(l->texts, TEXTS_FACT, db_text(q, 0));
		db_done(q);
	}
	(void)seat_read_ok(l); /* kept for ledger_failed() */
	return value;
}

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
ledger_host_outcome(
    struct ledger *l, const char *fleet, const char *host, int64_t number, char *to, size_t size)
{
	struct db_query *q = db_query(l->reader,
	    "SELECT state FROM result WHERE run=? AND host="
	    "(SELECT id FROM host WHERE fleet=? AND name=?)",
	    "iss", number, fleet, host);

	str_copy(to, size, "");
	if (db_step(q)) {
		const char *state = db_text(q, 0);

		str_copy(to, size, state ? state : "");
		db_done(q);
	}
	(void)seat_read_ok(l); /* kept for ledger_failed() */
}

void
ledger_strayed(struct ledger *l, const char *fleet, const char *host,
    void (*each)(void *user, const char *playbook), void *user)
{
	struct db_query *q = db_query(l->reader,
	    "SELECT playbook FROM stray WHERE host=(SELECT id FROM host WHERE fleet=? AND name=?)"
	    " ORDER BY playbook LIMIT 8",
	    "ss", fleet, host);

	while (db_step(q))
		each(user, db_text(q, 0));
	(void)seat_read_ok(l); /* kept for ledger_failed() */
}

void
ledger_results(struct ledger *l, const char *uuid,
    bool (*each)(void *user, const struct ledger_result *result), void *user)
{
	struct db_query *q = db_query(l->reader,
	    "SELECT name, result.state, signal, phase, text, rc, ms, result.changed FROM result"
	    " JOIN host ON host.id=result.host WHERE run=(SELECT number FROM run WHERE uuid=?)"
	    " ORDER BY host.id",
	    "s", uuid);

	while (db_step(q)) {
		const struct ledger_result r = { .host = db_text(q, 0),
			.state = db_text(q, 1),
			.signal = db_text(q, 2),
			.phase = db_text(q, 3),
			.text = db_text(q, 4),
			.rc = db_int(q, 5),
			.ms = db_int(q, 6),
			.changed = db_int(q, 7) };

		if (!each(user, &r)) {
			db_done(q);
			break;
		}
	}
	(void)seat_read_ok(l); /* kept for ledger_failed() */
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

/* One page: texts of events are copied out before anybody is called. */
static size_t
read_page(struct ledger *l, int64_t after, int64_t last, struct event *page, int64_t *ret_id)
{
	struct db_query *q = db_query(l->reader,
	    "SELECT id, json FROM event WHERE id>? AND id<=? ORDER BY id LIMIT ?", "iii", after,
	    last, (int64_t)PAGE);
	size_t n = 0;
	struct err err;

	while (db_step(q)) {
		const char *json = db_text(q, 1);

		*ret_id = db_int(q, 0);
		if (event_from_json(&page[n], json, strlen(json), &err) == 0) {
			n++;
			continue;
		}
		err.kind = OUTCOME_STORAGE;
		if (!l->read_failed)
			l->read_err = err;
		l->read_failed = true;
	}
	return seat_read_ok(l) ? n : 0;
}

void
ledger_events(
    struct ledger *l, const char *uuid, bool (*each)(void *user, const struct event *e), void *user)
{
	int64_t number = db_number(l->reader, 0, "SELECT run FROM chain WHERE uuid=?", "s", uuid);
	int64_t at = store_id(number, 0), last = store_id(number + 1, 0) - 1, before = -1;
	autofree struct event *page = xcalloc(PAGE, sizeof(*page));
	bool wanted = number != 0;

	while (wanted && at != before) {
		before = at;
		size_t n = read_page(l, at, last, page, &at);
		for (size_t i = 0; i < n; i++) {
			wanted = wanted && each(user, &page[i]);
			event_fini(&page[i]);
		}
	}
	(void)seat_read_ok(l); /* kept for ledger_failed() */
}

void
ledger_owed(struct ledger *l, const char *fleet,
    void (*each)(void *user, const char *host, const char *playbook, const char *run), void *user)
{
	struct db_query *q = db_query(l->reader,
	    "SELECT name, owed.playbook, uuid FROM owed JOIN host ON host.id=owed.host"
	    " JOIN run ON number=owed.run WHERE host.fleet=? ORDER BY host.id, owed.playbook",
	    "s", fleet);

	while (db_step(q))
		each(user, db_text(q, 0), db_text(q, 1), db_text(q, 2));
	(void)seat_read_ok(l); /* kept for ledger_failed() */
}
