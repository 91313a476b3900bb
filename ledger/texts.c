#include "ledger/texts.h"

#include "base/arena.h"
#include "base/mem.h"

struct ledger_texts {
	struct arena *shelf[TEXTS_COUNT];
};

struct ledger_texts *
texts_new(void)
{
	struct ledger_texts *t = xcalloc(1, sizeof(*t));

	for (int i = 0; i < TEXTS_COUNT; i++)
		t->shelf[i] = arena_new();
	return t;
}

void
texts_free(struct ledger_texts *t)
{
	if (!t)
		return;
	for (int i = 0; i < TEXTS_COUNT; i++)
		arena_free(t->shelf[i]);
	free(t);
}

void
texts_clear(struct ledger_texts *t, enum texts_shelf shelf)
{
	arena_free(t->shelf[shelf]);
	t->shelf[shelf] = arena_new();
}

const char *
texts_keep(struct ledger_texts *t, enum texts_shelf shelf, const char *s)
{
	return s ? arena_strdup(t->shelf[shelf], s) : NULL;
}
