#include "playbooks/rootfs.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/strmap.h"
#include "base/tar.h"
#include "playbooks/include.h"
#include "playbooks/include_tree.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PIECE 65536
#define TIME  1 /* where times do not count; 0 would be no time for tar */

/* What stands at a name. */
enum standing { DIRECTORY, FILE_OR_ITS_LINK, LINK };

struct rootfs {
	struct arena *arena;
	struct strmap names; /* to their place in there */
	unsigned char *there;
	size_t count, cap;
	struct buf *to;
	uint64_t size; /* of the file that is being read */
	bool files;
};

static int
refuse(struct err *err, const char *name, const char *why)
{
	return err_set(err, OUTCOME_REFUSED, "%.300s: %s", *name ? name : ".", why);
}

static void
put_header(struct rootfs *w, const struct tar_entry *e)
{
	struct tar_entry mine = *e;

	mine.mtime = e->mtime > 0 ? e->mtime : TIME;
	tar_header(w->to, &mine);
}

/* False, and *ret says what it is, when something stands there. */
static bool
take_name(struct rootfs *w, const char *name, enum standing what, size_t *ret)
{
	if (!strmap_add(&w->names, name, w->count, ret))
		return false;
	mem_grow(w->there, w->count, w->cap);
	w->there[w->count++] = (unsigned char)what;
	return true;
}

/* What it stands in: directories, which are made where the archive did not tell of them. */
static int
put_parents(struct rootfs *w, const char *name, struct err *err)
{
	const char *slash;
	size_t at;

	if (*name && take_name(w, "", DIRECTORY, &at))
		put_header(w, &(struct tar_entry){ .type = TAR_DIR, .name = "", .mode = 0755 });
	for (slash = strchr(name, '/'); slash; slash = strchr(slash + 1, '/')) {
		const char *above = arena_printf(w->arena, "%.*s", (int)(slash - name), name);

		if (take_name(w, above, DIRECTORY, &at))
			put_header(
			    w, &(struct tar_entry){ .type = TAR_DIR, .name = above, .mode = 0755 });
		else if (w->there[at] != DIRECTORY)
			return refuse(err, name, "it stands in what is no directory");
	}
	return 0;
}

static bool
is_text(const char *s)
{
	while (*s && (unsigned char)*s >= ' ' && *s != 0x7f)
		s++;
	return !*s;
}

/* An absolute link begins at the root of the tree, which is that of the container. */
static const char *
check_link(const struct rootfs *w, const struct tar_entry *e)
{
	size_t at;

	if (e->type == TAR_SYMLINK && !is_text(e->target))
		return "what the link leads to has a control character";
	if (e->type == TAR_SYMLINK && *e->target != '/' && !tar_leads_below(e->name, e->target))
		return "the link leads out of the tree";
	if (e->type == TAR_LINK &&
	    (!strmap_find(&w->names, e->target, &at) || w->there[at] != FILE_OR_ITS_LINK))
		return "a hard link to what is no file before it";
	return NULL;
}

static int
put_entry(struct rootfs *w, const struct tar_entry *e, struct err *err)
{
	const char *name = arena_strdup(w->arena, e->name), *why = check_link(w, e);
	enum standing what = e->type == TAR_DIR       ? DIRECTORY
			     : e->type == TAR_SYMLINK ? LINK
						      : FILE_OR_ITS_LINK;
	size_t at;

	if (why)
		return refuse(err, name, why);
	if (put_parents(w, name, err) < 0)
		return -1;
	/* A directory may be told of again: what is said last counts, as it does for tar. */
	if (!take_name(w, name, what, &at) && (what != DIRECTORY || w->there[at] != DIRECTORY))
		return refuse(err, name, "it is there twice");
	w->files = w->files || e->type == TAR_FILE;
	w->size = e->size;
	put_header(w, e);
	return 0;
}

static int
put_data(struct rootfs *w, const void *p, size_t n, struct err *err)
{
	return buf_add(w->to, p, n)
		   ? 0
		   : err_set(err, OUTCOME_INPUT, "it holds more than %zu MiB", ROOTFS_MAX >> 20);
}

static int
put_padding(struct rootfs *w, struct err *err)
{
	static const char zeros[TAR_BLOCK];

	return put_data(w, zeros, tar_padding(w->size), err);
}

static int
on_entry(void *user, const struct tar_entry *e, struct err *err)
{
	return put_entry(user, e, err);
}

static int
on_data(void *user, const void *p, size_t n, struct err *err)
{
	return put_data(user, p, n, err);
}

static int
on_file_end(void *user, struct err *err)
{
	return put_padding(user, err);
}

