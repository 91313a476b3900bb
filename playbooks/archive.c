#include "playbooks/archive.h"

#include "base/digest.h"
#include "base/err.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/str.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>

#define BLOCK       512
#define ENTRIES_MAX 100000
#define TEXT_MAX    (4U << 20)
#define TAGS_MAX    64

struct tar {
	int fd;
	uint64_t size, at; /* of the file; of the next header */
	int entries;
	struct err *err;
};

struct member {
	char name[257];
	uint64_t offset, size;
};

static bool
read_at(struct tar *t, uint64_t at, void *to, size_t n)
{
	size_t got = 0;

	while (got < n) {
		ssize_t r = pread(t->fd, (char *)to + got, n - got, (off_t)(at + got));

		if (r < 0 && errno == EINTR)
			continue;
		if (r <= 0)
			return false;
		got += (size_t)r;
	}
	return true;
}

/* Octal digits, or the base-256 form of large sizes; false when it is neither. */
static bool
parse_number(const unsigned char *p, size_t n, uint64_t *ret)
{
	uint64_t v = 0;
	size_t i = 0;

	if (p[0] == 0x80) {
		for (i = 1; i < n; i++) {
			if (v >> 55)
				return false;
			v = v << 8 | p[i];
		}
		*ret = v;
		return true;
	}
	while (i < n && p[i] == ' ')
		i++;
	for (; i < n && p[i] != '\0' && p[i] != ' '; i++) {
		if (p[i] < '0' || p[i] > '7' || v >> 60)
			return false;
		v = v << 3 | (unsigned)(p[i] - '0');
	}
	*ret = v;
	return true;
}

static bool
header_sound(const unsigned char *h)
{
	uint64_t said;
	unsigned sum = 0;

	for (int i = 0; i < BLOCK; i++)
		sum += i >= 148 && i < 156 ? ' ' : h[i];
	return parse_number(h + 148, 8, &said) && said == sum;
}

static void
header_name(const unsigned char *h, char to[257])
{
	const char *name = (const char *)h, *prefix = (const char *)h + 345;
	bool ustar = memcmp(h + 257, "ustar\0", 6) == 0 && *prefix;

	snprintf(to, 257, "%.*s%s%.100s", ustar ? 155 : 0, prefix, ustar ? "/" : "", name);
	if (str_starts(to, "./"))
		memmove(to, to + 2, strlen(to + 2) + 1);
}

/* 1: a member; 0: the end; -1: err says why. */
static int
next_member(struct tar *t, struct member *m)
{
	unsigned char h[BLOCK];

	if (t->at == t->size)
		return 0;
	if (t->at + BLOCK > t->size || !read_at(t, t->at, h, BLOCK))
		return err_set(t->err, OUTCOME_INPUT, "the archive is cut off");
	if (h[0] == '\0')
		return 0;
	if (!header_sound(h) || !parse_number(h + 124, 12, &m->size))
		return err_set(t->err, OUTCOME_INPUT, "not a tar archive");
	if (++t->entries > ENTRIES_MAX)
		return err_set(t->err, OUTCOME_INPUT, "more than %d members", ENTRIES_MAX);
	header_name(h, m->name);
	m->offset = t->at + BLOCK;
	if (m->size > t->size - m->offset)
		return err_set(t->err, OUTCOME_INPUT, "the archive is cut off in %s", m->name);
	t->at = m->offset + (m->size + BLOCK - 1) / BLOCK * BLOCK;
	if (t->at > t->size)
		t->at = t->size;
	return 1;
}

/* The text of the member of that name; NULL when it is not there (err kind OK) or cannot be read. */
static char *
member_text(struct tar *t, const char *name, size_t *ret_len)
{
	struct member m;
	int got;

	t->at = 0;
	t->entries = 0;
	for (got = next_member(t, &m); got > 0 && strcmp(m.name, name) != 0;)
		got = next_member(t, &m);
	if (got <= 0)
		return NULL;
	if (m.size > TEXT_MAX) {
		err_set(t->err, OUTCOME_INPUT, "%s is larger than %u MiB", name, TEXT_MAX >> 20);
		return NULL;
	}
	autofree char *text = xcalloc(1, m.size + 1);
	if (!read_at(t, m.offset, text, m.size)) {
		err_set(t->err, OUTCOME_INPUT, "%s cannot be read", name);
		return NULL;
	}
	*ret_len = m.size;
	return take(text);
}

