#include "remote/known.h"

#include "base/arena.h"
#include "base/diag.h"
#include "base/digest.h"
#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/str.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#define LINE_MAX_BYTES ((size_t)32 << 10)
#define BUCKETS        2048
#define SHA1_LEN       20

enum form { FORM_NAMES, FORM_PATTERNS, FORM_HASHED };

struct hashed {
	struct digest_hmac mac;
	uint8_t want[SHA1_LEN];
};

struct entry {
	struct known_line line; /* first: entries are handed out as lines */
	enum form form;
	struct hashed *hashed;
	struct entry *next_key; /* of the same bucket of keys */
};

/* A name with the entries it stands on. */
struct name {
	struct name *next;
	const char *text;
	struct entry **entry;
	size_t count, cap;
};

struct known {
	char *path;
	struct arena *arena;
	struct entry **entry; /* all, in order */
	size_t count, cap;
	struct entry **scan; /* those with patterns or hashes */
	size_t scan_count, scan_cap;
	struct name *by_name[BUCKETS];
	struct name *found[BUCKETS]; /* what known_find() answered */
	struct entry *by_key[BUCKETS];
	int lines;        /* read so far */
	struct stat seen; /* of the file that was read; all zero: none */
};

static uint32_t
hash_of(const void *p, size_t n)
{
	const unsigned char *s = p;
	uint32_t hash = 2166136261U;

	for (size_t i = 0; i < n; i++)
		hash = (hash ^ s[i]) * 16777619U;
	return hash;
}

/* * and ? only: a bracket stands for itself here. */
static bool
pattern_match(const char *p, const char *s)
{
	const char *star = NULL, *back = NULL;

	while (*s) {
		if (*p == '*') {
			star = ++p;
			back = s;
		} else if (*p && (*p == '?' || tolower((unsigned char)*p) == *s)) {
			p++;
			s++;
		} else if (star) {
			p = star;
			s = ++back;
		} else {
			return false;
		}
	}
	while (*p == '*')
		p++;
	return !*p;
}

/* |1|salt|hash */
static bool
read_hashed(const char *names, struct hashed *ret)
{
	const char *salt = names + 3, *bar = strchr(salt, '|');
	size_t nsalt = 0, nhash = 0;

	if (!bar)
		return false;
	autofree uint8_t *key = digest_unbase64(salt, (size_t)(bar - salt), &nsalt);
	autofree uint8_t *want = digest_unbase64(bar + 1, strlen(bar + 1), &nhash);
	if (!key || !want || nsalt != SHA1_LEN || nhash != SHA1_LEN)
		return false;
	digest_hmac_key(&ret->mac, key, nsalt);
	memcpy(ret->want, want, SHA1_LEN);
	return true;
}

static bool
hashed_match(const struct hashed *h, const char *name)
{
	uint8_t got[SHA1_LEN];

	digest_hmac_end(&h->mac, name, strlen(name), got);
	return memcmp(got, h->want, SHA1_LEN) == 0;
}

/* A comma list in which one negated pattern that matches outweighs all others. */
static bool
list_match(const char *names, const char *name)
{
	bool hit = false;

	while (*names) {
		size_t n = strcspn(names, ",");
		bool negated = *names == '!';
		autofree char *pattern = xmemdup0(names + negated, n - negated);

		if (pattern_match(pattern, name)) {
			if (negated)
				return false;
			hit = true;
		}
		names += n + (names[n] == ',');
	}
	return hit;
}

bool
known_names_match(const char *names, const char *name)
{
	struct hashed h;

	if (str_starts(names, "|1|"))
		return read_hashed(names, &h) && hashed_match(&h, name);
	return list_match(names, name);
}

static bool
entry_match(const struct entry *e, const char *name)
{
	return e->form == FORM_HASHED ? hashed_match(e->hashed, name)
				      : list_match(e->line.names, name);
}

/* The next field of a line, ended in place; NULL when there is none. */
static char *
next_field(char **pp)
{
	char *field = *pp + strspn(*pp, " \t");
	size_t n = strcspn(field, " \t");

	if (!n)
		return NULL;
	*pp = field + n;
	if (**pp)
		*(*pp)++ = '\0';
	return field;
}

static bool
read_marker(char **pp, enum known_marker *ret)
{
	char *p = *pp + strspn(*pp, " \t");

	*ret = KNOWN_PLAIN;
	if (*p != '@')
		return true;
	char *marker = next_field(pp);
	if (str_eq(marker, "@revoked"))
		*ret = KNOWN_REVOKED;
	else if (str_eq(marker, "@cert-authority"))
		*ret = KNOWN_AUTHORITY;
	else
		return false;
	return true;
}

/* The key says its own type first: the field before it must be the same. */
static bool
blob_has_type(const uint8_t *blob, size_t len, const char *type)
{
	size_t n = strlen(type);

	return len > 4 + n && blob[0] == 0 && blob[1] == 0 &&
	       (size_t)(blob[2] << 8 | blob[3]) == n && memcmp(blob + 4, type, n) == 0;
}

