/* `binary:` of an app, and what may stand beside it. */
#include "base/arena.h"
#include "base/digest.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/yaml.h"
#include "playbooks/app.h"
#include "playbooks/app_inner.h"
#include "playbooks/executable.h"
#include "playbooks/include.h"
#include "playbooks/read.h"
#include "playbooks/read_app_inner.h"

#include <string.h>

#define BINARY_MAX ((size_t)64 << 20)

/* What may be a word of a path and of a command everywhere. */
static bool
name_ok(const char *s)
{
	return *s && *s != '.' && *s != '-' && strlen(s) <= 64 &&
	       strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.+-") ==
		   strlen(s);
}

void
read_app_binary(const struct field_context *c, const struct yaml_node *n, void *to)
{
	struct app_decl *app = to;
	struct app_binary *b = &app->binary;
	struct reader *r = c->user;
	const char *said = NULL, *bad, *slash;
	struct err err;

	app->form = APP_BINARY;
	b->mark = n->mark;
	if (!read_plain(c, "binary", n, &said))
		return;
	autofree char *path = include_path(r->dir, said);
	autofree char *data = include_read_most(r->playbook->dir, path, BINARY_MAX, &b->len, &err);
	if (!data) {
		diag_error(c->diag, n->mark, "binary: %s", err.text);
		return;
	}
	slash = strrchr(path, '/');
	b->name = arena_strdup(c->arena, slash ? slash + 1 : path);
	bad = executable_read(data, b->len, &b->machine);
	if (bad)
		diag_error(c->diag, n->mark, "binary: %s %s", path, bad);
	if (!name_ok(b->name))
		diag_error(c->diag, n->mark,
		    "binary: the file's name may hold letters, digits and _ . + - and begin with "
		    "neither . nor -, not \"%.60s\"",
		    b->name);
	digest_hex(data, b->len, b->digest);
	digest_add(r->included, path, strlen(path) + 1);
	digest_add(r->included, b->digest, sizeof(b->digest));
	b->content = arena_memdup0(c->arena, data, b->len);
}

static const struct app_directive *
find_directive(const char *name)
{
	for (const struct app_directive *d = app_directives; d->name; d++)
		if (str_eq(d->name, name))
			return d;
	return NULL;
}

static bool
is_among(const struct field_texts *names, const char *name)
{
	for (size_t i = 0; i < names->count; i++)
		if (str_eq(names->item[i], name))
			return true;
	return false;
}

void
read_app_relax(const struct field_context *c, const struct field_texts *names, struct app_decl *app)
{
	const char *known[64] = { 0 };
	bool dynamic = !is_among(names, "DynamicUser");

	for (size_t i = 0; app_directives[i].name && i + 1 < countof(known); i++)
		known[i] = app_directives[i].name;
	for (size_t i = 0; i < names->count; i++) {
		const struct app_directive *d = find_directive(names->item[i]);
		const char *near = d ? NULL : str_nearest(names->item[i], known);

		if (!d)
			diag_error(c->diag, names->mark[i],
			    "relax: \"%.60s\" is no directive of the sandbox%s%s%s", names->item[i],
			    near ? "; did you mean \"" : "", near ? near : "", near ? "\"?" : "");
		else if (d->dynamic && dynamic)
			diag_error(c->diag, names->mark[i],
			    "relax: %s comes with DynamicUser: it goes only where that goes too",
			    d->name);
	}
	app->relaxed = *names;
}

/* What the unit of a program has an answer to; all else is refused by name. */
static const char *const app_keys[] = { "binary", "image", "rootfs", "command", "replicas", "ports",
	"env", "files", "args", "restart", "stop", "user", "workdir", "network", "needs", "limits",
	"sandbox", "health", "on_change", "drain", "when", "tags", "as", "log", NULL };
static const char *const sandbox_keys[] = { "capabilities", "seccomp", "read_only", "user", "relax",
	NULL };
static const char *const limit_keys[] = { "cpu", "memory", "tasks", "io", "nofile", NULL };
static const char *const port_keys[] = { "container", "host", "bind", "protocol", NULL };
static const char *const file_keys[] = { "template", "content", "file", "volume", "dir", "tmpfs",
	"mode", NULL };

static bool
is_word(const char *const *words, const char *s)
{
	while (*words && !str_eq(*words, s))
		words++;
	return *words != NULL;
}

