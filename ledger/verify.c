#include "base/event_json.h"
#include "base/mem.h"
#include "base/str.h"
#include "ledger/db.h"
#include "ledger/ledger.h"
#include "ledger/lock.h"
#include "ledger/schema.h"
#include "ledger/seat.h"
#include "ledger/writer.h"

#include <string.h>

#define PAGE 1000

/* Walking the chain of one run, page by page. */
struct walk {
	struct ledger *l;
	int64_t number, seq, seq_wanted;
	uint8_t hash[STORE_HASH], hash_wanted[STORE_HASH];
	char uuid[UUID_TEXT];
};

static int
disagree(const struct walk *w, const char *how, struct err *err)
{
	return err_set(err, OUTCOME_REFUSED, "run r-%lld (%s), event %lld: %s",
	    (long long)w->number, w->uuid, (long long)w->seq, how);
}

static int
check_event(struct walk *w, struct db_query *q, struct err *err)
{
	size_t n = 0;
	const char *json = db_text(q, 1);
	int64_t seq = db_int(q, 0) - store_id(w->number, 0);

	w->seq++;
	if (seq != w->seq)
		return disagree(w, "it is missing", err);
	store_link(w->hash, json ? json : "", json ? strlen(json) : 0, w->hash);
	const void *hash = db_blob(q, 2, &n);
	if (n != STORE_HASH || memcmp(hash, w->hash, n) != 0)
		return disagree(w, "it is not what was written", err);
	return 0;
}

static int
check_page(struct walk *w, bool *ret_more, struct err *err)
{
	struct db_query *q = db_query(w->l->reader,
	    "SELECT id, json, hash FROM event WHERE id>? AND id<? ORDER BY id LIMIT ?", "iii",
	    store_id(w->number, w->seq), store_id(w->number + 1, 0), (int64_t)PAGE);
	int rc = 0;

	*ret_more = false;
	while (db_step(q)) {
		*ret_more = true;
		rc = check_event(w, q, err);
		if (rc < 0) {
			db_done(q);
			break;
		}
	}
	if (db_take_error(w->l->reader, err))
		return -1;
	return rc;
}

/* The chain must end where its end was written down; a run may have grown since. */
static int
check_run(struct walk *w, struct err *err)
{
	bool more = true, met = w->seq_wanted == 0;

	while (more) {
		if (check_page(w, &more, err) < 0)
			return -1;
		met = met || w->seq >= w->seq_wanted;
	}
	if (!met) {
		w->seq++;
		return disagree(w, "it is missing, with all that followed", err);
	}
	if (w->seq == w->seq_wanted && memcmp(w->hash, w->hash_wanted, STORE_HASH) != 0)
		return disagree(w, "the chain does not end as it was written down", err);
	return 0;
}

static bool
next_run(struct ledger *l, int64_t after, const char *uuid, struct walk *ret)
{
	struct db_query *q = db_query(l->reader,
	    "SELECT run, uuid, seq, hash FROM chain WHERE run>?1 AND (?2 IS NULL OR uuid=?2)"
	    " ORDER BY run LIMIT 1",
	    "is", after, uuid);
	size_t n = 0;

	if (!db_step(q))
		return false;
	*ret = (struct walk){ .l = l, .number = db_int(q, 0), .seq_wanted = db_int(q, 2) };
	str_copy(ret->uuid, sizeof(ret->uuid), db_text(q, 1) ? db_text(q, 1) : "");
	const void *hash = db_blob(q, 3, &n);
	if (n == STORE_HASH)
		memcpy(ret->hash_wanted, hash, n);
	db_done(q);
	return true;
}

int
ledger_verify(struct ledger *l, const char *uuid, struct err *err)
{
	struct walk w = { .number = 0 };

	while (next_run(l, w.number, uuid, &w))
		if (check_run(&w, err) < 0)
			return -1;
	if (db_take_error(l->reader, err))
		return -1;
	int64_t strange = db_number(l->reader, 0,
	    "SELECT run.uuid IS NOT chain.uuid FROM run LEFT JOIN chain ON run=number"
	    " WHERE run.uuid IS NOT chain.uuid LIMIT 1",
	    "");
	if (db_take_error(l->reader, err))
		return -1;
	if (strange)
		return err_set(err, OUTCOME_REFUSED, "a run is listed that has no chain of events");
	return 0;
}

/* Every event again, through the code that made the rows the first time. */
static int
project_all(struct store *s, struct err *err)
{
	struct db_query *q = db_query(s->db, "SELECT id, json FROM event ORDER BY id", "");

	while (db_step(q)) {
		struct event e;
		const char *json = db_text(q, 1);

		if (event_from_json(&e, json, strlen(json), err) < 0) {
			err->kind = OUTCOME_STORAGE;
			db_done(q);
			return err_wrap(err, "ledger: event");
		}
		project_event(&s->project, db_int(q, 0) >> 32, &e);
		event_fini(&e);
	}
	return db_take_error(s->db, err) ? -1 : 0;
}

struct rebuild_job {
	struct writer_job job;
	int rc;
	struct err *err;
};

static void
rebuild_apply(struct writer_job *job, struct store *store)
{
	struct rebuild_job *r = container_of(job, struct rebuild_job, job);

	project_forget(&store->project);
	schema_clear_projections(store->db);
	r->rc = project_all(store, r->err);
	project_forget(&store->project);
	/* An event that cannot be read must not leave half a projection behind. */
	if (r->rc < 0)
		db_fail(store->db, r->err);
}

static void
rebuild_ended(struct writer_job *job, bool durable)
{
	struct rebuild_job *r = container_of(job, struct rebuild_job, job);

	if (!durable && r->rc == 0)
		r->rc = -1;
}

int
ledger_rebuild(struct ledger *l, struct err *err)
{
	struct rebuild_job r = { .job = { .apply = rebuild_apply, .ended = rebuild_ended },
		.err = err };

	if (!l->writer)
		return err_set(err, OUTCOME_STORAGE, "ledger: it was opened to read only");
	writer_add(l->writer, &r.job);
	int rc = writer_flush(l->writer, err);
	return r.rc < 0 ? -1 : rc;
}
