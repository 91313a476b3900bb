#include "ledger/db.h"

#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"

#include <stdarg.h>
#include <string.h>

#define STATEMENTS 80
#define BUSY_MS    30000

struct db_query {
	struct db *db;
	const char *sql;
	sqlite3_stmt *stmt;
	bool in_use, passing; /* passing: not of the cache, ends with its use */
};

struct db {
	sqlite3 *handle;
	char *path;
	struct db_query cache[STATEMENTS];
	int count;
	bool failed;
	struct err err;
};

static int
set_error(const struct db *db, const char *what, struct err *err)
{
	int code = db->handle ? sqlite3_extended_errcode(db->handle) : SQLITE_NOMEM;

	err_set(err, OUTCOME_STORAGE, "ledger: %s: %s", what,
	    db->handle ? sqlite3_errmsg(db->handle) : "no memory");
	err->code = code;
	return -1;
}

static void
fail(struct db *db, const char *what)
{
	if (!db->failed)
		set_error(db, what, &db->err);
	db->failed = true;
}

/* A pragma may fall back without a word: what it says it did is what counts. */
static int
pragma(struct db *db, const char *sql, const char *want, struct err *err)
{
	sqlite3_stmt *stmt = NULL;

	if (sqlite3_prepare_v2(db->handle, sql, -1, &stmt, NULL) != SQLITE_OK)
		return set_error(db, sql, err);
	int rc = sqlite3_step(stmt);
	const char *got = rc == SQLITE_ROW ? (const char *)sqlite3_column_text(stmt, 0) : NULL;
	bool fits = want ? got && str_eq(got, want) : rc == SQLITE_ROW || rc == SQLITE_DONE;
	if (!fits && (rc == SQLITE_ROW || rc == SQLITE_DONE)) {
		err_set(err, OUTCOME_STORAGE, "ledger: %s gave %s", sql, got ? got : "nothing");
		err->code = SQLITE_ERROR;
	} else if (!fits) {
		set_error(db, sql, err);
	}
	sqlite3_finalize(stmt);
	return fits ? 0 : -1;
}

static int
configure(struct db *db, enum db_mode mode, struct err *err)
{
	static const struct {
		const char *sql, *want;
	} both[] = {
		{ "PRAGMA trusted_schema=OFF", NULL },
		{ "PRAGMA trusted_schema", "0" },
		{ "PRAGMA cell_size_check=ON", NULL },
		{ "PRAGMA cell_size_check", "1" },
		{ "PRAGMA mmap_size=0", NULL },
		{ "PRAGMA temp_store=MEMORY", NULL },
		{ "PRAGMA wal_autocheckpoint=0", "0" },
	}, writes[] = {
		{ "PRAGMA journal_mode=WAL", "wal" },
		{ "PRAGMA synchronous=FULL", NULL },
		{ "PRAGMA synchronous", "2" },
		{ "PRAGMA cache_size=-16000", NULL },
	}, loses[] = {
		{ "PRAGMA journal_mode=MEMORY", "memory" },
		{ "PRAGMA synchronous=OFF", NULL },
	};
	int on = 0;

	sqlite3_extended_result_codes(db->handle, 1);
	sqlite3_busy_timeout(db->handle, BUSY_MS);
	sqlite3_limit(db->handle, SQLITE_LIMIT_ATTACHED, 0);
	if (sqlite3_db_config(db->handle, SQLITE_DBCONFIG_DEFENSIVE, 1, &on) != SQLITE_OK || !on ||
	    sqlite3_db_config(db->handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, &on) != SQLITE_OK ||
	    !on)
		return set_error(db, "a setting is not to be had", err);
	for (size_t i = 0; i < countof(both); i++)
		if (pragma(db, both[i].sql, both[i].want, err) < 0)
			return -1;
	for (size_t i = 0; mode == DB_WRITE && i < countof(writes); i++)
		if (pragma(db, writes[i].sql, writes[i].want, err) < 0)
			return -1;
	for (size_t i = 0; mode == DB_RING && i < countof(loses); i++)
		if (pragma(db, loses[i].sql, loses[i].want, err) < 0)
			return -1;
	return mode == DB_READ ? pragma(db, "PRAGMA query_only=ON", NULL, err) : 0;
}

struct db *
db_open(const char *path, enum db_mode mode, struct err *err)
{
	struct db *db = xcalloc(1, sizeof(*db));
	int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_READWRITE;

	db->path = xstrdup(mode == DB_MEMORY ? "in memory" : path);
	if (mode == DB_MEMORY)
		flags |= SQLITE_OPEN_CREATE;
	if (sqlite3_open_v2(mode == DB_MEMORY ? ":memory:" : path, &db->handle, flags, NULL) !=
	    SQLITE_OK)
		set_error(db, db->path, err);
	else if (configure(db, mode, err) == 0)
		return db;
	db_close(db);
	return NULL;
}

