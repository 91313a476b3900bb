#include "cli/record_text.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/str.h"
#include "cli/history_row.h"
#include "cli/history_source.h"
#include "inventory/fold.h"

#include <stdio.h>
#include <string.h>

#define DIGEST_SHOWN 8

/* Names that share something, gathered under one line. */
struct group {
	char *line;
	const char **name;
	size_t count, cap;
};

struct groups {
	struct group *group;
	size_t count, cap;
};

static void
groups_add(struct groups *g, const char *line, const char *name)
{
	struct group *into = NULL;

	for (size_t i = 0; i < g->count && !into; i++) {
		if (str_eq(g->group[i].line, line))
			into = &g->group[i];
	}
	if (!into) {
		mem_grow(g->group, g->count, g->cap);
		into = &g->group[g->count++];
		*into = (struct group){ .line = xstrdup(line) };
	}
	if (into->count >= into->cap) {
		into->cap = into->cap ? into->cap * 2 : 8;
		into->name = xrealloc(into->name, into->cap, sizeof(char *));
	}
	into->name[into->count++] = name;
}

static void
groups_free(struct groups *g)
{
	for (size_t i = 0; i < g->count; i++) {
		free(g->group[i].line);
		free(g->group[i].name);
	}
	free(g->group);
	*g = (struct groups){ 0 };
}

/* What came of a host, without its name. */
static void
ending(const struct record_host *h, struct buf *b)
{
	if (!h->ended) {
		buf_addf(b, "%s", h->started ? "not ended" : "not begun");
		return;
	}
	buf_adds(b, outcome_name(h->outcome));
	if (h->rc > 0)
		buf_addf(b, " rc %lld", (long long)h->rc);
	if (h->signal)
		buf_addf(b, " signal %s", h->signal);
	if (h->phase && h->phase[0])
		buf_addf(b, " %s", h->phase);
	if (h->text && h->text[0])
		buf_addf(b, ": %.300s", h->text);
}

static void
tell_bad_hosts(const struct record *r, struct buf *to)
{
	struct groups g = { 0 };

	for (size_t i = 0; i < r->host_count; i++) {
		const struct record_host *h = &r->hosts[i];
		autobuf line = BUF_INIT(2000);

		if (!h->ended ? !r->ended : outcome_is_good(h->outcome))
			continue;
		ending(h, &line);
		groups_add(&g, buf_text(&line), h->name);
	}
	for (size_t i = 0; i < g.count; i++) {
		autofree char *set = names_fold(g.group[i].name, g.group[i].count);

		buf_addf(to, "x %s  %s\n", set, g.group[i].line);
	}
	groups_free(&g);
}

static void
tell_contents(const struct record_change *c, struct buf *to)
{
	if (!c->was && !c->now)
		return;
	buf_addf(to, "  %.*s->%.*s", DIGEST_SHOWN, c->was ? c->was : "?", DIGEST_SHOWN,
	    c->now ? c->now : "?");
}

static void
tell_change(
    const struct record *r, const struct record_change *c, enum record_state state, struct buf *to)
{
	static const char *const mark[] = { [RECORD_PLANNED] = "?",
		[RECORD_CHANGED] = "+",
		[RECORD_SAME] = " ",
		[RECORD_BAD] = "x" };
	size_t n;
	autofree char *set = record_hosts(r, c, state, &n);

	if (!n)
		return;
	buf_addf(to, "%s %s  %s%s", mark[state], c->name, set,
	    state == RECORD_PLANNED ? r->ended || r->whole ? "  planned, not done" : "  planned"
				    : "");
	tell_contents(c, to);
	if (c->diff && state != RECORD_SAME)
		buf_adds(to, "  (d = diff)");
	buf_addc(to, '\n');
}

/* A JSON map as "key: value" words. */
static void
add_member(void *user, const char *key, const struct json *value)
{
	const char *text = json_text(value, NULL);

	buf_addf(user, "  %s %s", key, text ? text : "");
}

