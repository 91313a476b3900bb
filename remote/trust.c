#include "remote/trust.h"

#include "base/digest.h"
#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/str.h"
#include "remote/known.h"
#include "remote/ownkeys.h"
#include "remote/trust_inner.h"

#include <ctype.h>
#include <string.h>

static void
add_candidate(struct trust_candidates *c, const char *host, int port, bool decides)
{
	bool bare = port == 0 || port == 22;
	autofree char *text = bare ? xstrdup(host) : xasprintf("[%s]:%d", host, port);

	for (char *p = text; *p; p++)
		*p = (char)tolower((unsigned char)*p);
	for (size_t i = 0; i < c->count; i++) {
		if (str_eq(c->list[i].text, text))
			return;
	}
	c->list[c->count++] = (struct trust_candidate){ .text = take(text), .decides = decides };
}

struct trust_candidates
trust_candidates(const struct trust_subject *s)
{
	struct trust_candidates c = { .count = 0 };

	if (s->alias) {
		add_candidate(&c, s->alias, 0, true);
		return c;
	}
	add_candidate(&c, s->host, s->port, true);
	add_candidate(&c, s->host, 0, false);
	if (s->name) {
		add_candidate(&c, s->name, s->port, true);
		add_candidate(&c, s->name, 0, true);
	}
	return c;
}

void
trust_candidates_fini(struct trust_candidates *c)
{
	for (size_t i = 0; i < c->count; i++)
		free(c->list[i].text);
}

char *
trust_name(const struct trust_subject *s)
{
	autocandidates c = trust_candidates(s);

	return take(c.list[0].text);
}

void
trust_fingerprint(const void *blob, size_t len, char to[64])
{
	uint8_t raw[32];

	digest_raw(blob, len, raw);
	autofree char *text = digest_base64(raw, sizeof(raw));
	text[strcspn(text, "=")] = '\0';
	snprintf(to, 64, "SHA256:%s", text);
}

bool
trust_blob_type(const uint8_t *blob, size_t len, char *to, size_t size)
{
	size_t n = len >= 4 ? (size_t)blob[2] << 8 | blob[3] : 0;

	str_copy(to, size, "?");
	if (n == 0 || n >= size || blob[0] || blob[1] || len <= 4 + n)
		return false;
	for (size_t i = 0; i < n; i++) {
		if (!isgraph(blob[4 + i]))
			return false;
	}
	memcpy(to, blob + 4, n);
	to[n] = '\0';
	return true;
}

static struct known *
add_file(struct trust *t, const char *path)
{
	for (size_t i = 0; i < t->count; i++) {
		if (str_eq(known_path(t->file[i]), path))
			return t->file[i];
	}
	mem_grow(t->file, t->count, t->cap);
	t->file[t->count] = known_new(path);
	return t->file[t->count++];
}

void
trust_load(struct trust *t, struct known *k, bool first)
{
	struct err err;

	if (known_load(k, first ? &t->diag : NULL, &err) < 0 && first)
		diag_warn(&t->diag, (struct mark){ .file = known_path(k) }, "%s", err.text);
}

struct trust *
trust_new(const char *own, const char *const *files, struct err *err)
{
	struct trust *t = xcalloc(1, sizeof(*t));
	autofree char *state = file_state_dir();
	autofree char *path = own ? xstrdup(own) : file_join(state, "known_hosts");

	diag_init(&t->diag);
	t->own = ownkeys_new(add_file(t, path), &t->diag, err);
	t->common = 1;
	if (!t->own) {
		trust_free(t);
		return NULL;
	}
	for (; files && *files; files++) {
		struct known *k = add_file(t, *files);

		t->common = t->count;
		if (!file_exists(*files))
			err_set(err, OUTCOME_INPUT, "known_hosts: %s: no such file", *files);
		else if (known_load(k, &t->diag, err) == 0)
			continue;
		trust_free(t);
		return NULL;
	}
	return t;
}

void
trust_free(struct trust *t)
{
	struct err err;

	if (!t)
		return;
	trust_sync(t, &err); /* who needs to know has called it */
	ownkeys_free(t->own);
	for (size_t i = 0; i < t->count; i++)
		known_free(t->file[i]);
	free(t->file);
	diag_fini(&t->diag);
	free(t);
}

