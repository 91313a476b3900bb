#include "playbooks/read_app.h"

#include "base/mem.h"
#include "base/str.h"
#include "base/yaml.h"
#include "playbooks/podman.h"
#include "playbooks/read.h"
#include "playbooks/read_app_inner.h"
#include "playbooks/read_step.h"
#include "playbooks/release.h"

bool
read_app_is_mapping(const struct field_context *c, const char *name, const struct yaml_node *n)
{
	if (n->kind != YAML_MAP)
		diag_error(c->diag, n->mark, "%s: a mapping is wanted here, not %s", name,
		    yaml_kind_name(n));
	return n->kind == YAML_MAP;
}

static void
parse_image(const struct field_context *c, const struct yaml_node *n, void *to)
{
	read_image(c, n, &((struct app_decl *)to)->image);
}

static void
parse_env(const struct field_context *c, const struct yaml_node *n, void *to)
{
	struct app_decl *app = to;

	read_env(c, n, &app->env, &app->env_count);
}

static void
parse_argv(const struct field_context *c, const char *name, const struct yaml_node *n,
    struct argv_decl *ret)
{
	if (n->kind == YAML_LIST)
		read_command(c, name, n, ret);
	else
		diag_error(c->diag, n->mark, "%s: a list of arguments is wanted here", name);
}

static void
parse_command(const struct field_context *c, const struct yaml_node *n, void *to)
{
	parse_argv(c, "command", n, &((struct app_decl *)to)->command);
}

static void
parse_args(const struct field_context *c, const struct yaml_node *n, void *to)
{
	parse_argv(c, "args", n, &((struct app_decl *)to)->args);
}

static void
parse_when(const struct field_context *c, const struct yaml_node *n, void *to)
{
	read_when(c, n, &((struct app_decl *)to)->step);
}

static void
parse_as(const struct field_context *c, const struct yaml_node *n, void *to)
{
	read_as(c, n, &((struct app_decl *)to)->as);
}

static void
parse_tags(const struct field_context *c, const struct yaml_node *n, void *to)
{
	read_tags(c, n, &((struct app_decl *)to)->step);
}

/* Other words of podman's would be no network's name. */
static const char *
is_network(const char *s)
{
	static const char *const others[] = { "default", "ns", "pasta", "private", "slirp4netns" };
	const char *bad = podman_is_name(s);

	for (size_t i = 0; i < countof(others) && !bad; i++)
		if (str_eq(s, others[i]))
			bad = s;
	return bad ? "none, host, bridge or the name of a network" : NULL;
}