static void
tell_origin(const struct record *r, const struct history_row *row, struct buf *to)
{
	struct err err;
	autojson *git = row->git[0] ? json_parse(row->git, strlen(row->git), 1U << 20, &err) : NULL;

	buf_addf(to, "  %s  %s  from %s  by %s", row->alias, row->verb, row->seat,
	    r->console     ? "the console"
	    : row->foreign ? "another seat"
			   : "the command line");
	if (r->who)
		buf_addf(to, " (%s)", r->who);
	if (r->subject)
		buf_addf(to, "  of run %.13s", r->subject);
	buf_adds(to, r->dry_run ? "  dry run\n" : "\n");
	if (git) {
		buf_adds(to, "  git");
		json_each(git, add_member, to);
		buf_addc(to, '\n');
	}
	if (r->ended)
		buf_addf(to, "  exit %d\n", r->exit);
	else if (row->running)
		buf_adds(to, "  at work\n");
	else if (!row->foreign)
		buf_adds(to, "? its drover went without a word: u resumes it\n");
}

void
record_tell(const struct record *r, const struct history_row *row, struct buf *to)
{
	static const enum record_state order[] = { RECORD_BAD, RECORD_CHANGED, RECORD_PLANNED };

	tell_bad_hosts(r, to);
	for (size_t k = 0; k < countof(order); k++) {
		for (size_t i = 0; i < r->change_count; i++)
			tell_change(r, &r->changes[i], order[k], to);
	}
	if (r->lost)
		buf_addf(to, "? %zu steps more than are kept here\n", r->lost);
	for (size_t i = 0; i < r->note_count; i++)
		buf_addf(to, "  %s\n", r->notes[i]);
	tell_origin(r, row, to);
}

bool
record_tell_diffs(const struct record *r, struct buf *to)
{
	bool any = false;

	for (size_t i = 0; i < r->change_count; i++) {
		const struct record_change *c = &r->changes[i];
		static const enum record_state states[] = { RECORD_CHANGED, RECORD_BAD,
			RECORD_PLANNED };
		static const char *const words[] = { "changed", "failed", "planned, not done" };

		if (!c->diff)
			continue;
		any = true;
		buf_addf(to, "@ %s", c->name);
		for (size_t k = 0; k < countof(states); k++) {
			autofree char *set = record_hosts(r, c, states[k], NULL);

			if (set)
				buf_addf(to, "  %s: %s", words[k], set);
		}
		tell_contents(c, to);
		buf_addf(to, "\n%s%s\n", c->diff, str_ends(c->diff, "\n") ? "" : "\n");
	}
	return any;
}

static void
tell_content(const struct record *r, const char *digest, struct buf *to)
{
	struct err err;
	size_t len = 0;

	if (!digest)
		return;
	autofree char *text = r->source->content(r->source->user, digest, &len, &err);
	if (text)
		buf_add(to, text, len);
	else
		buf_addf(to, "(%s)\n", err.text);
	if (to->len && buf_text(to)[to->len - 1] != '\n')
		buf_addc(to, '\n');
}

static void
tell_output(const struct record *r, const struct record_output *o, const char *name, struct buf *to)
{
	if (!o->head && !o->tail)
		return;
	buf_addf(to, "\n%s: %lld bytes\n", name, (long long)o->bytes);
	tell_content(r, o->head, to);
	if (o->tail)
		buf_adds(to, "(what was between is not kept)\n");
	tell_content(r, o->tail, to);
}

static void
tell_step(const struct record *r, const struct record_step *s, struct buf *to)
{
	const struct record_change *c = &r->changes[s->change];
	char took[16];

	clock_short(s->ms, took, sizeof(took));
	buf_addf(to, "%s %s  %s",
	    s->state == RECORD_BAD       ? "x"
	    : s->state == RECORD_CHANGED ? "+"
					 : " ",
	    c->name, s->word ? s->word : "not done");
	if (s->word)
		buf_addf(to, "  %s", took);
	tell_contents(c, to);
	buf_addc(to, '\n');
	if (s->text)
		buf_addf(to, "    %s\n", s->text);
}

void
record_tell_host(const struct record *r, size_t host, struct buf *to)
{
	const struct record_host *h = &r->hosts[host];
	char at[32], took[16];

	buf_addf(to, "%s: ", h->name);
	ending(h, to);
	if (h->start_ms) {
		clock_rfc3339(h->start_ms, at, sizeof(at));
		buf_addf(to, "\nbegun %s", at);
	}
	if (h->ended) {
		clock_spent(h->end_ms - h->start_ms, took, sizeof(took));
		buf_addf(to, ", took %s", took);
	}
	buf_addc(to, '\n');
	for (size_t i = 0; i < r->step_count; i++) {
		if (r->steps[i].host == host)
			tell_step(r, &r->steps[i], to);
	}
	tell_output(r, &h->out, "standard output", to);
	tell_output(r, &h->err, "standard error", to);
}
