#include "engine/tree.h"

#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/tar.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#define ENTRIES 500000

struct member {
	struct tar_entry e; /* name and target are owned */
	uint64_t at;        /* where its header begins */
	uint32_t head, base;
	size_t skip; /* of the name, to get the path below the base */
};

struct tree {
	struct member *members;
	size_t count, cap;
	uint64_t length;
	int *bases;
	char **base_names; /* for messages; and of operands that are files, the path below */
	size_t base_count, base_cap;
	char *token;
	/* The file that was read last. */
	size_t open_member;
	int open_fd;
};

static int walk(struct tree *t, int dir, const char *name, size_t skip, struct err *err);

struct tree *
tree_new(void)
{
	struct tree *t = xcalloc(1, sizeof(*t));

	t->open_fd = -1;
	return t;
}

void
tree_free(struct tree *t)
{
	if (!t)
		return;
	for (size_t i = 0; i < t->count; i++) {
		free((char *)t->members[i].e.name);
		free((char *)t->members[i].e.target);
	}
	for (size_t i = 0; i < t->base_count; i++) {
		close(t->bases[i]);
		free(t->base_names[i]);
	}
	if (t->open_fd >= 0)
		close(t->open_fd);
	free(t->members);
	free(t->bases);
	free(t->base_names);
	free(t->token);
	free(t);
}

static int
input(struct err *err, const char *name, const char *why)
{
	return err_set(err, OUTCOME_INPUT, "%.300s: %s", name, why);
}

static int
input_errno(struct err *err, const char *name)
{
	err_errno(err, "%.300s", name);
	err->kind = OUTCOME_INPUT;
	return -1;
}

static void
add_member(struct tree *t, const struct tar_entry *e, size_t skip)
{
	autobuf head = BUF_INIT(SIZE_MAX);
	struct member *m;

	mem_grow(t->members, t->count, t->cap);
	m = &t->members[t->count++];
	*m = (struct member){ .e = *e,
		.at = t->length,
		.base = (uint32_t)(t->base_count ? t->base_count - 1 : 0),
		.skip = skip };
	m->e.name = xstrdup(e->name);
	m->e.target = e->target ? xstrdup(e->target) : NULL;
	tar_header(&head, &m->e);
	m->head = (uint32_t)head.len;
	t->length += head.len + e->size + tar_padding(e->size);
}

