#include "tui/announce.h"

#include "base/buf.h"
#include "base/mem.h"
#include "base/str.h"
#include "inventory/fold.h"
#include "tui/view.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What was wrong with a host when it was last looked at: "unit postgres.service". */
struct known {
	enum link link;
	bool strayed;
	char **wrong;
	size_t count;
};

/* One piece of news, and whose it is. */
struct news {
	char *text;
	const char **hosts;
	size_t count, cap;
};

struct announcer {
	struct known *known;
	size_t count;
	struct news *news;
	size_t news_count, news_cap;
	char run[UUID_TEXT];
	bool run_ended;
	bool *said; /* of the run's rows: how they ended */
	size_t said_count;
};

struct announcer *
announce_new(void)
{
	return xcalloc(1, sizeof(struct announcer));
}

static void
forget_wrong(struct known *k)
{
	for (size_t i = 0; i < k->count; i++)
		free(k->wrong[i]);
	free(take(k->wrong));
	k->count = 0;
}

static void
forget_news(struct announcer *a)
{
	for (size_t i = 0; i < a->news_count; i++) {
		free(a->news[i].text);
		free(a->news[i].hosts);
	}
	a->news_count = 0;
}

void
announce_free(struct announcer *a)
{
	if (!a)
		return;
	for (size_t i = 0; i < a->count; i++)
		forget_wrong(&a->known[i]);
	forget_news(a);
	free(a->news);
	free(a->known);
	free(a->said);
	free(a);
}

__attribute__((format(printf, 3, 4))) static void
tell(struct announcer *a, const char *host, const char *fmt, ...)
{
	char text[512];
	struct news *n = a->news;
	size_t i = 0;
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	while (i < a->news_count && !str_eq(a->news[i].text, text))
		i++;
	if (i == a->news_cap) {
		a->news_cap = a->news_cap ? 2 * a->news_cap : 16;
		a->news = xrealloc(a->news, a->news_cap, sizeof(*a->news));
	}
	n = &a->news[i];
	if (i == a->news_count) {
		*n = (struct news){ .text = xstrdup(text) };
		a->news_count++;
	}
	if (n->count == n->cap) {
		n->cap = n->cap ? 2 * n->cap : 8;
		n->hosts = xrealloc(n->hosts, n->cap, sizeof(*n->hosts));
	}
	n->hosts[n->count++] = host;
}

static bool
among(char *const *list, size_t count, const char *text)
{
	for (size_t i = 0; i < count; i++) {
		if (str_eq(list[i], text))
			return true;
	}
	return false;
}

static void
add_wrong(struct known *k, const char *kind, const char *name)
{
	k->wrong = xrealloc(k->wrong, k->count + 1, sizeof(*k->wrong));
	k->wrong[k->count++] = xasprintf("%s%s", kind, name);
}

static struct known
look(const struct scene_host *h)
{
	struct known k = { .link = h->link, .strayed = h->strayed };
	const struct status *s = h->status;

	for (size_t i = 0; i < s->unit_count; i++) {
		if (str_eq(s->units[i].active, "failed"))
			add_wrong(&k, "", s->units[i].name);
	}
	for (size_t i = 0; i < s->container_count; i++) {
		const char *state = s->containers[i].state;

		if (str_eq(state, "exited") || str_eq(state, "dead"))
			add_wrong(&k, "container ", s->containers[i].name);
	}
	return k;
}

/* Errors begin with the name of their host. */
static const char *
reason(const struct scene_host *h)
{
	size_t n = strlen(h->name);

	return str_starts(h->err.text, h->name) && str_starts(h->err.text + n, ": ")
		   ? h->err.text + n + 2
		   : h->err.text;
}

static void
compare(struct announcer *a, const struct scene_host *h, const struct known *was,
    const struct known *now)
{
	bool container;

	if (now->link == LINK_DOWN && was->link != LINK_DOWN)
		tell(a, h->name, "unreachable: %.300s", reason(h));
	if (now->link == LINK_UP && was->link == LINK_DOWN)
		tell(a, h->name, "reachable again");
	if (now->strayed && !was->strayed)
		tell(a, h->name, "strayed: changed by hand");
	for (size_t i = 0; i < now->count; i++) {
		container = str_starts(now->wrong[i], "container ");
		if (!among(was->wrong, was->count, now->wrong[i]))
			tell(a, h->name, "%.300s %s", now->wrong[i],
			    container ? "stopped" : "failed");
	}
	for (size_t i = 0; i < was->count; i++) {
		if (!among(now->wrong, now->count, was->wrong[i]))
			tell(a, h->name, "%.300s is not failed any more", was->wrong[i]);
	}
}

static void
take_hosts(struct announcer *a, const struct scene *s)
{
	if (a->count < s->count) {
		a->known = xrealloc(a->known, s->count, sizeof(*a->known));
		memset(a->known + a->count, 0, (s->count - a->count) * sizeof(*a->known));
		a->count = s->count;
	}
	for (size_t i = 0; i < s->count; i++) {
		struct known now = look(&s->hosts[i]);

		compare(a, &s->hosts[i], &a->known[i], &now);
		forget_wrong(&a->known[i]);
		a->known[i] = now;
	}
}

static void
take_rows(struct announcer *a, const struct scene *s)
{
	const struct progress *p = s->run;

	if (!str_eq(a->run, p->run)) {
		str_copy(a->run, sizeof(a->run), p->run);
		memset(a->said, 0, a->said_count * sizeof(*a->said));
		a->run_ended = false;
	}
	if (a->said_count < p->count) {
		a->said = xrealloc(a->said, p->count, sizeof(*a->said));
		memset(a->said + a->said_count, 0, p->count - a->said_count);
		a->said_count = p->count;
	}
	for (size_t i = 0; i < p->count; i++) {
		const struct progress_row *r = &p->rows[i];

		if (r->state != PROGRESS_ENDED || a->said[i])
			continue;
		a->said[i] = true;
		tell(a, r->host, "%s%s%.300s", outcome_name(r->outcome),
		    r->outcome > OUTCOME_CHANGED && r->last ? ": " : "",
		    r->outcome > OUTCOME_CHANGED && r->last ? r->last : "");
	}
}

static void
take_end(struct announcer *a, const struct scene *s, void (*say)(void *user, const char *line),
    void *user)
{
	autobuf b = BUF_INIT(1024);

	if (!s->run->ended || a->run_ended)
		return;
	a->run_ended = true;
	buf_addf(&b, "run %s ended:", s->run_alias ? s->run_alias : s->run->run);
	for (int o = 0; o < OUTCOME_COUNT; o++) {
		if (s->run->by_outcome[o])
			buf_addf(
			    &b, " %zu %s", s->run->by_outcome[o], outcome_name((enum outcome)o));
	}
	say(user, buf_text(&b));
}

static void
say_all(struct announcer *a, void (*say)(void *user, const char *line), void *user)
{
	for (size_t i = 0; i < a->news_count; i++) {
		autofree char *set = names_fold(a->news[i].hosts, a->news[i].count);
		autofree char *line = xasprintf("%s: %s", set, a->news[i].text);

		say(user, line);
	}
	forget_news(a);
}

void
announce_take(struct announcer *a, const struct scene *s, void (*say)(void *user, const char *line),
    void *user)
{
	take_hosts(a, s);
	if (s->run)
		take_rows(a, s);
	say_all(a, say, user);
	if (s->run)
		take_end(a, s, say, user);
}
