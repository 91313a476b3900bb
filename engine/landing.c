#include "engine/landing.h"

#include "base/digest.h"
#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/work.h"
#include "engine/unpack.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>

#define PIECE (1U << 20)

/* What the thread does; its own, as the landing may go meanwhile. */
struct chore {
	struct landing *owner; /* NULL: gone */
	int dir, fd;           /* own copies */
	char *beside, *name;
	bool tree, look;
	uint64_t length;
	char digest[DIGEST_HEX];
	char wanted[DIGEST_HEX]; /* "": any */
	struct timespec times[2];
	unsigned mode;
	struct err err;
	void (*done)(void *user, const struct err *err);
	void *user;
};

struct landing {
	int dir, fd;
	char *name;
	char beside[40];
	bool resume, tree, made, here;
	uint64_t part;
	char digest[DIGEST_HEX];
	unsigned mode;
	int64_t mtime;
	struct chore *chore;
};

struct landing *
landing_new(int dir, const char *name, const char *resume)
{
	struct landing *l = xcalloc(1, sizeof(*l));
	char hex[DIGEST_HEX];
	uint8_t raw[16];

	l->dir = dir;
	l->fd = -1;
	l->name = xstrdup(name);
	l->resume = resume != NULL;
	str_copy(l->digest, sizeof(l->digest), "-");
	digest_random(raw, sizeof(raw));
	if (resume) {
		autofree char *both = xasprintf("%s\n%s", name, resume);

		digest_hex(both, strlen(both), hex);
	} else {
		digest_hex(raw, sizeof(raw), hex);
	}
	snprintf(l->beside, sizeof(l->beside), ".drover-%.16s", hex);
	return l;
}

void
landing_free(struct landing *l)
{
	if (!l)
		return;
	if (l->chore)
		l->chore->owner = NULL;
	if (l->fd >= 0)
		close(l->fd);
	/* What the thread is about to name is no longer ours. */
	if (!l->here && !l->chore && l->made) {
		if (l->tree)
			unpack_remove(l->dir, l->beside);
		else if (!l->resume)
			unlinkat(l->dir, l->beside, 0);
	}
	free(l->name);
	free(l);
}

static void
drop_chore(void *data)
{
	struct chore *c = data;

	close(c->dir);
	if (c->fd >= 0)
		close(c->fd);
	free(c->beside);
	free(c->name);
	free(c);
}

static int
storage(struct chore *c, const char *what)
{
	err_errno(&c->err, "%s", what);
	c->err.kind = OUTCOME_STORAGE;
	return -1;
}

static int
read_digest(struct chore *c)
{
	struct digest *d = digest_new();
	autofree char *piece = xcalloc(1, PIECE);
	ssize_t got = 1;

	while (got > 0) {
		got = pread(c->fd, piece, PIECE, (off_t)c->length);
		if (got < 0 && errno == EINTR)
			got = 1;
		else if (got > 0) {
			digest_add(d, piece, (size_t)got);
			c->length += (uint64_t)got;
		}
	}
	digest_end(d, c->digest);
	return got < 0 ? storage(c, c->beside) : 0;
}

