/* The kinds of the table by name: what reads each task, and its row. For kind.c, the reader of tasks and
 * the kinds themselves. */
#ifndef DROVER_PLAYBOOKS_KINDS_H
#define DROVER_PLAYBOOKS_KINDS_H

#include "base/field.h"
#include "playbooks/resource.h"

#include <stdbool.h>

struct arena;
struct image_decl;
struct kind;
struct plan;
struct resource;
struct task_decl;
struct undoing;
struct yaml_node;

/* A kernel parameter. */
extern const struct kind kind_sysctl;
extern const struct field kind_sysctl_fields[];
void kind_sysctl_read(const struct field_context *c, const struct yaml_node *n, void *to);

/* An account, its groups and its keys. */
extern const struct kind kind_user;
extern const struct field kind_user_fields[];
void kind_user_read(const struct field_context *c, const struct yaml_node *n, void *to);
/* A container: the unit that runs it, its image first. NULL: it has none, since it is to go. */
extern const struct kind kind_container;
extern const struct field kind_container_fields[];
void kind_container_read(const struct field_context *c, const struct yaml_node *n, void *to);
const struct image_decl *kind_container_image(const struct task_decl *t);

/* What is a user's: what they need first, and units, services and images of their own, made from what
 * they would be of root's. */
extern const struct kind kind_linger, kind_subids, kind_userunit, kind_userimage;
struct resource *kind_linger_of(
    struct arena *a, enum resource_kind kind, const char *user, bool containers);
/* The ids that podman deals to containers with users of their own. */
struct resource *kind_subids_of_containers(struct arena *a);
void kind_userunit_take(struct arena *a, const char *user, struct resource *r);
struct resource *kind_userimage_of(struct arena *a, const char *user, const struct resource *image);
/* Of a release that a host kept: what its id, look and content tell. */
void kind_userunit_again(struct arena *a, struct resource *r);
void kind_userimage_again(struct arena *a, struct resource *r);
/* USER/UNIT: what the unit of a user is called where units of several managers stand together. */
const char *kind_userunit_word(const struct resource *r);
/* Whether it ran when it was looked at. */
bool kind_userunit_ran(const struct found *f);

/* A volume and a network of podman's. */
extern const struct kind kind_volume, kind_network;
extern const struct field kind_volume_fields[], kind_network_fields[];
void kind_volume_read(const struct field_context *c, const struct yaml_node *n, void *to);
void kind_network_read(const struct field_context *c, const struct yaml_node *n, void *to);

/* What a volume holds, kept before the units of a pet that use it change: put in front of them, each once; *count
 * is what was given and then what is returned. Steps that are due are found when all others are decided. */
/* Directories of the manifest in which something is left that the plan does not remove stay, and are no change. */
void kind_dir_plan(struct plan *p);
extern const struct kind kind_export;
const struct resource *const *kind_export_insert(
    struct arena *a, const struct resource *const *wanted, size_t *count);
void kind_export_plan(struct arena *a, struct plan *p);
/* Its undo, from what it did: the words it was told, and the run that keeps it. False: they are no such words. */
bool kind_export_take_back(struct arena *a, const char *const *did, const char *run,
    struct resource *r, struct undoing *how);
/* Such words are about what this unit uses. */
bool kind_export_concerns(const char *const *doing, const char *unit);

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

/* Something that must hold before the tasks behind it. */
extern const struct kind kind_wait;
extern const struct field kind_wait_fields[];
void kind_wait_read(const struct field_context *c, const struct yaml_node *n, void *to);

/* The host, started anew. */
extern const struct kind kind_reboot;
extern const struct field kind_reboot_fields[];
void kind_reboot_read(const struct field_context *c, const struct yaml_node *n, void *to);

/* What must be true of a host before anything is done to it. */
extern const struct kind kind_assert;
extern const struct field kind_assert_fields[];
void kind_assert_read(const struct field_context *c, const struct yaml_node *n, void *to);

/* The sandbox of a native program: only looked for. */
extern const struct kind kind_native;

/* What the host keeps of an app, of which a unit is to start or stop: only looked for. */
extern const struct kind kind_kept;

/* A file of the host that comes to the seat. */
extern const struct kind kind_fetch;
extern const struct field kind_fetch_fields[];
void kind_fetch_read(const struct field_context *c, const struct yaml_node *n, void *to);

#endif
