#include "playbooks/read_task.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/mem.h"
#include "base/yaml.h"
#include "playbooks/kind_copy.h"
#include "playbooks/kinds.h"
#include "playbooks/read.h"
#include "playbooks/read_run.h"
#include "playbooks/read_step.h"

#include <string.h>

static void
parse_image(const struct field_context *c, const struct yaml_node *n, void *to)
{
	read_image_task(c, n, &((struct task_decl *)to)->image);
}

static void
parse_then(const struct field_context *c, const struct yaml_node *n, void *to)
{
	read_then(c, n, &((struct task_decl *)to)->then);
}

static void
parse_as(const struct field_context *c, const struct yaml_node *n, void *to)
{
	read_as(c, n, &((struct task_decl *)to)->as);
}

static void
parse_when(const struct field_context *c, const struct yaml_node *n, void *to)
{
	read_when(c, n, &((struct task_decl *)to)->step);
}

static void
parse_loop(const struct field_context *c, const struct yaml_node *n, void *to)
{
	read_loop(c, n, &((struct task_decl *)to)->step);
}

static void
parse_tags(const struct field_context *c, const struct yaml_node *n, void *to)
{
	read_tags(c, n, &((struct task_decl *)to)->step);
}

static void
parse_vars(const struct field_context *c, const struct yaml_node *n, void *to)
{
	read_step_vars(c, n, &((struct task_decl *)to)->step);
}

static void
parse_confirm(const struct field_context *c, const struct yaml_node *n, void *to)
{
	read_confirm(c, n, &((struct task_decl *)to)->confirm_ms);
}

static void
parse_undo(const struct field_context *c, const struct yaml_node *n, void *to)
{
	read_command(c, "undo", n, &((struct task_decl *)to)->undo);
}

static void
parse_include(const struct field_context *c, const struct yaml_node *n, void *to)
{
	read_include(c, n, to);
}

