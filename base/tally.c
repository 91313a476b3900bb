#include "base/tally.h"

#include "base/mem.h"

void
tally_init(struct tally *t, size_t count)
{
	size_t size = 16;

	while (size < count * 2)
		size *= 2;
	t->key = xcalloc(size, sizeof(*t->key));
	t->value = xcalloc(size, sizeof(*t->value));
	t->mask = size - 1;
}

void
tally_fini(struct tally *t)
{
	free(t->key);
	free(t->value);
}

size_t *
tally_at(struct tally *t, uint64_t key, bool *ret_new)
{
	size_t i = key & t->mask;

	while (t->key[i] && t->key[i] != key)
		i = (i + 1) & t->mask;
	*ret_new = !t->key[i];
	t->key[i] = key;
	return &t->value[i];
}

/* FNV-1a; the NUL counts. */
uint64_t
tally_text(uint64_t h, const char *s)
{
	do {
		h = (h ^ (unsigned char)*s) * 0x100000001b3U;
	} while (*s++);
	return h;
}

uint64_t
tally_number(uint64_t h, uint64_t n)
{
	h ^= n;
	h *= 0xff51afd7ed558ccdU;
	return h ^ (h >> 32);
}
