/* Archives of strangers, read as they come. */
#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/tar.h"
#include "base/tar_inner.h"

#include <string.h>

#define META_MAX 65536

static const char zeros[TAR_BLOCK];

enum state { HEAD, DATA, META, PADDING, SECOND, ENDED };

struct tar_reader {
	struct tar_limits limits;
	struct tar_listener listener;
	void *user;
	enum state state;
	unsigned char block[TAR_BLOCK];
	size_t have;                /* of the block */
	uint64_t left, bytes, seen; /* of the member; of all files; entries */
	size_t padding;
	char meta; /* the type of the member that tells of the next */
	struct buf text;
	/* What such members said of the next entry; NULL: nothing. */
	char *long_name, *long_target;
	uint64_t long_size;
	int64_t uid, gid; /* -1: nothing */
	bool sized, attributes;
};

struct tar_reader *
tar_reader_new(const struct tar_limits *limits, const struct tar_listener *l, void *user)
{
	struct tar_reader *r = xcalloc(1, sizeof(*r));

	r->limits = *limits;
	r->listener = *l;
	r->user = user;
	r->uid = r->gid = -1;
	buf_init(&r->text, META_MAX);
	return r;
}

void
tar_reader_free(struct tar_reader *r)
{
	if (!r)
		return;
	buf_fini(&r->text);
	free(r->long_name);
	free(r->long_target);
	free(r);
}

static int
refuse(struct err *err, const char *name, const char *why)
{
	return err_set(err, OUTCOME_REFUSED, "%.200s: %s", *name ? name : "the archive", why);
}

/* Octal, or base 256 of what is not negative; false when it is neither, or larger than 2^60. */
static bool
get_number(const char *field, size_t size, uint64_t *ret)
{
	const unsigned char *p = (const unsigned char *)field;
	uint64_t v = 0;
	size_t i = 0;

	if (p[0] & 0x80) {
		v = p[0] & 0x7f;
		for (i = 1; i < size; i++) {
			if (v >> 52)
				return false;
			v = v << 8 | p[i];
		}
		*ret = v;
		return p[0] != 0xff;
	}
	while (i < size && p[i] == ' ')
		i++;
	for (; i < size && p[i] && p[i] != ' '; i++) {
		if (p[i] < '0' || p[i] > '7' || v >> 57)
			return false;
		v = v << 3 | (uint64_t)(p[i] - '0');
	}
	*ret = v;
	return true;
}

static bool
is_sound(const unsigned char *block)
{
	const struct ustar *h = (const void *)block;
	uint64_t said;
	unsigned sum = 0;

	for (size_t i = 0; i < TAR_BLOCK; i++)
		sum += i >= 148 && i < 156 ? ' ' : block[i];
	return get_number(h->sum, sizeof(h->sum), &said) && said == sum;
}

/* What only a whole file system has a use for. */
static int
take_owner(struct tar_reader *r, const char *key, const char *value, struct err *err)
{
	if (str_starts(key, "SCHILY.xattr.") || str_starts(key, "SCHILY.acl.") ||
	    str_starts(key, "RHT.security.") || str_starts(key, "LIBARCHIVE.xattr.")) {
		r->attributes = true;
	} else if (str_eq(key, "uid") || str_eq(key, "gid")) {
		int64_t *to = *key == 'u' ? &r->uid : &r->gid;

		if (!str_int(value, 0, UINT32_MAX - 1, to))
			return refuse(err, "", "a pax header has no sound owner");
	}
	return 0;
}

/* One "LENGTH KEY=VALUE\n" of a pax header, of n bytes. */
static int
take_record(struct tar_reader *r, const char *record, size_t n, struct err *err)
{
	autofree char *text = xmemdup0(record, n - 1);
	char *equals = strchr(text, '=');
	int64_t size;

	if (record[n - 1] != '\n' || !equals || strlen(text) != n - 1)
		return refuse(err, "", "a pax header cannot be read");
	*equals = '\0';
	if (str_eq(text, "path")) {
		free(r->long_name);
		r->long_name = xstrdup(equals + 1);
	} else if (str_eq(text, "linkpath")) {
		free(r->long_target);
		r->long_target = xstrdup(equals + 1);
	} else if (str_eq(text, "size")) {
		if (!str_int(equals + 1, 0, INT64_MAX >> 3, &size))
			return refuse(err, "", "a pax header has no sound size");
		r->long_size = (uint64_t)size;
		r->sized = true;
	} else if (str_starts(text, "GNU.sparse")) {
		return refuse(err, "", "a sparse file");
	} else if (r->limits.whole) {
		return take_owner(r, text, equals + 1, err);
	}
	return 0;
}

