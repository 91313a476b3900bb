#include "inventory/profile.h"

#include "base/arena.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/yaml.h"
#include "inventory/order.h"

#include <stdlib.h>
#include <string.h>

void
profile_fini(struct profile *p)
{
	free(p->var);
	free(p->clash);
}

static void
add_clash(struct profile *p, const char *what, bool is_setting, struct mark a, struct mark b)
{
	mem_grow(p->clash, p->clash_count, p->clash_cap);
	p->clash[p->clash_count++] =
	    (struct profile_clash){ .what = what, .is_setting = is_setting, .a = a, .b = b };
}

void
profile_merge_var(struct profile *p, size_t among, const struct var *v, size_t depth)
{
	for (size_t i = 0; i < among; i++) {
		const struct profile_var *m = &p->var[i];

		if (!str_eq(m->var->name, v->name))
			continue;
		if (m->depth == depth &&
		    (!str_eq(m->var->value, v->value) || m->var->is_json != v->is_json))
			add_clash(p, v->name, false, m->var->mark, v->mark);
		return;
	}
	mem_grow(p->var, p->var_count, p->var_cap);
	p->var[p->var_count++] = (struct profile_var){ .var = v, .depth = depth };
}

static bool
same_setting(const struct level *a, const struct level *b, enum setting s)
{
	return str_eq(a->said[s]->text, b->said[s]->text);
}

void
profile_merge_level(struct profile *p, const struct level *l, size_t depth)
{
	for (enum setting s = 0; s < SETTING_COUNT; s++) {
		const struct level *have = p->setting[s];

		if (!l->said[s])
			continue;
		if (!have) {
			p->setting[s] = l;
			p->setting_depth[s] = depth;
		} else if (p->setting_depth[s] == depth && !same_setting(have, l, s)) {
			add_clash(
			    p, setting_kinds[s].name, true, have->said[s]->mark, l->said[s]->mark);
		}
	}
	for (size_t i = 0; i < l->vars.count; i++)
		profile_merge_var(p, p->var_count, &l->vars.item[i], depth);
}

void
profile_merge_backwards(struct profile *p, const struct level *list, bool from_file)
{
	size_t count = 0, at = 0;

	for (const struct level *l = list; l; l = l->next)
		count += l->from_file == from_file;
	if (!count)
		return;
	autofree const struct level **each = xcalloc(count, sizeof(*each));
	for (const struct level *l = list; l; l = l->next) {
		if (l->from_file == from_file)
			each[at++] = l;
	}
	while (at)
		profile_merge_level(p, each[--at], p->steps++);
}

/* Every group above the host, nearest first: breadth first along the parents. */
static void
climb(const struct inventory *inv, const struct model_host *h, struct profile *p)
{
	autofree bool *seen = xcalloc(inv->group_count + 1, 1);

	p->group = arena_alloc(inv->arena, inv->group_count * sizeof(*p->group) + 1);
	p->depth = arena_alloc(inv->arena, inv->group_count * sizeof(*p->depth) + 1);
	for (size_t i = 0; i < h->group_count; i++) {
		seen[h->group[i]] = true;
		p->depth[p->count] = 1;
		p->group[p->count++] = h->group[i];
	}
	for (size_t i = 0; i < p->count; i++) {
		const struct model_group *g = inv->group[p->group[i]];

		for (size_t k = 0; k < g->parent_count; k++) {
			if (seen[g->parent[k]])
				continue;
			seen[g->parent[k]] = true;
			p->depth[p->count] = p->depth[i] + 1;
			p->group[p->count++] = g->parent[k];
		}
	}
}

static void
profile_kinds(struct profile *p, const struct model_group *g, const struct level *l)
{
	if (!l->kind)
		return;
	p->kind_said = true;
	if (str_eq(l->kind, "pet")) {
		p->pet = true;
		p->pet_group = &g->pub;
	} else {
		p->cattle = true;
		p->cattle_group = &g->pub;
	}
}

/* Files go before inventories, groups before all; of groups what order_groups() says. */
static void
merge_in_order(const struct inventory *inv, struct profile *p)
{
	autofree size_t *group = order_groups(inv, p->group, p->count);

	for (int file = 1; file >= 0; file--) {
		for (size_t i = 0; i < p->count; i++)
			profile_merge_backwards(p, inv->group[group[i]]->levels, file);
		profile_merge_backwards(p, inv->all, file);
	}
	for (const struct level *l = inv->all; l && !p->kind_said; l = l->next) {
		if (!l->kind)
			continue;
		p->kind_said = true;
		p->cattle = str_eq(l->kind, "cattle");
	}
}

void
profile_fill(const struct inventory *inv, const struct model_host *h, struct profile *p)
{
	climb(inv, h, p);
	const char **names = arena_alloc(inv->arena, (p->count + 1) * sizeof(*names));
	for (size_t i = 0; i < p->count; i++) {
		const struct model_group *g = inv->group[p->group[i]];

		names[i] = g->pub.name;
		for (const struct level *l = g->levels; l; l = l->next) {
			if (!inv->ansible)
				profile_merge_level(p, l, p->depth[i]);
			profile_kinds(p, g, l);
		}
	}
	if (inv->ansible)
		merge_in_order(inv, p);
	for (const struct level *l = inv->defaults; l; l = l->next)
		profile_merge_level(p, l, SIZE_MAX);
	p->names = names;
	const struct var **vars = arena_alloc(inv->arena, p->var_count * sizeof(*vars) + 1);
	for (size_t i = 0; i < p->var_count; i++)
		vars[i] = p->var[i].var;
	p->vars = vars;
}

static int
compare_size(const void *a, const void *b)
{
	size_t x = *(const size_t *)a, y = *(const size_t *)b;

	return (x > y) - (x < y);
}

struct profile *
profiles_of(struct profiles *all, const struct inventory *inv, struct model_host *h)
{
	char *key = arena_alloc(inv->arena, h->group_count * 9 + 1), *to = key;
	size_t i;

	if (h->group_count > 1)
		qsort(h->group, h->group_count, sizeof(*h->group), compare_size);
	for (size_t k = 0; k < h->group_count; k++) {
		snprintf(to, 10, "%08zx,", h->group[k]);
		to += 9;
	}
	if (strmap_find(&all->map, key, &i))
		return &all->item[i];
	mem_grow(all->item, all->count, all->cap);
	i = all->count++;
	all->item[i] = (struct profile){ .key = key };
	strmap_add(&all->map, key, i, NULL);
	profile_fill(inv, h, &all->item[i]);
	return &all->item[i];
}

void
profiles_fini(struct profiles *all)
{
	for (size_t i = 0; i < all->count; i++)
		profile_fini(&all->item[i]);
	free(all->item);
	strmap_fini(&all->map);
}