static void
refuse_others(const struct field_context *c, const char *where, const struct yaml_node *n,
    const char *const *keys)
{
	for (size_t i = 0; n && n->kind == YAML_MAP && i < n->count; i++)
		if (!is_word(keys, n->key[i]->text))
			diag_error(c->diag, n->key[i]->mark,
			    "%s%s: not supported yet where a binary is what runs", where,
			    n->key[i]->text);
}

static void
refuse_within(const struct field_context *c, const char *where, const struct yaml_node *n,
    const char *const *keys)
{
	for (size_t i = 0; n && n->kind == YAML_MAP && i < n->count; i++)
		refuse_others(c, where, n->value[i], keys);
}

static void
refuse_later(const struct field_context *c, const struct yaml_node *n)
{
	refuse_others(c, "", n, app_keys);
	refuse_others(c, "sandbox: ", yaml_find(n, "sandbox"), sandbox_keys);
	refuse_others(c, "limits: ", yaml_find(n, "limits"), limit_keys);
	refuse_within(c, "ports: ", yaml_find(n, "ports"), port_keys);
	refuse_within(c, "files: ", yaml_find(n, "files"), file_keys);
}

/* What podman does for containers: systemd has its own way for a binary, which relax opens. */
static void
refuse_sandbox(
    const struct field_context *c, const struct yaml_node *n, const struct app_sandbox *s)
{
	const struct {
		const char *key;
		bool said;
	} each[] = {
		{ "seccomp", s->seccomp != SECCOMP_DEFAULT },
		{ "user", s->own_users },
	};

	for (size_t i = 0; i < countof(each); i++)
		if (each[i].said)
			diag_error(c->diag, yaml_find(n, each[i].key)->mark,
			    "%s: only a container has this: the sandbox of a binary is opened by "
			    "relax",
			    each[i].key);
}

/* What only containers have. */
static void
refuse_keys(const struct field_context *c, const struct yaml_node *n, const struct app_decl *app)
{
	const struct yaml_node *command = yaml_find(n, "command"), *as = yaml_find(n, "as");
	const struct yaml_node *sandbox = yaml_find(n, "sandbox"),
			       *network = yaml_find(n, "network");
	const struct yaml_node *read_only = sandbox ? yaml_find(sandbox, "read_only") : NULL;

	if (command)
		diag_error(c->diag, command->mark,
		    "command: a binary is what is run itself: give it its args");
	if (as)
		diag_error(c->diag, as->mark,
		    "as: a binary has a user of its own (relax: [DynamicUser] makes it root), and "
		    "only root's service manager can keep it in its sandbox");
	if (sandbox)
		refuse_sandbox(c, sandbox, &app->sandbox);
	if (app->network && !str_eq(app->network, "none") && !str_eq(app->network, "host"))
		diag_error(c->diag, network->mark,
		    "network: a binary has the host's network, or none: %s is podman's",
		    app->network);
	if (read_only && str_eq(read_only->text, "false"))
		diag_error(c->diag, read_only->mark,
		    "read_only: a binary writes to /tmp and its volumes alone: declare a volume");
}

static void
check_file(const struct field_context *c, const struct app_decl *app, const struct file_decl *f)
{
	static const char *const kernel[] = { "/proc", "/sys", "/dev", "/tmp", "/var/tmp" };
	const char *place = app_native_host_place(f->path);

	for (size_t i = 0; i < countof(kernel) && !place; i++)
		if (str_starts(f->path, kernel[i]) && strchr("/", f->path[strlen(kernel[i])]))
			place = kernel[i];
	if (place)
		diag_error(c->diag, f->mark,
		    "files: nothing of a binary can stand there: %s is the host's", place);
	if (!f->volume && !f->dir.text && !f->tmpfs && !(f->mode & 04) &&
	    !is_among(&app->relaxed, "DynamicUser"))
		diag_error(c->diag, f->mark,
		    "files: with mode %04o %s could not read it: it runs as a user of its own",
		    (unsigned)f->mode, app->name);
}

void
read_app_check_native(
    const struct field_context *c, const struct yaml_node *n, const struct app_decl *app)
{
	refuse_later(c, n);
	refuse_keys(c, n, app);
	for (size_t i = 0; i < app->port_count; i++)
		if (app->port[i].host != app->port[i].container)
			diag_error(c->diag, app->port[i].mark,
			    "ports: a binary listens on the host itself: host can be no other "
			    "port than container");
	for (size_t i = 0; i < app->file_count; i++)
		check_file(c, app, &app->file[i]);
}
