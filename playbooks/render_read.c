#include "playbooks/render_inner.h"

#include "base/arena.h"
#include "base/mem.h"
#include "base/str.h"

#include <ctype.h>
#include <string.h>

/* A template being read: the expressions' reading, and what a tag behind or before leaves out. */
struct scan {
	struct reading in;
	bool mistakes; /* any so far; in.bad is of the tag in hand */
	bool strip;    /* the tag before took the blanks behind it */
	bool newline;  /* or one newline */
	int blocks;
};

/* The tag that ended a list of parts: else, endif, ...; at is where it begins. */
struct ending {
	const char *word, *at;
};

static struct part *read_parts(struct scan *s, struct ending *end);

/* The text up to the next tag, or to the end; without what the tags around it leave out. */
static struct part *
read_plain(struct scan *s)
{
	const char *from = s->in.at, *p = from, *to;

	while (p < s->in.end && (p = memchr(p, '{', (size_t)(s->in.end - p))) != NULL &&
	       !(s->in.end - p > 1 && strchr("{%#", p[1]) && p[1]))
		p++;
	to = s->in.at = p ? p : s->in.end;
	while (s->strip && from < to && isspace((unsigned char)*from))
		from++;
	if (s->newline && from < to && *from == '\r' && to - from > 1 && from[1] == '\n')
		from++;
	if (s->newline && from < to && *from == '\n')
		from++;
	s->strip = s->newline = false;
	if (s->in.end - to > 2 && to[2] == '-')
		while (to > from && isspace((unsigned char)to[-1]))
			to--;
	if (from == to)
		return NULL;
	struct part *part = arena_alloc(s->in.arena, sizeof(*part));
	part->text = from;
	part->len = (size_t)(to - from);
	return part;
}

/* The close of a tag that begins at start. On a mistake goes on behind what may be the end. */
static void
close_tag(struct scan *s, const char *start, const char *close)
{
	struct reading *r = &s->in;

	reading_skip_space(r);
	bool dash = r->at < r->end && *r->at == '-' && !r->bad;
	bool plus = r->at < r->end && *r->at == '+' && !r->bad;
	if ((dash || plus) && r->end - r->at >= 3 && memcmp(r->at + 1, close, 2) == 0)
		r->at++;
	if (!r->bad && !reading_sees(r, close)) {
		if (!memmem(start, (size_t)(r->end - start), close, 2))
			reading_wrong(r, start, "%.2s without its %s", start, close);
		else if (r->at < r->end && *r->at == '=')
			reading_wrong(r, r->at, "= is no operator: to compare write ==");
		else
			reading_wrong(r, r->at,
			    "\"%.*s\" is not understood here: an operator, a filter or %s is "
			    "wanted",
			    reading_shown(r), r->at, close);
	}
	if (r->bad) {
		const char *end = memmem(start, (size_t)(r->end - start), close, 2);

		r->at = end ? end : r->end;
	}
	r->at += r->end - r->at >= 2 ? 2 : r->end - r->at;
	s->mistakes = s->mistakes || r->bad;
	r->bad = false;
	r->nest = 0;
	s->strip = dash;
	s->newline = !dash && !plus && close[0] == '%';
}

static void
skip_sign(struct scan *s)
{
	s->in.at += 2;
	if (s->in.at < s->in.end && (*s->in.at == '-' || *s->in.at == '+') &&
	    (*s->in.at == '-' || s->in.at[-1] == '%'))
		s->in.at++;
}

static struct part *
read_hole(struct scan *s)
{
	struct part *part = arena_alloc(s->in.arena, sizeof(*part));
	const char *start = s->in.at;

	part->kind = PART_HOLE;
	skip_sign(s);
	part->value = node_read(&s->in, true);
	close_tag(s, start, "}}");
	return part;
}

static void
skip_remark(struct scan *s)
{
	const char *start = s->in.at;
	const char *end = memmem(start + 2, (size_t)(s->in.end - start - 2), "#}", 2);

	if (!end) {
		reading_wrong(&s->in, start, "{# without its #}");
		s->mistakes = true;
		s->in.bad = false;
		s->in.at = s->in.end;
		return;
	}
	s->in.at = end + 2;
	s->strip = end > start + 2 && end[-1] == '-';
	s->newline = !s->strip && !(end > start + 2 && end[-1] == '+');
}

