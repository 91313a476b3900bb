#include "base/arena.h"
#include "base/diag.h"
#include "base/mem.h"
#include "base/str.h"
#include "inventory/inventory.h"
#include "playbooks/app.h"
#include "playbooks/desire_inner.h"
#include "playbooks/executable.h"
#include "playbooks/read.h"

#include <stdlib.h>

static bool
same_address(const char *a, const char *b)
{
	return str_eq(a, b) || str_eq(a, "0.0.0.0") || str_eq(b, "0.0.0.0") || str_eq(a, "::") ||
	       str_eq(b, "::");
}

/* Of apps that are there for certain. */
static void
check_overlap(struct desire *d, const struct app_decl *app, const struct app_port *port)
{
	for (size_t i = 0; i < d->port_count; i++) {
		const struct app_port *other = d->port[i];
		const struct app_decl *owner = d->port_app[i];

		if (port->host >= other->host + owner->replicas ||
		    other->host >= port->host + app->replicas ||
		    !same_address(port->bind, other->bind))
			continue;
		desire_wrong(d, port->mark,
		    "ports: %s of %s (%d to %d) overlaps %s of %s (%d to %d), line %d", port->name,
		    app->name, port->host, port->host + (int)app->replicas - 1, other->name,
		    owner->name, other->host, other->host + (int)owner->replicas - 1,
		    other->mark.line);
	}
	mem_grow(d->port, d->port_count, d->port_cap);
	mem_grow(d->port_app, d->port_count, d->port_app_cap);
	d->port[d->port_count] = port;
	d->port_app[d->port_count++] = app;
}

static bool
fill_files(struct desire *d, const struct app_decl *decl, struct app_file *ret)
{
	bool good = true;

	for (size_t i = 0; i < decl->file_count; i++) {
		const struct file_decl *f = &decl->file[i];

		ret[i] = (struct app_file){ .path = f->path,
			.volume = f->volume,
			.mode = (unsigned)f->mode,
			.mark = f->mark };
		if (f->volume)
			continue;
		ret[i].content = desire_content(d, &f->content, &ret[i].len);
		good = good && ret[i].content;
	}
	return good;
}

/* Where a probe reaches replica 0 from its own host. */
static struct health
aim_health(const struct app_decl *decl)
{
	struct health h = decl->health.health;

	for (size_t i = 0; decl->health.port && i < decl->port_count; i++) {
		const struct app_port *p = &decl->port[i];

		if (!str_eq(p->name, decl->health.port))
			continue;
		h.port = p->host;
		h.address = str_eq(p->bind, "0.0.0.0") ? "127.0.0.1"
			    : str_eq(p->bind, "::")    ? "::1"
						       : p->bind;
	}
	return h;
}

/* A host's own word: what this seat remembers of it may be of another machine. */
static void
check_machine(struct desire *d, const struct app_binary *b)
{
	const char *arch = desire_fact(d, "arch");

	if (arch && !d->facts->unknown_ok && !executable_runs_on(b->machine, arch))
		desire_wrong(d, b->mark, "binary: %s is a program for %s, and %s is %.40s", b->name,
		    b->machine, d->host->name, arch);
}

/* False when a mistake was told. */
static bool
fill_drain(struct desire *d, const struct drain_decl *decl, struct drain *ret)
{
	*ret = (struct drain){ .before = desire_argv(d, &decl->before),
		.after = desire_argv(d, &decl->after),
		.limit_ms = decl->limit_ms };
	return (ret->before || !decl->before.count) && (ret->after || !decl->after.count);
}

void
desire_want_app(struct desire *d, const struct app_decl *decl, const char *image)
{
	struct arena *a = d->arena;
	struct app_env *env = arena_alloc(a, decl->env_count * sizeof(*env) + 1);
	struct app_file *file = arena_alloc(a, decl->file_count * sizeof(*file) + 1);
	struct resource_list made = { 0 };
	int before = d->diag->errors;
	bool good = desire_env(d, decl->env, decl->env_count, env);

	struct drain drain;

	good = fill_files(d, decl, file) && good;
	if (decl->form == APP_BINARY)
		check_machine(d, &decl->binary);
	good = fill_drain(d, &decl->drain, &drain) && good;
	for (size_t i = 0; i < decl->port_count && !d->here.maybe; i++)
		check_overlap(d, decl, &decl->port[i]);
	struct app app = { .name = decl->name,
		.playbook = d->playbook->name,
		.host = d->host->name,
		.mark = decl->mark,
		.form = decl->form,
		.image = image,
		.image_id = decl->image.id[0] ? decl->image.id : NULL,
		.binary = &decl->binary,
		.relaxed = decl->relaxed.item,
		.can = { .features = desire_fact(d, "systemd-features"),
		    .cgroup = desire_fact(d, "cgroup") },
		.replicas = (int)decl->replicas,
		.port = decl->port,
		.port_count = decl->port_count,
		.env = env,
		.env_count = decl->env_count,
		.file = file,
		.file_count = decl->file_count,
		.command = desire_argv(d, &decl->command),
		.args = desire_argv(d, &decl->args),
		.limits = decl->limits,
		.read_only = decl->read_only,
		.on_change = read_on_change_of(decl->on_change),
		.keep = decl->keep,
		.health = aim_health(decl),
		.drain = drain };
	if ((!image && decl->form == APP_IMAGE) || !good || d->diag->errors != before ||
	    (decl->command.mark.line && !app.command) || (decl->args.mark.line && !app.args))
		return;
	app_resources(&app, a, &made);
	for (size_t i = 0; i < made.count; i++)
		desire_add(d, made.item[i]);
	free(made.item);
}
