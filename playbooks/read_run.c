#include "playbooks/read_run.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/yaml.h"
#include "playbooks/read.h"

#include <string.h>

#define CODES_MAX 64

void
read_run(const struct field_context *c, const struct yaml_node *n, void *to)
{
	read_command(c, "run", n, &((struct task_decl *)to)->run);
}

struct script_fields {
	const struct yaml_node *source, *content, *args;
	struct field_texts with;
};

const struct field read_run_script_fields[] = {
	{ FIELD_OF(FORM_NODE, struct script_fields, source),
	    .doc = "a file beside the playbook, sent as it is" },
	{ FIELD_OF(FORM_NODE, struct script_fields, content),
	    .doc = "the script itself, which takes no templates: pass values by args:, env: and "
		   "stdin:" },
	{ FIELD_OF(FORM_NODE, struct script_fields, args),
	    .doc = "a list of its arguments, filled in one by one" },
	{ FIELD_OF(FORM_TEXTS, struct script_fields, with), .flags = FIELD_OR_ONE,
	    .doc = "the program that runs it (python3), a word or a list; by default that of its "
		   "#! line" },
	{ 0 },
};

static bool
read_script_text(
    const struct field_context *c, const struct script_fields *got, struct task_decl *t)
{
	struct text_decl *text = &t->content;

	if (got->source)
		return read_included(c, got->source, false, text);
	if (!read_plain(c, "content", got->content, &text->source.text))
		return false;
	text->source = read_source_of(got->content, text->source.text);
	text->literal = true;
	return true;
}

void
read_run_script(const struct field_context *c, const struct yaml_node *n, void *to)
{
	struct field_context mine = *c;
	struct script_fields got = { 0 };
	struct task_decl *t = to;

	mine.what = "the script task";
	if (n->kind == YAML_SCALAR)
		got.source = n;
	else if (!field_read(&mine, read_run_script_fields, n, &got))
		return;
	if (!got.source == !got.content) {
		diag_error(c->diag, n->mark, "script: one of source and content is wanted here");
		return;
	}
	t->command.is_script = true;
	t->command.with = got.with;
	t->run.mark = n->mark;
	if (!read_script_text(c, &got, t))
		return;
	if (got.with.count && !got.with.item[0][strspn(got.with.item[0], " \t")])
		diag_error(c->diag, n->mark, "with: the name of a program is wanted here");
	if (!got.with.count &&
	    (t->content.source.len < 3 || memcmp(t->content.source.text, "#!", 2) != 0))
		diag_error(c->diag, n->mark,
		    "script: its first line names no program (#!/bin/sh): write one, or say with:");
	if (got.args && got.args->kind != YAML_LIST)
		diag_error(c->diag, got.args->mark, "args: a list is wanted here");
	else if (got.args && got.args->count)
		read_command(c, "args", got.args, &t->run);
}

void
read_run_creates(const struct field_context *c, const struct yaml_node *n, void *to)
{
	struct source *creates = &((struct task_decl *)to)->creates;

	if (read_source(c, "creates", n, creates) && !render_is_template(creates) &&
	    read_is_path(creates->text))
		diag_error(
		    c->diag, n->mark, "creates: %s is wanted here", read_is_path(creates->text));
}

void
read_run_unless(const struct field_context *c, const struct yaml_node *n, void *to)
{
	struct argv_decl got = { 0 };

	if (n->kind != YAML_SCALAR)
		diag_error(c->diag, n->mark, "unless: a line of shell is wanted here");
	else if (read_command(c, "unless", n, &got))
		((struct task_decl *)to)->unless = got.shell;
}

void
read_run_env(const struct field_context *c, const struct yaml_node *n, void *to)
{
	struct task_decl *task = to;

	read_env(c, n, &task->env, &task->env_count);
}

void
read_run_stdin(const struct field_context *c, const struct yaml_node *n, void *to)
{
	read_source(c, "stdin", n, &((struct task_decl *)to)->command.input);
}

void
read_run_cwd(const struct field_context *c, const struct yaml_node *n, void *to)
{
	struct source *cwd = &((struct task_decl *)to)->command.cwd;

	if (!read_source(c, "cwd", n, cwd) || render_is_template(cwd) || str_eq(cwd->text, "/"))
		return;
	if (read_is_path(cwd->text))
		diag_error(c->diag, n->mark, "cwd: %s is wanted here", read_is_path(cwd->text));
}

const char *
read_run_codes(const struct field_context *c, const char *name, const struct yaml_node *n, int max)
{
	const struct field code = { .name = name, .form = FORM_INT, .min = 0, .max = max };
	size_t count = n->kind == YAML_LIST ? n->count : 1;
	autobuf text = BUF_INIT(4096);
	int64_t value = 0;

	if (count == 0 || count > CODES_MAX) {
		diag_error(c->diag, n->mark, "%s: a code, or a list of them, is wanted here", name);
		return NULL;
	}
	for (size_t i = 0; i < count; i++) {
		if (!field_value(c, &code, n->kind == YAML_LIST ? n->value[i] : n, &value))
			return NULL;
		buf_addf(&text, "%s%lld", i ? "," : "", (long long)value);
	}
	return arena_strdup(c->arena, buf_text(&text));
}

void
read_run_ok(const struct field_context *c, const struct yaml_node *n, void *to)
{
	((struct task_decl *)to)->command.good = read_run_codes(c, "ok", n, 255);
}

/* true: every code that is good; else which. */
void
read_run_unchanged(const struct field_context *c, const struct yaml_node *n, void *to)
{
	static const struct field whether = { .name = "unchanged", .form = FORM_BOOL };
	struct task_decl *t = to;
	bool all = false;

	if (n->kind == YAML_SCALAR && n->plain &&
	    (str_eq(n->text, "true") || str_eq(n->text, "false")))
		t->command.unchanged = field_value(c, &whether, n, &all) && all ? "all" : NULL;
	else
		t->command.unchanged = read_run_codes(c, "unchanged", n, 255);
}

void
read_run_check(
    const struct field_context *c, const struct yaml_node *task, const struct task_decl *t)
{
	static const char *const mine[] = { "creates", "unless", "env", "stdin", "cwd", "timeout",
		"ok", "unchanged", "undo" };

	for (size_t i = 0; i < countof(mine) && t->kind != RESOURCE_RUN; i++)
		if (yaml_find(task, mine[i]))
			diag_error(c->diag, yaml_find(task, mine[i])->mark,
			    "%s: only run and script tasks take this", mine[i]);
	if (t->kind == RESOURCE_RUN && yaml_find(task, "timeout") && t->command.limit_ms < 100)
		diag_error(c->diag, yaml_find(task, "timeout")->mark,
		    "timeout: a tenth of a second at least");
}
