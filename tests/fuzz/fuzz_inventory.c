/* Any YAML: an inventory that keeps its promises, or mistakes. */
#include "base/diag.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "inventory/grammar.h"
#include "inventory/inventory.h"

#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
must(bool good, const char *what)
{
	if (!good)
		mem_abort(what);
}

static void
check_host(const struct inventory *inv, size_t i)
{
	const struct host *h = inventory_host(inv, i);

	must(!grammar_host(h->name), "a host has an odd name");
	must(h->index == i && inventory_find(inv, h->name) == h, "a host is not where it is");
	must(!i || str_natural(inventory_host(inv, i - 1)->name, h->name) < 0, "not in order");
	must(!h->user || !grammar_user(h->user), "an odd user");
	must(h->port >= 0 && h->port <= 65535, "an odd port");
	must(h->host_keys && h->groups, "a list is missing");
	must(!h->trust || h->kind == HOST_CATTLE, "a pet is trusted at first use");
	for (const char *const *g = h->groups; *g; g++)
		must(inventory_find_group(inv, *g), "a group is missing");
	for (size_t k = 0; k < h->var_count; k++)
		must(host_var(h, h->vars[k]->name) == h->vars[k], "a variable stands twice");
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct diag d;
	struct err err = { 0 };

	if (size > 20000)
		size = 20000;
	diag_init(&d);
	struct inventory *inv = inventory_parse("input", (const char *)data, size, &d, &err);
	must(!inv == (d.errors > 0), "mistakes and an inventory, or neither");
	for (size_t i = 0; inv && i < inventory_count(inv); i++)
		check_host(inv, i);
	inventory_free(inv);
	diag_fini(&d);
	return 0;
}
