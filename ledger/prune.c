#include "ledger/prune.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/digest.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/strmap.h"
#include "ledger/db.h"
#include "ledger/ledger.h"
#include "ledger/lock.h"
#include "ledger/seat.h"
#include "ledger/writer.h"

#include <string.h>

#define HEX 64

/* Contents that may go, by digest. */
struct sweep {
	struct db *db;
	struct arena *arena;
	struct strmap map; /* from a digest to its place */
	struct swept {
		const char *digest;
		bool kept, pruned; /* a run that stays names it; one that is pruned does */
	} * list;
	size_t count, cap;
};

struct prune_job {
	struct writer_job job;
	struct ledger *ledger;
	const struct prune *what;
	struct pruned *ret;
	struct err *err;
	int rc;
};

static void
add_digest(struct sweep *s, const char *digest)
{
	const char *key = arena_strdup(s->arena, digest);

	if (!strmap_add(&s->map, key, s->count, NULL))
		return;
	mem_grow(s->list, s->count, s->cap);
	s->list[s->count++] = (struct swept){ .digest = key };
}

/* Whatever stands in an event as a digest does is taken for one: sooner too much is kept than too little. */
static void
each_digest(const char *json, void (*each)(struct sweep *s, const char *digest), struct sweep *s)
{
	char digest[HEX + 1];

	while (*json) {
		size_t n = strspn(json, "0123456789abcdef");

		if (n == HEX) {
			memcpy(digest, json, HEX);
			digest[HEX] = '\0';
			each(s, digest);
		}
		json += n;
		json += strcspn(json, "0123456789abcdef");
	}
}

static void
mark_pruned(struct sweep *s, const char *digest)
{
	size_t i;

	if (strmap_find(&s->map, digest, &i))
		s->list[i].pruned = true;
}

static void
mark_kept(struct sweep *s, const char *digest)
{
	size_t i;

	if (strmap_find(&s->map, digest, &i))
		s->list[i].kept = true;
}

/* A run that writes contents and has not named them yet would lose them. */
static bool
is_busy(struct prune_job *p, struct db *db)
{
	struct db_query *q = db_query(
	    db, "SELECT number, uuid, verb FROM run WHERE end_ms=0 AND verb IS NOT 'ssh'", "");
	bool busy = false;

	while (!busy && db_step(q)) {
		const char *uuid = db_text(q, 1), *verb = db_text(q, 2);
		autofree char *lock = place_run_lock(&p->ledger->place, uuid ? uuid : "");

		busy = lock_is_held(lock) && (!p->what->own || !str_eq(uuid, p->what->own));
		if (!busy)
			continue;
		p->rc = err_set(p->err, OUTCOME_LOCKED,
		    "r-%lld (%s) is at work: prune when it has ended", (long long)db_int(q, 0),
		    verb ? verb : "?");
		db_done(q);
	}
	return busy;
}

/* What is chosen by age, or but for the newest. */
static void
choose_old(const struct prune_job *p, struct db *db)
{
	const struct prune *w = p->what;

	db_run(db,
	    "INSERT OR IGNORE INTO temp.prune_run SELECT number FROM run WHERE seat=?1 AND"
	    " verb IS NOT 'prune' AND end_ms>0 AND end_ms<?2 AND (?3 IS NULL OR fleet=?3) AND (NOT "
	    "?4 OR verb='ssh') AND"
	    " number NOT IN (SELECT run FROM pruned WHERE whole OR ?4) AND number NOT IN"
	    " (SELECT number FROM run WHERE seat=?1 AND verb IS NOT 'prune' ORDER BY number DESC "
	    "LIMIT ?5)",
	    "sisii", p->ledger->seat, w->before_ms, w->fleet, (int64_t)w->transcripts, w->keep);
}

