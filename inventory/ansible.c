#include "inventory/ansible.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/yaml.h"
#include "inventory/model.h"
#include "inventory/pattern.h"
#include "inventory/reach.h"

#include <string.h>

bool
ansible_group(struct ansible *a, const char *name, struct mark at, size_t *ret)
{
	struct model_group *g;

	*ret = ANSIBLE_ALL;
	if (str_eq(name, "all"))
		return true;
	g = model_group(a->inv, name, at, a->diag);
	return g && strmap_find(&a->inv->group_map, g->pub.name, ret);
}

/* The hosts of one pattern. */
struct naming {
	struct ansible *a;
	struct mark at;
	size_t group;
	const struct field_vars *vars;
	struct level *level; /* made with the first host, when the port is known */
	int port;
	bool deaf; /* the level is without the port */
};

static struct level *
level_of(struct ansible *a, const struct field_vars *vars, struct mark at, bool from_file)
{
	struct level *l = arena_alloc(a->inv->arena, sizeof(*l));

	l->mark = at;
	l->from_file = from_file;
	l->vars = *vars;
	reach_level(a->inv, l, a->diag);
	return l;
}

/* A port of the pattern is a variable like any other, and before those of the line. */
static struct field_vars
with_port(struct naming *n)
{
	struct arena *arena = n->a->inv->arena;
	struct var *item = arena_alloc(arena, (n->vars->count + 1) * sizeof(*item));

	item[0] = (struct var){ .name = "ansible_port",
		.value = arena_printf(arena, "%d", n->port),
		.mark = n->at,
		.plain = true };
	for (size_t i = 0; i < n->vars->count; i++) {
		if (str_eq(n->vars->item[i].name, "ansible_port"))
			return *n->vars;
		item[i + 1] = n->vars->item[i];
	}
	return (struct field_vars){ .item = item, .count = n->vars->count + 1 };
}

/* Ansible hears the port of a pattern only where the host is new. */
static bool
is_deaf(struct naming *n, const struct model_host *h, bool is_new)
{
	if (n->port && !is_new)
		diag_warn(n->a->diag, n->at,
		    "the port %d is left out, as Ansible does: host %.60s stood in line %d already "
		    "(ansible_port=%d counts)",
		    n->port, h->pub.name, h->pub.mark.line, n->port);
	return n->port && !is_new;
}

static int
name_host(void *user, const char *name, struct err *err)
{
	struct naming *n = user;
	struct inventory *inv = n->a->inv;
	bool is_new = !strmap_find(&inv->host_map, name, NULL);
	struct model_host *h = model_host(inv, name, n->at, n->a->diag);

	(void)err;
	if (!h)
		return n->a->diag->errors > DIAG_MAX ? -1 : 0;
	if (n->group != ANSIBLE_ALL)
		model_join(h, n->group);
	if (!n->vars->count && !n->port)
		return 0;
	bool deaf = is_deaf(n, h, is_new);
	if (!n->level || n->deaf != deaf) {
		const struct field_vars vars = n->port && !deaf ? with_port(n) : *n->vars;

		n->level = level_of(n->a, &vars, n->at, false);
		n->deaf = deaf;
	}
	model_say(&h->levels, model_level(inv, n->level));
	return 0;
}

void
ansible_hosts(struct ansible *a, const char *pattern, struct mark at, size_t group,
    const struct field_vars *vars)
{
	struct naming n = { .a = a, .at = at, .group = group, .vars = vars };
	struct err err = { 0 };

	if (pattern_expand(pattern, &n.port, name_host, &n, &err) < 0 && err.text[0])
		diag_error(a->diag, at, "\"%.60s\": %s", pattern, err.text);
}

void
ansible_say_host(struct ansible *a, struct model_host *h, const struct field_vars *vars,
    struct mark at, bool from_file)
{
	if (vars->count)
		model_say(&h->levels, level_of(a, vars, at, from_file));
}

/* ansible_group_priority is taken out of what inventories say; in files it is a variable like any
 * other, as for Ansible: they come too late for it. */
static struct field_vars
take_priority(struct ansible *a, struct model_group *g, const struct field_vars *vars)
{
	struct var *item = arena_alloc(a->inv->arena, vars->count * sizeof(*item) + 1);
	size_t n = 0;
	int64_t priority;

	for (size_t i = 0; i < vars->count; i++) {
		const struct var *v = &vars->item[i];

		if (!str_eq(v->name, "ansible_group_priority"))
			item[n++] = *v;
		else if (str_int(v->value, INT32_MIN, INT32_MAX, &priority))
			g->priority = priority - 1;
		else
			diag_error(a->diag, v->mark, "%s: a whole number is wanted here", v->name);
	}
	return (struct field_vars){ .item = item, .count = n };
}

void
ansible_say_group(
    struct ansible *a, size_t group, const struct field_vars *vars, struct mark at, bool from_file)
{
	struct inventory *inv = a->inv;

	struct field_vars said = *vars;

	if (group != ANSIBLE_ALL && !from_file)
		said = take_priority(a, inv->group[group], vars);
	if (!said.count)
		return;
	struct level *l = level_of(a, &said, at, from_file);
	model_say(group == ANSIBLE_ALL ? &inv->all : &inv->group[group]->levels, l);
}

/* Every group is in all anyway. */
void
ansible_child(struct ansible *a, size_t parent, const char *child, struct mark at)
{
	struct arena *arena = a->inv->arena;

	if (str_eq(child, "all")) {
		diag_error(a->diag, at, "all is in no other group");
		return;
	}
	if (parent == ANSIBLE_ALL)
		return;
	struct model_group *g = a->inv->group[parent];
	const char **item = arena_alloc(arena, 2 * sizeof(*item));
	struct mark *mark = arena_alloc(arena, sizeof(*mark));

	item[0] = arena_strdup(arena, child);
	mark[0] = at;
	mem_grow(g->children, g->children_count, g->children_cap);
	g->children[g->children_count++] =
	    (struct field_texts){ .item = item, .mark = mark, .count = 1 };
}

static const char *
json_of(struct arena *arena, const struct yaml_node *n)
{
	autobuf b = BUF_INIT(YAML_SIZE_MAX * 2);

	yaml_to_json(n, &b);
	return arena_memdup0(arena, buf_text(&b), b.len);
}

bool
ansible_vars(struct ansible *a, const struct yaml_node *map, struct field_vars *ret)
{
	*ret = (struct field_vars){ 0 };
	if (yaml_is_null(map))
		return true;
	if (map->kind != YAML_MAP) {
		diag_error(a->diag, map->mark, "a mapping of variables is wanted here, not %s",
		    yaml_kind_name(map));
		return false;
	}
	struct var *item = arena_alloc(a->inv->arena, map->count * sizeof(*item) + 1);
	for (size_t i = 0; i < map->count; i++) {
		const struct yaml_node *n = map->value[i];
		bool is_json = n->kind != YAML_SCALAR;

		item[i] = (struct var){ .name = map->key[i]->text,
			.value = is_json           ? json_of(a->inv->arena, n)
				 : yaml_is_null(n) ? ""
						   : n->text,
			.mark = map->key[i]->mark,
			.is_json = is_json,
			.plain = !is_json && n->plain };
	}
	*ret = (struct field_vars){ .item = item, .count = map->count };
	return true;
}