const struct field read_app_fields[] = {
	{ .name = "image",
	    .form = FORM_CALL,
	    .parse = parse_image,
	    .doc = "the image's name with its registry, or {archive: FILE}" },
	{ .name = "binary",
	    .form = FORM_CALL,
	    .parse = read_app_binary,
	    .doc = "instead of an image: a program beside the playbook, ELF or a script, at most "
		   "64M" },
	{ .name = "rootfs",
	    .form = FORM_CALL,
	    .parse = read_app_rootfs,
	    .doc = "instead of an image: a directory or a tar archive beside the playbook, at most "
		   "64M" },
	{ .name = "as",
	    .form = FORM_CALL,
	    .parse = parse_as,
	    .doc = "the user whose it is, by their own service manager and rootless podman; root "
		   "by default" },
	{ .name = "replicas",
	    .form = FORM_INT,
	    .offset = offsetof(struct app_decl, replicas),
	    .min = 1,
	    .max = 64,
	    .doc = "how many run on each host, 1 by default" },
	{ .name = "ports",
	    .form = FORM_CALL,
	    .parse = read_app_ports,
	    .doc = "names to ports: a number, a range, or a mapping as below" },
	{ .name = "env",
	    .form = FORM_CALL,
	    .parse = parse_env,
	    .doc = "environment variables of a replica" },
	{ .name = "files",
	    .form = FORM_CALL,
	    .parse = read_app_files,
	    .doc = "paths that a replica sees to what stands there" },
	{ .name = "command",
	    .form = FORM_CALL,
	    .parse = parse_command,
	    .doc = "replaces the image's entry point; what is run of a rootfs" },
	{ .name = "args",
	    .form = FORM_CALL,
	    .parse = parse_args,
	    .doc = "the arguments of the entry point, or of the program" },
	{ .name = "workdir",
	    .form = FORM_CALL,
	    .parse = read_app_workdir,
	    .doc = "the directory in the container that it starts in; by default the image's, of a "
		   "rootfs "
		   "/" },
	{ .name = "user",
	    .form = FORM_CALL,
	    .parse = read_app_user,
	    .doc = "who its processes are in the container, as podman has it: 1000, 1000:1000 or "
		   "a name that the image knows; by default the image's, and root in a rootfs" },
	{ .name = "labels",
	    .form = FORM_CALL,
	    .parse = read_app_labels,
	    .doc = "names to texts, which the container bears" },
	{ .name = "restart",
	    .form = FORM_CHOICE,
	    .offset = offsetof(struct app_decl, life.restart),
	    .choices = read_app_restarts,
	    .doc = "when systemd starts a replica that ended again; on-failure by default" },
	{ .name = "stop",
	    .form = FORM_CALL,
	    .parse = read_app_stop,
	    .doc = "how a replica is stopped" },
	{ .name = "limits",
	    .form = FORM_CALL,
	    .parse = read_app_limits_of,
	    .doc = "what a replica may use of the host" },
	{ .name = "sandbox",
	    .form = FORM_CALL,
	    .parse = read_app_sandbox,
	    .doc = "what a replica may do" },
	{ .name = "needs",
	    .form = FORM_TEXTS,
	    .flags = FIELD_OR_ONE,
	    .offset = offsetof(struct app_decl, needs),
	    .doc = "apps of this playbook that start before it and stop after it; it does not "
		   "stop with them" },
	{ .name = "network",
	    .form = FORM_TEXT,
	    .offset = offsetof(struct app_decl, network),
	    .grammar = is_network,
	    .doc = "none, host, bridge, which is podman's own and the default, or the name of a "
		   "network; "
		   "those of tasks are made before the app" },
	{ .name = "log",
	    .form = FORM_CALL,
	    .parse = read_app_log,
	    .doc = "where what a replica prints goes: journald, by default, or a mapping as "
		   "below" },
	{ .name = "health",
	    .form = FORM_CALL,
	    .parse = read_app_health,
	    .doc = "when a replica counts as well" },
	{ .name = "drain",
	    .form = FORM_CALL,
	    .parse = read_app_drain,
	    .doc = "what is run on the host around a stop of a replica" },
	{ .name = "on_change",
	    .form = FORM_CHOICE,
	    .offset = offsetof(struct app_decl, on_change),
	    .choices = read_on_change,
	    .doc = "what a changed unit, file or image does to a running replica; restart by "
		   "default" },
	{ .name = "keep",
	    .form = FORM_INT,
	    .offset = offsetof(struct app_decl, keep),
	    .min = 2,
	    .max = 50,
	    .doc = "how many releases each host keeps for drover rollback, the one in use among "
		   "them; 3 by "
		   "default" },
	{ .name = "when",
	    .form = FORM_CALL,
	    .parse = parse_when,
	    .doc = "as beside a task: where it does not hold, the host does not have the app" },
	{ .name = "tags", .form = FORM_CALL, .parse = parse_tags, .doc = "as beside a task" },
	{ .name = "quadlet", .form = FORM_LATER, .doc = "Quadlet files are not supported yet" },
	{ .name = "build", .form = FORM_LATER, .doc = "images are not built yet" },
	{ .name = "secrets", .form = FORM_LATER, .doc = "secrets are not supported yet" },
	{ .name = "place", .form = FORM_LATER, .doc = "placement is not supported yet" },
	{ .name = "confirm", .form = FORM_LATER, .doc = "confirmation is not supported yet" },
	{ 0 },
};

