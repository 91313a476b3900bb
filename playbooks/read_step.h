/*
 * What stands beside tasks and apps: when, loop, tags, vars.
 *
 * Mistakes go to the context's diag; what is read lives in its arena. The
 * context's user is the struct reader.
 */
#ifndef DROVER_PLAYBOOKS_READ_STEP_H
#define DROVER_PLAYBOOKS_READ_STEP_H

#include "playbooks/model.h"

struct field_context;
struct yaml_node;

/* An expression, or a list of which all must hold. */
void read_when(const struct field_context *c, const struct yaml_node *n, struct step_decl *to);
/* One condition: an expression without braces. False when a mistake was told. */
bool read_condition(
    const struct field_context *c, const char *name, const struct yaml_node *n, struct source *ret);
/* A list, or an expression that gives one. */
void read_loop(const struct field_context *c, const struct yaml_node *n, struct step_decl *to);
/* A word, or a list of words. */
void read_tags(const struct field_context *c, const struct yaml_node *n, struct step_decl *to);
/* The user whose it is. */
void read_as(const struct field_context *c, const struct yaml_node *n, struct source *to);
/* A mapping of names to values; a text may hold templates. */
void read_step_vars(const struct field_context *c, const struct yaml_node *n, struct step_decl *to);

#endif
