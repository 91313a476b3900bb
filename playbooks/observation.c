#include "playbooks/observation.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/digest.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/str.h"
#include "playbooks/resource.h"

#include <string.h>
#include <sys/stat.h>

#define JOURNAL_FIELDS  8
#define MANIFEST_FIELDS 9

bool
stat_line_parse(char *line, struct stat_line *ret)
{
	char *field[6], *save = line;
	unsigned long mode;
	int64_t written = 0;

	for (size_t i = 0; i < countof(field); i++) {
		field[i] = save;
		save = strchr(save, ' ');
		if (!save)
			return false;
		*save++ = '\0';
	}
	if (*save != '/' && strchr(save, ' ')) {
		char *time = save;

		save = strchr(save, ' ');
		*save++ = '\0';
		if (!str_int(time, 0, INT64_MAX / 1000, &written))
			return false;
	}
	if (*save != '/' || !*field[0] ||
	    strspn(field[0], "0123456789abcdef") != strlen(field[0]) || strlen(field[0]) > 8)
		return false;
	mode = strtoul(field[0], NULL, 16);
	*ret = (struct stat_line){ .path = save, .written_s = written };
	ret->kind = S_ISREG(mode) ? 'f' : S_ISDIR(mode) ? 'd' : S_ISLNK(mode) ? 'l' : 'o';
	ret->mode = (unsigned)mode & 07777;
	ret->owner = strcmp(field[4], "UNKNOWN") == 0 ? field[2] : field[4];
	ret->group = strcmp(field[5], "UNKNOWN") == 0 ? field[3] : field[5];
	return true;
}

static void
unit_property(struct unit_block *u, const char *key, const char *value)
{
	int64_t n;

	if (strcmp(key, "ActiveState") == 0)
		u->active = value;
	else if (strcmp(key, "SubState") == 0)
		u->sub = value;
	else if (strcmp(key, "UnitFileState") == 0)
		u->enabled = value;
	else if (strcmp(key, "LoadState") == 0)
		u->loaded = strcmp(value, "not-found") != 0;
	else if (strcmp(key, "NeedDaemonReload") == 0)
		u->needs_reload = strcmp(value, "yes") == 0;
	else if (strcmp(key, "NRestarts") == 0 && str_int(value, 0, INT32_MAX, &n))
		u->restarts = (int)n;
}

bool
unit_blocks_parse(char *text, struct unit_block *ret, size_t n)
{
	size_t at = 0;
	bool within = false;

	for (size_t i = 0; i < n; i++)
		ret[i] = (struct unit_block){ .active = "", .sub = "", .enabled = "" };
	for (char *line = text, *next; line; line = next) {
		next = strchr(line, '\n');
		if (next)
			*next++ = '\0';
		char *value = strchr(line, '=');

		if (!*line) {
			at += within;
			within = false;
		} else if (!value || at >= n) {
			return false;
		} else {
			*value++ = '\0';
			unit_property(&ret[at], line, value);
			within = true;
		}
	}
	return at + within == n;
}

/* A name without a registry matches what podman would have made of it. */
static bool
same_image(const char *has, const char *name)
{
	size_t h = strlen(has), n = strlen(name);

	if (strcmp(has, name) == 0)
		return true;
	return !strchr(name, '/') && h > n && has[h - n - 1] == '/' &&
	       strcmp(has + h - n, name) == 0 &&
	       (str_starts(has, "localhost/") || str_starts(has, "docker.io/library/"));
}

static bool
image_has(const struct json *image, const char *name)
{
	const struct json *names = json_get(image, "names");
	const char *at = strchr(name, '@'), *digest = json_get_text(image, "digest");

	if (at && digest && strcmp(at + 1, digest) == 0)
		return true;
	for (size_t i = 0; i < json_count(names); i++) {
		const char *has = json_text(json_at(names, i), NULL);

		if (has && same_image(has, name))
			return true;
	}
	return false;
}

void
image_find(const struct json *images, const char *name, struct found *f)
{
	for (size_t i = 0; i < json_count(images); i++) {
		const struct json *image = json_at(images, i);
		const char *id = json_get_text(image, "id");

		if (id && strlen(id) == DIGEST_HEX - 1 && image_has(image, name)) {
			f->present = true;
			str_copy(f->image_id, sizeof(f->image_id), id);
			return;
		}
	}
}

bool
image_find_id(const struct json *images, const char *id, struct found *f)
{
	for (size_t i = 0; i < json_count(images); i++) {
		const char *one = json_get_text(json_at(images, i), "id");

		if (!one || strlen(one) != DIGEST_HEX - 1 || strcmp(one, id) != 0)
			continue;
		if (f) {
			f->present = true;
			str_copy(f->image_id, sizeof(f->image_id), one);
		}
		return true;
	}
	return false;
}