void
db_close(struct db *db)
{
	if (!db)
		return;
	for (int i = 0; i < db->count; i++)
		sqlite3_finalize(db->cache[i].stmt);
	sqlite3_close(db->handle);
	free(db->path);
	free(db);
}

sqlite3 *
db_handle(struct db *db)
{
	return db->handle;
}

int
db_exec(struct db *db, const char *sql, struct err *err)
{
	if (sqlite3_exec(db->handle, sql, NULL, NULL, NULL) != SQLITE_OK)
		return set_error(db, db->path, err);
	return 0;
}

static struct db_query *
passing(struct db *db)
{
	struct db_query *q = xcalloc(1, sizeof(*q));

	*q = (struct db_query){ .db = db, .passing = true };
	return q;
}

/* The cached statement, or one of its own while that is being stepped further out. */
static struct db_query *
obtain(struct db *db, const char *sql)
{
	struct db_query *q = NULL;

	for (int i = 0; i < db->count && !q; i++)
		if (db->cache[i].sql == sql)
			q = &db->cache[i];
	if (q && !q->in_use)
		return q;
	if (q || db->count == STATEMENTS)
		q = passing(db);
	else
		q = &db->cache[db->count++];
	*q = (struct db_query){ .db = db, .sql = sql, .passing = q->passing };
	if (sqlite3_prepare_v3(db->handle, sql, -1, q->passing ? 0 : SQLITE_PREPARE_PERSISTENT,
		&q->stmt, NULL) != SQLITE_OK)
		fail(db, sql);
	return q;
}

static void
bind(struct db_query *q, const char *types, va_list ap)
{
	for (int i = 1; types[i - 1]; i++) {
		if (types[i - 1] == 'i') {
			sqlite3_bind_int64(q->stmt, i, va_arg(ap, int64_t));
		} else if (types[i - 1] == 's') {
			const char *s = va_arg(ap, const char *);

			sqlite3_bind_text(q->stmt, i, s, -1, SQLITE_TRANSIENT);
		} else {
			const void *p = va_arg(ap, const void *);
			size_t n = va_arg(ap, size_t);

			sqlite3_bind_blob64(q->stmt, i, p, n, SQLITE_TRANSIENT);
		}
	}
}

static struct db_query *
start(struct db *db, const char *sql, const char *types, va_list ap)
{
	struct db_query *q = obtain(db, sql);

	q->in_use = true;
	if (q->stmt && !db->failed)
		bind(q, types, ap);
	return q;
}

struct db_query *
db_query(struct db *db, const char *sql, const char *types, ...)
{
	va_list ap;

	va_start(ap, types);
	struct db_query *q = start(db, sql, types, ap);
	va_end(ap);
	return q;
}

bool
db_step(struct db_query *q)
{
	if (q->stmt && !q->db->failed) {
		int rc = sqlite3_step(q->stmt);

		if (rc == SQLITE_ROW)
			return true;
		if (rc != SQLITE_DONE)
			fail(q->db, q->db->path);
	}
	db_done(q);
	return false;
}

void
db_done(struct db_query *q)
{
	if (q->passing) {
		sqlite3_finalize(q->stmt);
		free(q);
		return;
	}
	if (q->stmt) {
		sqlite3_reset(q->stmt);
		sqlite3_clear_bindings(q->stmt);
	}
	q->in_use = false;
}

int64_t
db_int(struct db_query *q, int column)
{
	return sqlite3_column_int64(q->stmt, column);
}

const char *
db_text(struct db_query *q, int column)
{
	return (const char *)sqlite3_column_text(q->stmt, column);
}

const void *
db_blob(struct db_query *q, int column, size_t *ret_len)
{
	const void *p = sqlite3_column_blob(q->stmt, column);

	*ret_len = (size_t)sqlite3_column_bytes(q->stmt, column);
	return p;
}

void
db_run(struct db *db, const char *sql, const char *types, ...)
{
	va_list ap;

	va_start(ap, types);
	struct db_query *q = start(db, sql, types, ap);
	va_end(ap);
	if (db_step(q))
		db_done(q);
}

int64_t
db_number(struct db *db, int64_t otherwise, const char *sql, const char *types, ...)
{
	va_list ap;
	int64_t n = otherwise;

	va_start(ap, types);
	struct db_query *q = start(db, sql, types, ap);
	va_end(ap);
	if (!db_step(q))
		return n;
	if (sqlite3_column_type(q->stmt, 0) != SQLITE_NULL)
		n = db_int(q, 0);
	db_done(q);
	return n;
}

bool
db_take_error(struct db *db, struct err *ret)
{
	if (!db->failed)
		return false;
	*ret = db->err;
	db->failed = false;
	return true;
}

void
db_fail(struct db *db, const struct err *err)
{
	if (!db->failed)
		db->err = *err;
	db->failed = true;
}

bool
db_code_is_damage(int code)
{
	return (code & 0xff) == SQLITE_CORRUPT || (code & 0xff) == SQLITE_NOTADB;
}
