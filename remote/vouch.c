#include "remote/vouch.h"

#include "base/buf.h"
#include "base/digest.h"
#include "base/mem.h"
#include "base/str.h"
#include "remote/known.h"
#include "remote/trust.h"

#include <ctype.h>
#include <string.h>

struct gathering {
	struct trust *trust;
	const struct trust_subject *subject;
	struct buf *to;
	struct vouch *vouch;
	char *name; /* the lines stand under it */
	char *bare; /* the host, in lower case */
	bool by_host,
	    by_name; /* an authority stands for it by the host, or by the inventory's name */
};

static void
write_line(struct buf *to, const char *marker, const char *name, const char *type, const void *blob,
    size_t len)
{
	autofree char *key = digest_base64(blob, len);

	buf_addf(to, "%s%s%s %s %s\n", marker, *marker ? " " : "", name, type, key);
}

static void
add_key(struct gathering *g, const char *type, const void *blob, size_t len)
{
	struct trust_answer answer;

	trust_check(g->trust, g->subject, blob, len, &answer);
	if (answer.verdict != TRUST_KNOWN)
		return;
	write_line(g->to, "", g->name, type, blob, len);
	g->vouch->keys++;
}

static void
on_key(void *user, const struct trust_entry *e)
{
	struct gathering *g = user;

	if (e->marker[0] == '\0')
		add_key(g, e->type, e->blob, e->len);
	if (!str_eq(e->marker, "@cert-authority"))
		return;
	write_line(g->to, e->marker, g->name, e->type, e->blob, e->len);
	if (g->vouch->authorities++ == 0)
		snprintf(g->vouch->authority, sizeof(g->vouch->authority), "%.140s:%d", e->file,
		    e->line);
}

static void
on_revoked(void *user, const struct trust_entry *e)
{
	struct gathering *g = user;

	write_line(g->to, e->marker, "*", e->type, e->blob, e->len);
}

/* Under which names authorities stand for it. */
static void
on_name(void *user, const struct trust_entry *e)
{
	struct gathering *g = user;

	if (!str_eq(e->marker, "@cert-authority"))
		return;
	if (known_names_match(e->names, g->name) || known_names_match(e->names, g->bare))
		g->by_host = true;
	else
		g->by_name = true;
}

static char *
lower(const char *s)
{
	char *to = xstrdup(s);

	for (char *p = to; *p; p++)
		*p = (char)tolower((unsigned char)*p);
	return to;
}

static void
add_given(struct gathering *g)
{
	for (const char *const *key = g->subject->host_keys; key && *key; key++) {
		autofree char *text = xasprintf("x %s", *key);
		autofree char *memory = NULL;
		struct known_line line;
		const char *why;

		if (known_read_line(text, strlen(text), &line, &memory, &why))
			add_key(g, line.type, line.blob, line.len);
	}
}

static bool
is_plain_name(const char *name)
{
	return *name && strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789._:%-[]") == strlen(name);
}

void
vouch_lines(struct trust *t, const struct trust_subject *s, struct buf *to, struct vouch *ret)
{
	struct gathering g = { .trust = t, .subject = s, .to = to, .vouch = ret };

	*ret = (struct vouch){ .keys = 0 };
	g.name = trust_name(s);
	g.bare = lower(s->host);
	if (s->alias)
		str_copy(ret->alias, sizeof(ret->alias), s->alias);
	trust_find(t, s, on_name, &g);
	if (!g.by_host && !s->alias && s->name && g.by_name) {
		free(g.name);
		g.name = lower(s->name);
		str_copy(ret->alias, sizeof(ret->alias), s->name);
	}
	if (is_plain_name(g.name)) {
		trust_find(t, s, on_key, &g);
		add_given(&g);
		trust_revoked(t, on_revoked, &g);
	}
	free(g.name);
	free(g.bare);
}