const char *
trust_path(const struct trust *t)
{
	return known_path(t->file[0]);
}

const struct diag *
trust_diag(const struct trust *t)
{
	return &t->diag;
}

void
trust_parse(struct trust *t, const char *name, const char *text, size_t len)
{
	struct known *k = add_file(t, name);

	known_parse(k, text, len, &t->diag);
	if (t->common < t->count)
		t->common = t->count;
}

static void
add_source(struct trust_sources *to, struct known *k)
{
	for (size_t i = 0; i < to->count; i++) {
		if (to->file[i] == k)
			return;
	}
	if (to->count < countof(to->file))
		to->file[to->count++] = k;
}

struct trust_sources
trust_sources(struct trust *t, const struct trust_subject *s)
{
	struct trust_sources to = { .count = 0 };

	for (size_t i = 0; i < t->common; i++) {
		trust_load(t, t->file[i], false);
		add_source(&to, t->file[i]);
	}
	for (const char *const *f = s->files; f && *f; f++) {
		size_t before = t->count;
		struct known *k = add_file(t, *f);

		trust_load(t, k, t->count > before);
		add_source(&to, k);
	}
	return to;
}

bool
trust_find_revoked(struct trust *t, const void *blob, size_t len, struct trust_finding *ret)
{
	for (size_t i = 0; i < t->count; i++) {
		ret->line = known_revoked(t->file[i], blob, len);
		ret->file = known_path(t->file[i]);
		if (ret->line)
			return true;
	}
	return false;
}

static bool
is_writable_name(const char *name)
{
	return *name && !strchr("!|#@", *name) && strlen(name) < 512 &&
	       strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789._:%-[]") == strlen(name);
}

/* A line of our file for a key the subject showed; NULL: err says why not. Caller frees. */
static char *
make_line(
    struct trust *t, const struct trust_subject *s, const void *blob, size_t len, struct err *err)
{
	autofree char *name = trust_name(s);
	autofree char *key = digest_base64(blob, len);
	struct trust_finding f;
	char type[64];

	if (!trust_blob_type(blob, len, type, sizeof(type)) || len > 16384) {
		err_set(err, OUTCOME_INPUT, "not a public key");
		return NULL;
	}
	if (!is_writable_name(name)) {
		err_set(err, OUTCOME_INPUT, "a key cannot be kept under the name %.100s", name);
		return NULL;
	}
	if (trust_find_revoked(t, blob, len, &f)) {
		err_set(
		    err, OUTCOME_REFUSED, "host key is revoked (%.150s:%d)", f.file, f.line->line);
		return NULL;
	}
	return xasprintf("%s %s %s\n", name, type, key);
}

int
trust_add(
    struct trust *t, const struct trust_subject *s, const void *blob, size_t len, struct err *err)
{
	autofree char *line = make_line(t, s, blob, len, err);
	autofree char *name = trust_name(s);

	if (!line)
		return -1;
	if (known_match(t->file[0], name, blob, len))
		return 0;
	return ownkeys_append(t->own, line, err);
}

int
trust_sync(struct trust *t, struct err *err)
{
	return ownkeys_sync(t->own, err);
}

int
trust_remove(struct trust *t, const struct trust_subject *s, struct err *err)
{
	autocandidates c = trust_candidates(s);
	const char *names[TRUST_CANDIDATES + 1] = { NULL };

	for (size_t i = 0; i < c.count; i++)
		names[i] = c.list[i].text;
	return ownkeys_edit(t->own, names, NULL, err);
}

int
trust_replace(
    struct trust *t, const struct trust_subject *s, const void *blob, size_t len, struct err *err)
{
	autofree char *line = make_line(t, s, blob, len, err);
	autocandidates c = trust_candidates(s);
	const char *names[TRUST_CANDIDATES + 1] = { NULL };

	if (!line)
		return -1;
	for (size_t i = 0; i < c.count; i++)
		names[i] = c.list[i].text;
	return ownkeys_edit(t->own, names, line, err) < 0 ? -1 : 0;
}
