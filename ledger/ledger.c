#include "ledger/ledger.h"

#include "base/digest.h"
#include "base/mem.h"
#include "base/str.h"
#include "ledger/db.h"
#include "ledger/lock.h"
#include "ledger/schema.h"
#include "ledger/seat.h"
#include "ledger/texts.h"
#include "ledger/writer.h"

#include <pwd.h>
#include <string.h>
#include <sys/stat.h>

#define OPEN_MS       30000
#define QUICK_CHECKED (512LL << 20) /* a larger file is not read whole at an open */

/* The first byte of the lock file: how the ledger was left. */
#define MARK_OPEN   'o'
#define MARK_CLOSED 'c'

static void
release_reserve(void *user)
{
	place_release_reserve(user);
}

static char
read_mark(int fd)
{
	char c = 0;

	return pread(fd, &c, 1, 0) == 1 ? c : 0;
}

static int
write_mark(int fd, char c, struct err *err)
{
	if (read_mark(fd) == c)
		return 0;
	if (pwrite(fd, &c, 1, 0) == 1 && fdatasync(fd) == 0)
		return 0;
	err_errno(err, "ledger: its lock file");
	err->kind = OUTCOME_STORAGE;
	return -1;
}

/* Read the whole file through once when nobody closed it last time. */
static int
check_pages(struct db *db, struct err *err)
{
	struct db_query *q = db_query(db, "PRAGMA quick_check(1)", "");
	bool sound = db_step(q) && str_eq(db_text(q, 0), "ok");

	if (sound)
		db_done(q);
	if (db_take_error(db, err))
		return -1;
	if (sound)
		return 0;
	err_set(err, OUTCOME_STORAGE, "ledger: its pages do not agree");
	err->code = SQLITE_CORRUPT;
	return -1;
}

static int
name_seat(struct ledger *l, struct err *err)
{
	static const char find[] = "SELECT value FROM meta WHERE name='seat'";
	struct db_query *q = db_query(l->writing, find, "");
	const struct passwd *pw = getpwuid(geteuid());
	char host[65] = "localhost";
	uint32_t number;

	if (db_step(q)) {
		l->seat = xstrdup(db_text(q, 0) ? db_text(q, 0) : "");
		db_done(q);
		return 0;
	}
	if (db_take_error(l->writing, err))
		return -1;
	gethostname(host, sizeof(host) - 1);
	digest_random(&number, sizeof(number));
	l->seat = xasprintf("%s@%s-%08x", pw ? pw->pw_name : "user", host, number);
	db_run(l->writing, "INSERT INTO meta(name, value) VALUES('seat', ?)", "s", l->seat);
	return db_take_error(l->writing, err) ? -1 : 0;
}

static int
open_database(struct ledger *l, bool alone, struct err *err)
{
	char mark = read_mark(l->lock_fd);
	struct stat st = { 0 };
	bool there = stat(l->place.db, &st) == 0;

	if (alone && mark && there && st.st_size == 0) {
		err_set(err, OUTCOME_STORAGE, "it is empty, and was not");
		err->code = SQLITE_CORRUPT;
		return -1;
	}
	l->writing = db_open(l->place.db, DB_WRITE, err);
	if (!l->writing || schema_migrate(l->writing, err) < 0)
		return -1;
	if (alone && mark == MARK_OPEN && st.st_size <= QUICK_CHECKED &&
	    check_pages(l->writing, err) < 0)
		return -1;
	return name_seat(l, err);
}

static int
open_locked(struct ledger *l, struct err *err)
{
	bool alone = lock_try(l->lock_fd, LOCK_USERS, false);

	if (open_database(l, alone, err) < 0) {
		db_close(l->writing);
		l->writing = NULL;
		if (!alone || !db_code_is_damage(err->code))
			return -1;
		struct err why = *err;
		if (ftruncate(l->lock_fd, 0) < 0)
			return err_errno(err, "ledger: %s", l->place.lock);
		return place_set_aside(&l->place, why.text, err);
	}
	if (write_mark(l->lock_fd, MARK_OPEN, err) < 0)
		return -1;
	if (lock_try(l->lock_fd, LOCK_USERS, true))
		return 0;
	return err_set(err, OUTCOME_STORAGE, "ledger: it cannot be locked");
}

