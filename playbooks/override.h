/*
 * What the command line changes in a playbook: fields of apps, their ports, their names.
 *
 * Pure; all lives in the playbook's arena. A field that is set goes through the table that reads it from the
 * file. Mistakes go to diag; their place is the option.
 */
#ifndef DROVER_PLAYBOOKS_OVERRIDE_H
#define DROVER_PLAYBOOKS_OVERRIDE_H

#include <stdbool.h>

struct arena;
struct diag;
struct playbook;
struct playbook_given;
struct yaml_node;

/* The document with each of given->sets, "app.NAME.FIELD[.KEY]=VALUE", in its place. */
const struct yaml_node *override_document(struct arena *a, const struct yaml_node *root,
    const struct playbook_given *given, struct diag *diag);

/* Shift the host ports of its apps, and make it a copy of another name; and keep what was given, for plans. */
void override_playbook(struct playbook *p, const struct playbook_given *given, struct diag *diag);

/* A place of a mistake is an option. */
bool override_is_place(const char *file);

#endif
