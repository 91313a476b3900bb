/* The parts of a logbook; shared by its files alone. */
#ifndef DROVER_TUI_LOGBOOK_INNER_H
#define DROVER_TUI_LOGBOOK_INNER_H

#include "tui/finder.h"
#include "tui/spill.h"

struct logbook_place;

#define CHUNK      1024U /* entries of a block of the index */
#define TEXT_BLOCK (256U << 10)
#define UNIT       8U /* texts begin at multiples of this */

#define FLAG_LEVEL 0x7U
#define FLAG_MATCH 0x8U
#define FLAG_HIT   0x10U
#define FLAG_MARK  0x20U

struct entry {
	int64_t time_us;
	uint32_t where; /* of its record, in units */
	uint16_t source, flags;
};

/* In front of each text. */
struct record {
	uint32_t len, hash;
};

struct chunk {
	uint32_t block, count, matches, hits;
	uint32_t look; /* of which its flags are; 0: of none */
	int64_t first_us, last_us;
};

struct logbook {
	struct spill *texts, *index;
	struct chunk *chunks;
	size_t chunk_count, chunk_cap;
	uint32_t *slots;      /* the block of each TEXT_BLOCK bytes of text */
	uint32_t *slot_first; /* and the slot that block begins with */
	size_t slot_count, slot_cap, slot_first_cap;
	uint64_t text_end;  /* where the next record goes, in bytes */
	uint64_t text_room; /* up to here the last block goes */
	uint64_t count, bytes;
	size_t memory;
	struct finder filter, search;
	int level, context;
	bool *hidden;
	size_t sources;
	uint32_t look;   /* this filter and this search */
	size_t unlooked; /* chunks of another look */
};

/* Where an entry stands, until the next one is added. */
struct spot {
	size_t chunk, index;
};

struct entry *logbook_entries(struct logbook *b, size_t chunk, bool change);
const struct record *logbook_record(struct logbook *b, uint32_t where);
uint16_t logbook_flags(struct logbook *b, const struct entry *e);
void logbook_look(struct logbook *b, size_t chunk);
/* The first entry that is not before the place. */
struct spot logbook_spot(struct logbook *b, struct logbook_place place);

#endif
