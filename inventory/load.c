#include "inventory/inventory.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "inventory/links.h"
#include "inventory/model.h"
#include "inventory/nodeset.h"
#include "inventory/order.h"
#include "inventory/resolve.h"
#include "inventory/source.h"
#include "inventory/varfiles.h"

#include <string.h>

static struct inventory *
inventory_new(void)
{
	struct arena *a = arena_new();
	struct inventory *inv = arena_alloc(a, sizeof(*inv));

	inv->arena = a;
	return inv;
}

void
inventory_free(struct inventory *inv)
{
	if (!inv)
		return;
	for (size_t i = 0; i < inv->host_count; i++)
		free(inv->host[i]->group);
	for (size_t i = 0; i < inv->group_count; i++) {
		free(inv->group[i]->children);
		free(inv->group[i]->parent);
	}
	free(inv->host);
	free(inv->group);
	free(inv->known_hosts);
	free(inv->dir);
	strmap_fini(&inv->host_map);
	strmap_fini(&inv->folded_map);
	strmap_fini(&inv->group_map);
	arena_free(inv->arena);
}

static int
compare_hosts(const void *a, const void *b)
{
	return str_natural(
	    ((const struct model_host *)a)->pub.name, ((const struct model_host *)b)->pub.name);
}

static void
sort_hosts(struct inventory *inv)
{
	nodeset_sort((void **)inv->host, inv->host_count, compare_hosts);
	strmap_fini(&inv->host_map);
	strmap_fini(&inv->folded_map);
	for (size_t i = 0; i < inv->host_count; i++) {
		inv->host[i]->pub.index = i;
		strmap_add(&inv->host_map, inv->host[i]->pub.name, i, NULL);
	}
}

/* All sources are read: what follows from them together. */
static void
finish(struct inventory *inv, struct diag *diag)
{
	mem_grow(inv->known_hosts, inv->known_hosts_count, inv->known_hosts_cap);
	inv->known_hosts[inv->known_hosts_count] = NULL;
	if (!inv->fleet)
		inv->fleet = inv->path ? "main" : "adhoc";
	if (inv->ansible)
		order_ungrouped(inv);
	if (!links_make(inv, diag))
		return;
	if (inv->ansible)
		order_depths(inv);
	sort_hosts(inv);
	resolve_hosts(inv, diag);
	links_members(inv);
}

/* The document, or NULL with err set when there were mistakes. */
static struct inventory *
close_load(struct inventory *inv, struct diag *diag, int errors_before, struct err *err)
{
	int mistakes = diag->errors - errors_before;

	if (!mistakes)
		return inv;
	err_set(err, OUTCOME_INPUT, "%s: %d mistake%s", inv->path ? inv->path : "-i", mistakes,
	    mistakes == 1 ? "" : "s");
	inventory_free(inv);
	return NULL;
}

struct inventory *
inventory_load(const char *const *sources, size_t n, struct diag *diag, struct err *err)
{
	autofree char *found = n ? NULL : source_find(err);
	int before = diag->errors;

	if (!n && !found)
		return NULL;
	struct inventory *inv = inventory_new();
	for (size_t i = 0; i < (n ? n : 1); i++) {
		if (source_read(inv, n ? sources[i] : found, n > 0, diag, err) < 0) {
			inventory_free(inv);
			return NULL;
		}
	}
	if (inv->ansible)
		order_ungrouped(inv); /* it may have variables of its own */
	for (size_t i = 0; inv->ansible && i < inv->dir_count; i++) {
		if (varfiles_read(inv, inv->dir[i], diag, err) < 0) {
			inventory_free(inv);
			return NULL;
		}
	}
	finish(inv, diag);
	return close_load(inv, diag, before, err);
}

struct inventory *
inventory_parse(const char *name, const char *text, size_t len, struct diag *diag, struct err *err)
{
	struct inventory *inv = inventory_new();
	int before = diag->errors;

	inv->path = arena_strdup(inv->arena, name);
	source_parse(inv, name, text, len, diag);
	finish(inv, diag);
	return close_load(inv, diag, before, err);
}
