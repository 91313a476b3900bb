#include "playbooks/read_task.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/str.h"
#include "base/yaml.h"
#include "playbooks/place.h"
#include "playbooks/read.h"

#include <string.h>

struct file_fields {
	const struct yaml_node *path, *content, *source, *template;
	const struct yaml_node *validate;
	int64_t mode;
	const char *owner, *group, *state;
	bool secret;
};

#define FILE_TAIL                                                                                  \
	{ .name = "mode",                                                                          \
		.form = FORM_MODE,                                                                 \
		.offset = offsetof(struct file_fields, mode),                                      \
		.doc = "0644 by default" },                                                        \
	    { .name = "owner",                                                                     \
		    .form = FORM_TEXT,                                                             \
		    .offset = offsetof(struct file_fields, owner),                                 \
		    .grammar = read_is_user,                                                       \
		    .doc = "root by default" },                                                    \
	    { .name = "group",                                                                     \
		    .form = FORM_TEXT,                                                             \
		    .offset = offsetof(struct file_fields, group),                                 \
		    .grammar = read_is_user,                                                       \
		    .doc = "root by default" },                                                    \
	    { .name = "secret",                                                                    \
		    .form = FORM_BOOL,                                                             \
		    .offset = offsetof(struct file_fields, secret),                                \
		    .doc = "the contents are never shown and never leave the host; false by "      \
			   "default" },                                                            \
	    { .name = "validate",                                                                  \
		    .form = FORM_NODE,                                                             \
		    .offset = offsetof(struct file_fields, validate),                              \
		    .doc = "a command that must succeed on the new file before it comes to its "   \
			   "place: %s, or $FILE, is the file" },                                   \
	    { .name = "state",                                                                     \
		    .form = FORM_CHOICE,                                                           \
		    .offset = offsetof(struct file_fields, state),                                 \
		    .choices = place_states,                                                       \
		    .doc = "present by default; absent takes the file, or the link that stands "   \
			   "there, away" },                                                        \
	    { 0 },

const struct field read_task_file_fields[] = { { FIELD_OF(FORM_NODE, struct file_fields, path),
						   .flags = FIELD_REQUIRED,
						   .doc = "where it stands on the host" },
	{ FIELD_OF(FORM_NODE, struct file_fields, content),
	    .doc = "the contents themselves, filled in for each host" },
	{ FIELD_OF(FORM_NODE, struct file_fields, source),
	    .doc = "a file beside the playbook, as it is" },
	{ FIELD_OF(FORM_NODE, struct file_fields, template),
	    .doc = "a file beside the playbook, filled in for each host" },
	FILE_TAIL };

const struct field read_task_template_fields[] = { { FIELD_OF(FORM_NODE, struct file_fields, path),
						       .flags = FIELD_REQUIRED,
						       .doc = "where it stands on the host" },
	{ FIELD_OF(FORM_NODE, struct file_fields, template),
	    .doc = "a file beside the playbook, filled in for each host; also written src" },
	{ .name = "src",
	    .form = FORM_NODE,
	    .offset = offsetof(struct file_fields, template),
	    .doc = "the same as template" },
	FILE_TAIL };

/* %s in a line of shell becomes a word of it, so that no path is ever shell text. */
static void
fill_shell(const struct field_context *c, const struct yaml_node *n, struct argv_decl *ret)
{
	autobuf text = BUF_INIT(YAML_SIZE_MAX * 4);

	for (const char *p = ret->shell; *p; p++) {
		if (p[0] != '%' || p[1] != 's') {
			buf_addc(&text, *p);
			continue;
		}
		if ((p > ret->shell && strchr("'\"", p[-1])) || (p[2] && strchr("'\"", p[2])))
			diag_error(c->diag, n->mark,
			    "validate: %%s stands without quotes, or is written \"$FILE\"");
		buf_adds(&text, "\"$FILE\"");
		p++;
	}
	ret->shell = arena_strdup(c->arena, buf_text(&text));
}

static void
read_validate(const struct field_context *c, const struct yaml_node *n, struct argv_decl *ret)
{
	bool named = false;

	if (!read_command(c, "validate", n, ret))
		return;
	for (size_t i = 0; i < ret->count; i++)
		named =
		    named || strstr(ret->item[i].text, "%s") || strstr(ret->item[i].text, "FILE");
	if (ret->shell)
		named = strstr(ret->shell, "%s") || strstr(ret->shell, "FILE");
	if (!named)
		diag_error(c->diag, n->mark,
		    "validate: the command does not name the file: %%s stands for it");
	if (ret->shell)
		fill_shell(c, n, ret);
}

static void
read_contents(const struct field_context *c, const struct file_fields *got, struct task_decl *task)
{
	if (got->content)
		read_source(c, "content", got->content, &task->content.source);
	else
		read_included(
		    c, got->source ? got->source : got->template, !!got->template, &task->content);
	if (got->validate)
		read_validate(c, got->validate, &task->validate);
}

static void
take_file(const struct field_context *c, const struct yaml_node *n, const struct file_fields *got,
    struct task_decl *task)
{
	task->absent = got->state && str_eq(got->state, "absent");
	if (task->absent) {
		place_refuse_keys(c, n,
		    (const char *const[]){ "content", "source", "template", "src", "mode", "owner",
			"group", "validate", NULL });
	} else if (!!got->content + !!got->source + !!got->template != 1) {
		diag_error(c->diag, n->mark, "one of content, source and template is wanted here");
		return;
	}
	place_read_path(c, "path", got->path, &task->path);
	if (!task->absent)
		read_contents(c, got, task);
	task->mode = got->mode;
	task->owner = got->owner;
	task->group = got->group;
	task->secret = got->secret;
}

void
read_file_task(const struct field_context *c, const struct yaml_node *n, void *to)
{
	struct field_context mine = *c;
	struct file_fields got = { .mode = 0644 };

	mine.what = "the file task";
	if (field_read(&mine, read_task_file_fields, n, &got))
		take_file(c, n, &got, to);
}

void
read_template_task(const struct field_context *c, const struct yaml_node *n, void *to)
{
	struct field_context mine = *c;
	struct file_fields got = { .mode = 0644 };

	mine.what = "the template task";
	if (field_read(&mine, read_task_template_fields, n, &got))
		take_file(c, n, &got, to);
}
