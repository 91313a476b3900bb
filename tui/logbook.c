#include "tui/logbook.h"

#include "base/mem.h"
#include "tui/logbook_inner.h"

#include <string.h>

const struct logbook_place logbook_end = { INT64_MAX, UINT32_MAX };

/* The index is looked at more often than the texts: it has room of its own. */
static void
make_stores(struct logbook *b)
{
	b->index = spill_new(b->memory / 3);
	b->texts = spill_new(b->memory - b->memory / 3);
}

struct logbook *
logbook_new(size_t memory)
{
	struct logbook *b = xcalloc(1, sizeof(*b));

	b->memory = memory;
	make_stores(b);
	b->level = -1;
	b->look = 1;
	return b;
}

void
logbook_clear(struct logbook *b)
{
	spill_free(b->texts);
	spill_free(b->index);
	make_stores(b);
	b->chunk_count = b->slot_count = 0;
	b->text_end = b->text_room = b->count = b->bytes = 0;
	b->unlooked = 0;
}

void
logbook_free(struct logbook *b)
{
	if (!b)
		return;
	spill_free(b->texts);
	spill_free(b->index);
	finder_fini(&b->filter);
	finder_fini(&b->search);
	free(b->chunks);
	free(b->slots);
	free(b->slot_first);
	free(b->hidden);
	free(b);
}

static uint32_t
hash_of(const char *p, size_t n)
{
	uint64_t h = 0xcbf29ce484222325U ^ n, part;

	for (; n >= 8; p += 8, n -= 8) {
		memcpy(&part, p, 8);
		h = (h ^ part) * 0x9e3779b97f4a7c15U;
		h ^= h >> 29;
	}
	for (; n; p++, n--)
		h = (h ^ (unsigned char)*p) * 0x100000001b3U;
	return (uint32_t)(h ^ h >> 32);
}

static void
add_slots(struct logbook *b, size_t size)
{
	uint32_t block = spill_add(b->texts, size), first = (uint32_t)b->slot_count;

	for (size_t i = 0; i < size / TEXT_BLOCK; i++) {
		mem_grow(b->slots, b->slot_count, b->slot_cap);
		if (b->slot_first_cap < b->slot_cap) {
			b->slot_first_cap = b->slot_cap;
			b->slot_first =
			    xrealloc(b->slot_first, b->slot_cap, sizeof(*b->slot_first));
		}
		b->slots[b->slot_count] = block;
		b->slot_first[b->slot_count++] = first;
	}
	b->text_end = (uint64_t)first * TEXT_BLOCK;
	b->text_room = b->text_end + size;
}

static char *
at_text(struct logbook *b, uint64_t at, bool change)
{
	size_t slot = (size_t)(at / TEXT_BLOCK);
	char *block = spill_get(b->texts, b->slots[slot], change);

	return block + (at - (uint64_t)b->slot_first[slot] * TEXT_BLOCK);
}

/* Where its record stands, in units. */
static uint32_t
add_text(struct logbook *b, const char *text, size_t len)
{
	size_t need = (sizeof(struct record) + len + UNIT - 1) / UNIT * UNIT;
	struct record r = { .len = (uint32_t)len, .hash = hash_of(text, len) };
	uint64_t at;
	char *to;

	if (b->text_end + need > b->text_room)
		add_slots(b, (need + TEXT_BLOCK - 1) / TEXT_BLOCK * TEXT_BLOCK);
	at = b->text_end;
	to = at_text(b, at, true);
	memcpy(to, &r, sizeof(r));
	memcpy(to + sizeof(r), text, len);
	b->text_end += need;
	return (uint32_t)(at / UNIT);
}

const struct record *
logbook_record(struct logbook *b, uint32_t where)
{
	return (const struct record *)(const void *)at_text(b, (uint64_t)where * UNIT, false);
}

struct entry *
logbook_entries(struct logbook *b, size_t chunk, bool change)
{
	return spill_get(b->index, b->chunks[chunk].block, change);
}

int
logbook_compare(struct logbook_place x, struct logbook_place y)
{
	if (x.time_us != y.time_us)
		return x.time_us < y.time_us ? -1 : 1;
	return x.where < y.where ? -1 : x.where > y.where;
}

struct spot
logbook_spot(struct logbook *b, struct logbook_place place)
{
	size_t low = 0, high = b->chunk_count;

	/* The last chunk that begins before it; times may be equal over a border, so one further back. */
	while (low < high) {
		size_t mid = (low + high) / 2;

		if (b->chunks[mid].last_us < place.time_us)
			low = mid + 1;
		else
			high = mid;
	}
	for (; low < b->chunk_count; low++) {
		const struct entry *e = logbook_entries(b, low, false);
		size_t n = b->chunks[low].count, from = 0, to = n;

		while (from < to) {
			size_t mid = (from + to) / 2;

			if (logbook_compare(
				(struct logbook_place){ e[mid].time_us, e[mid].where }, place) < 0)
				from = mid + 1;
			else
				to = mid;
		}
		if (from < n)
			return (struct spot){ low, from };
	}
	return (struct spot){ b->chunk_count, 0 };
}

