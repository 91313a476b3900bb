#include "remote/ownkeys.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/str.h"
#include "remote/known.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

#define LOCK_MS 2000 /* a change takes a millisecond; whoever keeps it longer hangs */

struct ownkeys {
	struct known *file;
	bool unsynced;
};

static int
storage(struct err *err)
{
	err->kind = OUTCOME_STORAGE;
	return -1;
}

struct ownkeys *
ownkeys_new(struct known *file, struct diag *diag, struct err *err)
{
	const char *path = known_path(file);
	struct stat st;

	if (stat(path, &st) == 0 &&
	    ((st.st_mode & (S_IWGRP | S_IWOTH)) || (st.st_uid != geteuid() && st.st_uid != 0))) {
		err_set(err, OUTCOME_REFUSED, "%s: others may write to it; it says whom to trust",
		    path);
		return NULL;
	}
	if (known_load(file, diag, err) < 0)
		return NULL;
	struct ownkeys *o = xcalloc(1, sizeof(*o));
	o->file = file;
	return o;
}

void
ownkeys_free(struct ownkeys *o)
{
	free(o);
}

/* The descriptor that holds the lock; -1 on failure. */
static int
lock(struct ownkeys *o, struct err *err)
{
	autofree char *dir = file_dir(known_path(o->file));
	autofree char *path = xasprintf("%s.lock", known_path(o->file));
	int64_t until = clock_mono_ms() + LOCK_MS;

	if (file_mkdirs(dir, err) < 0)
		return storage(err);
	autoclose int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0) {
		err_errno(err, "%s", path);
		return storage(err);
	}
	while (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		if ((errno != EWOULDBLOCK && errno != EINTR) || clock_mono_ms() > until) {
			err_errno(err, "%s: the lock of another drover", path);
			return storage(err);
		}
		poll(NULL, 0, 5);
	}
	int kept = fd;
	fd = -1;
	return kept;
}

/* A file without a newline at its end was cut short by a crash: begin a new line. */
static bool
ends_open(int fd, off_t size)
{
	char last = '\n';

	return size > 0 && pread(fd, &last, 1, size - 1) == 1 && last != '\n';
}

int
ownkeys_append(struct ownkeys *o, const char *line, struct err *err)
{
	const char *path = known_path(o->file);
	autoclose int locked = lock(o, err);

	if (locked < 0)
		return -1;
	if (known_load(o->file, NULL, err) < 0)
		return storage(err);
	autoclose int fd = open(path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
	struct stat st;
	if (fd < 0 || fstat(fd, &st) < 0) {
		err_errno(err, "%s", path);
		return storage(err);
	}
	autofree char *text = xasprintf("%s%s", ends_open(fd, st.st_size) ? "\n" : "", line);
	ssize_t n = write(fd, text, strlen(text));
	if (n != (ssize_t)strlen(text) || fstat(fd, &st) < 0) {
		if (n >= 0)
			errno = ENOSPC;
		err_errno(err, "%s", path);
		return storage(err);
	}
	known_appended(o->file, line, &st);
	o->unsynced = true;
	return 0;
}

int
ownkeys_sync(struct ownkeys *o, struct err *err)
{
	if (!o || !o->unsynced)
		return 0;
	autoclose int fd = open(known_path(o->file), O_WRONLY | O_CLOEXEC);
	if (fd < 0 || fdatasync(fd) < 0) {
		err_errno(err, "%s", known_path(o->file));
		return storage(err);
	}
	o->unsynced = false;
	return 0;
}

static bool
is_named(const char *const *names, const char *pattern)
{
	for (; *names; names++) {
		if (known_names_match(pattern, *names))
			return true;
	}
	return false;
}

/* The names of a line that stay: "" when none do. */
static void
keep_names(const char *line_names, const char *const *names, struct buf *to)
{
	bool hashed = line_names[0] == '|';

	while (*line_names) {
		size_t n = hashed ? strlen(line_names) : strcspn(line_names, ",");
		autofree char *one = xmemdup0(line_names, n);

		/* Patterns are somebody's own doing; only plain names are ours to take away. */
		if (strpbrk(one, "*?!") || !is_named(names, one))
			buf_addf(to, "%s%s", to->len ? "," : "", one);
		line_names += n + (line_names[n] == ',');
	}
}

/* Copy a line as it is to be; true when that is not as it was. */
static bool
edit_line(const char *text, size_t len, const char *const *names, struct buf *to)
{
	autofree char *memory = NULL;
	autobuf kept = BUF_INIT(KNOWN_FILE_MAX);
	struct known_line line;
	const char *why;

	if (!known_read_line(text, len, &line, &memory, &why) || !*line.names ||
	    line.marker != KNOWN_PLAIN) {
		buf_add(to, text, len);
		buf_addc(to, '\n');
		return false;
	}
	keep_names(line.names, names, &kept);
	bool changed = !str_eq(buf_text(&kept), line.names);
	const char *rest =
	    (const char *)memmem(text, len, line.names, strlen(line.names)) + strlen(line.names);
	if (kept.len) {
		buf_adds(to, buf_text(&kept));
		buf_add(to, rest, len - (size_t)(rest - text));
		buf_addc(to, '\n');
	}
	return changed;
}

int
ownkeys_edit(struct ownkeys *o, const char *const *names, const char *line, struct err *err)
{
	const char *path = known_path(o->file);
	autobuf out = BUF_INIT(KNOWN_FILE_MAX);
	autoclose int locked = lock(o, err);
	int changed = 0;
	size_t len = 0;

	if (locked < 0)
		return -1;
	autofree char *text =
	    file_exists(path) ? file_read(path, KNOWN_FILE_MAX, &len, err) : xstrdup("");
	if (!text)
		return storage(err);
	for (const char *p = text; p < text + len;) {
		size_t left = (size_t)(text + len - p);
		const char *end = memchr(p, '\n', left);
		size_t n = end ? (size_t)(end - p) : left;

		changed += edit_line(p, n, names, &out);
		p += n + (end != NULL);
	}
	if (line)
		buf_adds(&out, line);
	if (out.dropped)
		return err_set(err, OUTCOME_STORAGE, "%s: too large", path);
	if (!changed && !line)
		return 0;
	if (file_replace(path, out.data, out.len, 0600, err) < 0 ||
	    known_load(o->file, NULL, err) < 0)
		return storage(err);
	o->unsynced = false;
	return changed;
}
