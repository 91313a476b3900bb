#include "ledger/samples_file.h"

#include "base/clock.h"
#include "base/err.h"
#include "base/mem.h"
#include "ledger/db.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DAY_MS    (24 * 3600 * 1000LL)
#define ROWS_MOST (400U * 2048) /* more than any fleet that is watched has */
#define FILE_MOST (256LL << 20)
#define SCHEMA                                                                                     \
	"CREATE TABLE IF NOT EXISTS sample(fleet TEXT, host TEXT, span INTEGER, slot INTEGER,"     \
	" step INTEGER, cpu INTEGER, memory INTEGER, disk INTEGER, load INTEGER, at INTEGER,"      \
	" PRIMARY KEY(fleet, host, span, slot)) WITHOUT ROWID"

void
samples_rows_add(struct samples_rows *r, const char *host, uint8_t span, uint32_t step,
    uint32_t slot, const int16_t value[SAMPLES_NUMBERS])
{
	mem_grow(r->row, r->count, r->cap);
	struct samples_row *row = &r->row[r->count++];
	*row =
	    (struct samples_row){ .host = xstrdup(host), .span = span, .step = step, .slot = slot };
	memcpy(row->value, value, sizeof(row->value));
}

void
samples_rows_fini(struct samples_rows *r)
{
	for (size_t i = 0; i < r->count; i++)
		free(r->row[i].host);
	free(r->row);
	*r = (struct samples_rows){ 0 };
}

/* A plain file of ours, made when it is not there. Its place is the ledger's, which has checked who may
 * write in it. */
static int
make_file(const char *path, struct err *err)
{
	autoclose int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0) {
		err_errno(err, "samples: %s", path);
		err->kind = OUTCOME_STORAGE;
		return -1;
	}
	if (!S_ISREG(st.st_mode) || st.st_size > FILE_MOST)
		return err_set(err, OUTCOME_STORAGE, "samples: %s is no file of samples", path);
	return 0;
}

static void
forget_file(const char *path)
{
	autofree char *journal = xasprintf("%s-journal", path);

	unlink(path);
	unlink(journal);
}

static struct db *
open_sound(const char *path, struct err *err)
{
	struct db *db = make_file(path, err) < 0 ? NULL : db_open(path, DB_RING, err);

	if (db && db_exec(db, SCHEMA, err) == 0)
		return db;
	db_close(db);
	return NULL;
}

/* Damage costs what the file held, once. */
static struct db *
open_file(const char *path, struct err *err)
{
	struct db *db = open_sound(path, err);

	if (db || !db_code_is_damage((int)err->code))
		return db;
	forget_file(path);
	return open_sound(path, err);
}

static int16_t
small(int64_t n)
{
	return n < 0 || n > INT16_MAX ? -1 : (int16_t)n;
}

static void
read_rows(struct db *db, const char *fleet, struct samples_rows *ret)
{
	struct db_query *q = db_query(db,
	    "SELECT host, span, slot, step, cpu, memory, disk, load FROM sample"
	    " WHERE fleet=? AND at>? LIMIT ?",
	    "sii", fleet, clock_wall_ms() - DAY_MS, (int64_t)ROWS_MOST);

	while (db_step(q)) {
		int16_t value[SAMPLES_NUMBERS];
		const char *host = db_text(q, 0);
		int64_t span = db_int(q, 1), step = db_int(q, 3);

		for (int m = 0; m < SAMPLES_NUMBERS; m++)
			value[m] = small(db_int(q, 4 + m));
		if (host && span >= 0 && span <= UINT8_MAX && step > 0 && step < UINT32_MAX)
			samples_rows_add(ret, host, (uint8_t)span, (uint32_t)step, 0, value);
	}
}

void
samples_file_read(const char *path, const char *fleet, struct samples_rows *ret)
{
	struct err err;
	struct db *db = open_file(path, &err);

	if (!db)
		return;
	read_rows(db, fleet, ret);
	/* Hosts that have not been heard of for a day go. */
	db_run(db, "DELETE FROM sample WHERE at<?", "i", clock_wall_ms() - DAY_MS);
	bool failed = db_take_error(db, &err);
	db_close(db);
	if (failed && db_code_is_damage((int)err.code))
		forget_file(path);
}

static void
write_rows(struct db *db, const char *fleet, const struct samples_rows *rows)
{
	int64_t now = clock_wall_ms();

	for (size_t i = 0; i < rows->count; i++) {
		const struct samples_row *r = &rows->row[i];

		db_run(db, "INSERT OR REPLACE INTO sample VALUES(?,?,?,?,?,?,?,?,?,?)",
		    "ssiiiiiiii", fleet, r->host, (int64_t)r->span, (int64_t)r->slot,
		    (int64_t)r->step, (int64_t)r->value[0], (int64_t)r->value[1],
		    (int64_t)r->value[2], (int64_t)r->value[3], now);
	}
}

int
samples_file_write(
    const char *path, const char *fleet, const struct samples_rows *rows, struct err *err)
{
	struct db *db = open_file(path, err);
	int rc = -1;

	if (!db)
		return -1;
	if (db_exec(db, "BEGIN IMMEDIATE", err) == 0) {
		write_rows(db, fleet, rows);
		if (!db_take_error(db, err))
			rc = db_exec(db, "COMMIT", err);
	}
	db_close(db); /* rolls back what was not committed */
	if (rc < 0 && db_code_is_damage((int)err->code))
		forget_file(path);
	return rc;
}
