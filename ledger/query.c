#include "base/event_json.h"
#include "base/mem.h"
#include "base/str.h"
#include "ledger/db.h"
#include "ledger/ledger.h"
#include "ledger/seat.h"
#include "ledger/texts.h"

#include <limits.h>
#include <string.h>

#define PAGE 256 /* events read in one transaction: a long reader would hold up checkpoints */

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

/* Which events are still to be read: ids after `at`, to `last`. */
struct span {
	int64_t at, last;
};

/* One page: texts of events are copied out before anybody is called. */
static size_t
read_page(struct ledger *l, struct span *span, size_t limit, struct event *page)
{
	struct db_query *q = db_query(l->reader,
	    "SELECT id, json FROM event WHERE id>? AND id<=? ORDER BY id LIMIT ?", "iii", span->at,
	    span->last, (int64_t)limit);
	size_t n = 0;
	struct err err;

	while (db_step(q)) {
		const char *json = db_text(q, 1);

		span->at = db_int(q, 0);
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

int64_t
ledger_events_after(struct ledger *l, const char *uuid, int64_t seq, int limit,
    bool (*each)(void *user, const struct event *e), void *user)
{
	int64_t number = db_number(l->reader, 0, "SELECT run FROM chain WHERE uuid=?", "s", uuid);
	struct span span = { store_id(number, seq), store_id(number + 1, 0) - 1 };
	autofree struct event *page = xcalloc(PAGE, sizeof(*page));
	bool wanted = number != 0;

	for (int64_t before = -1; wanted && limit > 0 && span.at != before; limit -= PAGE) {
		before = span.at;
		size_t n = read_page(l, &span, limit < PAGE ? (size_t)limit : PAGE, page);

		for (size_t i = 0; i < n; i++) {
			if (wanted) {
				seq = page[i].seq;
				wanted = each(user, &page[i]);
			}
			event_fini(&page[i]);
		}
	}
	(void)seat_read_ok(l); /* kept for ledger_failed() */
	return seq;
}

void
ledger_events(
    struct ledger *l, const char *uuid, bool (*each)(void *user, const struct event *e), void *user)
{
	ledger_events_after(l, uuid, 0, INT_MAX, each, user);
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

void
ledger_app_hosts(struct ledger *l, const char *fleet, const char *app,
    void (*each)(void *user, const char *host, const char *release), void *user)
{
	struct db_query *q = db_query(l->reader,
	    "SELECT name, release.id FROM release JOIN host ON host.id=release.host"
	    " WHERE host.fleet=? AND release.app=? ORDER BY host.id",
	    "ss", fleet, app);

	while (db_step(q))
		each(user, db_text(q, 0), db_text(q, 1));
	(void)seat_read_ok(l); /* kept for ledger_failed() */
}
