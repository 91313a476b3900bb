#include "engine/factbook.h"

#include "base/mem.h"
#include "base/str.h"

static void
forget(struct factbook *b)
{
	for (size_t i = 0; i < b->count; i++) {
		free(b->item[i].key);
		free(b->item[i].value);
	}
	b->count = 0;
}

void
factbook_fini(struct factbook *b)
{
	forget(b);
	free(b->item);
	*b = (struct factbook){ .item = NULL };
}

void
factbook_begin(struct factbook *b, int64_t wall_ms)
{
	forget(b);
	b->asked_ms = wall_ms;
}

static struct fact *
find(const struct factbook *b, const char *key)
{
	for (size_t i = 0; i < b->count; i++)
		if (str_eq(b->item[i].key, key))
			return &b->item[i];
	return NULL;
}

void
factbook_set(struct factbook *b, const char *key, const char *value)
{
	struct fact *old = find(b, key);

	if (factbook_is_given(key))
		return;
	if (old) {
		free(old->value);
		old->value = xstrdup(value);
		return;
	}
	if (b->count == FACTBOOK_MAX)
		return;
	mem_grow(b->item, b->count, b->cap);
	b->item[b->count++] = (struct fact){ xstrdup(key), xstrdup(value) };
}

const char *
factbook_find(const struct factbook *b, const char *key)
{
	const struct fact *f = find(b, key);

	return f ? f->value : NULL;
}

bool
factbook_is_given(const char *key)
{
	return str_eq(key, "strayed") || str_eq(key, "cordoned") || str_eq(key, "replacing");
}