static const char *
trim(char *s)
{
	s += strspn(s, " \t");
	for (size_t n = strlen(s); n && isspace((unsigned char)s[n - 1]); n--)
		s[n - 1] = '\0';
	return s;
}

/* p is the caller's copy of the line, cut up here; blob is allocated. */
static bool
read_fields(char *p, struct known_line *ret, uint8_t **ret_blob, const char **why)
{
	struct hashed h;

	*why = "an unknown marker";
	if (!read_marker(&p, &ret->marker))
		return false;
	ret->names = next_field(&p);
	ret->type = next_field(&p);
	const char *key = next_field(&p);
	*why = "expected host names, a key type and a key";
	if (!key)
		return false;
	*why = "a hashed name that cannot be read";
	if (ret->names[0] == '|' && !(str_starts(ret->names, "|1|") && read_hashed(ret->names, &h)))
		return false;
	*ret_blob = digest_unbase64(key, strlen(key), &ret->len);
	*why = "a key that is not base64";
	if (!*ret_blob)
		return false;
	ret->blob = *ret_blob;
	*why = "a key that is not of the type it is called";
	if (!blob_has_type(ret->blob, ret->len, ret->type))
		return false;
	ret->comment = trim(p);
	return true;
}

bool
known_read_line(
    const char *text, size_t len, struct known_line *ret, char **ret_memory, const char **why)
{
	uint8_t *blob = NULL;

	*ret = (struct known_line){ .names = "" };
	*ret_memory = NULL;
	*why = "a line longer than 32 KiB";
	if (len > LINE_MAX_BYTES)
		return false;
	while (len && isspace((unsigned char)text[len - 1]))
		len--;
	*why = "bytes that are no text";
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)text[i];

		if ((c < ' ' && c != '\t' && c != '\r') || c == 0x7f)
			return false;
	}
	char *copy = xmemdup0(text, len);
	const char *first = copy + strspn(copy, " \t");
	if (!*first || *first == '#') {
		free(copy);
		return true;
	}
	bool good = read_fields(copy, ret, &blob, why);
	if (!good) {
		free(blob);
		free(copy);
		*ret = (struct known_line){ .names = "" };
		return false;
	}
	/* One piece of memory for both: the key goes behind the text. */
	ptrdiff_t names = ret->names - copy, type = ret->type - copy, comment = ret->comment - copy;
	char *all = xrealloc(copy, len + 1 + ret->len, 1);
	memcpy(all + len + 1, blob, ret->len);
	free(blob);
	ret->names = all + names;
	ret->type = all + type;
	ret->comment = all + comment;
	ret->blob = (const uint8_t *)all + len + 1;
	*ret_memory = all;
	return true;
}

static struct name *
name_slot(struct known *k, struct name **table, const char *text, bool make)
{
	struct name **slot = &table[hash_of(text, strlen(text)) % BUCKETS];

	while (*slot && !str_eq((*slot)->text, text))
		slot = &(*slot)->next;
	if (!*slot && make) {
		*slot = arena_alloc(k->arena, sizeof(**slot));
		(*slot)->text = arena_strdup(k->arena, text);
	}
	return *slot;
}

static void
name_add(struct name *n, struct entry *e)
{
	if (n->count && n->entry[n->count - 1] == e)
		return;
	mem_grow(n->entry, n->count, n->cap);
	n->entry[n->count++] = e;
}

static void
drop_names(struct name **table)
{
	for (size_t i = 0; i < BUCKETS; i++) {
		for (struct name *n = table[i]; n; n = n->next)
			free(n->entry);
		table[i] = NULL;
	}
}

static void
index_names(struct known *k, struct entry *e)
{
	const char *names = e->line.names;

	if (e->form != FORM_NAMES) {
		mem_grow(k->scan, k->scan_count, k->scan_cap);
		k->scan[k->scan_count++] = e;
		return;
	}
	while (*names) {
		size_t n = strcspn(names, ",");
		autofree char *text = xmemdup0(names, n);

		for (char *p = text; *p; p++)
			*p = (char)tolower((unsigned char)*p);
		if (n)
			name_add(name_slot(k, k->by_name, text, true), e);
		names += n + (names[n] == ',');
	}
}

static void
add_line(struct known *k, const struct known_line *line)
{
	struct entry *e = arena_alloc(k->arena, sizeof(*e));
	struct entry **keys = &k->by_key[hash_of(line->blob, line->len) % BUCKETS];

	e->line = *line;
	e->line.names = arena_strdup(k->arena, line->names);
	e->line.type = arena_strdup(k->arena, line->type);
	e->line.comment = arena_strdup(k->arena, line->comment);
	e->line.blob = (const uint8_t *)arena_memdup0(k->arena, line->blob, line->len);
	if (str_starts(line->names, "|1|")) {
		e->form = FORM_HASHED;
		e->hashed = arena_alloc(k->arena, sizeof(*e->hashed));
		read_hashed(line->names, e->hashed);
	} else {
		e->form = strpbrk(line->names, "*?!") ? FORM_PATTERNS : FORM_NAMES;
	}
	e->next_key = *keys;
	*keys = e;
	mem_grow(k->entry, k->count, k->cap);
	k->entry[k->count++] = e;
	index_names(k, e);
}

