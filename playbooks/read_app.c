#include "playbooks/read_app.h"

#include "base/arena.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/yaml.h"
#include "playbooks/read.h"
#include "playbooks/read_step.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <string.h>

#define PORTS_MAX    64
#define MEMORY_LEAST ((int64_t)16 << 20)

static const char *
is_address(const char *s)
{
	unsigned char raw[16];

	if (inet_pton(AF_INET, s, raw) == 1 || inet_pton(AF_INET6, s, raw) == 1)
		return NULL;
	return "an IP address (127.0.0.1, ::1)";
}

const struct field read_app_port_fields[] = {
	{ .name = "container",
	    .form = FORM_PORT,
	    .offset = offsetof(struct app_port, container),
	    .flags = FIELD_REQUIRED,
	    .doc = "where the app listens in its container" },
	{ .name = "host",
	    .form = FORM_PORT,
	    .offset = offsetof(struct app_port, host),
	    .doc = "where replica 0 is published on the host, replica n at that plus n; by default "
		   "the container's number" },
	{ .name = "bind",
	    .form = FORM_TEXT,
	    .offset = offsetof(struct app_port, bind),
	    .grammar = is_address,
	    .doc = "the address it is published on, 0.0.0.0 by default" },
	{ 0 },
};

static bool
is_word(const char *s, size_t max)
{
	size_t n = strlen(s);

	return n > 0 && n <= max && islower((unsigned char)s[0]) &&
	       strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789-") == n;
}

static void
read_port(const struct field_context *c, const struct yaml_node *key, const struct yaml_node *n,
    struct app_port *to)
{
	static const struct field number = {
		.name = "port", .form = FORM_PORT, .offset = offsetof(struct app_port, container)
	};
	struct field_context mine = *c;

	*to = (struct app_port){ .name = key->text, .bind = "0.0.0.0", .mark = key->mark };
	if (!is_word(key->text, 32))
		diag_error(c->diag, key->mark,
		    "ports: a name of small letters, digits and - is wanted here, not \"%.40s\"",
		    key->text);
	mine.what = "the port";
	if (n->kind == YAML_SCALAR)
		field_value(&mine, &number, n, to);
	else
		field_read(&mine, read_app_port_fields, n, to);
	if (!to->host)
		to->host = to->container;
}

static bool
is_mapping(const struct field_context *c, const char *name, const struct yaml_node *n)
{
	if (n->kind != YAML_MAP)
		diag_error(c->diag, n->mark, "%s: a mapping is wanted here, not %s", name,
		    yaml_kind_name(n));
	return n->kind == YAML_MAP;
}

static void
parse_ports(const struct field_context *c, const struct yaml_node *n, void *to)
{
	struct app_decl *app = to;

	if (!is_mapping(c, "ports", n))
		return;
	if (n->count > PORTS_MAX) {
		diag_error(c->diag, n->mark, "ports: at most %d", PORTS_MAX);
		return;
	}
	app->port = arena_alloc(c->arena, n->count * sizeof(*app->port) + 1);
	app->port_count = n->count;
	for (size_t i = 0; i < n->count; i++)
		read_port(c, n->key[i], n->value[i], &app->port[i]);
}

struct file_fields {
	const struct yaml_node *template, *content, *file, *volume;
	int64_t mode;
};

const struct field read_app_file_fields[] = {
	{ .name = "template",
	    .form = FORM_NODE,
	    .offset = offsetof(struct file_fields, template),
	    .doc = "a file beside the playbook, filled in for each host" },
	{ .name = "content",
	    .form = FORM_NODE,
	    .offset = offsetof(struct file_fields, content),
	    .doc = "the contents themselves, filled in for each host" },
	{ .name = "file",
	    .form = FORM_NODE,
	    .offset = offsetof(struct file_fields, file),
	    .doc = "a file beside the playbook, as it is" },
	{ .name = "volume",
	    .form = FORM_NODE,
	    .offset = offsetof(struct file_fields, volume),
	    .doc = "a named volume of the host, shared by the replicas" },
	{ .name = "mode",
	    .form = FORM_MODE,
	    .offset = offsetof(struct file_fields, mode),
	    .doc = "0644 by default" },
	{ .name = "then",
	    .form = FORM_LATER,
	    .doc = "a changed file restarts the app (on_change)" },
	{ .name = "secret", .form = FORM_LATER, .doc = "secrets are not supported yet" },
	{ 0 },
};

static bool
volume_ok(const char *s)
{
	size_t n = strlen(s);

	return n > 0 && n <= 128 && isalnum((unsigned char)s[0]) &&
	       strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-") == n;
}