/* A part is a plain file of our own. */
static void
look(struct chore *c)
{
	struct stat st;

	c->fd = openat(c->dir, c->beside, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (c->fd < 0 && errno == ENOENT)
		return;
	if (c->fd < 0 || fstat(c->fd, &st) < 0)
		storage(c, c->beside);
	else if (!S_ISREG(st.st_mode) || st.st_uid != geteuid())
		err_set(&c->err, OUTCOME_REFUSED, "%s here is in the way", c->beside);
	else if (st.st_size > 0)
		read_digest(c);
}

static int
settle_file(struct chore *c)
{
	if (c->wanted[0] && read_digest(c) < 0)
		return -1;
	if (c->wanted[0] == '-')
		return err_set(&c->err, OUTCOME_FAILED, "no sha256sum on the host to verify with");
	if (c->wanted[0] && !str_eq(c->wanted, c->digest))
		return err_set(&c->err, OUTCOME_FAILED, "what is here has the digest %s, not %s",
		    c->digest, c->wanted);
	if (fchmod(c->fd, c->mode) < 0 || futimens(c->fd, c->times) < 0 || fsync(c->fd) < 0)
		return storage(c, c->name);
	if (renameat(c->dir, c->beside, c->dir, c->name) < 0)
		return storage(c, c->name);
	return 0;
}

static void
settle(struct chore *c)
{
	int rc;

	if (!c->tree) {
		rc = settle_file(c);
	} else {
		rc = syncfs(c->fd);
		if (rc == 0)
			rc = renameat2(c->dir, c->beside, c->dir, c->name, RENAME_NOREPLACE);
		if (rc < 0)
			storage(c, c->name);
	}
	if (rc == 0 && fsync(c->dir) < 0)
		storage(c, c->name);
}

static void
run_chore(void *data)
{
	struct chore *c = data;

	if (c->look)
		look(c);
	else
		settle(c);
}

static void
on_done(void *data, void *user)
{
	struct chore *c = data;
	struct landing *l = c->owner;

	(void)user;
	if (l) {
		bool good = c->err.kind == OUTCOME_OK;

		l->chore = NULL;
		if (c->look && good && c->length > 0) {
			l->part = c->length;
			str_copy(l->digest, sizeof(l->digest), c->digest);
		}
		l->here = !c->look && good;
		c->done(c->user, good ? NULL : &c->err);
	}
	drop_chore(c);
}

static struct chore *
begin(struct landing *l, void (*done)(void *user, const struct err *err), void *user)
{
	struct chore *c = xcalloc(1, sizeof(*c));

	c->owner = l;
	c->dir = fcntl(l->dir, F_DUPFD_CLOEXEC, 3);
	c->fd = l->fd >= 0 ? fcntl(l->fd, F_DUPFD_CLOEXEC, 3) : -1;
	c->beside = xstrdup(l->beside);
	c->name = xstrdup(l->name);
	c->tree = l->tree;
	c->done = done;
	c->user = user;
	l->chore = c;
	return c;
}

static void
hand_over(struct work *work, struct chore *c)
{
	work_add(work,
	    &(struct work_job){ .run = run_chore, .done = on_done, .drop = drop_chore, .data = c });
}

void
landing_look(struct landing *l, struct work *work, void (*done)(void *user, const struct err *err),
    void *user)
{
	struct chore *c;

	if (!l->resume) {
		done(user, NULL);
		return;
	}
	c = begin(l, done, user);
	c->look = true;
	hand_over(work, c);
}

uint64_t
landing_part(const struct landing *l, char *digest)
{
	if (digest)
		str_copy(digest, DIGEST_HEX, l->digest);
	return l->part;
}

int
landing_file(struct landing *l, uint64_t offset, unsigned mode, int64_t mtime, struct err *err)
{
	int flags = O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC | (offset ? 0 : O_EXCL);

	if (!offset && l->resume && unlinkat(l->dir, l->beside, 0) < 0 && errno != ENOENT)
		goto broken;
	l->fd = openat(l->dir, l->beside, flags, 0600);
	if (l->fd < 0)
		goto broken;
	l->made = true;
	l->mode = mode & 0777 & ~file_umask();
	l->mtime = mtime;
	if (ftruncate(l->fd, (off_t)offset) < 0 || lseek(l->fd, (off_t)offset, SEEK_SET) < 0)
		goto broken;
	return 0;
broken:
	err_errno(err, "%s", l->name);
	err->kind = OUTCOME_STORAGE;
	return -1;
}

int
landing_write(struct landing *l, const void *p, uint64_t n, struct err *err)
{
	const char *at = p;

	while (n > 0) {
		ssize_t put = write(l->fd, at, (size_t)n);

		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0) {
			err_errno(err, "%s", l->name);
			err->kind = OUTCOME_STORAGE;
			return -1;
		}
		at += put;
		n -= (uint64_t)put;
	}
	return 0;
}

int
landing_tree(struct landing *l, struct err *err)
{
	struct stat st;

	if (fstatat(l->dir, l->name, &st, AT_SYMLINK_NOFOLLOW) == 0)
		return err_set(err, OUTCOME_FAILED,
		    "%s is there already: a directory is never replaced", l->name);
	l->tree = l->made = mkdirat(l->dir, l->beside, 0700) == 0;
	if (l->made)
		l->fd = openat(l->dir, l->beside, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (l->fd < 0) {
		err_errno(err, "%s", l->name);
		err->kind = OUTCOME_STORAGE;
	}
	return l->fd;
}

void
landing_end(struct landing *l, struct work *work, const char *digest,
    void (*done)(void *user, const struct err *err), void *user)
{
	struct chore *c = begin(l, done, user);

	if (digest && !l->tree)
		str_copy(c->wanted, sizeof(c->wanted), digest);
	c->mode = l->mode;
	c->times[0].tv_nsec = UTIME_NOW;
	c->times[1].tv_sec = (time_t)l->mtime;
	hand_over(work, c);
}