static int
take_pax(struct tar_reader *r, struct err *err)
{
	const char *p = buf_text(&r->text), *end = p + r->text.len;

	while (p < end) {
		char *blank;
		unsigned long n = strtoul(p, &blank, 10);

		if (blank == p || *blank != ' ' || n > (size_t)(end - p) ||
		    n < (size_t)(blank - p) + 2)
			return refuse(err, "", "a pax header cannot be read");
		if (take_record(r, blank + 1, n - (size_t)(blank + 1 - p), err) < 0)
			return -1;
		p += n;
	}
	return 0;
}

/* A member that tells of the next one has come. */
static int
take_meta(struct tar_reader *r, struct err *err)
{
	char **to = r->meta == 'L' ? &r->long_name : &r->long_target;

	if (r->meta == 'g')
		return 0; /* comments and defaults that nobody needs */
	if (r->meta == 'x')
		return take_pax(r, err);
	free(*to);
	*to = xstrdup(buf_text(&r->text));
	return 0;
}

static void
forget_meta(struct tar_reader *r)
{
	free(take(r->long_name));
	free(take(r->long_target));
	r->sized = r->attributes = false;
	r->uid = r->gid = -1;
}

static char *
short_name(const struct ustar *h)
{
	if (memcmp(h->magic, "ustar\0", 6) == 0 && h->prefix[0])
		return xasprintf("%.155s/%.100s", h->prefix, h->name);
	return xasprintf("%.100s", h->name);
}

static const char *
type_refused(char type)
{
	switch (type) {
	case '1':
		return "a hard link";
	case '3':
	case '4':
		return "a device";
	case '6':
		return "a named pipe";
	case 'S':
		return "a sparse file";
	default:
		return "of a kind that is not known";
	}
}

static int
check_limits(struct tar_reader *r, const struct tar_entry *e, struct err *err)
{
	if (++r->seen > r->limits.entries)
		return refuse(err, "", "it has too many entries");
	if (e->size > r->limits.bytes - r->bytes)
		return refuse(err, e->name, "with it there would be more bytes than may come");
	r->bytes += e->size;
	return 0;
}

/* Who and how, where a whole file system is read; false when its header is damaged. */
static bool
take_owners(const struct tar_reader *r, const struct ustar *h, struct tar_entry *e)
{
	uint64_t mode, mtime, uid, gid;

	if (!get_number(h->mode, sizeof(h->mode), &mode) ||
	    !get_number(h->mtime, sizeof(h->mtime), &mtime))
		return false;
	e->mode = (unsigned)(mode & (r->limits.whole ? 07777 : 0777));
	e->mtime = (int64_t)mtime;
	if (!r->limits.whole)
		return true;
	if (!get_number(h->uid, sizeof(h->uid), &uid) || !get_number(h->gid, sizeof(h->gid), &gid))
		return false;
	uid = r->uid >= 0 ? (uint64_t)r->uid : uid;
	gid = r->gid >= 0 ? (uint64_t)r->gid : gid;
	e->uid = (uint32_t)uid;
	e->gid = (uint32_t)gid;
	return uid < UINT32_MAX && gid < UINT32_MAX;
}

/* What it is, where it leads and what it holds; NULL: that is sound. */
static const char *
check_form(struct tar_entry *e, char type, uint64_t size, struct buf *target)
{
	const char *why = NULL;

	e->type = type == '5'   ? TAR_DIR
		  : type == '2' ? TAR_SYMLINK
		  : type == '1' ? TAR_LINK
				: TAR_FILE;
	e->size = e->type == TAR_FILE ? size : 0;
	if (e->type != TAR_FILE && size > 0)
		return "content where there can be none";
	if (e->type != TAR_DIR && !*e->name)
		return "it has no name";
	if ((e->type == TAR_SYMLINK || e->type == TAR_LINK) &&
	    (!*e->target || strlen(e->target) > TAR_NAME_MAX))
		return "a link to nowhere";
	if (e->type != TAR_LINK)
		return NULL;
	if (!tar_clean_name(e->target, target, &why))
		return "a hard link to what is not below";
	e->target = buf_text(target);
	return *e->target ? NULL : "a link to nowhere";
}

