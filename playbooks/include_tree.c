#include "playbooks/include_tree.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/strmap.h"
#include "playbooks/include.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

struct walk {
	struct arena *arena;
	const struct include_tree_spec *spec;
	struct include_entry *entry;
	size_t count, cap, bytes;
	struct strmap
	    linked; /* DEVICE:INODE of files with several names, to their place in entry */
	struct err *err;
};

static int
wrong(struct walk *w, const char *path, const char *what)
{
	return err_set(
	    w->err, OUTCOME_INPUT, "%s%s%s: %s", w->spec->path, *path ? "/" : "", path, what);
}

static struct include_entry *
add(struct walk *w, const char *path, char kind)
{
	mem_grow(w->entry, w->count, w->cap);
	w->entry[w->count] = (struct include_entry){ .path = path, .kind = kind };
	return &w->entry[w->count++];
}

static bool
is_excluded(const struct walk *w, const char *path, bool directory)
{
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;

	for (size_t i = 0; i < w->spec->exclude_count; i++) {
		autofree char *pattern = xstrdup(w->spec->exclude[i]);
		size_t n = strlen(pattern);

		if (n > 1 && pattern[n - 1] == '/') {
			if (!directory)
				continue;
			pattern[n - 1] = '\0';
		}
		if (str_glob(pattern, strchr(pattern, '/') ? path : name))
			return true;
	}
	return false;
}

/* Names go to the host in lines. */
static const char *
bad_name(const char *name)
{
	for (const char *p = name; *p; p++)
		if ((unsigned char)*p < ' ' || *p == 0x7f || *p == '\\')
			return "a name with a control character or a backslash cannot be sent";
	return *name && name[strlen(name) - 1] == ' ' ? "a name that ends in a blank cannot be sent"
						      : NULL;
}

/* Another name of a file that was read already; false: it is none. */
static bool
add_name(struct walk *w, const struct stat *st, const char *path)
{
	size_t at;

	if (!w->spec->whole || st->st_nlink < 2 ||
	    strmap_add(&w->linked,
		arena_printf(w->arena, "%llu:%llu", (unsigned long long)st->st_dev,
		    (unsigned long long)st->st_ino),
		w->count, &at))
		return false;
	const char *first = w->entry[at].path;
	struct include_entry *e = add(w, path, 'f');

	e->link = first;
	return true;
}

static int
read_file(struct walk *w, int fd, const struct stat *st, const char *path)
{
	size_t size = (size_t)st->st_size, have = 0;
	struct include_entry *e;
	char *text;

	if (add_name(w, st, path))
		return 0;
	w->bytes += size;
	if (w->bytes > w->spec->max)
		return err_set(w->err, OUTCOME_INPUT, "%s holds more than %zu MiB", w->spec->path,
		    w->spec->max >> 20);
	text = arena_alloc(w->arena, size + 2);
	for (;;) {
		ssize_t n = read(fd, text + have, size + 1 - have);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return wrong(w, path, strerror(errno));
		have += (size_t)n;
		if (n == 0 || have > size)
			break;
	}
	if (have != size)
		return wrong(w, path, "changed while it was read");
	text[size] = '\0';
	e = add(w, path, 'f');
	e->content = text;
	e->len = size;
	e->runs = st->st_mode & S_IXUSR;
	e->mode = st->st_mode & 07777;
	digest_hex(text, size, e->digest);
	return 0;
}

static int
read_link(struct walk *w, int dir, const char *name, const char *path)
{
	char target[4097];
	ssize_t n = readlinkat(dir, name, target, sizeof(target));
	struct include_entry *e;

	if (n < 0)
		return wrong(w, path, strerror(errno));
	if (n == 0 || n > 4095)
		return wrong(w, path, "a link that leads further than 4095 bytes cannot be sent");
	for (ssize_t i = 0; i < n; i++)
		if ((unsigned char)target[i] < ' ' || target[i] == 0x7f)
			return wrong(w, path, "what the link leads to has a control character");
	e = add(w, path, 'l');
	e->content = arena_memdup0(w->arena, target, (size_t)n);
	e->len = (size_t)n;
	digest_hex(e->content, e->len, e->digest);
	return 0;
}

