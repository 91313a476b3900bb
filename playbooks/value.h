/*
 * What an expression gives: a text, a whole number, true or false, null, a list, a
 * mapping; or a name that nobody knows, a fact that is not known yet, a mistake.
 *
 * Plain values, copied freely; what they point to lives in the arena they were
 * made in, or longer, and never changes.
 */
#ifndef DROVER_PLAYBOOKS_VALUE_H
#define DROVER_PLAYBOOKS_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct arena;
struct buf;

enum value_kind {
	VALUE_BAD,    /* a mistake was told already */
	VALUE_ABSENT, /* nobody knows it; text is its name */
	VALUE_LATER,  /* not known yet; text stands for it */
	VALUE_NULL,
	VALUE_BOOL,
	VALUE_INT,
	VALUE_TEXT,
	VALUE_LIST,
	VALUE_MAP
};

struct value {
	enum value_kind kind;
	bool real;        /* a text that JSON writes without quotes: 0.5 */
	const char *text; /* followed by a NUL; may hold others */
	size_t len;
	int64_t n; /* INT; BOOL: 0 or 1; ABSENT: 1 when it is what an empty list lacks */
	const struct value *item;
	const char *const *key; /* of a mapping, beside item */
	size_t count;
};

/* "a text", "a whole number", ...: for messages. */
const char *value_kind_name(enum value_kind kind);

static inline struct value
value_text(const char *text, size_t len)
{
	return (struct value){ .kind = VALUE_TEXT, .text = text, .len = len };
}

static inline struct value
value_int(int64_t n)
{
	return (struct value){ .kind = VALUE_INT, .n = n };
}

static inline struct value
value_bool(bool b)
{
	return (struct value){ .kind = VALUE_BOOL, .n = b };
}

static inline struct value
value_list(const struct value *item, size_t count)
{
	return (struct value){ .kind = VALUE_LIST, .item = item, .count = count };
}

/* A scalar as it was written: without quotes true, false, whole numbers and nothing have their own
 * kinds; everything else, and 007, is a text. */
struct value value_scalar(const char *text, bool plain);

/* JSON as a value; BAD when it is none. */
struct value value_from_json(struct arena *a, const char *json);

/* Append a value as compact JSON. */
void value_json(const struct value *v, struct buf *to);

/* The text that a scalar is written as: NULL for lists, mappings and null. */
const char *value_shown(struct arena *a, const struct value *v, size_t *ret_len);

/* Alike in kind and contents. *cost grows by what the comparing took. */
bool value_equal(const struct value *a, const struct value *b, size_t *cost);

/* Two texts by their bytes or two numbers: as memcmp. */
int value_order(const struct value *a, const struct value *b);

/* A member of a mapping, or NULL. */
const struct value *value_member(const struct value *map, const char *key);

#endif
