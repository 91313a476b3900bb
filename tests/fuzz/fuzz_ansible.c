/* Any INI or YAML of Ansible's: an inventory that keeps its promises, or mistakes. */
#include "base/diag.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/utf8.h"
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
check_text(const char *s)
{
	must(!s || utf8_valid(s, strlen(s)), "a text is not UTF-8");
	for (; s && *s; s++)
		must((unsigned char)*s >= 0x20 || *s == '\t' || *s == '\n', "a control byte");
}

static void
check_host(const struct host *h)
{
	must(!grammar_host(h->name), "a host has an odd name");
	must(!h->user || !grammar_user(h->user), "an odd user");
	must(!h->address || !grammar_address(h->address), "an odd address");
	must(!h->jump || !grammar_jump(h->jump), "an odd jump");
	must(!h->proxy_command || !grammar_command(h->proxy_command), "an odd command");
	must(h->port >= 0 && h->port <= 65535, "an odd port");
	must(h->groups[0] != NULL, "a host is in no group, not even ungrouped");
	check_text(h->refused);
	for (size_t k = 0; k < h->var_count; k++) {
		const struct var *v = h->vars[k];

		must(host_var(h, v->name) == v, "a variable stands twice");
		must(!str_starts(v->name, "ansible_") || !str_ends(v->name, "_password"),
		    "a password is kept");
		check_text(v->name);
		check_text(v->value);
	}
}

static void
try(const char *name, const char *text, size_t size)
{
	struct diag d;
	struct err err = { 0 };

	diag_init(&d);
	struct inventory *inv = inventory_parse(name, text, size, &d, &err);
	must(!inv == (d.errors > 0), "mistakes and an inventory, or neither");
	for (size_t i = 0; inv && str_eq(name, "t.ini") && i < inventory_count(inv); i++)
		check_host(inventory_host(inv, i));
	inventory_free(inv);
	diag_fini(&d);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size > 20000)
		size = 20000;
	try("t.ini", (const char *)data, size);
	try("t.json", (const char *)data, size);
	return 0;
}
