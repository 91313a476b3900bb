/*
 * A set of small numbers: positions of hosts or names.
 *
 * Owns its words and grows as numbers are added; numbers beyond its end are not
 * in it. The algebra works on whole words.
 */
#ifndef DROVER_INVENTORY_BITS_H
#define DROVER_INVENTORY_BITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bits {
	uint64_t *word;
	size_t words;
};

#define autobits __attribute__((cleanup(bits_fini))) struct bits

void bits_fini(struct bits *b);
void bits_add(struct bits *b, size_t i);
bool bits_has(const struct bits *b, size_t i);
size_t bits_count(const struct bits *b);

/* to = to OP other; op is one of , ! & ^ */
void bits_apply(struct bits *to, char op, const struct bits *other);

#endif
