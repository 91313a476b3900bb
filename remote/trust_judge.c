/* Whether a key is the one of its host, and which kinds of key to ask a host for. */
#include "base/buf.h"
#include "base/mem.h"
#include "base/str.h"
#include "remote/known.h"
#include "remote/trust.h"
#include "remote/trust_inner.h"

#include <stdio.h>
#include <string.h>

#define ALGORITHMS_MAX 512

static bool
find_match(const struct trust_sources *from, const char *name, const void *blob, size_t len,
    struct trust_finding *ret)
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
find_other(const struct trust_sources *from, const char *name, enum known_marker marker,
    const char *type, struct trust_finding *ret)
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
say_changed(const struct trust_subject *s, const struct trust_finding *f, struct trust_answer *ret)
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
say_unknown(const struct trust_subject *s, const struct trust_sources *from,
    const struct trust_candidates *names, struct trust_answer *ret)
{
	struct trust_finding ca = { .line = NULL };

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
	struct trust_sources from = trust_sources(t, s);
	autocandidates names = trust_candidates(s);
	int given = judge_host_keys(s->host_keys, blob, len);
	struct trust_finding f;

	if (trust_find_revoked(t, blob, len, &f)) {
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
	if (trust_blob_type(blob, len, ret->type, sizeof(ret->type))) {
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
	struct trust_sources from = trust_sources(t, s);
	autocandidates names = trust_candidates(s);
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
