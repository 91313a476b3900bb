/* The lines that speak of keys, told one by one. */
#include "remote/known.h"
#include "remote/trust.h"
#include "remote/trust_inner.h"

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
		trust_load(t, t->file[i], false);
		for (size_t j = 0; j < known_count(t->file[i]); j++)
			tell_entry(t->file[i], known_at(t->file[i], j), i == 0, each, user);
	}
}

void
trust_find(struct trust *t, const struct trust_subject *s,
    void (*each)(void *user, const struct trust_entry *e), void *user)
{
	struct trust_sources from = trust_sources(t, s);
	autocandidates names = trust_candidates(s);

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