static int64_t
shown_bytes(struct db *db, int64_t run)
{
	struct sweep s = { .db = db, .arena = arena_new() };
	struct db_query *q = db_query(db,
	    "SELECT json FROM event WHERE id>? AND id<? AND instr(json, "
	    "'\"event\":\"transcript\"')",
	    "ii", store_id(run, 0), store_id(run + 1, 0));
	int64_t bytes = 0;

	while (db_step(q))
		each_digest(db_text(q, 0), add_digest, &s);
	for (size_t i = 0; i < s.count; i++)
		bytes += db_number(db, 0, "SELECT length(data) FROM content WHERE digest=?", "s",
		    s.list[i].digest);
	strmap_fini(&s.map);
	free(s.list);
	arena_free(s.arena);
	return bytes;
}

/* Terminals, the newest first: those beyond the size. */
static void
choose_beyond(const struct prune_job *p, struct db *db)
{
	struct db_query *q = db_query(db,
	    "SELECT number, end_ms FROM run WHERE seat=?1 AND (?2 IS NULL OR fleet=?2) AND"
	    " verb='ssh' AND number NOT IN (SELECT run FROM pruned) ORDER BY number DESC",
	    "ss", p->ledger->seat, p->what->fleet);
	int64_t bytes = 0;

	while (db_step(q)) {
		int64_t run = db_int(q, 0);

		bytes += shown_bytes(db, run);
		if (bytes > p->what->most && db_int(q, 1) > 0)
			db_run(db, "INSERT OR IGNORE INTO temp.prune_run VALUES(?)", "i", run);
	}
}

static int64_t
changes(struct db *db)
{
	return db_number(db, 0, "SELECT changes()", "");
}

/* What somebody may still ask for stays, and is counted. */
static void
spare(const struct prune_job *p, struct db *db)
{
	struct pruned *r = p->ret;

	if (p->what->transcripts)
		return;
	r->open = db_number(db, 0,
	    "SELECT count(*) FROM run WHERE end_ms=0 AND seat=? AND start_ms<? AND uuid IS NOT ?",
	    "sis", p->ledger->seat, p->what->before_ms, p->what->own);
	db_run(db,
	    "DELETE FROM temp.prune_run WHERE number IN (SELECT max(result.run) FROM result"
	    " JOIN run ON run.number=result.run WHERE end_ms>0 AND verb IN ('apply', 'undo',"
	    " 'rollback', 'start', 'stop', 'restart') AND result.state NOT IN ('ok', "
	    "'unreachable', 'untried', 'held', 'locked', 'stale')"
	    " GROUP BY result.host)",
	    "");
	r->last = changes(db);
	db_run(db, "DELETE FROM temp.prune_run WHERE number IN (SELECT run FROM release)", "");
	r->releases = changes(db);
	db_run(db, "DELETE FROM temp.prune_run WHERE number IN (SELECT run FROM owed)", "");
	r->owed = changes(db);
}

static void
choose(const struct prune_job *p, struct db *db)
{
	struct err err;

	if (db_exec(db, "CREATE TEMP TABLE IF NOT EXISTS prune_run(number INTEGER PRIMARY KEY)",
		&err) < 0) {
		db_fail(db, &err);
		return;
	}
	db_run(db, "DELETE FROM temp.prune_run", "");
	choose_old(p, db);
	if (p->what->transcripts && p->what->most)
		choose_beyond(p, db);
	spare(p, db);
	p->ret->runs = db_number(db, 0, "SELECT count(*) FROM temp.prune_run", "");
}

/* All contents there are, or those that the terminals of the chosen runs showed. */
static void
gather(const struct prune_job *p, struct sweep *s)
{
	struct db_query *q;

	if (!p->what->transcripts) {
		q = db_query(s->db, "SELECT digest FROM content", "");
		while (db_step(q))
			add_digest(s, db_text(q, 0) ? db_text(q, 0) : "");
		return;
	}
	q = db_query(s->db,
	    "SELECT json FROM temp.prune_run JOIN event ON id>(number<<32) AND id<((number+1)<<32)"
	    " WHERE instr(json, '\"event\":\"transcript\"')",
	    "");
	while (db_step(q))
		each_digest(db_text(q, 0), add_digest, s);
}

