#include "playbooks/read_task.h"

#include "base/arena.h"
#include "base/str.h"
#include "base/yaml.h"
#include "playbooks/place.h"
#include "playbooks/read.h"
#include "playbooks/unit.h"

#include <string.h>

static const char *const service_states[] = { "started", "stopped", "restarted", "reloaded", NULL };
static const char *const unit_states[] = { "started", "stopped", "absent", NULL };

struct unit_fields {
	const struct yaml_node *file, *template, *content, *enabled, *name;
	const char *on_change, *state;
};

const struct field read_task_unit_fields[] = {
	{ FIELD_OF(FORM_NODE, struct unit_fields, file),
	    .doc = "a unit file beside the playbook, as it is" },
	{ FIELD_OF(FORM_NODE, struct unit_fields, template),
	    .doc = "a unit file beside the playbook, filled in for each host" },
	{ FIELD_OF(FORM_NODE, struct unit_fields, content),
	    .doc = "the unit's text itself, filled in for each host" },
	{ FIELD_OF(FORM_NODE, struct unit_fields, name),
	    .doc = "the unit's name; by default that of the file" },
	{ FIELD_OF(FORM_CHOICE, struct unit_fields, on_change), .choices = read_on_change,
	    .doc = "what a changed text does to the running unit; restart by default" },
	{ FIELD_OF(FORM_NODE, struct unit_fields, enabled),
	    .doc = "by default true for a unit with an [Install] section" },
	{ FIELD_OF(FORM_CHOICE, struct unit_fields, state), .choices = unit_states,
	    .doc =
		"started or stopped; by default started, but for templates (x@.service) and "
		"oneshot services that do not remain; absent stops and disables it and takes its "
		"file away" },
	{ 0 },
};

/* What most people mean by installing this unit. */
static void
guess_unit(struct task_decl *task)
{
	const char *text = task->content.source.text;
	bool is_template = strstr(task->unit, "@.") != NULL;
	bool passes = unit_has(text, "Type", "oneshot") &&
		      !unit_has(text, "RemainAfterExit", "yes") &&
		      !unit_has(text, "RemainAfterExit", "true");

	if (!task->state && !is_template && !passes && !unit_has(text, "RefuseManualStart", "yes"))
		task->state = "started";
	if (!task->enabled_said && !is_template && unit_has_section(text, "Install")) {
		task->enabled = true;
		task->enabled_said = true;
	}
}

/* True when there is a text from which more can be guessed. */
static bool
take_unit(const struct field_context *c, const struct yaml_node *n, const struct unit_fields *got,
    struct task_decl *task)
{
	static const struct field enabled = {
		.name = "enabled", .form = FORM_BOOL, .offset = offsetof(struct task_decl, enabled)
	};
	const struct yaml_node *file = got->file ? got->file : got->template;
	const char *slash = file && file->kind == YAML_SCALAR ? strrchr(file->text, '/') : NULL;

	task->absent = got->state && str_eq(got->state, "absent");
	if (task->absent) {
		place_refuse_keys(c, n,
		    (const char *const[]){ "template", "content", "on_change", "enabled", NULL });
	} else if (!!got->file + !!got->template + !!got->content != 1) {
		diag_error(c->diag, n->mark, "one of file, template and content is wanted here");
		return false;
	}
	if (got->name && !read_source(c, "name", got->name, &task->unit_name))
		return false;
	task->unit = task->unit_name.text;
	if (!task->unit && file && file->kind == YAML_SCALAR)
		task->unit = slash ? slash + 1 : file->text;
	if (!task->unit || (!render_is_template(&task->unit_name) && read_is_unit(task->unit))) {
		diag_error(c->diag, n->mark, "unit: %s is missing: say name:",
		    "a unit name with its suffix (caddy.service)");
		return false;
	}
	if (task->absent)
		return false;
	task->state = got->state;
	task->on_change = got->on_change;
	task->enabled_said = got->enabled && field_value(c, &enabled, got->enabled, task);
	if (got->content)
		return read_source(c, "content", got->content, &task->content.source);
	return read_included(c, file, !!got->template, &task->content);
}

void
read_unit_task(const struct field_context *c, const struct yaml_node *n, void *to)
{
	struct field_context mine = *c;
	struct unit_fields got = { 0 };

	mine.what = "the unit task";
	if (n->kind == YAML_SCALAR)
		got.file = n;
	else if (!field_read(&mine, read_task_unit_fields, n, &got))
		return;
	if (take_unit(c, n, &got, to))
		guess_unit(to);
}

struct service_fields {
	const char *state;
	const struct yaml_node *name, *enabled;
};

const struct field read_task_service_fields[] = {
	{ FIELD_OF(FORM_NODE, struct service_fields, name), .flags = FIELD_REQUIRED,
	    .doc = "a unit that drover does not own; .service is understood" },
	{ FIELD_OF(FORM_CHOICE, struct service_fields, state), .choices = service_states,
	    .doc = "started, stopped, or restarted or reloaded at every apply" },
	{ FIELD_OF(FORM_NODE, struct service_fields, enabled),
	    .doc = "whether it starts with the host" },
	{ 0 },
};

void
read_service_task(const struct field_context *c, const struct yaml_node *n, void *to)
{
	static const struct field enabled = {
		.name = "enabled", .form = FORM_BOOL, .offset = offsetof(struct task_decl, enabled)
	};
	struct field_context mine = *c;
	struct service_fields got = { 0 };
	struct task_decl *task = to;

	mine.what = "the service task";
	if (n->kind == YAML_SCALAR) {
		got.state = "started";
		got.name = n;
	} else if (!field_read(&mine, read_task_service_fields, n, &got)) {
		return;
	}
	if (!read_source(c, "service", got.name, &task->unit_name))
		return;
	if (!render_is_template(&task->unit_name) && read_is_unit(task->unit_name.text) &&
	    read_is_unit(arena_printf(c->arena, "%s.service", task->unit_name.text)))
		diag_error(
		    c->diag, n->mark, "service: \"%.60s\" is no unit name", task->unit_name.text);
	if (!got.state && !got.enabled)
		diag_error(c->diag, n->mark, "service: state or enabled is wanted here");
	task->state = got.state;
	task->enabled_said = got.enabled && field_value(c, &enabled, got.enabled, task);
}
