#include "ledger/store.h"

#include "base/digest.h"
#include "base/event_json.h"
#include "ledger/db.h"

#include <string.h>

#define JSON_MAX (64U << 20)

void
store_init(struct store *s, struct db *db)
{
	*s = (struct store){ .db = db, .json = BUF_INIT(JSON_MAX) };
	project_init(&s->project, db);
}

void
store_fini(struct store *s)
{
	buf_fini(&s->json);
}

void
store_link(const uint8_t before[STORE_HASH], const void *json, size_t len, uint8_t ret[STORE_HASH])
{
	uint8_t small[2048];

	if (len + STORE_HASH <= sizeof(small)) {
		memcpy(small, before, STORE_HASH);
		memcpy(small + STORE_HASH, json, len);
		digest_raw(small, STORE_HASH + len, ret);
		return;
	}
	struct buf all = BUF_INIT(JSON_MAX + STORE_HASH);
	buf_add(&all, before, STORE_HASH);
	buf_add(&all, json, len);
	digest_raw(all.data, all.len, ret);
	buf_fini(&all);
}

static void
put_off(struct store *s, struct store_tail *tail)
{
	tail->stale = true;
	if (tail->touched)
		return;
	tail->touched = true;
	tail->next_touched = s->touched;
	s->touched = tail;
}

void
store_begin(struct store *s, struct store_tail *tail, const char *uuid)
{
	static const uint8_t none[STORE_HASH];

	*tail = (struct store_tail){ .number = 0 };
	tail->number = db_number(s->db, 1, "SELECT max(run)+1 FROM chain", "");
	db_run(s->db, "INSERT INTO chain(run, uuid, seq, hash) VALUES(?,?,0,?)", "isb",
	    tail->number, uuid, none, sizeof(none));
}

bool
store_resume(struct store *s, struct store_tail *tail, const char *uuid)
{
	/* Somebody else may have added to the same run in this transaction. */
	store_finish(s);
	struct db_query *q =
	    db_query(s->db, "SELECT run, seq, hash FROM chain WHERE uuid=?", "s", uuid);
	size_t n = 0;

	if (!db_step(q))
		return false;
	tail->number = db_int(q, 0);
	tail->seq = tail->durable_seq = db_int(q, 1);
	const void *hash = db_blob(q, 2, &n);
	if (n == STORE_HASH) {
		memcpy(tail->hash, hash, n);
		memcpy(tail->durable_hash, hash, n);
	}
	db_done(q);
	return n == STORE_HASH;
}

void
store_event(struct store *s, struct store_tail *tail, struct event *e)
{
	e->seq = ++tail->seq;
	buf_clear(&s->json);
	event_to_json(e, &s->json);
	store_link(tail->hash, s->json.data, s->json.len, tail->hash);
	db_run(s->db, "INSERT INTO event(id, json, hash) VALUES(?,?,?)", "isb",
	    store_id(tail->number, e->seq), buf_text(&s->json), tail->hash, (size_t)STORE_HASH);
	put_off(s, tail);
	project_event(&s->project, tail->number, e);
}

void
store_finish(struct store *s)
{
	for (struct store_tail *t = s->touched; t; t = t->next_touched) {
		if (t->stale)
			db_run(s->db, "UPDATE chain SET seq=?, hash=? WHERE run=?", "ibi", t->seq,
			    t->hash, (size_t)STORE_HASH, t->number);
		t->stale = false;
	}
}

static struct store_tail *
next_touched(struct store *s)
{
	struct store_tail *t = s->touched;

	if (t) {
		s->touched = t->next_touched;
		t->stale = t->touched = false;
	}
	return t;
}

void
store_committed(struct store *s)
{
	for (struct store_tail *t = next_touched(s); t; t = next_touched(s)) {
		t->durable_seq = t->seq;
		memcpy(t->durable_hash, t->hash, STORE_HASH);
	}
}

void
store_rolled_back(struct store *s)
{
	project_forget(&s->project);
	for (struct store_tail *t = next_touched(s); t; t = next_touched(s)) {
		t->seq = t->durable_seq;
		memcpy(t->hash, t->durable_hash, STORE_HASH);
	}
}
