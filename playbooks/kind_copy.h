/*
 * The copy task: a tree beside the playbook becomes files, directories and links of the host.
 *
 * What it wants are resources like those of other tasks, each with a line of its
 * own in plan and manifest; so what left the tree leaves the host as what left
 * the playbook does.
 */
#ifndef DROVER_PLAYBOOKS_KIND_COPY_H
#define DROVER_PLAYBOOKS_KIND_COPY_H

#include "base/field.h"

struct desire;
struct follow_up;
struct task_decl;

extern const struct field kind_copy_fields[];
void kind_copy_read(const struct field_context *c, const struct yaml_node *n, void *to);

/* Add all that is wanted; mistakes go to d->diag. */
void kind_copy_want(struct desire *d, const struct task_decl *t, const struct follow_up *then);

#endif