/* Every event of the ledger, once. */
static void
mark_all(const struct prune_job *p, struct sweep *s)
{
	struct db_query *q = db_query(
	    s->db, "SELECT json, (id>>32) IN (SELECT number FROM temp.prune_run) FROM event", "");

	while (db_step(q)) {
		const char *json = db_text(q, 0);
		bool goes = db_int(q, 1) != 0;

		if (goes && p->what->transcripts)
			goes = strstr(json, "\"event\":\"transcript\"") != NULL;
		each_digest(json, goes ? mark_pruned : mark_kept, s);
	}
}

static void
sweep_out(const struct prune_job *p, struct sweep *s, bool alone)
{
	for (size_t i = 0; i < s->count; i++) {
		const struct swept *c = &s->list[i];

		if (c->kept || (!c->pruned && !alone))
			continue;
		p->ret->contents++;
		p->ret->bytes += db_number(
		    s->db, 0, "SELECT length(data) FROM content WHERE digest=?", "s", c->digest);
		if (!p->what->dry)
			db_run(s->db, "DELETE FROM content WHERE digest=?", "s", c->digest);
	}
	if (!p->what->dry)
		db_run(s->db,
		    "INSERT OR REPLACE INTO pruned(run, time_ms, whole)"
		    " SELECT number, ?, ? FROM temp.prune_run",
		    "ii", clock_wall_ms(), (int64_t)!p->what->transcripts);
}

static void
prune_apply(struct writer_job *job, struct store *store)
{
	struct prune_job *p = container_of(job, struct prune_job, job);
	struct sweep s = { .db = store->db };
	bool alone = false;

	*p->ret = (struct pruned){ .runs = 0 };
	p->rc = 0;
	if (is_busy(p, store->db))
		return;
	choose(p, store->db);
	if (!p->ret->runs && p->what->transcripts)
		return;
	/* Who has just put a content may not have named it yet. */
	if (!p->what->transcripts)
		alone = lock_try(p->ledger->lock_fd, LOCK_USERS, false);
	s.arena = arena_new();
	gather(p, &s);
	mark_all(p, &s);
	sweep_out(p, &s, alone);
	if (alone)
		lock_try(p->ledger->lock_fd, LOCK_USERS, true);
	strmap_fini(&s.map);
	free(s.list);
	arena_free(s.arena);
}

static void
prune_ended(struct writer_job *job, bool durable)
{
	struct prune_job *p = container_of(job, struct prune_job, job);

	if (!durable && p->rc == 0)
		p->rc = -2;
}

int
ledger_prune(struct ledger *l, const struct prune *what, struct pruned *ret, struct err *err)
{
	struct prune_job p = { .job = { .apply = prune_apply, .ended = prune_ended },
		.ledger = l,
		.what = what,
		.ret = ret,
		.err = err };
	struct err lost;

	if (!l->writer)
		return err_set(err, OUTCOME_STORAGE, "ledger: it was opened to read only");
	writer_add(l->writer, &p.job);
	int rc = writer_flush(l->writer, &lost);
	if (rc < 0 && p.rc != -1)
		*err = lost;
	return p.rc == 0 && rc == 0 ? 0 : -1;
}

int64_t
ledger_pruned_ms(struct ledger *l, int64_t number)
{
	/* A ledger that was last written by an older drover has no such table. */
	if (!db_number(l->reader, 0, "SELECT count(*) FROM sqlite_schema WHERE name='pruned'", ""))
		return 0;
	int64_t ms = db_number(l->reader, 0, "SELECT time_ms FROM pruned WHERE run=?", "i", number);
	return seat_read_ok(l) ? ms : 0;
}

bool
ledger_is_pruned(struct ledger *l, const char *uuid)
{
	struct ledger_row row;
	struct err err;

	return ledger_find_run(l, uuid, &row, &err) && ledger_pruned_ms(l, row.number) != 0;
}