void
known_parse(struct known *k, const char *text, size_t len, struct diag *diag)
{
	drop_names(k->found);
	while (len) {
		const char *end = memchr(text, '\n', len);
		size_t n = end ? (size_t)(end - text) : len;
		struct known_line line;
		autofree char *memory = NULL;
		const char *why;

		k->lines++;
		if (!known_read_line(text, n, &line, &memory, &why)) {
			if (diag)
				diag_warn(diag, (struct mark){ .file = k->path, .line = k->lines },
				    "skipped: %s", why);
		} else if (*line.names) {
			line.line = k->lines;
			add_line(k, &line);
		}
		n += end != NULL;
		text += n;
		len -= n;
	}
}

static void
clear(struct known *k)
{
	drop_names(k->by_name);
	drop_names(k->found);
	memset(k->by_key, 0, sizeof(k->by_key));
	k->count = k->scan_count = 0;
	k->lines = 0;
	arena_free(k->arena);
	k->arena = arena_new();
}

static bool
same_file(const struct stat *a, const struct stat *b)
{
	return a->st_ino == b->st_ino && a->st_dev == b->st_dev && a->st_size == b->st_size &&
	       a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

int
known_load(struct known *k, struct diag *diag, struct err *err)
{
	struct stat now = { 0 };
	size_t len;

	if (stat(k->path, &now) < 0) {
		if (errno != ENOENT && errno != ENOTDIR) {
			err_errno(err, "%s", k->path);
			err->kind = OUTCOME_INPUT;
			return -1;
		}
		now = (struct stat){ 0 };
	}
	if (same_file(&now, &k->seen))
		return 0;
	autofree char *text = now.st_ino ? file_read(k->path, KNOWN_FILE_MAX, &len, err) : NULL;
	if (now.st_ino && !text)
		return -1;
	clear(k);
	k->seen = now;
	if (text)
		known_parse(k, text, len, diag);
	return 0;
}

void
known_appended(struct known *k, const char *line, const struct stat *now)
{
	known_parse(k, line, strlen(line), NULL);
	k->seen = *now;
}

struct known *
known_new(const char *path)
{
	struct known *k = xcalloc(1, sizeof(*k));

	k->path = xstrdup(path);
	k->arena = arena_new();
	return k;
}

void
known_free(struct known *k)
{
	if (!k)
		return;
	clear(k);
	arena_free(k->arena);
	free(k->entry);
	free(k->scan);
	free(k->path);
	free(k);
}

const char *
known_path(const struct known *k)
{
	return k->path;
}

const struct known_line *const *
known_find(struct known *k, const char *name, size_t *ret_n)
{
	struct name *found = name_slot(k, k->found, name, false);

	if (!found) {
		const struct name *plain = name_slot(k, k->by_name, name, false);

		found = name_slot(k, k->found, name, true);
		for (size_t i = 0; plain && i < plain->count; i++)
			name_add(found, plain->entry[i]);
		for (size_t i = 0; i < k->scan_count; i++) {
			if (entry_match(k->scan[i], name))
				name_add(found, k->scan[i]);
		}
	}
	*ret_n = found->count;
	return (const struct known_line *const *)(void *)found->entry;
}

static const struct entry *
first_of_key(struct known *k, const struct entry *e, const void *blob, size_t len)
{
	if (!e)
		e = k->by_key[hash_of(blob, len) % BUCKETS];
	else
		e = e->next_key;
	while (e && !(e->line.len == len && memcmp(e->line.blob, blob, len) == 0))
		e = e->next_key;
	return e;
}

const struct known_line *
known_match(struct known *k, const char *name, const void *blob, size_t len)
{
	const struct entry *e = first_of_key(k, NULL, blob, len);

	while (e && !(e->line.marker == KNOWN_PLAIN && entry_match(e, name)))
		e = first_of_key(k, e, blob, len);
	return e ? &e->line : NULL;
}

const struct known_line *
known_revoked(struct known *k, const void *blob, size_t len)
{
	const struct entry *e = first_of_key(k, NULL, blob, len);

	while (e && e->line.marker != KNOWN_REVOKED)
		e = first_of_key(k, e, blob, len);
	return e ? &e->line : NULL;
}

size_t
known_count(const struct known *k)
{
	return k->count;
}

const struct known_line *
known_at(const struct known *k, size_t i)
{
	return &k->entry[i]->line;
}