static int
open_to_write(struct ledger *l, struct loop *loop, struct err *err)
{
	if (place_prepare(&l->place, err) < 0)
		return -1;
	l->lock_fd = lock_open(l->place.lock, err);
	if (l->lock_fd < 0 || lock_wait(l->lock_fd, LOCK_WRITE, OPEN_MS, err) < 0)
		return -1;
	int rc = open_locked(l, err);
	lock_release(l->lock_fd, LOCK_WRITE);
	if (rc < 0)
		return -1;
	l->reader = db_open(l->place.db, DB_READ, err);
	if (!l->reader)
		return -1;
	store_init(&l->store, l->writing);
	const struct writer_config config = { .store = &l->store,
		.loop = loop,
		.lock_fd = l->lock_fd,
		.release_reserve = release_reserve,
		.user = &l->place };
	l->writer = writer_new(&config, err);
	return l->writer ? 0 : -1;
}

/* Where nothing was ever written, everything reads as empty. */
static int
open_empty(struct ledger *l, struct err *err)
{
	db_close(l->reader);
	l->reader = db_open(NULL, DB_MEMORY, err);
	l->seat = xstrdup("");
	return l->reader ? schema_migrate(l->reader, err) : -1;
}

static int
open_to_read(struct ledger *l, struct err *err)
{
	bool missing, empty;

	if (place_check(&l->place, &missing, err) < 0)
		return -1;
	if (missing)
		return open_empty(l, err);
	l->reader = db_open(l->place.db, DB_READ, err);
	if (!l->reader || schema_check(l->reader, &empty, err) < 0)
		return -1;
	if (empty)
		return open_empty(l, err);
	struct db_query *q = db_query(l->reader, "SELECT value FROM meta WHERE name='seat'", "");
	bool named = db_step(q);
	l->seat = xstrdup(named && db_text(q, 0) ? db_text(q, 0) : "");
	if (named)
		db_done(q);
	return db_take_error(l->reader, err) ? -1 : 0;
}

struct ledger *
ledger_open(struct loop *loop, const char *path, bool read_only, struct err *err)
{
	struct ledger *l = xcalloc(1, sizeof(*l));

	l->lock_fd = -1;
	place_init(&l->place, path);
	l->texts = texts_new();
	int rc = read_only ? open_to_read(l, err) : open_to_write(l, loop, err);
	if (rc == 0)
		return l;
	ledger_close(l);
	return NULL;
}

/* The last one out says that all is well, unless it is not. */
static void
mark_closed(struct ledger *l, bool failed)
{
	struct err err;

	if (failed || lock_wait(l->lock_fd, LOCK_WRITE, 1000, &err) < 0)
		return;
	if (lock_try(l->lock_fd, LOCK_USERS, false))
		(void)write_mark(l->lock_fd, MARK_CLOSED, &err); /* else: one check more */
}

void
ledger_close(struct ledger *l)
{
	struct err err;

	if (!l)
		return;
	bool failed = ledger_failed(l, &err);
	writer_free(l->writer);
	if (l->writer)
		store_fini(&l->store);
	db_close(l->reader);
	db_close(l->writing);
	if (l->writer)
		mark_closed(l, failed);
	if (l->lock_fd >= 0)
		close(l->lock_fd);
	texts_free(l->texts);
	place_fini(&l->place);
	free(l->seat);
	free(l);
}

const char *
ledger_seat(const struct ledger *l)
{
	return l->seat;
}

const char *
ledger_path(const struct ledger *l)
{
	return l->place.db;
}

bool
ledger_failed(const struct ledger *l, struct err *ret)
{
	if (l->writer && writer_failed(l->writer, ret))
		return true;
	if (l->read_failed)
		*ret = l->read_err;
	return l->read_failed;
}

bool
seat_read_ok(struct ledger *l)
{
	struct err err;

	if (!db_take_error(l->reader, &err))
		return true;
	if (!l->read_failed)
		l->read_err = err;
	l->read_failed = true;
	return false;
}
