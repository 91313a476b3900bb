/* What a filter and a search find in the lines of a logbook, and the way from one to the next. */
#include "base/clock.h"
#include "base/mem.h"
#include "tui/logbook.h"
#include "tui/logbook_inner.h"

#include <string.h>

/* By its level or its source, whatever it says. */
static bool
is_hidden(const struct logbook *b, const struct entry *e)
{
	return (b->level >= 0 && (int)(e->flags & FLAG_LEVEL) > b->level) ||
	       (b->hidden && e->source < b->sources && b->hidden[e->source]);
}

uint16_t
logbook_flags(struct logbook *b, const struct entry *e)
{
	uint16_t flags = (uint16_t)(e->flags & (FLAG_LEVEL | FLAG_MARK));
	const struct record *r;
	size_t at, len;

	if (is_hidden(b, e))
		return flags;
	if (!finder_on(&b->filter) && !finder_on(&b->search))
		return flags | FLAG_MATCH;
	r = logbook_record(b, e->where);
	if (!finder_passes(&b->filter, (const char *)(r + 1), r->len))
		return flags;
	flags |= FLAG_MATCH;
	if (finder_find(&b->search, (const char *)(r + 1), r->len, 0, &at, &len))
		flags |= FLAG_HIT;
	return flags;
}

/* Neighbours in time that stand one behind another in one block of text are looked through at once; what of
 * other lines is between them counts for nothing. */
struct run {
	const struct entry *entries;
	size_t count;
	const char *text; /* the record of the first */
	size_t len;
};

static const struct record *
record_of(const struct run *r, size_t i)
{
	size_t at = (size_t)(r->entries[i].where - r->entries[0].where) * UNIT;

	return (const struct record *)(const void *)(r->text + at);
}

static struct run
take_run(struct logbook *b, const struct entry *e, size_t n)
{
	struct run r = { .entries = e, .count = 1 };
	uint32_t block = b->slots[(uint64_t)e[0].where * UNIT / TEXT_BLOCK];

	while (r.count < n && e[r.count].where > e[r.count - 1].where &&
	       b->slots[(uint64_t)e[r.count].where * UNIT / TEXT_BLOCK] == block)
		r.count++;
	r.text = (const char *)logbook_record(b, e[0].where);
	const struct record *last = record_of(&r, r.count - 1);
	r.len = (size_t)((const char *)(last + 1) - r.text) + last->len;
	return r;
}

static void
scan_run(const struct run *r, const struct finder *f, bool *ret)
{
	size_t at = 0, i = 0, unused, found;

	while ((at = finder_literal(f, r->text, r->len, at)) < r->len) {
		while (i + 1 < r->count && (const char *)record_of(r, i + 1) <= r->text + at)
			i++;
		const struct record *rec = record_of(r, i);
		const char *text = (const char *)(rec + 1);

		if (r->text + at < text || r->text + at + f->literal_len > text + rec->len) {
			at++;
			continue;
		}
		ret[i] = f->whole || finder_find(f, text, rec->len, 0, &found, &unused);
		if (++i == r->count)
			return;
		at = (size_t)((const char *)record_of(r, i) - r->text);
	}
}

/* Which of n entries have what is looked for. */
static void
scan(struct logbook *b, const struct entry *e, size_t n, const struct finder *f, bool *ret)
{
	size_t at, len;

	memset(ret, 0, n * sizeof(*ret));
	if (!finder_on(f))
		return;
	for (size_t i = 0; i < n && !f->literal_len; i++) {
		const struct record *r = logbook_record(b, e[i].where);

		ret[i] = finder_find(f, (const char *)(r + 1), r->len, 0, &at, &len);
	}
	for (size_t i = 0; i < n && f->literal_len;) {
		struct run r = take_run(b, e + i, n - i);

		scan_run(&r, f, ret + i);
		i += r.count;
	}
}

