#include "base/digest.h"
#include "base/mem.h"
#include "base/str.h"
#include "ledger/db.h"
#include "ledger/ledger.h"
#include "ledger/seat.h"
#include "ledger/writer.h"

#include <string.h>
#include <zstd.h>

#define LEVEL       3
#define CONTENT_MAX (256U << 20)

static const char have_sql[] = "SELECT 1 FROM content WHERE digest=?";

struct content_job {
	struct writer_job job;
	char digest[DIGEST_HEX];
	size_t len;
	char bytes[];
};

static void
content_apply(struct writer_job *job, struct store *store)
{
	const struct content_job *c = container_of(job, struct content_job, job);

	if (db_number(store->db, 0, have_sql, "s", c->digest))
		return;
	size_t room = ZSTD_compressBound(c->len);
	autofree char *packed = xcalloc(room, 1);
	size_t n = ZSTD_compress(packed, room, c->bytes, c->len, LEVEL);
	if (ZSTD_isError(n))
		mem_abort(ZSTD_getErrorName(n)); /* with room enough only for want of memory */
	db_run(store->db, "INSERT INTO content(digest, size, data) VALUES(?,?,?)", "sib", c->digest,
	    (int64_t)c->len, packed, n);
}

static void
content_ended(struct writer_job *job, bool durable)
{
	(void)durable; /* the writer keeps the error */
	free(container_of(job, struct content_job, job));
}

void
ledger_put(struct ledger *l, const void *p, size_t n, char hex[65])
{
	digest_hex(p, n, hex);
	if (!l->writer)
		return;
	struct content_job *c = xcalloc(1, sizeof(*c) + n);
	c->job = (struct writer_job){
		.apply = content_apply, .ended = content_ended, .bytes = sizeof(*c) + n
	};
	memcpy(c->digest, hex, sizeof(c->digest));
	c->len = n;
	if (n)
		memcpy(c->bytes, p, n);
	writer_add(l->writer, &c->job);
}

static char *
unpack(struct db_query *q, const char *hex, size_t *ret_len, struct err *err)
{
	size_t packed_len = 0, len = (size_t)db_int(q, 0);
	const void *packed = db_blob(q, 1, &packed_len);
	char check[DIGEST_HEX];

	if (len > CONTENT_MAX) {
		err_set(err, OUTCOME_STORAGE, "ledger: content %.12s is too large to read", hex);
		return NULL;
	}
	autofree char *to = xcalloc(len + 1, 1);
	size_t n = ZSTD_decompress(to, len, packed, packed_len);
	if (!ZSTD_isError(n))
		digest_hex(to, n, check);
	if (ZSTD_isError(n) || n != len || !str_eq(check, hex)) {
		err_set(err, OUTCOME_STORAGE, "ledger: content %.12s is damaged", hex);
		return NULL;
	}
	*ret_len = len;
	return take(to);
}

/* 1: found (*ret may still be NULL: damaged), 0: not there. */
static bool
look_up(struct ledger *l, const char *hex, size_t *ret_len, char **ret, struct err *err)
{
	struct db_query *q =
	    db_query(l->reader, "SELECT size, data FROM content WHERE digest=?", "s", hex);

	*ret = NULL;
	if (!db_step(q))
		return false;
	*ret = unpack(q, hex, ret_len, err);
	db_done(q);
	return true;
}

char *
ledger_get(struct ledger *l, const char *hex, size_t *ret_len, struct err *err)
{
	char *data;

	if (look_up(l, hex, ret_len, &data, err))
		return data;
	/* It may be on its way to the disk. */
	if (l->writer && writer_busy(l->writer)) {
		if (writer_flush(l->writer, err) < 0)
			return NULL;
		if (look_up(l, hex, ret_len, &data, err))
			return data;
	}
	if (!seat_read_ok(l))
		*err = l->read_err;
	else
		err_set(err, OUTCOME_INPUT,
		    "ledger: content %.12s is not here: history prune takes away what is old", hex);
	return NULL;
}

bool
ledger_has(struct ledger *l, const char *hex)
{
	struct err err;

	if (db_number(l->reader, 0, have_sql, "s", hex))
		return true;
	if (!l->writer || !writer_busy(l->writer) || writer_flush(l->writer, &err) < 0)
		return false;
	bool there = db_number(l->reader, 0, have_sql, "s", hex) != 0;
	return seat_read_ok(l) && there;
}
