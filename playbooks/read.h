/*
 * Parts that apps and tasks are read from alike: texts, files, argument lists,
 * images, follow-ups.
 *
 * Mistakes go to the context's diag at their place; what is returned lives in
 * the context's arena. The context's user is the struct reader.
 */
#ifndef DROVER_PLAYBOOKS_READ_H
#define DROVER_PLAYBOOKS_READ_H

#include "playbooks/model.h"

struct field_context;
struct yaml_node;

struct reader {
	struct playbook *playbook;
	const char *file_dir; /* as the user wrote it, for messages; "" when the playbook is here */
	struct digest *included;    /* of every file read */
	const char *dir;            /* of the file being read, below the playbook's; "": its own */
	const char *path;           /* of an included file; NULL for the playbook */
	const struct reader *outer; /* what included it */
	int depth, number;          /* of includes; of the last task */
	size_t tasks;
};

/* A scalar that may hold templates; their syntax is checked here. */
bool read_source(
    const struct field_context *c, const char *name, const struct yaml_node *n, struct source *ret);

/* A scalar, or a list of at most 1024 of them, that may hold templates. An empty list is one. */
struct source_list {
	struct source *item;
	size_t count;
	struct mark mark;
};
bool read_sources(const struct field_context *c, const char *name, const struct yaml_node *n,
    struct source_list *ret);

/* A scalar as a source: where it begins, if that can be told. */
struct source read_source_of(const struct yaml_node *n, const char *text);

/* A scalar that may hold none: names, units, paths in a container. */
bool read_plain(
    const struct field_context *c, const char *name, const struct yaml_node *n, const char **ret);

/* The contents of a file beside the playbook; a template's syntax is checked. */
bool read_included(const struct field_context *c, const struct yaml_node *n, bool is_template,
    struct text_decl *ret);

/* A list is argv, templated; a text is shell, without templates. */
bool read_command(const struct field_context *c, const char *name, const struct yaml_node *n,
    struct argv_decl *ret);

/* A mapping of environment variables. */
bool read_env(const struct field_context *c, const struct yaml_node *n, struct env_decl **ret,
    size_t *ret_count);

/* NAME:TAG, or {archive: FILE}. */
bool read_image(const struct field_context *c, const struct yaml_node *n, struct image_decl *ret);
/* The same as a task, or {name: NAME:TAG, state: absent}. */
void read_image_task(
    const struct field_context *c, const struct yaml_node *n, struct image_decl *image);

/* "reload X", "restart X" or {run: ...}. */
bool read_then(const struct field_context *c, const struct yaml_node *n, struct then_decl *ret);

/* true, false or {within: 60s}, as struct resource has it. */
bool read_confirm(const struct field_context *c, const struct yaml_node *n, int64_t *ret_ms);

/* For grammar checks: NULL when good, else what was wanted. */
const char *read_is_path(const char *path);    /* absolute, plain */
const char *read_is_user(const char *name);    /* user or group */
const char *read_is_inner_user(const char *s); /* in a container: USER[:GROUP] */
const char *read_is_unit(const char *name);    /* with its suffix */
const char *read_is_image(const char *name);   /* REGISTRY/NAME[:TAG][@DIGEST] */

extern const char *const read_on_change[];          /* restart, reload, none */
enum on_change read_on_change_of(const char *word); /* NULL: restart */

#endif