/* The kinds first, then what stands beside them. */
const struct field read_task_fields[] = {
	{ .name = "file",
	    .form = FORM_CALL,
	    .parse = read_file_task,
	    .doc = "a file with exact contents" },
	{ .name = "template",
	    .form = FORM_CALL,
	    .parse = read_template_task,
	    .doc = "a file filled in from a template" },
	{ .name = "dir", .form = FORM_CALL, .parse = kind_dir_read, .doc = "a directory" },
	{ .name = "link", .form = FORM_CALL, .parse = kind_link_read, .doc = "a symbolic link" },
	{ .name = "copy",
	    .form = FORM_CALL,
	    .parse = kind_copy_read,
	    .doc = "a tree of files, directories and links, or one file" },
	{ .name = "unit",
	    .form = FORM_CALL,
	    .parse = read_unit_task,
	    .doc = "a systemd unit: installed, enabled, started, restarted on change; a file's "
		   "name, or a mapping" },
	{ .name = "service",
	    .form = FORM_CALL,
	    .parse = read_service_task,
	    .doc = "the state of a unit that drover does not own; its name, or a mapping" },
	{ .name = "image",
	    .form = FORM_CALL,
	    .parse = parse_image,
	    .doc = "an image in the host's store, as in an app" },
	{ .name = "run",
	    .form = FORM_CALL,
	    .parse = read_run,
	    .doc =
		"a command: a list of arguments, filled in one by one, or a line of shell, which "
		"takes no templates" },
	{ .name = "script",
	    .form = FORM_CALL,
	    .parse = read_run_script,
	    .doc = "a script: a file beside the playbook, or a mapping; it is gone from the host "
		   "when it ended" },
	{ .name = "sysctl",
	    .form = FORM_CALL,
	    .parse = kind_sysctl_read,
	    .doc = "a kernel parameter, now and after every boot" },
	{ .name = "user",
	    .form = FORM_CALL,
	    .parse = kind_user_read,
	    .doc = "an account with its groups and keys; its name, or a mapping" },
	{ .name = "package",
	    .form = FORM_CALL,
	    .parse = kind_package_read,
	    .doc = "packages, in one transaction of apt; a name, a list of them, or a mapping" },
	{ .name = "container",
	    .form = FORM_CALL,
	    .parse = kind_container_read,
	    .doc = "a container that is kept running by a systemd unit of its name" },
	{ .name = "volume",
	    .form = FORM_CALL,
	    .parse = kind_volume_read,
	    .doc = "a volume of podman's; its name, or a mapping" },
	{ .name = "network",
	    .form = FORM_CALL,
	    .parse = kind_network_read,
	    .doc = "a network of podman's; its name, or a mapping" },
	{ .name = "wait",
	    .form = FORM_CALL,
	    .parse = kind_wait_read,
	    .doc = "what must hold before the tasks behind it: a port, an answer, a file, a unit, "
		   "a line in the journal, or a time" },
	{ .name = "reboot",
	    .form = FORM_CALL,
	    .parse = kind_reboot_read,
	    .doc = "the host is rebooted, and the tasks behind it wait until it is up again; a "
		   "mapping, {} for the defaults" },
	{ .name = "assert",
	    .form = FORM_CALL,
	    .parse = kind_assert_read,
	    .doc = "what must be true of the host, else nothing is changed there; an expression, "
		   "or a mapping" },
	{ .name = "fetch",
	    .form = FORM_CALL,
	    .parse = kind_fetch_read,
	    .doc = "a file of the host that comes to this seat; a mapping" },
	{ .name = "include",
	    .form = FORM_CALL,
	    .parse = parse_include,
	    .doc = "the tasks of another file, a list of them; the files that those name are "
		   "looked for beside it" },
	{ .name = "creates",
	    .form = FORM_CALL,
	    .parse = read_run_creates,
	    .doc = "with run and script: a path; where it exists the command is not run" },
	{ .name = "unless",
	    .form = FORM_CALL,
	    .parse = read_run_unless,
	    .doc =
		"with run and script: shell that only reads; where it ends with 0 the command is "
		"not run" },
	{ .name = "env",
	    .form = FORM_CALL,
	    .parse = read_run_env,
	    .doc = "with run and script: environment variables" },
	{ .name = "stdin",
	    .form = FORM_CALL,
	    .parse = read_run_stdin,
	    .doc = "with run and script: a text, filled in, that the command reads; by default "
		   "there is nothing to read" },
	{ .name = "cwd",
	    .form = FORM_CALL,
	    .parse = read_run_cwd,
	    .doc = "with run and script: the directory it runs in; by default root's home" },
	{ .name = "timeout",
	    .form = FORM_DURATION,
	    .offset = offsetof(struct task_decl, command.limit_ms),
	    .doc = "with run and script: the longest it may take; then it is stopped with all it "
		   "started, and the task has failed" },
	{ .name = "ok",
	    .form = FORM_CALL,
	    .parse = read_run_ok,
	    .doc = "with run and script: the exit codes that are no failure, one or a list; 0 by "
		   "default" },
	{ .name = "unchanged",
	    .form = FORM_CALL,
	    .parse = read_run_unchanged,
	    .doc = "with run and script: exit codes by which it says that it changed nothing, or "
		   "true if it never does" },
	{ .name = "as",
	    .form = FORM_CALL,
	    .parse = parse_as,
	    .doc = "with unit, service, container, volume, network and image: the user whose it "
		   "is, by their own service manager and rootless podman; root by default" },
	{ .name = "then",
	    .form = FORM_CALL,
	    .parse = parse_then,
	    .doc = "once after all tasks, if this one changed something: \"reload UNIT\", "
		   "\"restart UNIT\" or {run: ...}" },
	{ FIELD_OF(FORM_TEXT, struct task_decl, name),
	    .doc = "what a person reads in plans and runs" },
	{ .name = "when",
	    .form = FORM_CALL,
	    .parse = parse_when,
	    .doc = "an expression, or a list of which all must hold; where it does not, the host "
		   "does not have the task" },
	{ .name = "loop",
	    .form = FORM_CALL,
	    .parse = parse_loop,
	    .doc = "a list, or an expression that gives one: the task once for each item, which "
		   "it calls item" },
	{ .name = "tags",
	    .form = FORM_CALL,
	    .parse = parse_tags,
	    .doc = "a word or a list of words, for --tags and --skip-tags; always and never have "
		   "their meanings" },
	{ .name = "vars",
	    .form = FORM_CALL,
	    .parse = parse_vars,
	    .doc = "variables of this task, or of all tasks of an include" },
	{ .name = "confirm",
	    .form = FORM_CALL,
	    .parse = parse_confirm,
	    .doc = "true, or {within: 60s}: the host takes the whole act back unless drover can "
		   "log in anew within that time; false: not even where it would be so by itself" },
	{ .name = "undo",
	    .form = FORM_CALL,
	    .parse = parse_undo,
	    .doc = "with run and script: a command that takes it back, as run is written" },
	{ 0 },
};

