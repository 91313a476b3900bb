#include "engine/unpack.h"

#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/str.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#define LINK_TEXT (64U << 20) /* names of links that are held until the end */
#define PASSES    4
#define TRIES     100

struct unpack {
	int root, file; /* borrowed; the one being written, or -1 */
	struct tar_reader *reader;
	unsigned mode, mask;
	int64_t mtime;
	char **links; /* that were made; NULL: removed again */
	size_t count, cap, text;
	size_t left_out;
	char *first_left_out;
};

/* The directory that a name is in, opened beneath the root. */
static int
open_parent(const struct unpack *u, const char *name, struct err *err)
{
	const char *slash = strrchr(name, '/');
	autofree char *dir = slash ? xmemdup0(name, (size_t)(slash - name)) : xstrdup(".");
	struct open_how how = { .flags = O_PATH | O_DIRECTORY | O_CLOEXEC,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS };
	int fd = (int)syscall(SYS_openat2, u->root, dir, &how, sizeof(how));

	if (fd < 0 && (errno == ELOOP || errno == ENOTDIR || errno == ENOENT || errno == EXDEV))
		return err_set(
		    err, OUTCOME_REFUSED, "%.200s: not in a directory of the archive", name);
	if (fd < 0) {
		err_errno(err, "%.200s", name);
		err->kind = OUTCOME_STORAGE;
	}
	return fd;
}

static int
failed(const char *name, struct err *err)
{
	if (errno == EEXIST)
		return err_set(err, OUTCOME_REFUSED, "%.200s: twice in the archive", name);
	err_errno(err, "%.200s", name);
	err->kind = OUTCOME_STORAGE;
	return -1;
}

static void
leave_out(struct unpack *u, const char *name)
{
	if (u->left_out++ == 0)
		u->first_left_out = xstrdup(name);
}

/* A way up behind a name: where it leads depends on whether the name is a link. */
static bool
climbs_late(const char *target)
{
	bool named = false;

	while (*target) {
		size_t n = strcspn(target, "/");
		bool up = n == 2 && target[0] == '.' && target[1] == '.';

		if (up && named)
			return true;
		named |= !up && n > 0 && !(n == 1 && target[0] == '.');
		target += n + (target[n] == '/');
	}
	return false;
}

static int
make_link(struct unpack *u, int dir, const char *base, const struct tar_entry *e, struct err *err)
{
	if (!tar_leads_below(e->name, e->target) || climbs_late(e->target)) {
		leave_out(u, e->name);
		return 0;
	}
	u->text += strlen(e->name) + 1;
	if (u->text > LINK_TEXT)
		return err_set(err, OUTCOME_REFUSED, "too many symbolic links");
	if (symlinkat(e->target, dir, base) < 0)
		return failed(e->name, err);
	mem_grow(u->links, u->count, u->cap);
	u->links[u->count++] = xstrdup(e->name);
	return 0;
}

static int
make_entry(struct unpack *u, int dir, const char *base, const struct tar_entry *e, struct err *err)
{
	switch (e->type) {
	case TAR_DIR:
		if (mkdirat(dir, base, (e->mode & 0777 & ~u->mask) | 0700) < 0)
			return failed(e->name, err);
		break;
	case TAR_SYMLINK:
		return make_link(u, dir, base, e, err);
	case TAR_LINK:
		return err_set(err, OUTCOME_REFUSED, "%.300s: a hard link", e->name);
	case TAR_FILE:
		u->file =
		    openat(dir, base, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
		if (u->file < 0)
			return failed(e->name, err);
		u->mode = e->mode & 0777 & ~u->mask;
		u->mtime = e->mtime;
		break;
	}
	return 0;
}

static int
on_entry(void *user, const struct tar_entry *e, struct err *err)
{
	struct unpack *u = user;
	const char *slash = strrchr(e->name, '/');

	if (!*e->name)
		return 0; /* the root is there */
	autoclose int dir = open_parent(u, e->name, err);
	if (dir < 0)
		return -1;
	return make_entry(u, dir, slash ? slash + 1 : e->name, e, err);
}

static int
on_data(void *user, const void *p, size_t n, struct err *err)
{
	struct unpack *u = user;
	const char *at = p;

	while (n > 0) {
		ssize_t put = write(u->file, at, n);

		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0) {
			err_errno(err, "cannot be written here");
			err->kind = OUTCOME_STORAGE;
			return -1;
		}
		at += put;
		n -= (size_t)put;
	}
	return 0;
}