static void
take_file(const struct field_context *c, const struct yaml_node *n, const struct file_fields *got,
    struct file_decl *to)
{
	int said = !!got->template + !!got->content + !!got->file + !!got->volume;

	if (said != 1) {
		diag_error(c->diag, n->mark,
		    "files: one of template, content, file and volume is wanted here");
		return;
	}
	to->mode = got->mode;
	if (got->template)
		read_included(c, got->template, true, &to->content);
	if (got->file)
		read_included(c, got->file, false, &to->content);
	if (got->content)
		read_source(c, "content", got->content, &to->content.source);
	if (!got->volume)
		return;
	if (read_plain(c, "volume", got->volume, &to->volume) && !volume_ok(to->volume))
		diag_error(c->diag, got->volume->mark,
		    "volume: a name is wanted here, not \"%.60s\" (a directory of the host cannot "
		    "be mounted yet)",
		    to->volume);
}

static void
parse_files(const struct field_context *c, const struct yaml_node *n, void *to)
{
	struct app_decl *app = to;
	struct field_context mine = *c;

	mine.what = "the file";
	if (!is_mapping(c, "files", n))
		return;
	app->file = arena_alloc(c->arena, n->count * sizeof(*app->file) + 1);
	app->file_count = n->count;
	for (size_t i = 0; i < n->count; i++) {
		struct file_fields got = { .mode = 0644 };
		const char *path = n->key[i]->text, *bad = read_is_path(path);

		app->file[i].path = path;
		app->file[i].mark = n->key[i]->mark;
		if (!bad && strpbrk(path, ":,{}"))
			bad = "a path without : , { and }";
		if (!bad && str_starts(path, "/run/drover"))
			bad = "a path outside of /run/drover";
		if (bad)
			diag_error(c->diag, n->key[i]->mark, "files: %s is wanted here", bad);
		if (field_read(&mine, read_app_file_fields, n->value[i], &got))
			take_file(c, n->value[i], &got, &app->file[i]);
	}
}

/* 0.5 processors are CPUQuota=50%. */
static void
parse_cpu(const struct field_context *c, const struct yaml_node *n, void *to)
{
	struct app_limits *limits = to;
	char *end = NULL;
	double cpu = n->kind == YAML_SCALAR && n->plain && isdigit((unsigned char)n->text[0])
			 ? strtod(n->text, &end)
			 : -1;

	if (!end || *end || cpu < 0.01 || cpu > 4096) {
		diag_error(c->diag, n->mark,
		    "cpu: a number of processors is wanted here (0.5), from 0.01 to 4096");
		return;
	}
	limits->cpu_percent = (int64_t)(cpu * 100 + 0.5);
}

const struct field read_app_limit_fields[] = {
	{ .name = "cpu",
	    .form = FORM_CALL,
	    .parse = parse_cpu,
	    .doc = "processors a replica may use: 0.5, 2" },
	{ .name = "memory",
	    .form = FORM_SIZE,
	    .offset = offsetof(struct app_limits, memory),
	    .doc = "memory of a replica, what starts it included; at least 16M" },
	{ .name = "tasks",
	    .form = FORM_INT,
	    .offset = offsetof(struct app_limits, tasks),
	    .min = 32,
	    .max = 4000000,
	    .doc = "threads and processes of a replica, those that start it included" },
	{ 0 },
};

void
read_app_limits(const struct field_context *c, const struct yaml_node *n, struct app_limits *ret)
{
	struct field_context mine = *c;

	mine.what = "limits";
	if (field_read(&mine, read_app_limit_fields, n, ret) && ret->memory &&
	    ret->memory < MEMORY_LEAST)
		diag_error(c->diag, n->mark, "limits: memory under 16M cannot start a container");
}

static void
parse_limits(const struct field_context *c, const struct yaml_node *n, void *to)
{
	read_app_limits(c, n, &((struct app_decl *)to)->limits);
}

struct sandbox_fields {
	struct field_texts capabilities;
	const char *seccomp;
	bool read_only;
};

static const char *const seccomp_words[] = { "default", NULL };

const struct field read_app_sandbox_fields[] = {
	{ .name = "capabilities",
	    .form = FORM_TEXTS,
	    .offset = offsetof(struct sandbox_fields, capabilities),
	    .doc = "must be empty, as it is by default: more is not supported yet" },
	{ .name = "seccomp",
	    .form = FORM_CHOICE,
	    .offset = offsetof(struct sandbox_fields, seccomp),
	    .choices = seccomp_words,
	    .doc = "podman's own profile" },
	{ .name = "read_only",
	    .form = FORM_BOOL,
	    .offset = offsetof(struct sandbox_fields, read_only),
	    .doc = "a read-only root with room to write in /tmp, /run and /var/tmp; false by "
		   "default" },
	{ .name = "user", .form = FORM_LATER, .doc = "user namespaces are not supported yet" },
	{ 0 },
};

