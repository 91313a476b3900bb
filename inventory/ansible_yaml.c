#include "inventory/ansible.h"

#include "base/arena.h"
#include "base/str.h"
#include "base/yaml.h"
#include "inventory/model.h"

static const char *const sections[] = { "hosts", "vars", "children", NULL };

static void read_group(struct ansible *a, const struct yaml_node *key,
    const struct yaml_node *value, const size_t *parent);

/* A mapping, or one name alone, which stands for a mapping of it to nothing. */
static bool
is_mapping(struct ansible *a, const char *section, const struct yaml_node *n)
{
	if (n->kind == YAML_MAP)
		return true;
	if (n->kind == YAML_LIST || str_eq(section, "vars"))
		diag_error(a->diag, n->mark, "%s: a mapping is wanted here, not %s%s", section,
		    yaml_kind_name(n),
		    str_eq(section, "vars") ? "" : ": write `name:` for each, without a dash");
	return false;
}

static void
read_hosts(struct ansible *a, size_t group, const struct yaml_node *n)
{
	struct field_vars vars = { 0 };

	if (!is_mapping(a, "hosts", n)) {
		if (n->kind == YAML_SCALAR)
			ansible_hosts(a, n->text, n->mark, group, &vars);
		return;
	}
	for (size_t i = 0; i < n->count; i++) {
		if (ansible_vars(a, n->value[i], &vars))
			ansible_hosts(a, n->key[i]->text, n->key[i]->mark, group, &vars);
	}
}

static void
read_children(struct ansible *a, size_t group, const struct yaml_node *n)
{
	static const struct yaml_node nothing = { .kind = YAML_SCALAR, .plain = true, .text = "" };

	if (!is_mapping(a, "children", n)) {
		if (n->kind == YAML_SCALAR)
			read_group(a, n, &nothing, &group);
		return;
	}
	for (size_t i = 0; i < n->count; i++)
		read_group(a, n->key[i], n->value[i], &group);
}

static void
read_section(
    struct ansible *a, size_t group, const struct yaml_node *key, const struct yaml_node *n)
{
	struct field_vars vars = { 0 };
	const char *near;

	if (str_eq(key->text, "hosts") && !yaml_is_null(n)) {
		read_hosts(a, group, n);
	} else if (str_eq(key->text, "children") && !yaml_is_null(n)) {
		read_children(a, group, n);
	} else if (str_eq(key->text, "vars")) {
		if (yaml_is_null(n) || is_mapping(a, "vars", n))
			ansible_vars(a, n, &vars);
		ansible_say_group(a, group, &vars, key->mark, false);
	} else if (!str_eq(key->text, "hosts") && !str_eq(key->text, "children")) {
		near = str_nearest(key->text, sections);
		diag_warn(a->diag, key->mark,
		    "the key \"%.60s\" of a group is left out: a group has hosts, vars and "
		    "children%s%s%s",
		    key->text, near ? "; did you mean \"" : "", near ? near : "",
		    near ? "\"?" : "");
	}
}

/* The depth is bounded by that of the YAML. */
static void
read_group(struct ansible *a, const struct yaml_node *key, const struct yaml_node *value,
    const size_t *parent)
{
	size_t group;

	if (!ansible_group(a, key->text, key->mark, &group))
		return;
	if (parent)
		ansible_child(a, *parent, key->text, key->mark);
	if (yaml_is_null(value))
		return;
	if (value->kind != YAML_MAP) {
		diag_error(a->diag, value->mark,
		    "group %.60s: a mapping is wanted here, with hosts, vars and children",
		    key->text);
		return;
	}
	for (size_t i = 0; i < value->count; i++)
		read_section(a, group, value->key[i], value->value[i]);
}

void
ansible_yaml(struct ansible *a, const struct yaml_node *root)
{
	a->inv->ansible = true;
	if (root->kind != YAML_MAP) {
		diag_error(a->diag, root->mark, "an inventory is a mapping of groups, not %s",
		    yaml_kind_name(root));
		return;
	}
	if (yaml_find(root, "plugin")) {
		diag_error(a->diag, root->mark,
		    "this configures a plugin of Ansible's, which drover does not run: "
		    "`ansible-inventory "
		    "--list` prints what it finds, as an inventory.json");
		return;
	}
	for (size_t i = 0; i < root->count; i++)
		read_group(a, root->key[i], root->value[i], NULL);
}
