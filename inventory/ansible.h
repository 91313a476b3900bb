/*
 * What Ansible's inventories say, whatever form they have, into the model.
 *
 * The forms themselves are read by ini.c (INI), ansible_yaml.c (YAML) and listing.c (what programs
 * print). Mistakes go to diag.
 */
#ifndef DROVER_INVENTORY_ANSIBLE_H
#define DROVER_INVENTORY_ANSIBLE_H

#include "base/diag.h"
#include "base/field.h"

#include <stdbool.h>
#include <stddef.h>

struct inventory;
struct model_host;
struct yaml_node;

#define ANSIBLE_ALL SIZE_MAX /* the group all, which is no group of the model */

/* One file being read. */
struct ansible {
	struct inventory *inv;
	struct diag *diag;
	const char *path; /* for marks; lies in the arena */
};

/* Its position in inv->group, made when it is new, or ANSIBLE_ALL. False when it is no name. */
bool ansible_group(struct ansible *a, const char *name, struct mark at, size_t *ret);

/* Every host of the pattern into the group; vars are said of each, with the port of the pattern. */
void ansible_hosts(struct ansible *a, const char *pattern, struct mark at, size_t group,
    const struct field_vars *vars);

void ansible_say_host(struct ansible *a, struct model_host *h, const struct field_vars *vars,
    struct mark at, bool from_file);
void ansible_say_group(
    struct ansible *a, size_t group, const struct field_vars *vars, struct mark at, bool from_file);
void ansible_child(struct ansible *a, size_t parent, const char *child, struct mark at);

/* A mapping of variables; what is no mapping is a mistake, but for nothing. */
bool ansible_vars(struct ansible *a, const struct yaml_node *map, struct field_vars *ret);

/* A YAML inventory: groups at the top, with hosts, children and vars as mappings. */
void ansible_yaml(struct ansible *a, const struct yaml_node *root);

/* What `PROGRAM --list` prints: groups with lists of hosts. The hosts whose variables it does not
 * tell (there is no _meta) are left for the caller to ask about: true. */
bool ansible_is_listing(const struct yaml_node *root);
bool ansible_listing(struct ansible *a, const struct yaml_node *root);

/* An INI file. */
void ansible_ini(struct ansible *a, const char *text, size_t len);

#endif
