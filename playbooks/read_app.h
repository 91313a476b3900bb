/*
 * One app of a playbook's `apps:`, read and checked by a table of its fields.
 *
 * Fills a declaration in the context's arena; the context's user is the reader.
 */
#ifndef DROVER_PLAYBOOKS_READ_APP_H
#define DROVER_PLAYBOOKS_READ_APP_H

#include "base/field.h"

struct app_decl;
struct app_limits;
struct yaml_node;

extern const struct field read_app_fields[];
extern const struct field read_app_port_fields[], read_app_file_fields[], read_app_limit_fields[],
    read_app_health_fields[], read_app_drain_fields[], read_app_sandbox_fields[],
    read_app_stop_fields[], read_app_selinux_fields[], read_app_log_fields[];

/* `limits:` of an app or a container. */
void read_app_limits(
    const struct field_context *c, const struct yaml_node *n, struct app_limits *ret);

/* Whether what an app needs is among those of the mapping. */
void read_app_check_needs(
    const struct field_context *c, const struct yaml_node *apps, const struct app_decl *app);
/* What an app needs comes in front of it; a circle is told. */
void read_app_order(const struct field_context *c, struct app_decl *app, size_t count);

/* False when c->diag got a mistake. */
bool read_app(const struct field_context *c, const struct yaml_node *name,
    const struct yaml_node *n, struct app_decl *ret);

#endif