void
logbook_look(struct logbook *b, size_t chunk)
{
	struct chunk *c = &b->chunks[chunk];
	struct entry copy[CHUNK], *e;
	bool kept[CHUNK], found[CHUNK];

	if (c->look == b->look)
		return;
	/* Texts may put the chunk's block out of memory. */
	memcpy(copy, logbook_entries(b, chunk, false), c->count * sizeof(*copy));
	scan(b, copy, c->count, &b->filter, kept);
	scan(b, copy, c->count, &b->search, found);
	e = logbook_entries(b, chunk, true);
	c->matches = c->hits = 0;
	for (size_t i = 0; i < c->count; i++) {
		bool passes = !is_hidden(b, &copy[i]) &&
			      (!finder_on(&b->filter) || kept[i] != b->filter.match.inverse);

		e[i].flags &= (uint16_t) ~(FLAG_MATCH | FLAG_HIT);
		e[i].flags |= (uint16_t)(passes ? FLAG_MATCH : 0) |
			      (uint16_t)(passes && found[i] ? FLAG_HIT : 0);
		c->matches += passes;
		c->hits += passes && found[i];
	}
	c->look = b->look;
	b->unlooked--;
}

static void
look_anew(struct logbook *b)
{
	b->look++;
	b->unlooked = b->chunk_count;
}

void
logbook_filter(struct logbook *b, const struct logbook_filter *f)
{
	finder_fini(&b->filter);
	finder_init(&b->filter, f->typed ? f->typed : "");
	b->level = f->level;
	b->context = f->context;
	free(take(b->hidden));
	b->sources = f->hidden ? f->sources : 0;
	if (f->hidden) {
		b->hidden = xcalloc(f->sources + 1, sizeof(*b->hidden));
		memcpy(b->hidden, f->hidden, f->sources * sizeof(*b->hidden));
	}
	look_anew(b);
}

void
logbook_search(struct logbook *b, const char *typed)
{
	finder_fini(&b->search);
	finder_init(&b->search, typed);
	look_anew(b);
}

const struct finder *
logbook_finder(const struct logbook *b)
{
	return &b->search;
}

bool
logbook_is_done(const struct logbook *b)
{
	return b->unlooked == 0;
}

bool
logbook_work(struct logbook *b, int64_t us)
{
	int64_t until = clock_mono_us() + us;

	for (size_t i = b->chunk_count; i-- > 0 && b->unlooked;) {
		if (b->chunks[i].look == b->look)
			continue;
		logbook_look(b, i);
		if (clock_mono_us() >= until)
			break;
	}
	return b->unlooked > 0;
}

static void
fill(struct logbook *b, const struct entry *e, struct logbook_line *ret)
{
	const struct entry copy = *e;
	const struct record *r = logbook_record(b, copy.where);

	*ret = (struct logbook_line){ .place = { copy.time_us, copy.where },
		.source = copy.source,
		.level = (int)(copy.flags & FLAG_LEVEL),
		.marked = copy.flags & FLAG_MARK,
		.hit = copy.flags & FLAG_HIT,
		.hash = r->hash,
		.text = (const char *)(r + 1),
		.len = r->len };
}

/* One further; false at the end. */
static bool
step(const struct logbook *b, struct spot *s, bool back)
{
	if (!back) {
		if (s->chunk < b->chunk_count && ++s->index >= b->chunks[s->chunk].count) {
			s->chunk++;
			s->index = 0;
		}
		return s->chunk < b->chunk_count;
	}
	if (s->index > 0) {
		s->index--;
		return true;
	}
	if (s->chunk == 0)
		return false;
	s->chunk--;
	s->index = b->chunks[s->chunk].count - 1;
	return true;
}

/* Within `context` lines of one that matches. */
static bool
is_near(struct logbook *b, struct spot s)
{
	struct spot back = s, on = s;

	for (int i = 0; i < b->context; i++) {
		if (step(b, &back, true)) {
			logbook_look(b, back.chunk);
			if (logbook_entries(b, back.chunk, false)[back.index].flags & FLAG_MATCH)
				return true;
		}
		if (on.chunk < b->chunk_count && step(b, &on, false)) {
			logbook_look(b, on.chunk);
			if (logbook_entries(b, on.chunk, false)[on.index].flags & FLAG_MATCH)
				return true;
		}
	}
	return false;
}

/* No line of a chunk can be what is looked for. */
static bool
chunk_is_empty(struct logbook *b, size_t chunk, bool hit)
{
	if (hit)
		return b->chunks[chunk].hits == 0;
	if (b->chunks[chunk].matches)
		return false;
	if (!b->context)
		return true;
	if (chunk > 0)
		logbook_look(b, chunk - 1);
	if (chunk + 1 < b->chunk_count)
		logbook_look(b, chunk + 1);
	return (chunk == 0 || !b->chunks[chunk - 1].matches) &&
	       (chunk + 1 == b->chunk_count || !b->chunks[chunk + 1].matches);
}

