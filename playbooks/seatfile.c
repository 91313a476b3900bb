#include "playbooks/seatfile.h"

#include "base/digest.h"
#include "base/err.h"
#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PIECE (1U << 16)

static int
told(struct err *err, const char *path)
{
	if (errno == ELOOP || errno == ENOTDIR)
		return err_set(err, OUTCOME_STORAGE,
		    "%.200s: the way there leads through a link or a file", path);
	err_errno(err, "%.200s", path);
	err->kind = OUTCOME_STORAGE;
	return -1;
}

/* One directory further; a new one is there for good before anything comes into it. */
static int
enter(int dir, const char *name, bool make)
{
	const int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
	int fd = openat(dir, name, flags);

	if (fd >= 0 || errno != ENOENT || !make)
		return fd;
	if (mkdirat(dir, name, 0777) < 0 && errno != EEXIST)
		return -1;
	if (fsync(dir) < 0)
		return -1;
	return openat(dir, name, flags);
}

static int
walk(const char *base, const char *path, bool make, const char **ret_name)
{
	const char *at = path, *slash;
	int fd = open(base, O_RDONLY | O_DIRECTORY | O_CLOEXEC), next, why;

	for (slash = strchr(at, '/'); fd >= 0 && slash; slash = strchr(at, '/')) {
		autofree char *name = xmemdup0(at, (size_t)(slash - at));

		next = enter(fd, name, make);
		why = errno;
		close(fd);
		errno = why;
		fd = next;
		at = slash + 1;
	}
	*ret_name = at;
	return fd;
}

int
seatfile_dir(const char *base, const char *path, const char **ret_name, struct err *err)
{
	int fd = walk(base, path, true, ret_name);

	return fd < 0 ? told(err, path) : fd;
}

static int
read_digest(int fd, uint64_t max, char *ret)
{
	autofree char *piece = xcalloc(1, PIECE);
	struct digest *d = digest_new();
	uint64_t all = 0;
	ssize_t n = 1;

	while (n > 0 && all <= max) {
		n = read(fd, piece, PIECE);
		if (n < 0 && errno == EINTR) {
			n = 1;
		} else if (n > 0) {
			digest_add(d, piece, (size_t)n);
			all += (uint64_t)n;
		}
	}
	digest_end(d, ret);
	if (all > max)
		*ret = '\0';
	return n < 0 ? -1 : 0;
}

int
seatfile_look(
    const char *base, const char *path, uint64_t max, struct seatfile *ret, struct err *err)
{
	const char *name;
	struct stat st;

	*ret = (struct seatfile){ 0 };
	autoclose int dir = walk(base, path, false, &name);
	if (dir < 0 && errno == ENOENT)
		return 0;
	if (dir < 0)
		return told(err, path);
	autoclose int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT)
		return 0;
	if (fd < 0 || fstat(fd, &st) < 0)
		return told(err, path);
	if (!S_ISREG(st.st_mode))
		return err_set(err, OUTCOME_STORAGE, "%.200s is no regular file here%s", path,
		    S_ISDIR(st.st_mode) ? ": end dest with / to get it into a directory" : "");
	ret->there = true;
	ret->mode = st.st_mode & 07777;
	return read_digest(fd, max, ret->digest) < 0 ? told(err, path) : 0;
}
