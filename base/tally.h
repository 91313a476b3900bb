/*
 * Numbers by what they count: a table from hashes of values to a number each, and the hashes.
 *
 * Owned by whoever counts, for as long as that takes; has room for as many as were said. Two values whose
 * hashes are equal count as one: for what is shown, never for what decides.
 */
#ifndef DROVER_BASE_TALLY_H
#define DROVER_BASE_TALLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct tally {
	uint64_t *key;
	size_t *value, mask;
};

void tally_init(struct tally *t, size_t count); /* of different values, at most */
void tally_fini(struct tally *t);

/* Where the number of a value stands, 0 at first; *ret_new: it was not there. No key is 0. */
size_t *tally_at(struct tally *t, uint64_t key, bool *ret_new);

#define TALLY_SEED 0xcbf29ce484222325U

/* A hash of what was hashed before and of this. Texts that stand beside one another do not run together. */
uint64_t tally_text(uint64_t h, const char *s);
uint64_t tally_number(uint64_t h, uint64_t n);

#endif
