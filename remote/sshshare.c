#include "remote/sshshare.h"

#include "base/buf.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/strmap.h"
#include "remote/sshhost.h"
#include "remote/sshscan.h"

#include <string.h>

struct sshshare_group {
	enum sshshare_state state;
	char *shape, *lines;
	char *host, *address; /* of whom the lines speak; address may be NULL */
	bool constant;        /* HostName is the configuration's */
};

struct sshshare {
	struct sshscan *scan;
	struct sshshare_group **group;
	size_t count, cap;
	struct strmap map;
};

struct sshshare *
sshshare_new(struct sshscan *scan)
{
	struct strmap empty = STRMAP_INIT;
	struct sshshare *s = xcalloc(1, sizeof(*s));

	s->scan = scan;
	s->map = empty;
	return s;
}

void
sshshare_free(struct sshshare *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < s->count; i++) {
		free(s->group[i]->shape);
		free(s->group[i]->lines);
		free(s->group[i]->host);
		free(s->group[i]->address);
		free(s->group[i]);
	}
	free(s->group);
	strmap_fini(&s->map);
	sshscan_free(s->scan);
	free(s);
}

struct sshshare_group *
sshshare_find(struct sshshare *s, const struct sshconf_query *q)
{
	autobuf shape = BUF_INIT(1 << 16);
	size_t i;

	if (q->address && !sshscan_is_plain(q->address))
		return NULL;
	buf_addf(&shape, "%s %d %d ", q->user ? q->user : "", q->port, q->address != NULL);
	if (!sshscan_shape(s->scan, q->host, &shape) || shape.dropped)
		return NULL;
	if (strmap_find(&s->map, buf_text(&shape), &i))
		return s->group[i];
	mem_grow(s->group, s->count, s->cap);
	struct sshshare_group *g = xcalloc(1, sizeof(*g));
	g->shape = xstrdup(buf_text(&shape));
	strmap_add(&s->map, g->shape, s->count, NULL);
	s->group[s->count++] = g;
	return g;
}

enum sshshare_state
sshshare_state(const struct sshshare_group *g)
{
	return g->state;
}

void
sshshare_ask(struct sshshare_group *g, const struct sshconf_query *q)
{
	free(g->host);
	free(g->address);
	g->host = xstrdup(q->host);
	g->address = q->address ? xstrdup(q->address) : NULL;
	g->state = SSHSHARE_ASKED;
}

/* The value of the line of a key, or NULL; caller frees. */
static char *
value_of(const char *lines, const char *key)
{
	size_t n = strlen(key);

	for (const char *l = lines; *l; l += strcspn(l, "\n"), l += *l == '\n') {
		if (strncmp(l, key, n) == 0 && l[n] == ' ')
			return xmemdup0(l + n + 1, strcspn(l + n + 1, "\n"));
	}
	return NULL;
}

/* Is it plain where the HostName of this answer came from? */
static bool
is_clear(const struct sshshare *s, struct sshshare_group *g, const char *lines)
{
	autofree char *hostname = value_of(lines, "hostname");

	if (!hostname)
		return false;
	if (g->address)
		return str_eq(hostname, g->address);
	g->constant = !str_eq(hostname, g->host);
	return g->constant == sshscan_names(s->scan, hostname);
}

void
sshshare_learn(struct sshshare *s, struct sshshare_group *g, const char *lines, bool again)
{
	g->state = again ? SSHSHARE_NEW : SSHSHARE_USELESS;
	if (!lines || !is_clear(s, g, lines))
		return;
	g->lines = xstrdup(lines);
	g->state = SSHSHARE_KNOWN;
}

bool
sshshare_answer(const struct sshshare_group *g, const struct sshconf_query *q, struct buf *to)
{
	const char *name = q->address ? q->address : q->host;
	autofree char *jump = value_of(g->lines, "proxyjump");

	/* ssh looks for loops; and the name itself says what a %C is made of. */
	if (jump && (strcasestr(jump, q->host) || strcasestr(jump, name)))
		return false;
	for (const char *l = g->lines; *l;) {
		size_t n = strcspn(l, "\n");

		if (strncmp(l, "hostname ", strlen("hostname ")) == 0 && !g->constant)
			buf_addf(to, "hostname %s\n", name);
		else if (strncmp(l, "controlpath ", strlen("controlpath ")) != 0)
			buf_addf(to, "%.*s\n", (int)n, l);
		l += n + (l[n] == '\n');
	}
	return !to->dropped;
}
