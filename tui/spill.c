#include "tui/spill.h"

#include "base/file.h"
#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#define NOWHERE (-1)
#define NONE    UINT32_MAX

struct block {
	char *bytes; /* NULL: in the file alone */
	size_t size;
	int64_t at; /* in the file; NOWHERE: it never was there */
	bool dirty; /* what the file has is older, or nothing */
	uint32_t newer, older;
};

/* One that is only looked at: read anew each time, in the order of asking. */
struct peek {
	char *bytes;
	size_t size;
	uint32_t block; /* NONE: of none */
};

struct spill {
	struct peek peeks[SPILL_STANDS];
	size_t next_peek;
	struct block *blocks;
	size_t count, cap;
	uint32_t newest, oldest; /* of those in memory */
	size_t resident, in_memory, budget;
	uint64_t written;
	int fd;
	struct err err;
};

struct spill *
spill_new(size_t budget)
{
	struct spill *s = xcalloc(1, sizeof(*s));

	s->budget = budget;
	s->fd = -1;
	s->newest = s->oldest = NONE;
	for (size_t i = 0; i < SPILL_STANDS; i++)
		s->peeks[i].block = NONE;
	return s;
}

void
spill_free(struct spill *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < s->count; i++)
		free(s->blocks[i].bytes);
	for (size_t i = 0; i < SPILL_STANDS; i++)
		free(s->peeks[i].bytes);
	free(s->blocks);
	if (s->fd >= 0)
		close(s->fd);
	free(s);
}

static int
open_in(const char *dir)
{
	autofree char *path = file_join(dir, "lines.XXXXXX");
	int fd = mkostemp(path, O_CLOEXEC);

	if (fd >= 0)
		unlink(path);
	return fd;
}

static int
open_file(struct spill *s)
{
	autofree char *cache = file_cache_dir();
	const char *tmp = getenv("TMPDIR");
	struct err err;

	if (file_mkdirs(cache, &err) == 0)
		s->fd = open_in(cache);
	if (s->fd < 0)
		s->fd = open_in(tmp && *tmp ? tmp : "/tmp");
	return s->fd < 0 ? err_errno(&s->err, "a file for lines cannot be made") : 0;
}

static int
write_block(struct spill *s, struct block *b)
{
	size_t done = 0;
	int64_t at = b->at == NOWHERE ? (int64_t)s->written : b->at;

	if (!b->dirty)
		return 0;
	if (s->fd < 0 && open_file(s) < 0)
		return -1;
	while (done < b->size) {
		ssize_t n = pwrite(s->fd, b->bytes + done, b->size - done, at + (int64_t)done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return err_errno(&s->err, "lines cannot be written to a file");
		done += (size_t)n;
	}
	if (b->at == NOWHERE)
		s->written += b->size;
	b->at = at;
	b->dirty = false;
	return 0;
}

static void
unlink_block(struct spill *s, uint32_t i)
{
	struct block *b = &s->blocks[i];

	*(b->newer == NONE ? &s->newest : &s->blocks[b->newer].older) = b->older;
	*(b->older == NONE ? &s->oldest : &s->blocks[b->older].newer) = b->newer;
}

static void
link_newest(struct spill *s, uint32_t i)
{
	struct block *b = &s->blocks[i];

	b->newer = NONE;
	b->older = s->newest;
	*(s->newest == NONE ? &s->oldest : &s->blocks[s->newest].newer) = i;
	s->newest = i;
}

/* Down to the budget, but for what the last callers hold. */
static void
shrink(struct spill *s)
{
	while (s->resident > s->budget && s->in_memory > SPILL_STANDS) {
		struct block *b = &s->blocks[s->oldest];

		if (write_block(s, b) < 0)
			return;
		unlink_block(s, s->oldest);
		free(take(b->bytes));
		s->resident -= b->size;
		s->in_memory--;
	}
}

static void
bring_in(struct spill *s, uint32_t i)
{
	s->resident += s->blocks[i].size;
	s->in_memory++;
	link_newest(s, i);
	shrink(s);
}

uint32_t
spill_add(struct spill *s, size_t size)
{
	uint32_t i = (uint32_t)s->count;

	mem_grow(s->blocks, s->count, s->cap);
	s->blocks[s->count++] =
	    (struct block){ .bytes = xcalloc(1, size), .size = size, .at = NOWHERE, .dirty = true };
	bring_in(s, i);
	return i;
}

static void
read_block(struct spill *s, const struct block *b, char *to)
{
	size_t done = 0;

	while (done < b->size) {
		ssize_t n = pread(s->fd, to + done, b->size - done, b->at + (int64_t)done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			err_errno(&s->err, "lines cannot be read back");
			memset(to, 0, b->size);
			return;
		}
		done += (size_t)n;
	}
}

static void *
peek_at(struct spill *s, uint32_t i)
{
	const struct block *b = &s->blocks[i];
	struct peek *p;

	for (size_t k = 0; k < SPILL_STANDS; k++) {
		if (s->peeks[k].block == i)
			return s->peeks[k].bytes;
	}
	p = &s->peeks[s->next_peek++ % SPILL_STANDS];
	if (p->size != b->size) {
		s->resident += b->size - p->size;
		free(p->bytes);
		p->bytes = xcalloc(1, b->size);
		p->size = b->size;
	}
	p->block = i;
	read_block(s, b, p->bytes);
	return p->bytes;
}

static void
forget_peek(struct spill *s, uint32_t i)
{
	for (size_t k = 0; k < SPILL_STANDS; k++) {
		if (s->peeks[k].block == i)
			s->peeks[k].block = NONE;
	}
}

void *
spill_get(struct spill *s, uint32_t i, bool change)
{
	struct block *b = &s->blocks[i];

	if (b->bytes && i != s->newest) {
		unlink_block(s, i);
		link_newest(s, i);
	} else if (!b->bytes && !change) {
		return peek_at(s, i);
	} else if (!b->bytes) {
		forget_peek(s, i);
		b->bytes = xcalloc(1, b->size);
		read_block(s, b, b->bytes);
		bring_in(s, i);
	}
	s->blocks[i].dirty |= change;
	return s->blocks[i].bytes;
}

void
spill_retry(struct spill *s)
{
	if (s->err.kind == OUTCOME_OK)
		return;
	s->err = (struct err){ 0 };
	shrink(s);
}

size_t
spill_resident(const struct spill *s)
{
	return s->resident;
}

uint64_t
spill_written(const struct spill *s)
{
	return s->written;
}

const struct err *
spill_err(const struct spill *s)
{
	return &s->err;
}