void
image_users(struct arena *a, const struct json *containers, struct found *f)
{
	const char **user = arena_alloc(a, (json_count(containers) + 1) * sizeof(*user));
	size_t n = 0;

	for (size_t i = 0; i < json_count(containers); i++) {
		const struct json *c = json_at(containers, i);
		const char *image = json_get_text(c, "image");
		const char *name = json_text(json_at(json_get(c, "names"), 0), NULL);

		if (image && strcmp(image, f->image_id) == 0)
			user[n++] = arena_strdup(a, name ? name : "without a name");
	}
	f->users = user;
}

static size_t
count_lines(const char *text)
{
	size_t n = 1;

	for (; *text; text++)
		n += *text == '\n';
	return n;
}

/* Cut a line at its tabs into at most n fields; those that are missing are "". */
static void
cut_fields(char *line, const char **field, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		char *tab = line ? strchr(line, '\t') : NULL;

		field[i] = line ? line : "";
		if (tab)
			*tab++ = '\0';
		line = tab;
	}
}

/* A digest of all its digits, or none; an image that was pulled is there, whatever it is. */
static bool
is_digest(const char *p, size_t n)
{
	static const char present[] = "present";

	return (n == 1 && *p == '-') || (n == sizeof(present) - 1 && memcmp(p, present, n) == 0) ||
	       (n == DIGEST_HEX - 1 && strspn(p, "0123456789abcdef") == n);
}

static bool
is_manifest_line(const char *line, size_t len)
{
	const char *at = line, *end = line + len;
	size_t n = 0;

	for (const char *p = line; p < end; p++) {
		if (((unsigned char)*p < ' ' && *p != '\t') || *p == 0x7f)
			return false;
	}
	for (; at <= end; n++) {
		const char *tab = memchr(at, '\t', (size_t)(end - at));
		size_t words = (size_t)((tab ? tab : end) - at);

		if ((n == 0 && words == 0) || (n == 4 && !is_digest(at, words)))
			return false;
		at += words + 1;
	}
	return n >= 5 && n <= MANIFEST_FIELDS;
}

size_t
manifest_damage(const char *text)
{
	for (size_t n = 1; *text; n++) {
		size_t len = strcspn(text, "\n");

		if (!is_manifest_line(text, len))
			return n;
		text += len + (text[len] == '\n');
	}
	return 0;
}

void
manifest_parse(struct arena *a, char *text, struct observation *to)
{
	struct manifest_line *m = arena_alloc(a, count_lines(text) * sizeof(*m));
	size_t n = 0;
	char *save = NULL;

	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		const char *f[MANIFEST_FIELDS];

		cut_fields(line, f, countof(f));
		m[n++] =
		    (struct manifest_line){ f[0], f[1], f[2], f[3], f[4], f[5], f[6], f[7], f[8] };
	}
	to->manifest = m;
	to->manifest_count = n;
}

const char *
manifest_text(const struct manifest_line *m)
{
	const char *text = strlen(m->text) == DIGEST_HEX - 1 ? m->text : m->digest;
	bool whole = text == m->text || str_starts(m->resource, "file ");

	return whole && strlen(text) == DIGEST_HEX - 1 ? text : NULL;
}

void
journal_parse(struct arena *a, char *text, struct observation *to)
{
	struct journal_line *j = arena_alloc(a, count_lines(text) * sizeof(*j));
	size_t n = 0;
	char *save = NULL;

	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		const char *f[JOURNAL_FIELDS];

		cut_fields(line, f, JOURNAL_FIELDS);
		j[n++] = (struct journal_line){ f[0], f[1], f[2], f[3], f[4], f[5], f[6], f[7] };
	}
	to->journal = j;
	to->journal_count = n;
}

void
manifest_then(const struct follow_up *then, struct buf *to)
{
	char hex[DIGEST_HEX];
	autobuf words = BUF_INIT(1U << 20);

	switch (then->kind) {
	case FOLLOW_NONE:
		return;
	case FOLLOW_RELOAD:
		buf_addf(to, "then reload %s", then->unit);
		return;
	case FOLLOW_RESTART:
		buf_addf(to, "then restart %s", then->unit);
		return;
	case FOLLOW_RUN:
		for (const char *const *w = then->argv; *w; w++)
			buf_add(&words, *w, strlen(*w) + 1);
		digest_hex(words.data, words.len, hex);
		buf_addf(to, "then run %.16s", hex);
		return;
	}
}
