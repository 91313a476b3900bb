#include "inventory/bits.h"

#include "base/mem.h"

#include <string.h>

void
bits_fini(struct bits *b)
{
	free(b->word);
	*b = (struct bits){ 0 };
}

static void
reach(struct bits *b, size_t words)
{
	size_t bigger = b->words ? b->words : 16;

	if (words <= b->words)
		return;
	while (bigger < words)
		bigger *= 2;
	b->word = xrealloc(b->word, bigger, sizeof(*b->word));
	memset(b->word + b->words, 0, (bigger - b->words) * sizeof(*b->word));
	b->words = bigger;
}

void
bits_add(struct bits *b, size_t i)
{
	reach(b, i / 64 + 1);
	b->word[i / 64] |= (uint64_t)1 << (i % 64);
}

bool
bits_has(const struct bits *b, size_t i)
{
	return i / 64 < b->words && (b->word[i / 64] >> (i % 64) & 1);
}

size_t
bits_count(const struct bits *b)
{
	size_t n = 0;

	for (size_t i = 0; i < b->words; i++)
		n += (size_t)__builtin_popcountll(b->word[i]);
	return n;
}

void
bits_apply(struct bits *to, char op, const struct bits *other)
{
	reach(to, other->words);
	for (size_t i = 0; i < to->words; i++) {
		uint64_t w = i < other->words ? other->word[i] : 0;

		if (op == ',')
			to->word[i] |= w;
		else if (op == '!')
			to->word[i] &= ~w;
		else if (op == '&')
			to->word[i] &= w;
		else
			to->word[i] ^= w;
	}
}