static void
parse_sandbox(const struct field_context *c, const struct yaml_node *n, void *to)
{
	struct field_context mine = *c;
	struct sandbox_fields got = { 0 };
	struct app_decl *app = to;

	mine.what = "sandbox";
	if (!field_read(&mine, read_app_sandbox_fields, n, &got))
		return;
	if (got.capabilities.count)
		diag_error(c->diag, got.capabilities.mark[0],
		    "capabilities are not supported yet: an app runs without any");
	app->read_only = got.read_only;
}

struct health_fields {
	const struct yaml_node *http, *tcp, *exec;
	bool unit;
	int64_t interval, timeout, retries;
};

const struct field read_app_health_fields[] = {
	{ .name = "http",
	    .form = FORM_NODE,
	    .offset = offsetof(struct health_fields, http),
	    .doc = "\":PORT/path\", PORT being a name in ports: must answer 200 to 399" },
	{ .name = "tcp",
	    .form = FORM_NODE,
	    .offset = offsetof(struct health_fields, tcp),
	    .doc = "\":PORT\": must accept a connection" },
	{ .name = "exec",
	    .form = FORM_NODE,
	    .offset = offsetof(struct health_fields, exec),
	    .doc = "a list of arguments, run on the host: must end with status 0" },
	{ .name = "unit",
	    .form = FORM_BOOL,
	    .offset = offsetof(struct health_fields, unit),
	    .doc = "the unit runs and is not restarted; the default" },
	{ .name = "interval",
	    .form = FORM_DURATION,
	    .offset = offsetof(struct health_fields, interval),
	    .doc = "between two tries, 2s by default" },
	{ .name = "timeout",
	    .form = FORM_DURATION,
	    .offset = offsetof(struct health_fields, timeout),
	    .doc = "of one try, 2s by default" },
	{ .name = "retries",
	    .form = FORM_INT,
	    .offset = offsetof(struct health_fields, retries),
	    .min = 1,
	    .max = 1000,
	    .doc = "tries before the replica counts as failed, 10 by default" },
	{ 0 },
};

/* What a path of a probe may hold. */
static bool
url_path_ok(const char *s)
{
	return s[0] == '/' && strlen(s) <= 512 &&
	       strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
			 "-._~/?&=%+,:@") == strlen(s);
}

/* ":PORT" or ":PORT/path"; path is wanted when ret_path is not NULL. */
static void
take_endpoint(const struct field_context *c, const char *name, const struct yaml_node *n,
    struct health_decl *h)
{
	const char *text = NULL, *slash;
	bool http = h->health.kind == HEALTH_HTTP;

	if (!read_plain(c, name, n, &text))
		return;
	slash = strchr(text, '/');
	h->health.path = slash ? slash : "/";
	if (text[0] == ':' && (http || !slash) && url_path_ok(h->health.path))
		h->port = arena_memdup0(
		    c->arena, text + 1, slash ? (size_t)(slash - text - 1) : strlen(text + 1));
	if (!h->port || !*h->port)
		diag_error(c->diag, n->mark, "%s: \":PORT%s\" is wanted here, not \"%.60s\"", name,
		    http ? "/path" : "", text);
}

static void
take_exec(const struct field_context *c, const struct yaml_node *n, struct health_decl *h)
{
	if (n->kind != YAML_LIST || n->count == 0) {
		diag_error(c->diag, n->mark, "exec: a list of arguments is wanted here");
		return;
	}
	const char **argv = arena_alloc(c->arena, (n->count + 1) * sizeof(*argv));
	for (size_t i = 0; i < n->count; i++)
		read_plain(c, "exec", n->value[i], &argv[i]);
	h->health.argv = argv;
}

