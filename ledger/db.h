/*
 * One SQLite connection with its prepared statements.
 *
 * Owns both. Used by one thread at a time. The first failure is kept until
 * db_take_error(): statements after it do nothing, so that a whole transaction
 * is checked once, at its end.
 */
#ifndef DROVER_LEDGER_DB_H
#define DROVER_LEDGER_DB_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct db;
struct err;

enum db_mode {
	DB_WRITE, /* the file exists; made WAL, synchronous=FULL, every pragma's result checked */
	DB_READ,  /* may take part in WAL recovery, changes no row */
	DB_RING,  /* the file exists and may be lost: its journal is in memory, nothing is synced */
	DB_MEMORY /* empty, private */
};

struct db *db_open(const char *path, enum db_mode mode, struct err *err); /* kind STORAGE */
void db_close(struct db *db);
sqlite3 *db_handle(struct db *db);

/* Run SQL that gives no rows; several statements may be in it. 0, or -1 kind STORAGE. */
int db_exec(struct db *db, const char *sql, struct err *err);

/* Start a statement: sql is a literal (its address is the cache's key). types: one letter a
 * parameter, i = int64_t, s = const char * (NULL: null), b = const void *, size_t. Then
 * db_step() until it is false; after leaving early, db_done(). */
struct db_query;
struct db_query *db_query(struct db *db, const char *sql, const char *types, ...);
bool db_step(struct db_query *q); /* false at the end or on failure; q is done with then */
void db_done(struct db_query *q);
int64_t db_int(struct db_query *q, int column);
const char *db_text(struct db_query *q, int column); /* NULL for null; until the next step */
const void *db_blob(struct db_query *q, int column, size_t *ret_len);

/* A statement without rows. */
void db_run(struct db *db, const char *sql, const char *types, ...);
/* The first column of the first row as a number; otherwise when there is no row or it is null. */
int64_t db_number(struct db *db, int64_t otherwise, const char *sql, const char *types, ...);

/* The kept failure, which is forgotten; false when there is none. err->code is SQLite's. */
bool db_take_error(struct db *db, struct err *ret);
void db_fail(struct db *db, const struct err *err); /* as if a statement had failed so */

/* True for codes that say the file is not a sound database. */
bool db_code_is_damage(int code);

#endif
