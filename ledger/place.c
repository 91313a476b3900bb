#include "ledger/place.h"

#include "base/clock.h"
#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/str.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#define FREE_BYTES    (64LL << 20)
#define RESERVE_BYTES (4LL << 20)

void
place_init(struct place *p, const char *path)
{
	autofree char *state = file_state_dir();

	p->db = path ? xstrdup(path) : file_join(state, "ledger.db");
	p->dir = file_dir(p->db);
	int stem = (int)strlen(p->db) - (str_ends(p->db, ".db") ? 3 : 0);
	p->lock = xasprintf("%.*s.lock", stem, p->db);
	p->reserve = xasprintf("%.*s.reserve", stem, p->db);
	p->runs = file_join(p->dir, "runs");
}

void
place_fini(struct place *p)
{
	free(p->db);
	free(p->dir);
	free(p->lock);
	free(p->runs);
	free(p->reserve);
	*p = (struct place){ 0 };
}

static int
storage_errno(struct err *err, const char *path)
{
	err_errno(err, "ledger: %s", path);
	err->kind = OUTCOME_STORAGE;
	return -1;
}

static int
check_dir(const char *path, struct err *err)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return storage_errno(err, path);
	if (!S_ISDIR(st.st_mode))
		return err_set(err, OUTCOME_REFUSED, "ledger: %s: not a directory", path);
	if (st.st_uid != geteuid())
		return err_set(err, OUTCOME_REFUSED, "ledger: %s belongs to user %u, not to you",
		    path, (unsigned)st.st_uid);
	if (st.st_mode & 022)
		return err_set(err, OUTCOME_REFUSED,
		    "ledger: others may write in %s (mode %04o): chmod 700 %s", path,
		    (unsigned)st.st_mode & 07777, path);
	return 0;
}

static int
check_file(const char *path, bool *ret_missing, struct err *err)
{
	struct stat st;

	*ret_missing = false;
	if (lstat(path, &st) < 0) {
		*ret_missing = errno == ENOENT;
		return *ret_missing ? 0 : storage_errno(err, path);
	}
	if (S_ISLNK(st.st_mode))
		return err_set(err, OUTCOME_REFUSED,
		    "ledger: %s is a symbolic link: give the path it stands for", path);
	if (!S_ISREG(st.st_mode))
		return err_set(err, OUTCOME_REFUSED, "ledger: %s: not a regular file", path);
	if (st.st_uid != geteuid())
		return err_set(err, OUTCOME_REFUSED, "ledger: %s belongs to user %u, not to you",
		    path, (unsigned)st.st_uid);
	if (st.st_mode & 077)
		return err_set(err, OUTCOME_REFUSED,
		    "ledger: others may read or write %s (mode %04o): chmod 600 %s", path,
		    (unsigned)st.st_mode & 07777, path);
	return 0;
}

int
place_check(const struct place *p, bool *ret_missing, struct err *err)
{
	static const char *const beside[] = { "-wal", "-shm" };

	*ret_missing = !file_exists(p->dir);
	if (*ret_missing)
		return 0;
	if (check_dir(p->dir, err) < 0)
		return -1;
	for (size_t i = 0; i < countof(beside); i++) {
		autofree char *path = xasprintf("%s%s", p->db, beside[i]);

		if (check_file(path, ret_missing, err) < 0)
			return -1;
	}
	return check_file(p->db, ret_missing, err);
}

int
place_prepare(const struct place *p, struct err *err)
{
	bool missing;

	if (file_mkdirs(p->dir, err) < 0) {
		err->kind = OUTCOME_STORAGE;
		return err_wrap(err, "ledger");
	}
	if (place_check(p, &missing, err) < 0)
		return -1;
	if (file_mkdirs(p->runs, err) < 0) {
		err->kind = OUTCOME_STORAGE;
		return err_wrap(err, "ledger");
	}
	if (check_dir(p->runs, err) < 0)
		return -1;
	if (!missing)
		return 0;
	/* The only time that this file is opened past SQLite: closing it would drop SQLite's
	 * locks, and nobody can hold any on what is not yet there. */
	autoclose int fd = open(p->db, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	return fd < 0 && errno != EEXIST ? storage_errno(err, p->db) : 0;
}

int
place_reserve(const struct place *p, struct err *err)
{
	struct statvfs fs;
	struct stat st;

	if (statvfs(p->dir, &fs) < 0)
		return storage_errno(err, p->dir);
	long long spare = (long long)fs.f_bavail * (long long)fs.f_frsize;
	bool there = stat(p->reserve, &st) == 0 && st.st_size == RESERVE_BYTES;
	if (spare + (there ? RESERVE_BYTES : 0) < FREE_BYTES)
		return err_set(err, OUTCOME_STORAGE,
		    "ledger: %lld MiB are free in %s, %lld are needed: nothing was begun",
		    spare >> 20, p->dir, FREE_BYTES >> 20);
	if (there)
		return 0;
	autoclose int fd = open(p->reserve, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return storage_errno(err, p->reserve);
	int rc = posix_fallocate(fd, 0, RESERVE_BYTES);
	if (rc == 0)
		return 0;
	unlink(p->reserve);
	errno = rc;
	return storage_errno(err, p->reserve);
}

void
place_release_reserve(const struct place *p)
{
	unlink(p->reserve);
}

int
place_set_aside(const struct place *p, const char *why, struct err *err)
{
	char stamp[32];

	clock_rfc3339(clock_wall_ms(), stamp, sizeof(stamp));
	autofree char *db = xasprintf("%s.damaged-%s", p->db, stamp);
	autofree char *wal = xasprintf("%s-wal", p->db), *new_wal = xasprintf("%s-wal", db);
	autofree char *shm = xasprintf("%s-shm", p->db);
	if (rename(p->db, db) < 0)
		return storage_errno(err, p->db);
	if (rename(wal, new_wal) < 0 && errno != ENOENT)
		return storage_errno(err, wal);
	if (unlink(shm) < 0 && errno != ENOENT)
		return storage_errno(err, shm);
	if (chmod(db, 0400) < 0)
		return storage_errno(err, db);
	return err_set(err, OUTCOME_STORAGE,
	    "ledger: %s is damaged (%.80s): it was set aside as %s; the next call starts a new one",
	    p->db, why, db);
}

char *
place_run_lock(const struct place *p, const char *uuid)
{
	return xasprintf("%s/%s.lock", p->runs, uuid);
}