static void
parse_health(const struct field_context *c, const struct yaml_node *n, void *to)
{
	struct field_context mine = *c;
	struct health_fields got = { .interval = 2000, .timeout = 2000, .retries = 10 };
	struct health_decl *h = &((struct app_decl *)to)->health;

	mine.what = "health";
	h->mark = n->mark;
	h->said = true;
	if (!field_read(&mine, read_app_health_fields, n, &got))
		return;
	if (!!got.http + !!got.tcp + !!got.exec + got.unit > 1)
		diag_error(c->diag, n->mark, "health: only one of http, tcp, exec and unit");
	if (got.interval < 100 || got.timeout < 100)
		diag_error(c->diag, n->mark, "health: interval and timeout are at least 100ms");
	h->health.kind = got.http   ? HEALTH_HTTP
			 : got.tcp  ? HEALTH_TCP
			 : got.exec ? HEALTH_EXEC
				    : HEALTH_UNIT;
	h->health.interval_ms = got.interval;
	h->health.timeout_ms = got.timeout;
	h->health.retries = (int)got.retries;
	if (got.exec)
		take_exec(c, got.exec, h);
	else if (got.http || got.tcp)
		take_endpoint(c, got.http ? "http" : "tcp", got.http ? got.http : got.tcp, h);
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
parse_tags(const struct field_context *c, const struct yaml_node *n, void *to)
{
	read_tags(c, n, &((struct app_decl *)to)->step);
}

const struct field read_app_fields[] = {
	{ .name = "image",
	    .form = FORM_CALL,
	    .flags = FIELD_REQUIRED,
	    .parse = parse_image,
	    .doc = "the image's name with its registry, or {archive: FILE}" },
	{ .name = "replicas",
	    .form = FORM_INT,
	    .offset = offsetof(struct app_decl, replicas),
	    .min = 1,
	    .max = 64,
	    .doc = "how many run on each host, 1 by default" },
	{ .name = "ports",
	    .form = FORM_CALL,
	    .parse = parse_ports,
	    .doc = "names to ports: a number, or a mapping as below" },
	{ .name = "env",
	    .form = FORM_CALL,
	    .parse = parse_env,
	    .doc = "environment variables of the container" },
	{ .name = "files",
	    .form = FORM_CALL,
	    .parse = parse_files,
	    .doc = "paths in the container to what stands there" },
	{ .name = "command",
	    .form = FORM_CALL,
	    .parse = parse_command,
	    .doc = "replaces the image's entry point" },
	{ .name = "args",
	    .form = FORM_CALL,
	    .parse = parse_args,
	    .doc = "the arguments of the entry point" },
	{ .name = "limits",
	    .form = FORM_CALL,
	    .parse = parse_limits,
	    .doc = "what a replica may use of the host" },
	{ .name = "sandbox",
	    .form = FORM_CALL,
	    .parse = parse_sandbox,
	    .doc = "what a replica may do" },
	{ .name = "health",
	    .form = FORM_CALL,
	    .parse = parse_health,
	    .doc = "when a replica counts as well" },
	{ .name = "on_change",
	    .form = FORM_CHOICE,
	    .offset = offsetof(struct app_decl, on_change),
	    .choices = read_on_change,
	    .doc = "what a changed unit, file or image does to a running replica; restart by "
		   "default" },
	{ .name = "when",
	    .form = FORM_CALL,
	    .parse = parse_when,
	    .doc = "as beside a task: where it does not hold, the host does not have the app" },
	{ .name = "tags", .form = FORM_CALL, .parse = parse_tags, .doc = "as beside a task" },
	{ .name = "binary", .form = FORM_LATER, .doc = "native programs are not supported yet" },
	{ .name = "rootfs", .form = FORM_LATER, .doc = "root file systems are not supported yet" },
	{ .name = "quadlet", .form = FORM_LATER, .doc = "Quadlet files are not supported yet" },
	{ .name = "build", .form = FORM_LATER, .doc = "images are not built yet" },
	{ .name = "secrets", .form = FORM_LATER, .doc = "secrets are not supported yet" },
	{ .name = "needs", .form = FORM_LATER, .doc = "order between apps is not supported yet" },
	{ .name = "as", .form = FORM_LATER, .doc = "rootless apps are not supported yet" },
	{ .name = "place", .form = FORM_LATER, .doc = "placement is not supported yet" },
	{ .name = "confirm", .form = FORM_LATER, .doc = "confirmation is not supported yet" },
	{ 0 },
};

/* What can only be told once the whole app was read. */
static void
check_app(const struct field_context *c, const struct app_decl *app)
{
	const char *names[PORTS_MAX + 1], *near;
	bool found = !app->health.port;

	for (size_t i = 0; i < app->port_count; i++) {
		const struct app_port *p = &app->port[i];

		names[i] = p->name;
		found = found || str_eq(p->name, app->health.port);
		if (p->host + app->replicas - 1 > 65535)
			diag_error(c->diag, p->mark,
			    "ports: with %d replicas %s goes past port 65535", (int)app->replicas,
			    p->name);
	}
	names[app->port_count] = NULL;
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
	if (field_read(&mine, read_app_fields, n, ret))
		check_app(c, ret);
	return c->diag->errors == before;
}
