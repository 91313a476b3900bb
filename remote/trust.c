#include "remote/trust.h"

#include "base/buf.h"
#include "base/diag.h"
#include "base/digest.h"
#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/str.h"
#include "remote/known.h"
#include "remote/ownkeys.h"

#include <ctype.h>
#include <string.h>

#define ALGORITHMS_MAX 512
#define CANDIDATES     4

struct trust {
	struct ownkeys *own;
	struct known **file; /* ours first, then the inventory's, then ssh_config's */
	size_t count, cap;
	size_t common; /* the first so many speak for every host */
	struct diag diag;
};

/* A name to look under. */
struct candidate {
	char *text;
	bool decides; /* other keys under this name mean that the key changed */
};

struct candidates {
	struct candidate list[CANDIDATES];
	size_t count;
};

static void
add_candidate(struct candidates *c, const char *host, int port, bool decides)
{
	bool bare = port == 0 || port == 22;
	autofree char *text = bare ? xstrdup(host) : xasprintf("[%s]:%d", host, port);

	for (char *p = text; *p; p++)
		*p = (char)tolower((unsigned char)*p);
	for (size_t i = 0; i < c->count; i++) {
		if (str_eq(c->list[i].text, text))
			return;
	}
	c->list[c->count++] = (struct candidate){ .text = take(text), .decides = decides };
}

/* As OpenSSH: the alias alone, else the host with its port, else the host's key on the usual port if
 * it happens to be the same one. What the inventory calls it comes behind. */