static int
take_tags(const struct json *list, struct archive *ret, struct err *err)
{
	size_t n = json_count(list);

	if (n > TAGS_MAX)
		return err_set(err, OUTCOME_INPUT, "more than %d names", TAGS_MAX);
	ret->tags = n ? xcalloc(n, sizeof(*ret->tags)) : NULL;
	for (size_t i = 0; i < n; i++) {
		const char *tag = json_text(json_at(list, i), NULL);

		if (tag)
			ret->tags[ret->tag_count++] = xstrdup(tag);
	}
	return 0;
}

static int
read_image(struct tar *t, struct archive *ret)
{
	size_t len = 0;

	t->err->kind = OUTCOME_OK;
	autofree char *text = member_text(t, "manifest.json", &len);
	if (!text && t->err->kind != OUTCOME_OK)
		return -1;
	if (!text)
		return err_set(t->err, OUTCOME_INPUT,
		    "no manifest.json in it: not a docker archive (podman save --format "
		    "docker-archive writes one)");
	autojson *manifest = json_parse(text, len, TEXT_MAX, t->err);
	if (!manifest)
		return err_wrap(t->err, "manifest.json");
	if (json_count(manifest) != 1)
		return err_set(t->err, OUTCOME_INPUT, "it holds %zu images, one is wanted",
		    json_count(manifest));
	const char *config = json_get_text(json_at(manifest, 0), "Config");
	if (!config)
		return err_set(t->err, OUTCOME_INPUT, "manifest.json names no Config");
	autofree char *bytes = member_text(t, config, &len);
	if (!bytes && t->err->kind != OUTCOME_OK)
		return -1;
	if (!bytes)
		return err_set(t->err, OUTCOME_INPUT, "its Config %s is missing", config);
	digest_hex(bytes, len, ret->id);
	return take_tags(json_get(json_at(manifest, 0), "RepoTags"), ret, t->err);
}

static bool
is_compressed(struct tar *t)
{
	static const struct {
		unsigned char byte[4];
		size_t n;
	} magic[] = {
		{ { 0x1f, 0x8b }, 2 },             /* gzip */
		{ { 0xfd, '7', 'z', 'X' }, 4 },    /* xz */
		{ { 0x28, 0xb5, 0x2f, 0xfd }, 4 }, /* zstd */
		{ { 'B', 'Z', 'h' }, 3 },          /* bzip2 */
	};
	unsigned char head[4];

	if (t->size < sizeof(head) || !read_at(t, 0, head, sizeof(head)))
		return false;
	for (size_t i = 0; i < countof(magic); i++) {
		if (memcmp(head, magic[i].byte, magic[i].n) == 0)
			return true;
	}
	return false;
}

int
archive_read(const char *path, struct archive *ret, struct err *err)
{
	autoclose int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct archive a = { 0 };
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0) {
		err_errno(err, "%s", path);
		err->kind = OUTCOME_INPUT;
		return -1;
	}
	if (!S_ISREG(st.st_mode))
		return err_set(err, OUTCOME_INPUT, "%s: not a regular file", path);
	a.size = (uint64_t)st.st_size;
	struct tar t = { .fd = fd, .size = a.size, .err = err };
	if (is_compressed(&t))
		return err_set(
		    err, OUTCOME_INPUT, "%s: compressed archives are not read; unpack it", path);
	if (read_image(&t, &a) < 0) {
		archive_fini(&a);
		return err_wrap(err, "%s", path);
	}
	*ret = a;
	return 0;
}

void
archive_fini(struct archive *a)
{
	for (size_t i = 0; i < a->tag_count; i++)
		free(a->tags[i]);
	free(a->tags);
	*a = (struct archive){ 0 };
}
