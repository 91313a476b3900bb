/*
 * `rollout:` of a playbook: how many hosts change at a time, and when to stop.
 *
 * Pure; what it reads stands in the arena of the context. The table is for the manual, too.
 */
#ifndef DROVER_PLAYBOOKS_READ_ROLLOUT_H
#define DROVER_PLAYBOOKS_READ_ROLLOUT_H

#include "base/field.h"

struct rollout;

extern const struct field read_rollout_fields[];

/* Mistakes go to the context's diag; to->said is whether there was none. */
void read_rollout(const struct field_context *c, const struct yaml_node *n, struct rollout *to);

#endif