/* Ports and the network they are to be reached by. */
static void
check_network(const struct field_context *c, const struct app_decl *app)
{
	bool none = app->network && str_eq(app->network, "none");
	bool host = app->network && str_eq(app->network, "host");

	for (size_t i = 0; i < app->port_count; i++) {
		const struct app_port *p = &app->port[i];

		if (none)
			diag_error(c->diag, p->mark,
			    "ports: with network: none nobody can reach %s", p->name);
		if (host && p->container != p->host)
			diag_error(c->diag, p->mark,
			    "ports: with network: host there is only one %s: container and host "
			    "must be the same",
			    p->name);
	}
}

/* What it reads belongs to nobody it knows, and each of its starts may have other users. */
static void
check_users(const struct field_context *c, const struct app_decl *app)
{
	for (size_t i = 0; i < app->file_count && app->sandbox.own_users; i++) {
		const struct file_decl *f = &app->file[i];
		bool kept = f->volume || (f->dir.text && f->writable);

		if (kept)
			diag_error(c->diag, f->mark,
			    "files: %s: with sandbox: {user: auto} what it writes would be of "
			    "other "
			    "users at each start: this is not supported yet",
			    f->path);
		else if (!f->dir.text && !f->tmpfs && !(f->mode & 04))
			diag_error(c->diag, f->mark,
			    "files: %s: with sandbox: {user: auto} mode %04o lets nobody in the "
			    "container read it: 0644 would",
			    f->path, (unsigned)f->mode);
	}
}

/* What can only be told once the whole app was read. */
static void
check_app(const struct field_context *c, const struct app_decl *app)
{
	const char *names[READ_APP_PORTS + 1], *near;
	bool found = !app->health.port;

	for (size_t i = 0; i < app->port_count; i++) {
		const struct app_port *p = &app->port[i];

		names[i] = p->name;
		found = found || str_eq(p->name, app->health.port);
		if (found && app->health.port && p->udp && str_eq(p->name, app->health.port))
			diag_error(c->diag, app->health.mark,
			    "health: %s is udp, where nothing tells whether it is well", p->name);
		if (p->host + app->replicas * p->span - 1 > 65535)
			diag_error(c->diag, p->mark,
			    "ports: with %d replicas %s goes past port 65535", (int)app->replicas,
			    p->name);
	}
	names[app->port_count] = NULL;
	check_network(c, app);
	check_users(c, app);
	if (found)
		return;
	near = str_nearest(app->health.port, names);
	diag_error(c->diag, app->health.mark, "health: %s has no port \"%s\"%s%s%s", app->name,
	    app->health.port, near ? "; did you mean \"" : "", near ? near : "", near ? "\"?" : "");
}

bool
read_app(const struct field_context *c, const struct yaml_node *name, const struct yaml_node *n,
    struct app_decl *ret)
{
	struct field_context mine = *c;
	int before = c->diag->errors;

	*ret = (struct app_decl){ .name = name->text,
		.mark = name->mark,
		.replicas = 1,
		.keep = RELEASE_KEEP,
		.health = { .health = { .kind = HEALTH_UNIT,
				.interval_ms = 2000,
				.timeout_ms = 2000,
				.retries = 10 } } };
	if (!app_name_ok(name->text))
		diag_error(c->diag, name->mark,
		    "apps: a name of small letters, digits and - is wanted here, not \"%.60s\"",
		    name->text);
	autofree char *what = xasprintf("app %.60s", name->text);
	mine.what = what;
	if (field_read(&mine, read_app_fields, n, ret)) {
		check_app(c, ret);
		read_app_check_form(c, n, ret);
	}
	return c->diag->errors == before;
}
