#include "tui/outputs.h"

#include "base/mem.h"

struct outputs {
	struct output **items;
	size_t count, cap;
	unsigned last_id;
};

struct outputs *
outputs_new(void)
{
	return xcalloc(1, sizeof(struct outputs));
}

static void
free_output(struct output *t)
{
	free(t->title);
	buf_fini(&t->text);
	free(t);
}

void
outputs_free(struct outputs *o)
{
	if (!o)
		return;
	for (size_t i = 0; i < o->count; i++)
		free_output(o->items[i]);
	free(o->items);
	free(o);
}

/* The oldest that grows no more. */
static void
drop_one(struct outputs *o)
{
	for (size_t i = 0; i < o->count; i++) {
		if (o->items[i]->growing)
			continue;
		free_output(o->items[i]);
		for (o->count--; i < o->count; i++)
			o->items[i] = o->items[i + 1];
		return;
	}
}

struct output *
outputs_add(struct outputs *o, const char *title, int64_t wall_ms)
{
	struct output *t = xcalloc(1, sizeof(*t));

	if (o->count >= OUTPUTS_MAX)
		drop_one(o);
	t->id = ++o->last_id;
	t->title = xstrdup(title);
	t->began_ms = wall_ms;
	buf_init(&t->text, OUTPUT_CEILING);
	mem_grow(o->items, o->count, o->cap);
	o->items[o->count++] = t;
	return t;
}

struct output *
outputs_find(const struct outputs *o, unsigned id)
{
	for (size_t i = 0; o && i < o->count; i++) {
		if (o->items[i]->id == id)
			return o->items[i];
	}
	return NULL;
}

const struct output *
outputs_at(const struct outputs *o, size_t i)
{
	return i < o->count ? o->items[i] : NULL;
}
