/*
 * The parts of an app that are read by files of their own; for read_app*.c.
 *
 * Each reads one field of the app's table into the declaration `to` is; mistakes go to the context.
 */
#ifndef DROVER_PLAYBOOKS_READ_APP_INNER_H
#define DROVER_PLAYBOOKS_READ_APP_INNER_H

#include <stdbool.h>

#define READ_APP_PORTS 64

struct field_context;
struct yaml_node;

void read_app_ports(const struct field_context *c, const struct yaml_node *n, void *to);
void read_app_files(const struct field_context *c, const struct yaml_node *n, void *to);
void read_app_limits_of(const struct field_context *c, const struct yaml_node *n, void *to);
void read_app_sandbox(const struct field_context *c, const struct yaml_node *n, void *to);
void read_app_health(const struct field_context *c, const struct yaml_node *n, void *to);

/* A mapping is what is wanted there; false: said that it is none. */
bool read_app_is_mapping(
    const struct field_context *c, const char *name, const struct yaml_node *n);

#endif