static const struct {
	const char *name;
	enum resource_kind kind;
} kinds[] = {
	{ "file", RESOURCE_FILE },
	{ "template", RESOURCE_FILE },
	{ "dir", RESOURCE_DIR },
	{ "link", RESOURCE_LINK },
	{ "copy", RESOURCE_COPY },
	{ "unit", RESOURCE_UNIT },
	{ "service", RESOURCE_SERVICE },
	{ "image", RESOURCE_IMAGE },
	{ "run", RESOURCE_RUN },
	{ "script", RESOURCE_RUN },
	{ "sysctl", RESOURCE_SYSCTL },
	{ "user", RESOURCE_USER },
	{ "package", RESOURCE_PACKAGE },
	{ "container", RESOURCE_CONTAINER },
	{ "volume", RESOURCE_VOLUME },
	{ "network", RESOURCE_NETWORK },
	{ "wait", RESOURCE_WAIT },
	{ "reboot", RESOURCE_REBOOT },
	{ "assert", RESOURCE_ASSERT },
	{ "fetch", RESOURCE_FETCH },
	{ "include", RESOURCE_KINDS },
};

static void
wrong_kinds(const struct field_context *c, const struct yaml_node *n, const char *what, int said)
{
	autobuf names = BUF_INIT(1000);

	for (size_t i = 0; i < countof(kinds); i++) {
		if (i > 0)
			buf_adds(&names, i + 1 < countof(kinds) ? ", " : " and ");
		buf_adds(&names, kinds[i].name);
	}
	if (said == 0)
		diag_error(c->diag, n->mark, "%s does nothing yet: one of %s is wanted in it", what,
		    buf_text(&names));
	else
		diag_error(c->diag, n->mark,
		    "%s has %d kinds of task: only one of %s is wanted in it", what, said,
		    buf_text(&names));
}

static bool
takes_user(enum resource_kind kind)
{
	return kind == RESOURCE_UNIT || kind == RESOURCE_SERVICE || kind == RESOURCE_CONTAINER ||
	       kind == RESOURCE_VOLUME || kind == RESOURCE_NETWORK || kind == RESOURCE_IMAGE;
}

bool
read_task(
    const struct field_context *c, const struct yaml_node *n, int number, struct task_decl *ret)
{
	struct field_context mine = *c;
	const char *kind = "";
	int said = 0, before = c->diag->errors;

	*ret = (struct task_decl){ .mark = n->mark, .number = number };
	autofree char *what = xasprintf("task %d", number);
	mine.what = what;
	for (size_t i = 0; i < countof(kinds); i++) {
		if (!yaml_find(n, kinds[i].name))
			continue;
		ret->kind = kinds[i].kind;
		kind = kinds[i].name;
		said++;
	}
	if (!field_read(&mine, read_task_fields, n, ret))
		return false;
	ret->title = ret->name ? ret->name : arena_printf(c->arena, "task %d (%s)", number, kind);
	if (ret->is_include && yaml_find(n, "then"))
		diag_error(c->diag, yaml_find(n, "then")->mark,
		    "then: it stands beside the tasks that change something, not beside include");
	if (said != 1)
		wrong_kinds(c, n, what, said);
	read_run_check(c, n, ret);
	if (ret->is_include && yaml_find(n, "confirm"))
		diag_error(c->diag, yaml_find(n, "confirm")->mark,
		    "confirm: it stands beside the tasks that change something, not beside "
		    "include");
	if (ret->kind == RESOURCE_RUN && ret->confirm_ms > 0 && !yaml_find(n, "undo"))
		diag_error(c->diag, yaml_find(n, "confirm")->mark,
		    "confirm: a command that may have to be taken back needs undo:");
	if (yaml_find(n, "as") && !takes_user(ret->kind))
		diag_error(c->diag, yaml_find(n, "as")->mark,
		    "as: only unit, service, container, volume, network and image take this");
	return c->diag->errors == before;
}
