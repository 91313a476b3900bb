#include "remote/inquiry.h"

#include "base/mem.h"
#include "base/str.h"

struct open {
	struct open *next;
	uint32_t id;
	enum remote_ask kind;
	char *host, *subject;
	void (*answer)(void *user, uint32_t id, const char *subject, const char *line);
	void *user;
};

/* A person said no, so much so that asking again would be rude. */
struct declined {
	struct declined *next;
	char *host;
	unsigned kinds; /* a bit each */
};

struct inquiry {
	void (*ask)(void *user, const struct remote_question *q);
	void (*unask)(void *user, uint32_t id);
	void *user;
	bool trust;
	struct open *first;
	uint32_t last_id;
	struct declined *declined;
};

struct inquiry *
inquiry_new(const struct remote_config *config)
{
	struct inquiry *i = xcalloc(1, sizeof(*i));

	i->ask = config->ask;
	i->unask = config->unask;
	i->user = config->user;
	i->trust = config->ask_trust;
	return i;
}

static void
free_open(struct open *o)
{
	free(o->host);
	free(o->subject);
	free(o);
}

void
inquiry_free(struct inquiry *i)
{
	if (!i)
		return;
	while (i->first)
		inquiry_drop(i, i->first->id);
	inquiry_anew(i);
	free(i);
}

static struct declined *
declined_by(const struct inquiry *i, const char *host)
{
	struct declined *d = i->declined;

	while (d && !str_eq(d->host, host))
		d = d->next;
	return d;
}

bool
inquiry_can(const struct inquiry *i, enum remote_ask kind, const char *host)
{
	const struct declined *d = host ? declined_by(i, host) : NULL;

	if (!i->ask || (kind == REMOTE_TRUST && !i->trust))
		return false;
	return !d || !(d->kinds & 1U << kind);
}

static char *
dup_or_null(const char *s)
{
	return s ? xstrdup(s) : NULL;
}

void
inquiry_put(struct inquiry *i, const struct remote_question *q,
    void (*answer)(void *user, uint32_t id, const char *subject, const char *line), void *user,
    uint32_t *ret_id)
{
	struct open *o = xcalloc(1, sizeof(*o));
	struct remote_question asked = *q;

	asked.id = o->id = *ret_id = ++i->last_id;
	o->kind = q->kind;
	o->host = dup_or_null(q->host);
	o->subject = dup_or_null(q->subject);
	o->answer = answer;
	o->user = user;
	o->next = i->first;
	i->first = o;
	i->ask(i->user, &asked);
}

static struct open *
cut(struct inquiry *i, uint32_t id)
{
	struct open **at = &i->first;

	while (*at && (*at)->id != id)
		at = &(*at)->next;
	struct open *o = *at;
	if (o)
		*at = o->next;
	return o;
}

void
inquiry_drop(struct inquiry *i, uint32_t id)
{
	struct open *o = cut(i, id);

	if (!o)
		return;
	if (i->unask)
		i->unask(i->user, id);
	free_open(o);
}

static void
decline(struct inquiry *i, const struct open *o)
{
	struct declined *d = o->host ? declined_by(i, o->host) : NULL;

	if (!o->host)
		return;
	if (!d) {
		d = xcalloc(1, sizeof(*d));
		d->host = xstrdup(o->host);
		d->next = i->declined;
		i->declined = d;
	}
	d->kinds |= 1U << o->kind;
}

void
inquiry_answer(struct inquiry *i, uint32_t id, const char *line)
{
	struct open *o = cut(i, id);

	if (!o)
		return;
	if (!line)
		decline(i, o);
	o->answer(o->user, id, o->subject, line);
	free_open(o);
}

void
inquiry_anew(struct inquiry *i)
{
	while (i->declined) {
		struct declined *d = i->declined;

		i->declined = d->next;
		free(d->host);
		free(d);
	}
}
