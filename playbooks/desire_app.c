#include "base/arena.h"
#include "base/diag.h"
#include "base/mem.h"
#include "base/str.h"
#include "inventory/inventory.h"
#include "playbooks/app.h"
#include "playbooks/desire_inner.h"
#include "playbooks/executable.h"
#include "playbooks/kinds.h"
#include "playbooks/place.h"
#include "playbooks/podman.h"
#include "playbooks/read.h"

#include <stdlib.h>
#include <string.h>

static bool
shares_address(const struct app_port *a, const struct app_port *b)
{
	for (const char *const *x = a->bind; *x; x++)
		for (const char *const *y = b->bind; *y; y++)
			if (app_same_address(*x, *y))
				return true;
	return false;
}

static int
last_port(const struct app_decl *app, const struct app_port *p)
{
	return app_port_host(p, (int)app->replicas) - 1;
}

/* Of apps that are there for certain. */
static void
check_overlap(struct desire *d, const struct app_decl *app, const struct app_port *port)
{
	for (size_t i = 0; i < d->port_count; i++) {
		const struct app_port *other = d->port[i];
		const struct app_decl *owner = d->port_app[i];

		if (port->udp != other->udp || port->host > last_port(owner, other) ||
		    other->host > last_port(app, port) || !shares_address(port, other))
			continue;
		desire_wrong(d, port->mark,
		    "ports: %s of %s (%d to %d) overlaps %s of %s (%d to %d), line %d", port->name,
		    app->name, port->host, last_port(app, port), other->name, owner->name,
		    other->host, last_port(owner, other), other->mark.line);
	}
	mem_grow(d->port, d->port_count, d->port_cap);
	mem_grow(d->port_app, d->port_count, d->port_app_cap);
	d->port[d->port_count] = port;
	d->port_app[d->port_count++] = app;
}

/* The directory of the host, wanted in front of the app. */
static bool
fill_dir(
    struct desire *d, const struct app_decl *app, const struct file_decl *f, struct app_file *ret)
{
	struct resource *r = arena_alloc(d->arena, sizeof(*r));

	ret->dir = desire_path(d, &f->dir, "dir");
	if (ret->dir && strpbrk(ret->dir, ":,")) {
		desire_wrong_text(d, f->dir.mark,
		    "dir: a path without : and , is wanted here, not \"%.100s\" (host %s)",
		    ret->dir, d->host->name);
		return false;
	}
	if (!ret->dir)
		return false;
	place_dir(d->arena, r, ret->dir);
	r->app = app->name;
	r->mark = f->mark;
	r->implied = true;
	place_seal(r);
	return desire_add(d, r);
}

static bool
fill_files(struct desire *d, const struct app_decl *decl, struct app_file *ret)
{
	bool good = true;

	for (size_t i = 0; i < decl->file_count; i++) {
		const struct file_decl *f = &decl->file[i];

		ret[i] = (struct app_file){ .path = f->path,
			.volume = f->volume,
			.tmpfs = f->tmpfs,
			.mode = (unsigned)f->mode,
			.writable = f->writable,
			.exported = !f->unexported,
			.mark = f->mark };
		if (f->dir.text)
			good = fill_dir(d, decl, f, &ret[i]) && good;
		if (f->volume || f->tmpfs || f->dir.text)
			continue;
		ret[i].content = desire_content(d, &f->content, &ret[i].len);
		good = good && ret[i].content;
	}
	return good;
}

/* NULL for what was not said; false when a mistake was told. */
static bool
fill_life(struct desire *d, const struct life_decl *decl, struct app_life *ret)
{
	const struct podman_pairs labels = { .item = decl->label, .count = decl->label_count };
	const char *user = desire_word(d, &decl->user);
	const char *bad = user && decl->user.text ? read_is_inner_user(user) : NULL;

	*ret = (struct app_life){
		.restart = decl->restart, .stop_signal = decl->stop_signal, .stop_ms = decl->stop_ms
	};
	if (bad)
		desire_wrong_text(d, decl->user.mark,
		    "user: %s is wanted here, not \"%.60s\" (host %s)", bad, user, d->host->name);
	ret->user = decl->user.text ? user : NULL;
	ret->workdir = decl->workdir.text ? desire_path(d, &decl->workdir, "workdir") : NULL;
	ret->label = podman_fill_pairs(d, &labels);
	return user && !bad && (ret->workdir || !decl->workdir.text) && ret->label;
}

static const struct app_port *
port_of_health(const struct app_decl *decl)
{
	for (size_t i = 0; decl->health.port && i < decl->port_count; i++)
		if (str_eq(decl->port[i].name, decl->health.port))
			return &decl->port[i];
	return NULL;
}

/* Where a probe reaches replica 0 from its own host. */
static struct health
aim_health(const struct app_decl *decl)
{
	struct health h = decl->health.health;
	const struct app_port *p = port_of_health(decl);

	if (!p)
		return h;
	h.port = p->host;
	h.address = str_eq(p->bind[0], "0.0.0.0") ? "127.0.0.1"
		    : str_eq(p->bind[0], "::")    ? "::1"
						  : p->bind[0];
	return h;
}