/* The tag {% endraw %} from p on; *ret_end is behind it. */
static const char *
find_endraw(struct scan *s, const char *p, const char **ret_end, bool *ret_before)
{
	struct reading r = s->in;

	while ((p = memmem(p, (size_t)(r.end - p), "{%", 2)) != NULL) {
		r.at = p + 2;
		*ret_before = r.at < r.end && *r.at == '-';
		r.at += r.at < r.end && (*r.at == '-' || *r.at == '+');
		if (reading_take_word(&r, "endraw") && reading_at_close(&r)) {
			*ret_end = r.at;
			return p;
		}
		p += 2;
	}
	return NULL;
}

static struct part *
read_raw(struct scan *s, const char *start)
{
	struct part *part = arena_alloc(s->in.arena, sizeof(*part));
	bool before = false;
	const char *stop = NULL, *end;

	close_tag(s, start, "%}");
	while (s->strip && s->in.at < s->in.end && isspace((unsigned char)*s->in.at))
		s->in.at++;
	end = find_endraw(s, s->in.at, &stop, &before);
	if (!end) {
		reading_wrong(&s->in, start, "{%% raw %%} without its {%% endraw %%}");
		s->mistakes = true;
		s->in.bad = false;
	}
	part->text = s->in.at;
	part->len = (size_t)((end ? end : s->in.end) - s->in.at);
	while (before && part->len && isspace((unsigned char)part->text[part->len - 1]))
		part->len--;
	s->in.at = end ? stop : s->in.end;
	if (end)
		close_tag(s, end, "%}");
	return part;
}

static bool
ends_with(const struct ending *e, const char *word)
{
	return e->word && str_eq(e->word, word);
}

static void
want_ending(
    struct scan *s, const struct ending *e, const char *start, const char *word, const char *what)
{
	if (ends_with(e, word))
		return;
	reading_wrong(&s->in, e->word ? e->at : start,
	    e->word ? "{%% %s %%} where {%% %s %%} is wanted" : "{%% %s %%} without its {%% %s %%}",
	    e->word ? e->word : what, word);
	s->mistakes = true;
	s->in.bad = false;
}

/* Behind {% if: also what begins with elif, which is an if of its own in the else. */
static struct part *
read_if(struct scan *s, const char *start)
{
	struct part *top = NULL, **to = &top;
	struct ending end = { 0 };
	const char *at = start;

	s->blocks++;
	do {
		struct part *part = *to = arena_alloc(s->in.arena, sizeof(*part));

		part->kind = PART_IF;
		part->elif = at != start;
		part->value = node_read(&s->in, true);
		close_tag(s, at, "%}");
		part->body = read_parts(s, &end);
		to = &part->otherwise;
		at = end.at;
	} while (ends_with(&end, "elif"));
	if (ends_with(&end, "else")) {
		close_tag(s, end.at, "%}");
		*to = read_parts(s, &end);
	}
	want_ending(s, &end, start, "endif", "if");
	if (end.word)
		close_tag(s, end.at, "%}");
	s->blocks--;
	return top;
}

static const char *
loop_name(struct scan *s)
{
	static const char *const taken[] = { "loop", "true", "false", "null", "none", "in", "if",
		"else", "and", "or", "not", "is" };
	char name[NAME_LONG];

	reading_skip_space(&s->in);
	const char *start = s->in.at;
	if (!reading_take_name(&s->in, name)) {
		reading_wrong(&s->in, start, "for NAME in LIST is wanted here");
		return "";
	}
	for (size_t i = 0; i < countof(taken); i++)
		if (str_eq(taken[i], name))
			reading_wrong(
			    &s->in, start, "\"%s\" cannot be the name of a loop's item", name);
	return arena_strdup(s->in.arena, name);
}

