#include "base/strmap.h"

#include "base/mem.h"

#include <stdint.h>
#include <string.h>

struct strmap_slot {
	const char *key;
	uint32_t hash;
	size_t value;
};

static uint32_t
hash_of(const char *s)
{
	uint64_t h = 0xcbf29ce484222325U;

	for (; *s; s++)
		h = (h ^ (unsigned char)*s) * 0x100000001b3U;
	h ^= h >> 32;
	return (uint32_t)(h * 0x9e3779b1U);
}

void
strmap_fini(struct strmap *m)
{
	free(m->slot);
	*m = (struct strmap){ 0 };
}

/* The slot of the key, or the free one where it would go. */
static struct strmap_slot *
seek(const struct strmap *m, const char *key, uint32_t hash)
{
	size_t i = hash & (m->size - 1);

	while (m->slot[i].key && (m->slot[i].hash != hash || strcmp(m->slot[i].key, key) != 0))
		i = (i + 1) & (m->size - 1);
	return &m->slot[i];
}

static void
enlarge(struct strmap *m)
{
	struct strmap bigger = { .size = m->size ? m->size * 2 : 16, .count = m->count };

	bigger.slot = xcalloc(bigger.size, sizeof(*bigger.slot));
	for (size_t i = 0; i < m->size; i++) {
		if (m->slot[i].key)
			*seek(&bigger, m->slot[i].key, m->slot[i].hash) = m->slot[i];
	}
	free(m->slot);
	*m = bigger;
}

bool
strmap_add(struct strmap *m, const char *key, size_t value, size_t *ret_old)
{
	uint32_t hash = hash_of(key);

	if ((m->count + 1) * 4 > m->size * 3)
		enlarge(m);
	struct strmap_slot *s = seek(m, key, hash);
	if (s->key) {
		if (ret_old)
			*ret_old = s->value;
		return false;
	}
	*s = (struct strmap_slot){ .key = key, .hash = hash, .value = value };
	m->count++;
	return true;
}

bool
strmap_find(const struct strmap *m, const char *key, size_t *ret)
{
	if (!m->size)
		return false;
	const struct strmap_slot *s = seek(m, key, hash_of(key));
	if (!s->key)
		return false;
	if (ret)
		*ret = s->value;
	return true;
}
