/*
 * What stands beside the tasks run and script: how the command is run, and how its end is judged.
 *
 * The parse functions are of read_task's fields; they fill the task_decl at `to`.
 */
#ifndef DROVER_PLAYBOOKS_READ_RUN_H
#define DROVER_PLAYBOOKS_READ_RUN_H

#include "base/field.h"

struct task_decl;
struct yaml_node;

extern const struct field read_run_script_fields[];

void read_run(const struct field_context *c, const struct yaml_node *n, void *to);
void read_run_script(const struct field_context *c, const struct yaml_node *n, void *to);
void read_run_creates(const struct field_context *c, const struct yaml_node *n, void *to);
void read_run_unless(const struct field_context *c, const struct yaml_node *n, void *to);
void read_run_env(const struct field_context *c, const struct yaml_node *n, void *to);
void read_run_stdin(const struct field_context *c, const struct yaml_node *n, void *to);
void read_run_cwd(const struct field_context *c, const struct yaml_node *n, void *to);
void read_run_ok(const struct field_context *c, const struct yaml_node *n, void *to);
void read_run_unchanged(const struct field_context *c, const struct yaml_node *n, void *to);

/* One code from 0 to max, or a list of them, as "0,3"; NULL when a mistake was told. */
const char *read_run_codes(
    const struct field_context *c, const char *name, const struct yaml_node *n, int max);

/* What only commands take, beside a task that is none, and what contradicts itself. */
void read_run_check(
    const struct field_context *c, const struct yaml_node *task, const struct task_decl *t);

#endif
