#include "inventory/term.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "inventory/fold.h"
#include "inventory/grammar.h"
#include "inventory/inventory.h"
#include "inventory/lookup.h"
#include "inventory/nodeset.h"

#include <string.h>

#define MISSING_MAX 1000 /* names kept to say which are unknown */

struct expansion {
	struct universe *u;
	struct bits *ret;
	const char **missing;
	size_t missing_count, missing_cap, missing_all;
	bool group; /* the names are those of groups */
};

size_t
term_host(struct universe *u, const char *name, size_t index)
{
	size_t i;

	if (!u->open)
		return index;
	if (strmap_find(&u->map, name, &i))
		return i;
	mem_grow(u->name, u->count, u->cap);
	i = u->count++;
	u->name[i] = arena_strdup(u->arena, name);
	strmap_add(&u->map, u->name[i], i, NULL);
	return i;
}

static size_t
add_matches(struct universe *u, const char *pattern, struct bits *ret)
{
	size_t hits = 0;

	for (size_t i = 0; i < inventory_count(u->inv); i++) {
		const struct host *h = inventory_host(u->inv, i);

		if (!str_glob(pattern, h->name))
			continue;
		bits_add(ret, term_host(u, h->name, h->index));
		hits++;
	}
	return hits;
}

static int
glob_names(struct universe *u, const char *pattern, struct bits *ret, struct err *err)
{
	if (!u->inv)
		return err_set(
		    err, OUTCOME_USAGE, "the glob \"%.60s\" needs an inventory: give -i", pattern);
	if (!add_matches(u, pattern, ret))
		return err_set(err, OUTCOME_USAGE, "the glob \"%.60s\" matches no host", pattern);
	return 0;
}

static int
plain_name(struct expansion *x, const char *name, struct err *err)
{
	struct universe *u = x->u;
	const char *wanted = grammar_host(name);
	const struct host *h;

	if (wanted)
		return err_set(err, OUTCOME_USAGE, "\"%.60s\" is no host: %s", name, wanted);
	if (u->open) {
		bits_add(x->ret, term_host(u, name, 0));
		return 0;
	}
	h = inventory_find(u->inv, name);
	if (h) {
		bits_add(x->ret, h->index);
	} else if (x->missing_all++ < MISSING_MAX) {
		mem_grow(x->missing, x->missing_count, x->missing_cap);
		x->missing[x->missing_count++] = xstrdup(name);
	}
	return 0;
}

static const char *
nearest_group(const struct inventory *inv, const char *name)
{
	size_t n = inventory_group_count(inv);
	autofree const char **names = xcalloc(n + 1, sizeof(*names));

	for (size_t i = 0; i < n; i++)
		names[i] = inventory_group(inv, i)->name;
	return str_nearest(name, names);
}

static int
group_members(struct expansion *x, const char *name, struct err *err)
{
	const struct inventory *inv = x->u->inv;
	bool hit = false;

	for (size_t i = 0; i < inventory_group_count(inv); i++) {
		const struct group *g = inventory_group(inv, i);

		if (!str_glob(name, g->name))
			continue;
		hit = true;
		for (size_t k = 0; k < g->host_count; k++)
			bits_add(x->ret, term_host(x->u, g->hosts[k]->name, g->hosts[k]->index));
	}
	if (hit)
		return 0;
	const char *near = nearest_group(inv, name);
	if (near)
		return err_set(
		    err, OUTCOME_USAGE, "no group \"%.60s\"; did you mean \"@%s\"?", name, near);
	if (inventory_find(inv, name))
		return err_set(err, OUTCOME_USAGE, "\"%.60s\" is a host: write it without @", name);
	return err_set(err, OUTCOME_USAGE, "no group \"%.60s\"", name);
}

static int
group_term(struct expansion *x, const char *name, struct err *err)
{
	if (!x->u->inv)
		return err_set(
		    err, OUTCOME_USAGE, "the group \"@%.60s\" needs an inventory: give -i", name);
	if (str_eq(name, "*") || str_eq(name, "all")) {
		add_matches(x->u, "*", x->ret);
		return 0;
	}
	return group_members(x, name, err);
}

static int
each_name(void *user, const char *name, struct err *err)
{
	struct expansion *x = user;

	if (x->group)
		return group_term(x, name, err);
	if (strpbrk(name, "*?"))
		return glob_names(x->u, name, x->ret, err);
	return plain_name(x, name, err);
}

static int
tell_missing(const struct expansion *x, struct err *err)
{
	const struct inventory *inv = x->u->inv;
	size_t n = inventory_count(inv);
	const char *name = x->missing[0], *near;

	if (x->missing_all > 1) {
		autofree char *fold = names_fold(x->missing, x->missing_count);

		return err_set(err, OUTCOME_USAGE, "%zu names are not in the inventory: %.120s%s",
		    x->missing_all, fold,
		    x->missing_all > x->missing_count || strlen(fold) > 120 ? "..." : "");
	}
	if (inventory_find_group(inv, name))
		return err_set(err, OUTCOME_USAGE, "\"%.60s\" is a group, not a host: write @%.60s",
		    name, name);
	autofree const char **names = xcalloc(n + 1, sizeof(*names));
	for (size_t i = 0; i < n; i++)
		names[i] = inventory_host(inv, i)->name;
	near = str_nearest(name, names);
	if (near)
		return err_set(err, OUTCOME_USAGE,
		    "no host \"%.60s\" in the inventory; did you mean \"%s\"?", name, near);
	near = nearest_group(inv, name);
	if (near)
		return err_set(err, OUTCOME_USAGE,
		    "no host \"%.60s\" in the inventory; did you mean the group \"@%s\"?", name,
		    near);
	return err_set(err, OUTCOME_USAGE, "no host \"%.60s\" in the inventory", name);
}

bool
term_is_test(const char *term)
{
	size_t key =
	    strspn(term, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-");

	return key && term[key] == '=';
}

static int
check_term(const char *term, struct err *err)
{
	if (!*term)
		return err_set(err, OUTCOME_USAGE, "a name is missing");
	if (strpbrk(term, "()"))
		return err_set(
		    err, OUTCOME_USAGE, "parentheses are not read: a set goes from left to right");
	if (*term == '=')
		return err_set(err, OUTCOME_USAGE,
		    "a key is missing: for what does not match write @all!key=value");
	if (!term_is_test(term) && strpbrk(term, " \t"))
		return err_set(err, OUTCOME_USAGE, "\"%.60s\": names are joined by commas", term);
	return 0;
}

int
term_eval(struct universe *u, const char *term, const struct scope *scope, struct bits *ret,
    struct err *err)
{
	struct expansion x = { .u = u, .ret = ret, .group = *term == '@' };

	if (check_term(term, err) < 0)
		return -1;
	if (term_is_test(term))
		return term_test(u, term, scope, ret, err);
	if (x.group && !*++term)
		return err_set(err, OUTCOME_USAGE, "a group's name is missing behind @");
	int rc = nodeset_expand(term, strlen(term), each_name, &x, err);
	if (rc == 0 && x.missing_all)
		rc = tell_missing(&x, err);
	for (size_t i = 0; i < x.missing_count; i++)
		free((char *)x.missing[i]);
	free(x.missing);
	return rc;
}