static bool
is_wanted(struct logbook *b, struct spot s, bool hit)
{
	uint16_t flags = logbook_entries(b, s.chunk, false)[s.index].flags;

	if (hit)
		return flags & FLAG_HIT;
	return (flags & FLAG_MATCH) || (b->context && is_near(b, s));
}

/* To the far end of the chunk, so that the next step leaves it. */
static void
pass_chunk(const struct logbook *b, struct spot *s, bool back)
{
	s->index = back ? 0 : b->chunks[s->chunk].count - 1;
}

enum logbook_found
logbook_next(struct logbook *b, const struct logbook_step *how, struct logbook_line *ret)
{
	struct spot s = logbook_spot(b, how->from);
	int64_t until = 0;
	bool more;

	more = s.chunk < b->chunk_count;
	if (how->back) {
		more = step(b, &s, true);
	} else if (more) {
		const struct entry *e = logbook_entries(b, s.chunk, false) + s.index;

		if (logbook_compare((struct logbook_place){ e->time_us, e->where }, how->from) == 0)
			more = step(b, &s, false);
	}
	for (; more; more = step(b, &s, how->back)) {
		if (b->chunks[s.chunk].look != b->look) {
			if (!until)
				until = clock_mono_us() + how->us;
			else if (clock_mono_us() >= until)
				return LOGBOOK_LATER;
			logbook_look(b, s.chunk);
		}
		if (chunk_is_empty(b, s.chunk, how->hit)) {
			pass_chunk(b, &s, how->back);
			continue;
		}
		if (is_wanted(b, s, how->hit)) {
			fill(b, logbook_entries(b, s.chunk, false) + s.index, ret);
			return LOGBOOK_FOUND;
		}
	}
	return LOGBOOK_NONE;
}

/* The entry of a place; false when there is none. */
static bool
find(struct logbook *b, struct logbook_place place, struct spot *ret)
{
	*ret = logbook_spot(b, place);
	if (ret->chunk == b->chunk_count)
		return false;
	const struct entry *e = logbook_entries(b, ret->chunk, false) + ret->index;
	return logbook_compare((struct logbook_place){ e->time_us, e->where }, place) == 0;
}

bool
logbook_get(struct logbook *b, struct logbook_place place, struct logbook_line *ret)
{
	struct spot s;

	if (!find(b, place, &s))
		return false;
	fill(b, logbook_entries(b, s.chunk, false) + s.index, ret);
	return true;
}

bool
logbook_last(struct logbook *b, struct logbook_line *ret)
{
	if (!b->chunk_count)
		return false;
	size_t last = b->chunk_count - 1;
	fill(b, logbook_entries(b, last, false) + b->chunks[last].count - 1, ret);
	return true;
}

void
logbook_mark(struct logbook *b, struct logbook_place place, bool on)
{
	struct spot s;

	if (!find(b, place, &s))
		return;
	struct entry *e = logbook_entries(b, s.chunk, true) + s.index;
	e->flags = (uint16_t)(on ? e->flags | FLAG_MARK : e->flags & ~FLAG_MARK);
}

void
logbook_counts(struct logbook *b, struct logbook_place place, struct logbook_counts *ret)
{
	struct spot s = logbook_spot(b, place);

	*ret = (struct logbook_counts){ 0 };
	for (size_t i = 0; i < b->chunk_count; i++) {
		const struct chunk *c = &b->chunks[i];

		if (c->look != b->look)
			continue;
		ret->seen += c->matches;
		ret->hits += c->hits;
		ret->seen_before += i < s.chunk ? c->matches : 0;
		ret->hits_before += i < s.chunk ? c->hits : 0;
	}
	if (s.chunk == b->chunk_count || b->chunks[s.chunk].look != b->look)
		return;
	const struct entry *e = logbook_entries(b, s.chunk, false);
	for (size_t i = 0; i <= s.index; i++) {
		if (logbook_compare((struct logbook_place){ e[i].time_us, e[i].where }, place) > 0)
			break;
		ret->seen_before += (e[i].flags & FLAG_MATCH) != 0;
		ret->hits_before += (e[i].flags & FLAG_HIT) != 0;
	}
}
