#include "base/tar.h"

#include "base/tar_inner.h"

#include <string.h>

#define PART_MAX 255
#define DEPTH    128

_Static_assert(sizeof(struct ustar) == TAR_BLOCK, "a header is one block");

static const char zeros[TAR_BLOCK];

/* Octal with a NUL behind; what does not fit goes in base 256, as GNU tar does it. */
static void
put_number(char *to, size_t size, uint64_t v)
{
	if (size < 22 && v >> (3 * (size - 1))) {
		memset(to, 0, size);
		to[0] = (char)0x80;
		for (size_t i = 0; i < 8 && i + 1 < size; i++)
			to[size - 1 - i] = (char)(v >> (8 * i));
		return;
	}
	for (size_t i = size - 1; i-- > 0; v >>= 3)
		to[i] = (char)('0' + (v & 7));
	to[size - 1] = '\0';
}

static void
put_block(struct buf *to, struct ustar *h)
{
	unsigned sum = 0;

	memset(h->sum, ' ', sizeof(h->sum));
	for (size_t i = 0; i < TAR_BLOCK; i++)
		sum += ((const unsigned char *)h)[i];
	put_number(h->sum, sizeof(h->sum) - 1, sum);
	buf_add(to, h, TAR_BLOCK);
}

/* A name that is too long for its field goes in front, in a member of its own. */
static void
put_long(struct buf *to, char type, const char *text)
{
	struct ustar h = { .name = "././@LongLink", .type = type, .magic = "ustar " };
	size_t n = strlen(text) + 1;

	memcpy(h.version, " ", 2);
	put_number(h.mode, sizeof(h.mode), 0);
	put_number(h.uid, sizeof(h.uid), 0);
	put_number(h.gid, sizeof(h.gid), 0);
	put_number(h.mtime, sizeof(h.mtime), 0);
	put_number(h.size, sizeof(h.size), n);
	put_block(to, &h);
	buf_add(to, text, n);
	buf_add(to, zeros, tar_padding(n));
}

static void
put_text(struct buf *to, char field[100], char type, const char *text)
{
	size_t n = strlen(text);

	if (n > 100)
		put_long(to, type, text);
	memcpy(field, text, n < 100 ? n : 100);
}

void
tar_header(struct buf *to, const struct tar_entry *e)
{
	static const char types[] = {
		[TAR_FILE] = '0', [TAR_DIR] = '5', [TAR_SYMLINK] = '2', [TAR_LINK] = '1'
	};
	struct ustar h = { .type = types[e->type], .magic = "ustar " };

	/* GNU's magic, which has no prefix field. */
	memcpy(h.version, " ", 2);
	if (e->type == TAR_SYMLINK || e->type == TAR_LINK)
		put_text(to, h.link, 'K', e->target);
	put_text(to, h.name, 'L', *e->name ? e->name : "./");
	put_number(h.mode, sizeof(h.mode), e->mode & 07777);
	put_number(h.uid, sizeof(h.uid), e->uid);
	put_number(h.gid, sizeof(h.gid), e->gid);
	put_number(h.size, sizeof(h.size), e->type == TAR_FILE ? e->size : 0);
	put_number(h.mtime, sizeof(h.mtime), e->mtime > 0 ? (uint64_t)e->mtime : 0);
	put_block(to, &h);
}

size_t
tar_padding(uint64_t size)
{
	return (size_t)((TAR_BLOCK - size % TAR_BLOCK) % TAR_BLOCK);
}

bool
tar_clean_name(const char *name, struct buf *to, const char **ret_why)
{
	int depth = 0;

	*ret_why = "its name is absolute";
	if (name[0] == '/')
		return false;
	*ret_why = "its name is too long";
	if (strlen(name) > TAR_NAME_MAX)
		return false;
	*ret_why = "its name has control characters";
	for (const char *p = name; *p; p++) {
		if ((unsigned char)*p < ' ' || *p == 0x7f)
			return false;
	}
	while (*name) {
		size_t n = strcspn(name, "/");

		*ret_why = "its name leads upwards";
		if (n == 2 && name[0] == '.' && name[1] == '.')
			return false;
		*ret_why = "its name is too long or too deep";
		if (n > PART_MAX || depth > DEPTH)
			return false;
		if (n > 1 || (n == 1 && name[0] != '.')) {
			if (depth++ > 0)
				buf_addc(to, '/');
			buf_add(to, name, n);
		}
		name += n + (name[n] == '/');
	}
	return true;
}

bool
tar_leads_below(const char *name, const char *target)
{
	int depth = 0;

	if (target[0] == '/' || !*target)
		return false;
	for (const char *p = name; *p; p++)
		depth += *p == '/';
	while (*target) {
		size_t n = strcspn(target, "/");

		if (n == 2 && target[0] == '.' && target[1] == '.')
			depth--;
		else if (n > 1 || (n == 1 && target[0] != '.'))
			depth++;
		if (depth < 0)
			return false;
		target += n + (target[n] == '/');
	}
	return true;
}
