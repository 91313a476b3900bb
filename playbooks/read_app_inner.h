/*
 * The parts of an app that are read by files of their own; for read_app*.c.
 *
 * Each reads one field of the app's table into the declaration `to` is; mistakes go to the context.
 */
#ifndef DROVER_PLAYBOOKS_READ_APP_INNER_H
#define DROVER_PLAYBOOKS_READ_APP_INNER_H

#include <stdbool.h>

#define READ_APP_PORTS 64

struct app_decl;
struct field_context;
struct field_texts;
struct yaml_node;

void read_app_drain(const struct field_context *c, const struct yaml_node *n, void *to);
void read_app_ports(const struct field_context *c, const struct yaml_node *n, void *to);
void read_app_files(const struct field_context *c, const struct yaml_node *n, void *to);
void read_app_limits_of(const struct field_context *c, const struct yaml_node *n, void *to);
void read_app_sandbox(const struct field_context *c, const struct yaml_node *n, void *to);
void read_app_log(const struct field_context *c, const struct yaml_node *n, void *to);
void read_app_stop(const struct field_context *c, const struct yaml_node *n, void *to);
void read_app_user(const struct field_context *c, const struct yaml_node *n, void *to);
void read_app_workdir(const struct field_context *c, const struct yaml_node *n, void *to);
void read_app_labels(const struct field_context *c, const struct yaml_node *n, void *to);
void read_app_health(const struct field_context *c, const struct yaml_node *n, void *to);

/* When systemd starts a replica again; ended by NULL. */
extern const char *const read_app_restarts[];
/* A program or a root file system beside the playbook; what may not stand beside them, once the whole app was
 * read. */
void read_app_binary(const struct field_context *c, const struct yaml_node *n, void *to);
void read_app_rootfs(const struct field_context *c, const struct yaml_node *n, void *to);
void read_app_check_native(
    const struct field_context *c, const struct yaml_node *n, const struct app_decl *app);
void read_app_check_form(
    const struct field_context *c, const struct yaml_node *n, struct app_decl *app);
/* Names of directives that the unit of a program is to do without. */
void read_app_relax(
    const struct field_context *c, const struct field_texts *names, struct app_decl *app);

/* A mapping is what is wanted there; false: said that it is none. */
bool read_app_is_mapping(
    const struct field_context *c, const char *name, const struct yaml_node *n);

#endif
