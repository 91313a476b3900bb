#include "inventory/order.h"

#include "base/mem.h"
#include "inventory/model.h"

#include <stdlib.h>
#include <string.h>

static bool
is_in(const struct model_host *h, size_t group)
{
	for (size_t i = 0; i < h->group_count; i++) {
		if (h->group[i] == group)
			return true;
	}
	return false;
}

static void
leave(struct model_host *h, size_t group)
{
	size_t n = 0;

	for (size_t i = 0; i < h->group_count; i++) {
		if (h->group[i] != group)
			h->group[n++] = h->group[i];
	}
	h->group_count = n;
}

void
order_ungrouped(struct inventory *inv)
{
	struct diag unused = { 0 };
	struct mark at = { 0 };
	size_t ungrouped;

	for (size_t i = 0; i < inv->host_count; i++) {
		struct model_host *h = inv->host[i];

		if (h->group_count == 0) {
			at = h->pub.mark;
			model_group(inv, "ungrouped", at, &unused);
		}
	}
	if (!strmap_find(&inv->group_map, "ungrouped", &ungrouped))
		return;
	for (size_t i = 0; i < inv->host_count; i++) {
		struct model_host *h = inv->host[i];

		if (h->group_count == 0)
			model_join(h, ungrouped);
		else if (h->group_count > 1 && is_in(h, ungrouped))
			leave(h, ungrouped);
	}
}

/* Groups run in no circle: each pass settles at least one more row of them. */
void
order_depths(struct inventory *inv)
{
	bool moved = true;

	for (size_t i = 0; i < inv->group_count; i++)
		inv->group[i]->depth = 1;
	while (moved) {
		moved = false;
		for (size_t i = 0; i < inv->group_count; i++) {
			struct model_group *g = inv->group[i];

			for (size_t k = 0; k < g->parent_count; k++) {
				size_t below = inv->group[g->parent[k]]->depth + 1;

				moved |= g->depth < below;
				g->depth = g->depth < below ? below : g->depth;
			}
		}
	}
}

static int
compare(const void *a, const void *b, void *user)
{
	const struct inventory *inv = user;
	const struct model_group *x = inv->group[*(const size_t *)a],
				 *y = inv->group[*(const size_t *)b];

	if (x->depth != y->depth)
		return x->depth < y->depth ? 1 : -1;
	if (x->priority != y->priority)
		return x->priority < y->priority ? 1 : -1;
	return strcmp(y->pub.name, x->pub.name);
}

size_t *
order_groups(const struct inventory *inv, const size_t *group, size_t n)
{
	size_t *copy = xcalloc(n + 1, sizeof(*copy));

	if (n) {
		memcpy(copy, group, n * sizeof(*copy));
		qsort_r(copy, n, sizeof(*copy), compare, (void *)(uintptr_t)inv);
	}
	return copy;
}