static int
take_entry(struct tar_reader *r, const struct ustar *h, uint64_t size, struct err *err)
{
	autofree char *name = r->long_name ? take(r->long_name) : short_name(h);
	autofree char *target =
	    r->long_target ? take(r->long_target) : xasprintf("%.100s", h->link);
	autobuf clean = BUF_INIT(TAR_NAME_MAX), link = BUF_INIT(TAR_NAME_MAX);
	struct tar_entry e = { .target = target };
	bool sound = take_owners(r, h, &e), attributes = r->attributes;
	const char *why;

	forget_meta(r);
	if (!strchr(r->limits.whole ? "01257" : "0257", h->type))
		return refuse(err, name, type_refused(h->type));
	if (!tar_clean_name(name, &clean, &why))
		return refuse(err, name, why);
	if (!sound)
		return refuse(err, name, "its header holds what is no number");
	if (attributes)
		return refuse(err, name, "it has extended attributes, which cannot be kept");
	e.name = buf_text(&clean);
	why = check_form(&e, h->type, size, &link);
	if (why)
		return refuse(err, name, why);
	if (check_limits(r, &e, err) < 0 || r->listener.entry(r->user, &e, err) < 0)
		return -1;
	r->left = e.size;
	r->padding = tar_padding(e.size);
	r->state = DATA;
	return e.type == TAR_FILE && e.size == 0 ? r->listener.file_end(r->user, err) : 0;
}

static int
take_header(struct tar_reader *r, struct err *err)
{
	const struct ustar *h = (const void *)r->block;
	uint64_t size;

	if (memcmp(r->block, zeros, TAR_BLOCK) == 0) {
		r->state = r->state == SECOND ? ENDED : SECOND;
		return 0;
	}
	if (r->state == SECOND || !is_sound(r->block) ||
	    !get_number(h->size, sizeof(h->size), &size))
		return refuse(err, "", "not a tar archive, or a damaged one");
	if (!strchr("xgLK", h->type) || !h->type)
		return take_entry(r, h, r->sized ? r->long_size : size, err);
	if (size > META_MAX)
		return refuse(err, "", "a name that is too long");
	r->meta = h->type;
	r->left = size;
	r->padding = tar_padding(size);
	buf_clear(&r->text);
	r->state = META;
	return 0;
}

/* Bytes of a member; gives how many were used, -1 on refusal. */
static ssize_t
take_bytes(struct tar_reader *r, const char *p, size_t n, struct err *err)
{
	n = n < r->left ? n : (size_t)r->left;
	r->left -= n;
	if (r->state == META) {
		buf_add(&r->text, p, n);
	} else if (n > 0) {
		if (r->listener.data(r->user, p, n, err) < 0)
			return -1;
		if (r->left == 0 && r->listener.file_end(r->user, err) < 0)
			return -1;
	}
	if (r->left == 0) {
		if (r->state == META && take_meta(r, err) < 0)
			return -1;
		r->state = PADDING;
	}
	return (ssize_t)n;
}

static size_t
take_padding(struct tar_reader *r, size_t n)
{
	n = n < r->padding ? n : r->padding;
	r->padding -= n;
	if (r->padding == 0)
		r->state = HEAD;
	return n;
}

static ssize_t
take_block(struct tar_reader *r, const char *p, size_t n, struct err *err)
{
	size_t want = TAR_BLOCK - r->have;

	n = n < want ? n : want;
	memcpy(r->block + r->have, p, n);
	r->have += n;
	if (r->have < TAR_BLOCK)
		return (ssize_t)n;
	r->have = 0;
	return take_header(r, err) < 0 ? -1 : (ssize_t)n;
}

int
tar_feed(struct tar_reader *r, const void *p, size_t n, size_t *ret_used, struct err *err)
{
	const char *at = p;
	size_t left = n;

	while (r->state != ENDED && (left > 0 || (r->state != HEAD && r->state != SECOND &&
						     r->left == 0 && r->padding == 0))) {
		ssize_t used;

		if (r->state == PADDING)
			used = (ssize_t)take_padding(r, left);
		else if (r->state == HEAD || r->state == SECOND)
			used = take_block(r, at, left, err);
		else
			used = take_bytes(r, at, left, err);
		if (used < 0)
			return -1;
		at += used;
		left -= (size_t)used;
	}
	*ret_used = n - left;
	return r->state == ENDED;
}
