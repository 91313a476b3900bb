/*
 * The capabilities of Linux, by their names without CAP_.
 *
 * Constants; what is read lives in the context's arena.
 */
#ifndef DROVER_PLAYBOOKS_CAPABILITY_H
#define DROVER_PLAYBOOKS_CAPABILITY_H

#include <stdbool.h>

struct field_context;
struct yaml_node;

extern const char *const capability_names[]; /* ended by NULL, in the kernel's order */

/* A list of names to *ret, each once and in the kernel's order, ended by NULL. False when a mistake was
 * told. */
bool capability_read(
    const struct field_context *c, const struct yaml_node *n, const char *const **ret);

#endif