static struct candidates
candidates_of(const struct trust_subject *s)
{
	struct candidates c = { .count = 0 };

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

static void
candidates_fini(struct candidates *c)
{
	for (size_t i = 0; i < c->count; i++)
		free(c->list[i].text);
}

#define autocandidates __attribute__((cleanup(candidates_fini))) struct candidates

char *
trust_name(const struct trust_subject *s)
{
	autocandidates c = candidates_of(s);

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

/* The type a blob says it is of; false when it says none. */
static bool
blob_type(const uint8_t *blob, size_t len, char *to, size_t size)
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

/* Bad lines are told once: when a file is read first. */
static void
load(struct trust *t, struct known *k, bool first)
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

/* The files that speak for a subject, each as it is now. */
struct sources {
	struct known *file[32];
	size_t count;
};

static void
add_source(struct sources *to, struct known *k)
{
	for (size_t i = 0; i < to->count; i++) {
		if (to->file[i] == k)
			return;
	}
	if (to->count < countof(to->file))
		to->file[to->count++] = k;
}

static struct sources
sources_of(struct trust *t, const struct trust_subject *s)
{
	struct sources to = { .count = 0 };

	for (size_t i = 0; i < t->common; i++) {
		load(t, t->file[i], false);
		add_source(&to, t->file[i]);
	}
	for (const char *const *f = s->files; f && *f; f++) {
		size_t before = t->count;
		struct known *k = add_file(t, *f);

		load(t, k, t->count > before);
		add_source(&to, k);
	}
	return to;
}

struct finding {
	const struct known_line *line;
	const char *file;
};

static bool
find_revoked(struct trust *t, const void *blob, size_t len, struct finding *ret)
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
find_match(
    const struct sources *from, const char *name, const void *blob, size_t len, struct finding *ret)
{
	for (size_t i = 0; i < from->count; i++) {
		ret->line = known_match(from->file[i], name, blob, len);
		ret->file = known_path(from->file[i]);
		if (ret->line)
			return true;
	}
	return false;
}

/* A line of this name and marker, of this type if there is one. */
static bool
find_other(const struct sources *from, const char *name, enum known_marker marker, const char *type,
    struct finding *ret)
{
	ret->line = NULL;
	for (size_t i = 0; i < from->count; i++) {
		size_t n;
		const struct known_line *const *list = known_find(from->file[i], name, &n);

		for (size_t j = 0; j < n; j++) {
			bool better = !ret->line || (!str_eq(ret->line->type, type) &&
							str_eq(list[j]->type, type));

			if (list[j]->marker != marker || !better)
				continue;
			ret->line = list[j];
			ret->file = known_path(from->file[i]);
		}
	}
	return ret->line != NULL;
}

/* The inventory's host_key texts: 1 one of them is this key, 0 there are none, -1 none is. */
static int
judge_host_keys(const char *const *keys, const void *blob, size_t len)
{
	int got = 0;

	for (; keys && *keys; keys++) {
		autofree char *text = xasprintf("x %s", *keys);
		autofree char *memory = NULL;
		struct known_line line;
		const char *why;

		got = -1;
		if (known_read_line(text, strlen(text), &line, &memory, &why) && line.len == len &&
		    len && memcmp(line.blob, blob, len) == 0)
			return 1;
	}
	return got;
}

static void
say_changed(const struct trust_subject *s, const struct finding *f, struct trust_answer *ret)
{
	char known[64];

	ret->verdict = TRUST_CHANGED;
	if (!f->line) {
		snprintf(ret->text, sizeof(ret->text),
		    "host key is not the one the inventory gives: %s %s", ret->type,
		    ret->fingerprint);
		return;
	}
	trust_fingerprint(f->line->blob, f->line->len, known);
	snprintf(ret->text, sizeof(ret->text),
	    "host key %s: it shows %s %s, known is %.40s %s (%.100s:%d); if it is right: drover "
	    "trust replace %.60s",
	    str_eq(f->line->type, ret->type) ? "CHANGED" : "is of another type than the known one",
	    ret->type, ret->fingerprint, f->line->type, known, f->file, f->line->line,
	    s->name ? s->name : s->host);
}

static void
say_unknown(const struct trust_subject *s, const struct sources *from,
    const struct candidates *names, struct trust_answer *ret)
{
	struct finding ca = { .line = NULL };

	ret->verdict = TRUST_UNKNOWN;
	for (size_t i = 0; i < names->count && !ca.line; i++)
		find_other(from, names->list[i].text, KNOWN_AUTHORITY, "", &ca);
	int n = snprintf(ret->text, sizeof(ret->text),
	    "host key is not known: %s %s; drover trust add %.60s shows it and asks", ret->type,
	    ret->fingerprint, s->name ? s->name : s->host);
	if (ca.line && n > 0)
		snprintf(ret->text + n, sizeof(ret->text) - (size_t)n,
		    " (@cert-authority at %.100s:%d: host certificates are not supported yet)",
		    ca.file, ca.line->line);
}

static void
judge(struct trust *t, const struct trust_subject *s, const void *blob, size_t len,
    struct trust_answer *ret)
{
	struct sources from = sources_of(t, s);
	autocandidates names = candidates_of(s);
	int given = judge_host_keys(s->host_keys, blob, len);
	struct finding f;

	if (find_revoked(t, blob, len, &f)) {
		ret->verdict = TRUST_REVOKED;
		snprintf(ret->text, sizeof(ret->text), "host key is revoked: %s %s (%.150s:%d)",
		    ret->type, ret->fingerprint, f.file, f.line->line);
		return;
	}
	for (size_t i = 0; i < names.count; i++) {
		bool known = find_match(&from, names.list[i].text, blob, len, &f);

		if (known || given > 0) {
			ret->verdict = TRUST_KNOWN;
			snprintf(ret->text, sizeof(ret->text), "host key is known (%.150s:%d)",
			    known ? f.file : "the inventory", known ? f.line->line : 0);
			return;
		}
		bool other = names.list[i].decides &&
			     find_other(&from, names.list[i].text, KNOWN_PLAIN, ret->type, &f);
		if (other || given < 0) {
			f.line = other ? f.line : NULL;
			say_changed(s, &f, ret);
			return;
		}
	}
	say_unknown(s, &from, &names, ret);
}

void
trust_check(struct trust *t, const struct trust_subject *s, const void *blob, size_t len,
    struct trust_answer *ret)
{
	*ret = (struct trust_answer){ .verdict = TRUST_UNKNOWN };
	trust_fingerprint(blob, len, ret->fingerprint);
	if (blob_type(blob, len, ret->type, sizeof(ret->type))) {
		judge(t, s, blob, len, ret);
		return;
	}
	ret->verdict = TRUST_CHANGED;
	str_copy(ret->text, sizeof(ret->text), "the host showed a key that cannot be read");
}

static const char *const algorithms[][2] = {
	{ "ssh-ed25519", "ssh-ed25519" },
	{ "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp256" },
	{ "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp384" },
	{ "ecdsa-sha2-nistp521", "ecdsa-sha2-nistp521" },
	{ "ssh-rsa", "rsa-sha2-512,rsa-sha2-256" },
};

static void
prefer(bool *wanted, const char *type)
{
	for (size_t i = 0; i < countof(algorithms); i++)
		wanted[i] = wanted[i] || str_eq(algorithms[i][0], type);
}

char *
trust_algorithms(struct trust *t, const struct trust_subject *s)
{
	struct sources from = sources_of(t, s);
	autocandidates names = candidates_of(s);
	bool wanted[countof(algorithms)] = { false };
	autobuf out = BUF_INIT(ALGORITHMS_MAX);

	for (size_t i = 0; i < names.count * from.count; i++) {
		const char *name = names.list[i / from.count].text;
		size_t n;
		const struct known_line *const *list =
		    known_find(from.file[i % from.count], name, &n);

		for (size_t j = 0; j < n; j++) {
			if (list[j]->marker == KNOWN_PLAIN)
				prefer(wanted, list[j]->type);
		}
	}
	for (const char *const *key = s->host_keys; key && *key; key++) {
		autofree char *type = xmemdup0(*key, strcspn(*key, " \t"));

		prefer(wanted, type);
	}
	for (int stored = 1; stored >= 0; stored--) {
		for (size_t i = 0; i < countof(algorithms); i++) {
			if (wanted[i] == (stored == 1))
				buf_addf(&out, "%s%s", out.len ? "," : "", algorithms[i][1]);
		}
	}
	return buf_detach(&out, NULL);
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
	struct finding f;
	char type[64];

	if (!blob_type(blob, len, type, sizeof(type)) || len > 16384) {
		err_set(err, OUTCOME_INPUT, "not a public key");
		return NULL;
	}
	if (!is_writable_name(name)) {
		err_set(err, OUTCOME_INPUT, "a key cannot be kept under the name %.100s", name);
		return NULL;
	}
	if (find_revoked(t, blob, len, &f)) {
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
	autocandidates c = candidates_of(s);
	const char *names[CANDIDATES + 1] = { NULL };

	for (size_t i = 0; i < c.count; i++)
		names[i] = c.list[i].text;
	return ownkeys_edit(t->own, names, NULL, err);
}

int
trust_replace(
    struct trust *t, const struct trust_subject *s, const void *blob, size_t len, struct err *err)
{
	autofree char *line = make_line(t, s, blob, len, err);
	autocandidates c = candidates_of(s);
	const char *names[CANDIDATES + 1] = { NULL };

	if (!line)
		return -1;
	for (size_t i = 0; i < c.count; i++)
		names[i] = c.list[i].text;
	return ownkeys_edit(t->own, names, line, err) < 0 ? -1 : 0;
}

static void
tell_entry(const struct known *k, const struct known_line *l, bool own,
    void (*each)(void *user, const struct trust_entry *e), void *user)
{
	static const char *const markers[] = { "", "@revoked", "@cert-authority" };
	struct trust_entry e = { .file = known_path(k),
		.line = l->line,
		.marker = markers[l->marker],
		.names = l->names,
		.type = l->type,
		.comment = l->comment,
		.blob = l->blob,
		.len = l->len,
		.own = own };

	trust_fingerprint(l->blob, l->len, e.fingerprint);
	each(user, &e);
}

void
trust_each(struct trust *t, void (*each)(void *user, const struct trust_entry *e), void *user)
{
	for (size_t i = 0; i < t->common; i++) {
		load(t, t->file[i], false);
		for (size_t j = 0; j < known_count(t->file[i]); j++)
			tell_entry(t->file[i], known_at(t->file[i], j), i == 0, each, user);
	}
}

void
trust_find(struct trust *t, const struct trust_subject *s,
    void (*each)(void *user, const struct trust_entry *e), void *user)
{
	struct sources from = sources_of(t, s);
	autocandidates names = candidates_of(s);

	for (size_t i = 0; i < from.count; i++) {
		for (size_t j = 0; j < known_count(from.file[i]); j++) {
			const struct known_line *l = known_at(from.file[i], j);
			bool hit = false;

			for (size_t n = 0; n < names.count && !hit; n++)
				hit = known_names_match(l->names, names.list[n].text);
			if (hit)
				tell_entry(from.file[i], l, from.file[i] == t->file[0], each, user);
		}
	}
}

void
trust_revoked(struct trust *t, void (*each)(void *user, const struct trust_entry *e), void *user)
{
	for (size_t i = 0; i < t->count; i++) {
		for (size_t j = 0; j < known_count(t->file[i]); j++) {
			const struct known_line *l = known_at(t->file[i], j);

			if (l->marker == KNOWN_REVOKED)
				tell_entry(t->file[i], l, i == 0, each, user);
		}
	}
}
