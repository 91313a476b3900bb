#include "playbooks/read_task.h"

#include "base/arena.h"
#include "base/digest.h"
#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/yaml.h"
#include "playbooks/include.h"
#include "playbooks/read.h"

#include <string.h>

#define TASKS_MAX    2000
#define INCLUDES_MAX 8 /* files in one another */

void
read_tasks(const struct field_context *c, const struct yaml_node *n, struct task_decl **ret,
    size_t *ret_count)
{
	struct reader *r = c->user;

	*ret = NULL;
	*ret_count = 0;
	if (n->kind != YAML_LIST || n->count + r->tasks > TASKS_MAX) {
		diag_error(c->diag, n->mark, "tasks: a list of at most %d tasks is wanted here",
		    TASKS_MAX);
		return;
	}
	r->tasks += n->count;
	*ret = arena_alloc(c->arena, n->count * sizeof(**ret) + 1);
	for (size_t i = 0; i < n->count; i++)
		if (read_task(c, n->value[i], ++r->number, &(*ret)[*ret_count]))
			++*ret_count;
}

static bool
is_circle(const struct reader *r, const char *path)
{
	for (; r; r = r->outer)
		if (r->path && str_eq(r->path, path))
			return true;
	return false;
}

static void
read_file(const struct field_context *c, const struct yaml_node *n, const char *path,
    struct task_decl *to)
{
	struct reader *outer = c->user;
	struct reader inner = *outer;
	struct field_context mine = *c;
	char hex[DIGEST_HEX];
	struct err err;
	size_t len = 0;
	autofree char *dir = strchr(path, '/') ? file_dir(path) : xstrdup("");
	autofree char *text = include_read(outer->playbook->dir, path, &len, &err);

	if (!text) {
		diag_error(c->diag, n->mark, "%s", err.text);
		return;
	}
	digest_hex(text, len, hex);
	digest_add(outer->included, path, strlen(path) + 1);
	digest_add(outer->included, hex, sizeof(hex));
	autofree char *shown = *outer->file_dir ? file_join(outer->file_dir, path) : xstrdup(path);
	const struct yaml_node *root = yaml_parse(c->arena, shown, text, len, c->diag);
	inner.dir = dir;
	inner.path = path;
	inner.outer = outer;
	inner.depth++;
	mine.user = &inner;
	if (root)
		read_tasks(&mine, root, &to->inner, &to->inner_count);
	outer->tasks = inner.tasks;
	outer->number = inner.number;
}

void
read_include(const struct field_context *c, const struct yaml_node *n, struct task_decl *to)
{
	struct reader *r = c->user;
	const char *text = NULL;

	to->is_include = true;
	if (!read_plain(c, "include", n, &text))
		return;
	autofree char *path = include_path(r->dir, text);
	if (is_circle(r, path))
		diag_error(c->diag, n->mark, "include: %s includes itself", path);
	else if (r->depth == INCLUDES_MAX)
		diag_error(c->diag, n->mark, "include: files include one another deeper than %d",
		    INCLUDES_MAX);
	else
		read_file(c, n, path, to);
}