static int read_directory(struct walk *w, int fd, const char *path, int depth);

static int
read_member(struct walk *w, int dir, const char *name, const char *path, int depth)
{
	size_t most = w->spec->entries ? w->spec->entries : INCLUDE_TREE_ENTRIES;
	struct stat st;

	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return wrong(w, path, strerror(errno));
	if (is_excluded(w, path, S_ISDIR(st.st_mode)))
		return 0;
	if (bad_name(name))
		return wrong(w, path, bad_name(name));
	if (w->count >= most)
		return err_set(w->err, OUTCOME_INPUT,
		    "%s holds more than %zu files and directories", w->spec->path, most);
	if (S_ISLNK(st.st_mode))
		return read_link(w, dir, name, path);
	if (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode))
		return wrong(w, path, "is no file, directory or link");
	autoclose int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) < 0)
		return wrong(w, path, strerror(errno));
	if (S_ISDIR(st.st_mode))
		return read_directory(w, fd, path, depth + 1);
	return S_ISREG(st.st_mode) ? read_file(w, fd, &st, path)
				   : wrong(w, path, "changed while it was read");
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The names in a directory, sorted, in the arena; NULL on failure. */
static const char **
list_names(struct walk *w, int fd, size_t *ret_count)
{
	int copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	DIR *d = copy < 0 ? NULL : fdopendir(copy);
	const char **name = NULL, **all;
	size_t count = 0, cap = 0;

	if (!d) {
		if (copy >= 0)
			close(copy);
		return NULL;
	}
	for (struct dirent *e = readdir(d); e; e = readdir(d)) {
		if (str_eq(e->d_name, ".") || str_eq(e->d_name, ".."))
			continue;
		mem_grow(name, count, cap);
		name[count++] = arena_strdup(w->arena, e->d_name);
	}
	closedir(d);
	if (count)
		qsort(name, count, sizeof(*name), by_name);
	all = arena_alloc(w->arena, (count + 1) * sizeof(*all));
	if (count)
		memcpy(all, name, count * sizeof(*all));
	free(name);
	*ret_count = count;
	return all;
}

static int
read_directory(struct walk *w, int fd, const char *path, int depth)
{
	size_t count;
	const char **name;
	struct stat st;

	if (depth > INCLUDE_TREE_DEPTH)
		return wrong(w, path, "directories stand too deep in one another");
	name = list_names(w, fd, &count);
	if (!name || fstat(fd, &st) < 0)
		return wrong(w, path, strerror(errno));
	add(w, path, 'd')->mode = st.st_mode & 07777;
	for (size_t i = 0; i < count; i++) {
		const char *below =
		    *path ? arena_printf(w->arena, "%s/%s", path, name[i]) : name[i];

		if (read_member(w, fd, name[i], below, depth) < 0)
			return -1;
	}
	return 0;
}

static int
read_top(struct walk *w)
{
	struct stat st;
	autoclose int fd = include_open_any(w->spec->dir, w->spec->path, w->err);

	if (fd < 0)
		return -1;
	if (fstat(fd, &st) < 0)
		return wrong(w, "", strerror(errno));
	if (S_ISDIR(st.st_mode))
		return read_directory(w, fd, "", 0);
	return S_ISREG(st.st_mode) ? read_file(w, fd, &st, "")
				   : wrong(w, "", "is neither a file nor a directory");
}

int
include_tree(struct arena *a, const struct include_tree_spec *spec, struct include_tree *ret,
    struct err *err)
{
	struct walk w = { .arena = a, .spec = spec, .err = err };
	int rc = read_top(&w);

	*ret = (struct include_tree){ .entry = arena_alloc(a, w.count * sizeof(*w.entry) + 1),
		.count = w.count };
	if (w.count)
		memcpy(ret->entry, w.entry, w.count * sizeof(*w.entry));
	free(w.entry);
	strmap_fini(&w.linked);
	return rc;
}
