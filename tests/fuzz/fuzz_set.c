/* Any expression: an answer or an error; what is folded expands to the same names. */
#include "base/diag.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "inventory/inventory.h"
#include "inventory/set.h"

#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char fleet[] = "groups:\n"
			    "  web: {kind: cattle, hosts: \"web[01-20]\", vars: {tier: front}}\n"
			    "  db: {kind: pet, hosts: [db1, db2], vars: {tier: back}}\n"
			    "  eu: {children: [web, db]}\n"
			    "hosts: {lone: {}}\n";

static void
check_fold(const struct names *n)
{
	struct names again;
	struct err err = { 0 };

	if (!n->count || n->count > 5000)
		return;
	autofree char *fold = names_fold((const char *const *)n->name, n->count);
	if (names_eval(NULL, fold, &again, &err) < 0)
		mem_abort(err.text);
	if (again.count != n->count)
		mem_abort("folding lost or added names");
	for (size_t i = 0; i < n->count; i++) {
		if (!str_eq(n->name[i], again.name[i]))
			mem_abort("folding changed a name");
	}
	names_fini(&again);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct diag d;
	struct err err = { 0 };
	struct names n;
	struct set s;
	int brackets = 0;

	if (size > 300 || memchr(data, '\0', size))
		return 0;
	autofree char *expr = xmemdup0(data, size);
	/* A million names are right but slow: long ranges are for the unit tests. */
	for (const char *p = expr; *p; p++) {
		brackets += *p == '[';
		if (strspn(p, "0123456789") > (brackets > 1 ? 1 : 2))
			return 0;
	}
	if (brackets > 4)
		return 0;
	diag_init(&d);
	struct inventory *inv = inventory_parse("fleet", fleet, strlen(fleet), &d, &err);
	if (names_eval(NULL, expr, &n, &err) == 0) {
		check_fold(&n);
		names_fini(&n);
	} else if (!err.text[0] || err.kind != OUTCOME_USAGE) {
		mem_abort("an error without its words");
	}
	if (set_eval(inv, expr, NULL, &s, &err) == 0) {
		if (!s.count)
			mem_abort("an empty set was let through");
		set_fini(&s);
	}
	inventory_free(inv);
	diag_fini(&d);
	return 0;
}
