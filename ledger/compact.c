/* The space of what is gone, given back to the file system. */
#include "ledger/prune.h"

#include "base/err.h"
#include "base/mem.h"
#include "ledger/db.h"
#include "ledger/lock.h"
#include "ledger/place.h"

#include <unistd.h>

#define WAIT_MS 5000
#define SHARE   4 /* of the file, at least, is to be free */

static int64_t
file_bytes(struct db *db)
{
	return db_number(db, 0, "PRAGMA page_count", "") * db_number(db, 0, "PRAGMA page_size", "");
}

/* It is made anew in a file of SQLite's own first, which needs the one attachment that is else forbidden. */
static int
vacuum(struct db *db, int64_t *ret_bytes, struct err *err)
{
	int64_t before = file_bytes(db);

	if (db_number(db, 0, "PRAGMA freelist_count", "") * SHARE <
	    db_number(db, 0, "PRAGMA page_count", ""))
		return db_take_error(db, err) ? -1 : 0;
	sqlite3_limit(db_handle(db), SQLITE_LIMIT_ATTACHED, 1);
	if (db_exec(db, "PRAGMA temp_store=FILE", err) < 0 || db_exec(db, "VACUUM", err) < 0)
		return -1;
	int rc =
	    sqlite3_wal_checkpoint_v2(db_handle(db), NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
	/* Somebody reads: the file shrinks with a later checkpoint. */
	if (rc != SQLITE_OK && (rc & 0xff) != SQLITE_BUSY && (rc & 0xff) != SQLITE_LOCKED)
		return err_set(err, OUTCOME_STORAGE, "ledger: checkpoint: %s", sqlite3_errstr(rc));
	*ret_bytes = before - file_bytes(db);
	return db_take_error(db, err) ? -1 : 0;
}

static int
compact(const struct place *place, int fd, int64_t *ret_bytes, struct err *err)
{
	if (!lock_try(fd, LOCK_USERS, false))
		return 0;
	struct db *db = db_open(place->db, DB_WRITE, err);
	int rc = db ? vacuum(db, ret_bytes, err) : -1;
	db_close(db);
	lock_release(fd, LOCK_USERS);
	return rc;
}

int
ledger_compact(const char *path, int64_t *ret_bytes, struct err *err)
{
	struct place place;
	int rc = -1;

	*ret_bytes = 0;
	place_init(&place, path);
	autoclose int fd = place_prepare(&place, err) < 0 ? -1 : lock_open(place.lock, err);
	if (fd >= 0 && lock_wait(fd, LOCK_WRITE, WAIT_MS, err) == 0) {
		rc = compact(&place, fd, ret_bytes, err);
		lock_release(fd, LOCK_WRITE);
	}
	place_fini(&place);
	return rc;
}
