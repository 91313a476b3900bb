#include "inventory/set.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "inventory/inventory.h"
#include "inventory/nodeset.h"
#include "inventory/term.h"

#include <string.h>

static int
complain(const char *expr, const char *at, struct err *err)
{
	return err_wrap(err, "set \"%.80s\"%s, column %zu", expr, strlen(expr) > 80 ? "..." : "",
	    (size_t)(at - expr) + 1);
}

/* One term, without the blanks behind it, joined to what stands left of it. */
static int
apply_term(struct universe *u, const char *term, char op, struct bits *left, struct err *err)
{
	autobits right = { 0 };
	const struct scope scope = { .left = left, .op = op };

	if (term_eval(u, term, &scope, &right, err) < 0)
		return -1;
	bits_apply(left, op ? op : ',', &right);
	return 0;
}

static char *
copy_term(const char *from, const char *end)
{
	while (end > from && (end[-1] == ' ' || end[-1] == '\t'))
		end--;
	return xmemdup0(from, (size_t)(end - from));
}

static int
eval(struct universe *u, const char *expr, struct bits *ret, struct err *err)
{
	const char *s = expr;
	char op = 0;

	for (;;) {
		s += strspn(s, " \t");
		const char *end = nodeset_term_end(s);

		if (!end) {
			err_set(err, OUTCOME_USAGE, "a bracket is not closed or not opened");
			return complain(expr, s, err);
		}
		if (!op && end == s && *end) {
			err_set(err, OUTCOME_USAGE,
			    "a set does not begin with %c: for all but some write @all!...", *end);
			return complain(expr, s, err);
		}
		autofree char *term = copy_term(s, end);
		if (apply_term(u, term, op, ret, err) < 0)
			return complain(expr, s, err);
		if (!*end)
			return 0;
		op = *end;
		s = end + 1;
	}
}

int
set_eval(const struct inventory *inv, const char *expr, const struct set_lookup *lookup,
    struct set *ret, struct err *err)
{
	struct universe u = { .inv = inv, .lookup = lookup };
	autobits bits = { 0 };

	if (eval(&u, expr, &bits, err) < 0)
		return -1;
	size_t count = bits_count(&bits), at = 0;
	if (!count)
		return err_set(err, OUTCOME_USAGE, "the set \"%.100s\" matches nothing", expr);
	*ret = (struct set){ .hosts = xcalloc(count, sizeof(*ret->hosts)), .count = count };
	for (size_t i = 0; at < count; i++) {
		if (bits_has(&bits, i))
			ret->hosts[at++] = inventory_host(inv, i);
	}
	return 0;
}

void
set_fini(struct set *s)
{
	free(s->hosts);
	*s = (struct set){ 0 };
}

static int
compare_names(const void *a, const void *b)
{
	return str_natural(a, b);
}

static void
copy_names(const struct universe *u, const struct bits *bits, struct names *ret)
{
	size_t count = bits_count(bits), at = 0;

	*ret = (struct names){ .name = xcalloc(count + 1, sizeof(*ret->name)), .count = count };
	for (size_t i = 0; at < count; i++) {
		if (bits_has(bits, i))
			ret->name[at++] = xstrdup(u->name[i]);
	}
	nodeset_sort((void **)ret->name, count, compare_names);
}

int
names_eval(const struct inventory *inv, const char *expr, struct names *ret, struct err *err)
{
	struct universe u = { .inv = inv, .open = true, .arena = arena_new() };
	autobits bits = { 0 };
	int rc = eval(&u, expr, &bits, err);

	if (rc == 0)
		copy_names(&u, &bits, ret);
	free(u.name);
	strmap_fini(&u.map);
	arena_free(u.arena);
	return rc;
}

void
names_fini(struct names *n)
{
	for (size_t i = 0; i < n->count; i++)
		free(n->name[i]);
	free(n->name);
	*n = (struct names){ 0 };
}
