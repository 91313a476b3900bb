/*
 * From a text to a number: a hash table for names.
 *
 * Owns its slots, borrows its keys: they must outlive it. Values are whatever the
 * caller counts by, mostly positions in an array of its own.
 */
#ifndef DROVER_BASE_STRMAP_H
#define DROVER_BASE_STRMAP_H

#include <stdbool.h>
#include <stddef.h>

struct strmap_slot;

struct strmap {
	struct strmap_slot *slot;
	size_t count, size;
};

#define STRMAP_INIT                                                                                \
	{                                                                                          \
		0                                                                                  \
	}
#define autostrmap __attribute__((cleanup(strmap_fini))) struct strmap

void strmap_fini(struct strmap *m);

/* False, and nothing changes, when the key is there already: *ret_old (may be NULL) gets its value. */
bool strmap_add(struct strmap *m, const char *key, size_t value, size_t *ret_old);

/* False when the key is not there; ret may be NULL. */
bool strmap_find(const struct strmap *m, const char *key, size_t *ret);

#endif
