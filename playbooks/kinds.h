/* The kinds of the table by name: what reads each task, and its row. For kind.c, the reader of tasks and
 * the kinds themselves. */
#ifndef DROVER_PLAYBOOKS_KINDS_H
#define DROVER_PLAYBOOKS_KINDS_H

#include "base/field.h"

struct kind;
struct yaml_node;

/* A kernel parameter. */
extern const struct kind kind_sysctl;
extern const struct field kind_sysctl_fields[];
void kind_sysctl_read(const struct field_context *c, const struct yaml_node *n, void *to);

/* An account, its groups and its keys. */
extern const struct kind kind_user;
extern const struct field kind_user_fields[];
void kind_user_read(const struct field_context *c, const struct yaml_node *n, void *to);

/* A directory. */
extern const struct kind kind_dir;
extern const struct field kind_dir_fields[];
void kind_dir_read(const struct field_context *c, const struct yaml_node *n, void *to);

/* A symbolic link. */
extern const struct kind kind_link;
extern const struct field kind_link_fields[];
void kind_link_read(const struct field_context *c, const struct yaml_node *n, void *to);

/* Packages of the host's distribution. */
extern const struct kind kind_package;
extern const struct field kind_package_fields[];
void kind_package_read(const struct field_context *c, const struct yaml_node *n, void *to);

#endif
