#include "cli/transcripts.h"

#include "base/event.h"
#include "base/mem.h"
#include "base/str.h"
#include "ledger/ledger.h"

#define MOST 4096

struct reading {
	struct transcripts *t;
	const char *host;
};

static struct transcript_record *
record_of(struct transcripts *t, const char *host, const char *name)
{
	for (size_t i = t->count; i-- > 0;) {
		if (str_eq(t->list[i].name, name) && str_eq(t->list[i].host, host))
			return &t->list[i];
	}
	if (t->count == MOST)
		return NULL;
	mem_grow(t->list, t->count, t->cap);
	t->list[t->count] =
	    (struct transcript_record){ .host = xstrdup(host), .name = xstrdup(name) };
	return &t->list[t->count++];
}

static bool
take_piece(void *user, const struct event *e)
{
	const struct reading *r = user;
	const char *host = event_text(e, FIELD_HOST), *name = event_text(e, FIELD_NAME);
	const char *digest = event_text(e, FIELD_DIGEST);

	if (e->kind != EVENT_TRANSCRIPT || !host || !name || !digest ||
	    (r->host && !str_eq(host, r->host)))
		return true;
	struct transcript_record *t = record_of(r->t, host, name);
	if (!t || t->count == MOST)
		return true;
	mem_grow(t->digest, t->count, t->cap);
	t->digest[t->count++] = xstrdup(digest);
	t->bytes += event_int(e, FIELD_BYTES, 0);
	t->ms = event_int(e, FIELD_MS, 0);
	return true;
}

void
transcripts_read(struct transcripts *t, struct ledger *l, const char *uuid, const char *host)
{
	struct reading r = { t, host };

	*t = (struct transcripts){ .count = 0 };
	ledger_events(l, uuid, take_piece, &r);
}

void
transcripts_fini(struct transcripts *t)
{
	for (size_t i = 0; i < t->count; i++) {
		for (size_t k = 0; k < t->list[i].count; k++)
			free(t->list[i].digest[k]);
		free(t->list[i].digest);
		free(t->list[i].host);
		free(t->list[i].name);
	}
	free(t->list);
}