/* How an archive begins that is compressed. */
static const char *
compression(const unsigned char *p, size_t n)
{
	static const struct {
		const char *name;
		unsigned char byte[4];
		size_t n;
	} known[] = {
		{ "gzip", { 0x1f, 0x8b }, 2 },
		{ "xz", { 0xfd, '7', 'z', 'X' }, 4 },
		{ "zstd", { 0x28, 0xb5, 0x2f, 0xfd }, 4 },
		{ "bzip2", { 'B', 'Z', 'h' }, 3 },
	};

	for (size_t i = 0; i < countof(known); i++)
		if (n >= known[i].n && memcmp(p, known[i].byte, known[i].n) == 0)
			return known[i].name;
	return NULL;
}

static ssize_t
read_piece(int fd, unsigned char *to, struct err *err)
{
	ssize_t n;

	do
		n = read(fd, to, PIECE);
	while (n < 0 && errno == EINTR);
	return n < 0 ? err_errno(err, "read") : n;
}

/* Behind its end there is nothing that counts. */
static int
feed(struct tar_reader *tar, int fd, struct err *err)
{
	autofree unsigned char *piece = xcalloc(1, PIECE);
	bool first = true;
	size_t used;
	int rc = 0;

	while (rc == 0) {
		ssize_t n = read_piece(fd, piece, err);
		const char *packed = first && n > 0 ? compression(piece, (size_t)n) : NULL;

		if (n < 0)
			return -1;
		if (packed)
			return err_set(err, OUTCOME_INPUT,
			    "compressed archives (%s) are not supported yet: unpack it", packed);
		if (n == 0)
			return err_set(err, OUTCOME_INPUT, "the archive is cut off");
		first = false;
		rc = tar_feed(tar, piece, (size_t)n, &used, err);
	}
	return rc < 0 ? -1 : 0;
}

static int
read_archive(struct rootfs *w, int fd, struct err *err)
{
	static const struct tar_listener listener = { on_entry, on_data, on_file_end };
	const struct tar_limits limits = {
		.bytes = ROOTFS_MAX, .entries = ROOTFS_ENTRIES, .whole = true
	};
	struct tar_reader *tar = tar_reader_new(&limits, &listener, w);
	int rc = feed(tar, fd, err);

	tar_reader_free(tar);
	return rc;
}

static enum tar_type
type_of(const struct include_entry *e)
{
	return e->kind == 'd'   ? TAR_DIR
	       : e->kind == 'l' ? TAR_SYMLINK
	       : e->link        ? TAR_LINK
				: TAR_FILE;
}

static int
read_directory(struct rootfs *w, const struct include_tree_spec *spec, struct err *err)
{
	struct include_tree tree;

	if (include_tree(w->arena, spec, &tree, err) < 0)
		return -1;
	for (size_t i = 0; i < tree.count; i++) {
		const struct include_entry *e = &tree.entry[i];
		const struct tar_entry t = { .type = type_of(e),
			.name = e->path,
			.target = e->link ? e->link : e->content,
			.mode = e->kind == 'l' ? 0777 : e->mode,
			.size = e->kind == 'f' && !e->link ? e->len : 0 };

		if (put_entry(w, &t, err) < 0 ||
		    (t.size && put_data(w, e->content, e->len, err) < 0) || put_padding(w, err) < 0)
			return err_wrap(err, "%s", spec->path);
	}
	return 0;
}

static int
read_any(struct rootfs *w, const char *dir, const char *path, struct err *err)
{
	const struct include_tree_spec spec = { .dir = dir,
		.path = path,
		.max = ROOTFS_MAX,
		.entries = ROOTFS_ENTRIES,
		.whole = true };
	autoclose int fd = include_open_any(dir, path, err);
	struct stat st;

	if (fd < 0)
		return -1;
	if (fstat(fd, &st) < 0)
		return err_errno(err, "%s", path);
	if (S_ISDIR(st.st_mode))
		return read_directory(w, &spec, err);
	if (!S_ISREG(st.st_mode))
		return err_set(
		    err, OUTCOME_INPUT, "%s is neither a directory nor an archive", path);
	return read_archive(w, fd, err) < 0 ? err_wrap(err, "%s", path) : 0;
}

static int
finish(struct rootfs *w, int rc, struct err *err)
{
	static const char end[2 * TAR_BLOCK];

	if (rc == 0 && !w->files)
		rc = err_set(err, OUTCOME_INPUT, "there is no file in it");
	if (rc == 0 && (put_data(w, end, sizeof(end), err) < 0 || w->to->dropped))
		rc = err_set(err, OUTCOME_INPUT, "it is too large");
	strmap_fini(&w->names);
	free(w->there);
	arena_free(w->arena);
	return rc;
}

int
rootfs_read(const char *dir, const char *path, struct buf *to, struct err *err)
{
	struct rootfs w = { .arena = arena_new(), .to = to };
	int rc = read_any(&w, dir, path, err);

	if (finish(&w, rc, err) == 0)
		return 0;
	return rc < 0 ? rc : err_wrap(err, "%s", path);
}

int
rootfs_read_archive(int fd, struct buf *to, struct err *err)
{
	struct rootfs w = { .arena = arena_new(), .to = to };

	return finish(&w, read_archive(&w, fd, err), err);
}