static void
insert_chunk(struct logbook *b, size_t at)
{
	uint32_t block = spill_add(b->index, CHUNK * sizeof(struct entry));

	mem_grow(b->chunks, b->chunk_count, b->chunk_cap);
	memmove(&b->chunks[at + 1], &b->chunks[at], (b->chunk_count - at) * sizeof(*b->chunks));
	b->chunks[at] = (struct chunk){ .block = block, .look = b->look };
	b->chunk_count++;
}

static void
recount(struct logbook *b, size_t chunk)
{
	struct chunk *c = &b->chunks[chunk];
	const struct entry *e = logbook_entries(b, chunk, false);

	c->first_us = e[0].time_us;
	c->last_us = e[c->count - 1].time_us;
	c->matches = c->hits = 0;
	for (size_t i = 0; i < c->count; i++) {
		c->matches += (e[i].flags & FLAG_MATCH) != 0;
		c->hits += (e[i].flags & FLAG_HIT) != 0;
	}
}

/* The upper half goes to a chunk of its own. */
static void
split(struct logbook *b, size_t chunk)
{
	insert_chunk(b, chunk + 1);
	struct chunk *low = &b->chunks[chunk], *high = &b->chunks[chunk + 1];
	struct entry *from = logbook_entries(b, chunk, false);
	struct entry *to = logbook_entries(b, chunk + 1, true);

	high->count = low->count / 2;
	high->look = low->look;
	b->unlooked += high->look != b->look;
	low->count -= high->count;
	memcpy(to, from + low->count, high->count * sizeof(*to));
	recount(b, chunk);
	recount(b, chunk + 1);
}

/* Make room for an entry at its place in the order; a late one goes to its place. */
static struct spot
make_room(struct logbook *b, int64_t time_us)
{
	struct spot s;
	size_t last = b->chunk_count - 1;

	if (b->chunk_count == 0 ||
	    (time_us >= b->chunks[last].last_us && b->chunks[last].count == CHUNK)) {
		insert_chunk(b, b->chunk_count);
		return (struct spot){ b->chunk_count - 1, 0 };
	}
	if (time_us >= b->chunks[last].last_us)
		return (struct spot){ last, b->chunks[last].count };
	s = logbook_spot(b, (struct logbook_place){ time_us, UINT32_MAX });
	if (b->chunks[s.chunk].count == CHUNK) {
		split(b, s.chunk);
		s = logbook_spot(b, (struct logbook_place){ time_us, UINT32_MAX });
	}
	return s;
}

void
logbook_add(struct logbook *b, const struct logbook_add *line)
{
	size_t len = line->len;

	while (len && (line->text[len - 1] == '\n' || line->text[len - 1] == '\r'))
		len--;
	struct entry e = { .time_us = line->time_us,
		.where = add_text(b, line->text, len),
		.source = (uint16_t)line->source,
		.flags = (uint16_t)(line->level & (int)FLAG_LEVEL) };
	struct spot s = make_room(b, e.time_us);
	struct chunk *c = &b->chunks[s.chunk];

	if (c->look == b->look)
		e.flags = logbook_flags(b, &e);
	struct entry *all = logbook_entries(b, s.chunk, true);
	memmove(&all[s.index + 1], &all[s.index], (c->count - s.index) * sizeof(*all));
	all[s.index] = e;
	c->count++;
	c->first_us = all[0].time_us;
	c->last_us = all[c->count - 1].time_us;
	c->matches += (e.flags & FLAG_MATCH) != 0;
	c->hits += (e.flags & FLAG_HIT) != 0;
	b->count++;
	b->bytes += len;
}

uint64_t
logbook_count(const struct logbook *b)
{
	return b->count;
}

uint64_t
logbook_bytes(const struct logbook *b)
{
	return b->bytes;
}

size_t
logbook_memory(const struct logbook *b)
{
	return spill_resident(b->texts) + spill_resident(b->index) +
	       b->chunk_cap * sizeof(*b->chunks) + b->slot_cap * 2 * sizeof(*b->slots);
}

const struct err *
logbook_err(const struct logbook *b)
{
	const struct err *err = spill_err(b->texts);

	return err->kind != OUTCOME_OK ? err : spill_err(b->index);
}

void
logbook_retry(struct logbook *b)
{
	spill_retry(b->texts);
	spill_retry(b->index);
}
