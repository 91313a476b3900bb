/*
 * What one host said of itself when this program last asked it: facts, by name.
 *
 * Embedded in its owner, which asks; owns copies, and at most so many of them. What an operator gives a host
 * it never takes from the host's own mouth.
 */
#ifndef DROVER_ENGINE_FACTBOOK_H
#define DROVER_ENGINE_FACTBOOK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FACTBOOK_MAX 256

struct fact {
	char *key, *value;
};

struct factbook {
	struct fact *item;
	size_t count, cap;
	int64_t asked_ms; /* wall clock; 0: never */
};

void factbook_fini(struct factbook *b);

/* The host has just been asked: what it said before is forgotten. */
void factbook_begin(struct factbook *b, int64_t wall_ms);

/* What it said of this again replaces it. Given facts, and what is more than there is room for, are passed
 * over. */
void factbook_set(struct factbook *b, const char *key, const char *value);

const char *factbook_find(const struct factbook *b, const char *key); /* NULL: not said */

/* A fact that this seat gives a host, and never the host itself: strayed, cordoned, replacing. */
bool factbook_is_given(const char *key);

#endif