/* Base is the name in dir, name the one in the archive. */
static int
add_one(struct tree *t, int dir, const char *base, const char *name, size_t skip, struct err *err)
{
	struct tar_entry e = { .type = TAR_FILE, .name = name };
	autobuf clean = BUF_INIT(8192);
	char target[4097];
	const char *why;
	struct stat st;

	if (fstatat(dir, base, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return input_errno(err, name);
	if (!tar_clean_name(name, &clean, &why))
		return input(err, name, why);
	if (t->count == ENTRIES)
		return input(err, name, "there are too many entries");
	e.mode = st.st_mode & 0777;
	e.mtime = st.st_mtime;
	if (S_ISREG(st.st_mode)) {
		e.size = (uint64_t)st.st_size;
		if (faccessat(dir, base, R_OK, AT_EACCESS) < 0)
			return input_errno(err, name);
	} else if (S_ISLNK(st.st_mode)) {
		ssize_t n = readlinkat(dir, base, target, sizeof(target) - 1);

		if (n < 0)
			return input_errno(err, name);
		target[n] = '\0';
		e.type = TAR_SYMLINK;
		e.target = target;
	} else if (S_ISDIR(st.st_mode)) {
		e.type = TAR_DIR;
	} else {
		return input(err, name, "neither a file nor a directory, and not sent");
	}
	add_member(t, &e, skip);
	if (e.type != TAR_DIR)
		return 0;
	int fd = openat(dir, base, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return fd < 0 ? input_errno(err, name) : walk(t, fd, name, skip, err);
}

static int
by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int
not_dots(const struct dirent *e)
{
	return !str_eq(e->d_name, ".") && !str_eq(e->d_name, "..");
}

/* All in a directory, which is closed. tar_clean_name() bounds the depth. */
static int
walk(struct tree *t, int dir, const char *name, size_t skip, struct err *err)
{
	struct dirent **list;
	int n = scandirat(dir, ".", &list, not_dots, by_name), rc = 0;

	if (n < 0)
		rc = input_errno(err, *name ? name : ".");
	for (int i = 0; i < n; i++) {
		autofree char *below = xasprintf("%s%s%s", name, *name ? "/" : "", list[i]->d_name);

		if (rc == 0)
			rc = add_one(t, dir, list[i]->d_name, below, skip, err);
		free(list[i]);
	}
	if (n >= 0)
		free(list);
	close(dir);
	return rc;
}

static void
add_base(struct tree *t, int fd, const char *name)
{
	size_t cap = t->base_cap;

	mem_grow(t->bases, t->base_count, t->base_cap);
	mem_grow(t->base_names, t->base_count, cap);
	t->bases[t->base_count] = fd;
	t->base_names[t->base_count++] = xstrdup(name);
}

static int
add_directory(struct tree *t, int fd, const char *name, struct err *err)
{
	struct tar_entry root = { .type = TAR_DIR, .name = name };
	size_t n = strlen(name);
	struct stat st;

	add_base(t, fd, "");
	if (fstat(fd, &st) < 0)
		return input_errno(err, name);
	root.mode = st.st_mode & 0777;
	root.mtime = st.st_mtime;
	add_member(t, &root, n);
	return walk(t, fcntl(fd, F_DUPFD_CLOEXEC, 3), name, n + (n > 0), err);
}

int
tree_add(struct tree *t, const char *path, const char *name, struct err *err)
{
	autofree char *real = realpath(path, NULL);
	char *slash = real ? strrchr(real, '/') : NULL;
	int fd;

	if (!real)
		return input_errno(err, path);
	fd = open(real, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0)
		return add_directory(t, fd, name, err);
	if (errno != ENOTDIR || !slash)
		return input_errno(err, path);
	*slash = '\0';
	fd = open(*real ? real : "/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return input_errno(err, path);
	add_base(t, fd, slash + 1);
	return add_one(t, fd, slash + 1, name, strlen(name), err);
}

uint64_t
tree_end(struct tree *t, const char *token)
{
	const struct tar_entry e = {
		.type = TAR_FILE, .name = TREE_END, .mode = 0600, .size = strlen(token)
	};

	t->token = xstrdup(token);
	add_member(t, &e, 0);
	t->length += 2 * TAR_BLOCK;
	return t->length;
}

static const struct member *
member_at(const struct tree *t, uint64_t at)
{
	size_t low = 0, high = t->count;

	while (high - low > 1) {
		size_t middle = (low + high) / 2;

		if (t->members[middle].at <= at)
			low = middle;
		else
			high = middle;
	}
	return &t->members[low];
}

static int
open_member(struct tree *t, const struct member *m, struct err *err)
{
	struct open_how how = { .flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS };
	const char *below = m->e.name + m->skip;
	size_t index = (size_t)(m - t->members);
	struct stat st;

	if (t->open_fd >= 0 && t->open_member == index)
		return 0;
	if (t->open_fd >= 0)
		close(t->open_fd);
	t->open_member = index;
	t->open_fd = (int)syscall(SYS_openat2, t->bases[m->base],
	    *below ? below : t->base_names[m->base], &how, sizeof(how));
	if (t->open_fd < 0)
		return err_errno(err, "%.300s", m->e.name);
	if (fstat(t->open_fd, &st) < 0 || !S_ISREG(st.st_mode) ||
	    (uint64_t)st.st_size != m->e.size || st.st_mtime != m->e.mtime)
		return err_set(err, OUTCOME_FAILED, "%.300s changed while it was read", m->e.name);
	return 0;
}

static ssize_t
read_content(
    struct tree *t, const struct member *m, uint64_t at, void *to, size_t n, struct err *err)
{
	ssize_t got;

	if (m == &t->members[t->count - 1]) {
		memcpy(to, t->token + at, n);
		return (ssize_t)n;
	}
	if (open_member(t, m, err) < 0)
		return -1;
	do
		got = pread(t->open_fd, to, n, (off_t)at);
	while (got < 0 && errno == EINTR);
	if (got < 0)
		return err_errno(err, "%.300s", m->e.name);
	if (got == 0)
		return err_set(err, OUTCOME_FAILED, "%.300s changed while it was read", m->e.name);
	return got;
}

ssize_t
tree_read_at(void *user, uint64_t at, void *to, size_t n, struct err *err)
{
	struct tree *t = user;
	const struct member *m = member_at(t, at);
	uint64_t into = at - m->at, rest;

	if (into < m->head) {
		autobuf head = BUF_INIT(SIZE_MAX);

		tar_header(&head, &m->e);
		n = n < m->head - into ? n : (size_t)(m->head - into);
		memcpy(to, head.data + into, n);
		return (ssize_t)n;
	}
	into -= m->head;
	if (into < m->e.size) {
		rest = m->e.size - into;
		return read_content(t, m, into, to, n < rest ? n : (size_t)rest, err);
	}
	/* Zeros up to the next header, or the end. */
	rest = (m + 1 < t->members + t->count ? m[1].at : t->length) - at;
	n = n < rest ? n : (size_t)rest;
	memset(to, 0, n);
	return (ssize_t)n;
}
