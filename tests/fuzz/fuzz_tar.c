/* Any bytes as a tar archive: names stay below, lengths add up, and it is the same however it is cut. */
#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/tar.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct seen {
	size_t sum;
	uint64_t left, entries;
	bool open, whole;
};

static bool
is_below(const char *name)
{
	return name[0] != '/' && !str_eq(name, "..") && !str_starts(name, "../") &&
	       !strstr(name, "/../") && !str_ends(name, "/..") && !strpbrk(name, "\n\033");
}

static int
on_entry(void *user, const struct tar_entry *e, struct err *err)
{
	struct seen *s = user;

	(void)err;
	if (s->open || !is_below(e->name))
		abort();
	if (e->mode > (s->whole ? 07777 : 0777) || (e->type == TAR_SYMLINK && !e->target))
		abort();
	if (!s->whole && (e->uid || e->gid || e->type == TAR_LINK))
		abort();
	if (e->type == TAR_LINK && (!*e->target || !is_below(e->target)))
		abort();
	s->entries++;
	s->open = e->type == TAR_FILE;
	s->left = e->size;
	s->sum =
	    s->sum * 31 + strlen(e->name) + e->size + e->mode + (size_t)e->type + e->uid + e->gid;
	if (e->type == TAR_SYMLINK)
		s->sum += tar_leads_below(e->name, e->target);
	return 0;
}

static int
on_data(void *user, const void *p, size_t n, struct err *err)
{
	struct seen *s = user;

	(void)err;
	if (!s->open || n == 0 || n > s->left)
		abort();
	s->left -= n;
	for (size_t i = 0; i < n; i++)
		s->sum = s->sum * 31 + ((const unsigned char *)p)[i];
	return 0;
}

static int
on_file_end(void *user, struct err *err)
{
	struct seen *s = user;

	(void)err;
	if (!s->open || s->left != 0)
		abort();
	s->open = false;
	return 0;
}

static size_t
read_in(const uint8_t *data, size_t size, size_t piece, bool whole)
{
	static const struct tar_listener listener = { on_entry, on_data, on_file_end };
	const struct tar_limits limits = { .bytes = 1 << 16, .entries = 64, .whole = whole };
	struct seen s = { .sum = 1, .whole = whole };
	struct tar_reader *r = tar_reader_new(&limits, &listener, &s);
	struct err err = { .kind = OUTCOME_OK };
	int rc = 0;

	for (size_t at = 0; rc == 0 && at < size; at += piece) {
		size_t n = size - at < piece ? size - at : piece, used = 0;

		rc = tar_feed(r, data + at, n, &used, &err);
		if (rc >= 0 && (used > n || (rc == 0 && used != n)))
			abort();
	}
	if (s.entries > limits.entries || (rc < 0 && err.kind != OUTCOME_REFUSED))
		abort();
	tar_reader_free(r);
	return s.sum * 31 + (size_t)(rc + 1);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	for (int whole = 0; whole < 2; whole++) {
		size_t sum = read_in(data, size, size ? size : 1, whole);

		if (read_in(data, size, 1, whole) != sum || read_in(data, size, 511, whole) != sum)
			abort();
	}
	return 0;
}