static int
on_file_end(void *user, struct err *err)
{
	struct unpack *u = user;
	const struct timespec times[2] = { { .tv_nsec = UTIME_NOW }, { .tv_sec = u->mtime } };

	(void)err;
	/* Best effort: a file system without modes still holds the content. */
	if (fchmod(u->file, u->mode) < 0 || futimens(u->file, times) < 0)
		errno = 0;
	close(u->file);
	u->file = -1;
	return 0;
}

struct unpack *
unpack_new(int fd, const struct tar_limits *limits)
{
	static const struct tar_listener listener = { on_entry, on_data, on_file_end };
	struct unpack *u = xcalloc(1, sizeof(*u));

	u->root = fd;
	u->file = -1;
	u->mask = file_umask();
	u->reader = tar_reader_new(limits, &listener, u);
	return u;
}

void
unpack_free(struct unpack *u)
{
	if (!u)
		return;
	if (u->file >= 0)
		close(u->file);
	tar_reader_free(u->reader);
	for (size_t i = 0; i < u->count; i++)
		free(u->links[i]);
	free(u->links);
	free(u->first_left_out);
	free(u);
}

/* 0, or why a path cannot be opened beneath the root. */
static int
look_up(const struct unpack *u, const char *path, uint64_t resolve)
{
	struct open_how how = { .flags = O_PATH | O_CLOEXEC,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS | resolve };
	int fd = -1;

	errno = EAGAIN;
	/* A rename anywhere on the machine may get in the way of a "..". */
	for (int i = 0; fd < 0 && errno == EAGAIN && i < TRIES; i++)
		fd = (int)syscall(SYS_openat2, u->root, path, &how, sizeof(how));
	if (fd < 0)
		return errno;
	close(fd);
	return 0;
}

/* Whether a link stands on the way of the link NAME in dir: its ways up are all in front, and go
 * through true directories. */
static bool
crosses(const struct unpack *u, int dir, const char *name, const char *base)
{
	char target[4097];
	ssize_t n = readlinkat(dir, base, target, sizeof(target) - 1);
	int why;

	if (n < 0)
		return true;
	target[n] = '\0';
	autofree char *path = xasprintf("%.*s%s", (int)(base - name), name, target);
	why = look_up(u, path, RESOLVE_NO_SYMLINKS);
	return why != 0 && why != ENOENT && why != ENOTDIR;
}

/* One link: 1 when it had to go. Strict: no other may stand on its way. */
static int
check_link(struct unpack *u, const char *name, bool strict, struct err *err)
{
	const char *slash = strrchr(name, '/'), *base = slash ? slash + 1 : name;
	int why = look_up(u, name, 0);
	bool dangling = why == ENOENT || why == ENOTDIR;

	if (why == 0 && !strict)
		return 0;
	autoclose int dir = open_parent(u, name, err);
	if (dir < 0)
		return -1;
	if ((why == 0 || dangling) && !crosses(u, dir, name, base))
		return 0;
	if (unlinkat(dir, base, 0) < 0)
		return failed(name, err);
	leave_out(u, name);
	return 1;
}

/* With everything there: what a link leads to depends on those made behind it, and on those that are
 * removed here. The last pass needs no other: none that stays depends on another. */
static int
check_links(struct unpack *u, struct err *err)
{
	bool more = true;

	for (int pass = 0; more && pass <= PASSES; pass++) {
		more = false;
		for (size_t i = 0; i < u->count; i++) {
			int rc = u->links[i] ? check_link(u, u->links[i], pass == PASSES, err) : 0;

			if (rc < 0)
				return -1;
			if (rc > 0)
				free(take(u->links[i]));
			more |= rc > 0;
		}
	}
	return 0;
}

int
unpack_feed(struct unpack *u, const void *p, size_t n, size_t *ret_used, struct err *err)
{
	int rc = tar_feed(u->reader, p, n, ret_used, err);

	return rc > 0 && check_links(u, err) < 0 ? -1 : rc;
}

size_t
unpack_left_out(const struct unpack *u, const char **ret_first)
{
	*ret_first = u->first_left_out;
	return u->left_out;
}

/* Depth first; the archive's own limit on depth bounds it. */
static void
empty(int fd)
{
	DIR *d = fdopendir(fd);
	struct dirent *e;

	if (!d) {
		close(fd);
		return;
	}
	for (e = readdir(d); e; e = readdir(d)) {
		if (str_eq(e->d_name, ".") || str_eq(e->d_name, ".."))
			continue;
		if (unlinkat(fd, e->d_name, 0) < 0)
			unpack_remove(fd, e->d_name);
	}
	closedir(d);
}

void
unpack_remove(int dir, const char *name)
{
	int fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		return;
	empty(fd);
	unlinkat(dir, name, AT_REMOVEDIR);
}
