#include "inventory/ansible.h"

#include "base/mem.h"
#include "base/str.h"
#include "base/yaml.h"
#include "inventory/model.h"

bool
ansible_is_listing(const struct yaml_node *root)
{
	for (size_t i = 0; root->kind == YAML_MAP && i < root->count; i++) {
		const struct yaml_node *v = root->value[i], *hosts = yaml_find(v, "hosts"),
				       *children = yaml_find(v, "children");

		if (str_eq(root->key[i]->text, "_meta") || v->kind == YAML_LIST ||
		    (hosts && hosts->kind == YAML_LIST) ||
		    (children && children->kind == YAML_LIST))
			return true;
	}
	return false;
}

static const char *
text_of(struct ansible *a, const char *what, const struct yaml_node *n)
{
	if (n->kind == YAML_SCALAR && !yaml_is_null(n))
		return n->text;
	diag_error(a->diag, n->mark, "%s: a name is wanted here, not %s", what, yaml_kind_name(n));
	return NULL;
}

static bool
is_list(struct ansible *a, const char *what, const struct yaml_node *n)
{
	if (n->kind == YAML_LIST)
		return true;
	if (!yaml_is_null(n))
		diag_error(a->diag, n->mark, "%s: a list of names is wanted here, not %s", what,
		    yaml_kind_name(n));
	return false;
}

/* Names as they are: nothing is a range here. */
static void
add_host(struct ansible *a, const char *name, struct mark at, size_t group)
{
	struct model_host *h = name ? model_host(a->inv, name, at, a->diag) : NULL;

	if (h)
		h->listed = true;
	if (h && group != ANSIBLE_ALL)
		model_join(h, group);
}

static void
read_hosts(struct ansible *a, size_t group, const struct yaml_node *n)
{
	for (size_t i = 0; is_list(a, "hosts", n) && i < n->count; i++)
		add_host(a, text_of(a, "hosts", n->value[i]), n->value[i]->mark, group);
}

static void
read_children(struct ansible *a, size_t group, const struct yaml_node *n)
{
	for (size_t i = 0; is_list(a, "children", n) && i < n->count; i++) {
		const char *name = text_of(a, "children", n->value[i]);
		size_t child;

		if (name && ansible_group(a, name, n->value[i]->mark, &child))
			ansible_child(a, group, name, n->value[i]->mark);
	}
}

static void
read_group(struct ansible *a, const struct yaml_node *key, const struct yaml_node *value)
{
	const struct yaml_node *hosts = yaml_find(value, "hosts"), *vars = yaml_find(value, "vars"),
			       *children = yaml_find(value, "children");
	struct field_vars said = { 0 };
	size_t group;

	if (!ansible_group(a, key->text, key->mark, &group))
		return;
	if (value->kind != YAML_MAP) {
		read_hosts(a, group, value);
		return;
	}
	if (hosts)
		read_hosts(a, group, hosts);
	if (children)
		read_children(a, group, children);
	if (vars && ansible_vars(a, vars, &said))
		ansible_say_group(a, group, &said, key->mark, false);
	if (!hosts && !vars && !children && value->count && ansible_vars(a, value, &said)) {
		add_host(a, key->text, key->mark, group);
		ansible_say_group(a, group, &said, key->mark, false);
	}
}

static void
read_hostvars(struct ansible *a, const struct yaml_node *map)
{
	struct field_vars vars;
	size_t i;

	if (map->kind != YAML_MAP) {
		diag_error(a->diag, map->mark, "hostvars: a mapping of hosts is wanted here");
		return;
	}
	for (size_t k = 0; k < map->count; k++) {
		if (strmap_find(&a->inv->host_map, map->key[k]->text, &i) &&
		    ansible_vars(a, map->value[k], &vars))
			ansible_say_host(a, a->inv->host[i], &vars, map->key[k]->mark, false);
	}
}

bool
ansible_listing(struct ansible *a, const struct yaml_node *root)
{
	const struct yaml_node *hostvars = yaml_find(yaml_find(root, "_meta"), "hostvars");

	a->inv->ansible = true;
	if (root->kind != YAML_MAP) {
		diag_error(a->diag, root->mark, "a mapping of groups is wanted here, not %s",
		    yaml_kind_name(root));
		return false;
	}
	for (size_t i = 0; i < root->count; i++) {
		if (!str_eq(root->key[i]->text, "_meta"))
			read_group(a, root->key[i], root->value[i]);
	}
	if (hostvars)
		read_hostvars(a, hostvars);
	return !hostvars;
}
