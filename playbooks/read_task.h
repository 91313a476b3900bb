/*
 * One task of a playbook's `tasks:`, read and checked by tables of its fields.
 *
 * Fills a declaration in the context's arena; the context's user is the reader.
 */
#ifndef DROVER_PLAYBOOKS_READ_TASK_H
#define DROVER_PLAYBOOKS_READ_TASK_H

#include "base/field.h"

struct task_decl;
struct yaml_node;

extern const struct field read_task_fields[];
extern const struct field read_task_file_fields[], read_task_template_fields[],
    read_task_unit_fields[], read_task_service_fields[];

/* The tasks file and template. */
void read_file_task(const struct field_context *c, const struct yaml_node *n, void *to);
void read_template_task(const struct field_context *c, const struct yaml_node *n, void *to);
/* unit and service. */
void read_unit_task(const struct field_context *c, const struct yaml_node *n, void *to);
void read_service_task(const struct field_context *c, const struct yaml_node *n, void *to);

/* number counts the tasks from 1. False when c->diag got a mistake. */
bool read_task(
    const struct field_context *c, const struct yaml_node *n, int number, struct task_decl *ret);

/* A list of tasks; those of an included file stand in the task that includes it. */
void read_tasks(const struct field_context *c, const struct yaml_node *n, struct task_decl **ret,
    size_t *ret_count);

/* Read the tasks of the file that an include names. */
void read_include(const struct field_context *c, const struct yaml_node *n, struct task_decl *to);

#endif