static struct part *
read_for(struct scan *s, const char *start)
{
	struct part *part = arena_alloc(s->in.arena, sizeof(*part));
	struct ending end = { 0 };

	s->blocks++;
	part->kind = PART_FOR;
	part->name = loop_name(s);
	if (reading_take_sign(&s->in, ","))
		part->other_name = loop_name(s);
	if (!s->in.bad && !reading_take_word(&s->in, "in"))
		reading_wrong(&s->in, s->in.at, "for NAME in LIST is wanted here");
	if (!s->in.bad)
		part->value = node_read(&s->in, false);
	if (!s->in.bad && reading_take_word(&s->in, "if"))
		part->only = node_read(&s->in, true);
	close_tag(s, start, "%}");
	part->body = read_parts(s, &end);
	if (ends_with(&end, "else")) {
		close_tag(s, end.at, "%}");
		part->otherwise = read_parts(s, &end);
	}
	want_ending(s, &end, start, "endfor", "for");
	if (end.word)
		close_tag(s, end.at, "%}");
	s->blocks--;
	return part;
}

static void
refuse(struct scan *s, const char *start, const char *name)
{
	static const char *const ours[] = { "if", "elif", "else", "endif", "for", "endfor", "raw",
		"endraw", NULL };
	static const char *const theirs[] = { "set", "include", "import", "from", "macro", "call",
		"extends", "block", "filter", "with", "do", "break", "continue", "autoescape" };
	const char *near = str_nearest(name, ours);

	for (size_t i = 0; i < countof(theirs); i++) {
		if (str_eq(theirs[i], name)) {
			reading_wrong(&s->in, start,
			    "{%% %s %%} is not part of drover's templates: they have if, for and "
			    "raw",
			    name);
			return;
		}
	}
	if (near)
		reading_wrong(
		    &s->in, start, "unknown statement \"%s\"; did you mean \"%s\"?", name, near);
	else
		reading_wrong(
		    &s->in, start, "unknown statement \"%s\": there are if, for and raw", name);
}

/* {% word: a part, or NULL with *end set when it ends the parts in hand, or NULL alone. */
static struct part *
read_statement(struct scan *s, struct ending *end)
{
	static const char *const endings[] = { "elif", "else", "endif", "endfor" };
	const char *start = s->in.at;
	char name[NAME_LONG] = "";

	skip_sign(s);
	reading_skip_space(&s->in);
	const char *at = s->in.at;
	if (!reading_take_name(&s->in, name))
		reading_wrong(&s->in, at, "after {%% comes if, for or raw");
	else if (str_eq(name, "if") && s->blocks < NEST_MAX)
		return read_if(s, start);
	else if (str_eq(name, "for") && s->blocks < NEST_MAX)
		return read_for(s, start);
	else if (str_eq(name, "raw"))
		return read_raw(s, start);
	for (size_t i = 0; i < countof(endings); i++) {
		if (!str_eq(endings[i], name))
			continue;
		if (s->blocks > 0) {
			*end = (struct ending){ endings[i], start };
			return NULL;
		}
		reading_wrong(&s->in, start, "{%% %s %%} without its {%% %s %%}", name,
		    str_eq(name, "endfor") ? "for" : "if");
	}
	if (str_eq(name, "if") || str_eq(name, "for"))
		reading_wrong(&s->in, start, "blocks are nested deeper than %d", NEST_MAX);
	else if (*name && !s->in.bad)
		refuse(s, at, name);
	close_tag(s, start, "%}");
	return NULL;
}

static struct part *
read_parts(struct scan *s, struct ending *end)
{
	struct part *first = NULL, **to = &first;

	*end = (struct ending){ 0 };
	for (;;) {
		struct part *part = read_plain(s);

		if (part) {
			*to = part;
			to = &part->next;
		}
		if (s->in.at == s->in.end)
			return first;
		part = NULL;
		if (s->in.at[1] == '{')
			part = read_hole(s);
		else if (s->in.at[1] == '%')
			part = read_statement(s, end);
		else
			skip_remark(s);
		if (end->word)
			return first;
		if (part) {
			*to = part;
			to = &part->next;
		}
	}
}

bool
part_read_all(const struct source *s, struct arena *a, struct diag *diag, struct part **ret)
{
	struct scan scan = { .in = { .source = s,
				 .arena = a,
				 .diag = diag,
				 .at = s->text,
				 .end = s->text + s->len } };
	struct ending end;

	*ret = read_parts(&scan, &end);
	return !scan.mistakes;
}