/* Those that this host has, and those that it has not. */
static const struct app_need *
fill_needs(struct desire *d, const struct app_decl *decl, const char *as)
{
	const struct playbook *p = d->playbook;
	struct app_need *need = arena_alloc(d->arena, decl->needs.count * sizeof(*need) + 1);

	for (size_t i = 0; i < decl->needs.count; i++) {
		need[i].name = decl->needs.item[i];
		for (size_t j = 0; j < p->app_count; j++) {
			const struct app_decl *other = &p->app[j];
			const char *whose;

			if (!d->app_there[j] || !str_eq(other->name, need[i].name))
				continue;
			whose = podman_user(d, &other->as);
			need[i].replicas = (int)other->replicas;
			need[i].apart = whose && !str_eq(whose, as);
		}
	}
	return need;
}

/* What podman cannot do for anybody but root. */
static void
check_rootless(struct desire *d, const struct app_decl *decl, const char *as)
{
	const char *apparmor = decl->sandbox.apparmor;

	if (!str_eq(as, PODMAN_ROOT) && apparmor && strcmp(apparmor, "unconfined") != 0)
		desire_wrong(d, decl->as.mark,
		    "as: podman gives no AppArmor profile to a container of %s: apparmor: %s "
		    "cannot be kept",
		    as, apparmor);
	if (!str_eq(as, PODMAN_ROOT) && decl->sandbox.own_users)
		desire_wrong(d, decl->as.mark,
		    "as: a container of %s has ids of theirs alone: sandbox: {user: auto} is for "
		    "root's",
		    as);
}

/* A user's own service manager is given neither. */
static struct ability
ability_of(struct desire *d, bool rootless)
{
	struct ability can = desire_ability(d);

	can.io = can.io && !rootless;
	can.raises = can.raises && !rootless;
	return can;
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

/* A task before it makes the network. */
static bool
is_made_here(const struct desire *d, const char *network, const char *as)
{
	const char *id = podman_id(d->arena, "network", network ? network : "", as);
	size_t at;

	return strmap_find(&d->known, id, &at) && !d->list.item[at]->absent;
}

/* What it needs first stands in front of it. */
static void
add_resources(struct desire *d, const struct app_decl *decl, const struct app *app)
{
	struct resource_list made = { 0 };

	if (app->as)
		desire_for_app(d, app->as, decl);
	if (app->sandbox.own_users)
		desire_add_once(d, kind_subids_of_containers(d->arena), decl->mark);
	app_resources(app, d->arena, &made);
	for (size_t i = 0; i < made.count; i++)
		desire_add(d, made.item[i]);
	free(made.item);
}

void
desire_want_app(struct desire *d, const struct app_decl *decl, const char *image)
{
	struct arena *a = d->arena;
	struct app_env *env = arena_alloc(a, decl->env_count * sizeof(*env) + 1);
	struct app_file *file = arena_alloc(a, decl->file_count * sizeof(*file) + 1);
	const char *as = podman_user(d, &decl->as);
	bool rootless = as && strcmp(as, PODMAN_ROOT) != 0;
	int before = d->diag->errors;
	struct app_life life;
	struct drain drain;
	struct app_log log;
	bool good = desire_env(d, decl->env, decl->env_count, env);

	good = fill_files(d, decl, file) && good;
	good = fill_life(d, &decl->life, &life) && good;
	if (decl->form == APP_BINARY)
		check_machine(d, &decl->binary);
	good = fill_drain(d, &decl->drain, &drain) && good;
	if (!as)
		return;
	check_rootless(d, decl, as);
	good = desire_log(d, decl, as, &log) && good;
	for (size_t i = 0; i < decl->port_count && !d->here.maybe; i++)
		check_overlap(d, decl, &decl->port[i]);
	struct app app = { .name = decl->name,
		.playbook = d->playbook->name,
		.host = d->host->name,
		.as = rootless ? as : NULL,
		.pet = d->host->kind == HOST_PET,
		.mark = decl->mark,
		.form = decl->form,
		.image = image,
		.image_id = decl->image.id[0] ? decl->image.id : NULL,
		.binary = decl->form == APP_IMAGE ? NULL : &decl->binary,
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
		.life = life,
		.need = fill_needs(d, decl, as),
		.need_count = decl->needs.count,
		.limits = decl->limits,
		.sandbox = decl->sandbox,
		.log = log,
		.network = decl->network,
		.network_comes = is_made_here(d, decl->network, as),
		.on_change = read_on_change_of(decl->on_change),
		.keep = decl->keep,
		.health = aim_health(decl),
		.health_span = port_of_health(decl) ? port_of_health(decl)->span : 0,
		.drain = drain,
		.ability = ability_of(d, rootless) };
	if ((!image && decl->form == APP_IMAGE) || !good || d->diag->errors != before ||
	    (decl->command.mark.line && !app.command) || (decl->args.mark.line && !app.args))
		return;
	add_resources(d, decl, &app);
}
