#include "playbooks/playbook.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/digest.h"
#include "base/mem.h"
#include "base/str.h"
#include "inventory/inventory.h"
#include "playbooks/app.h"
#include "playbooks/desire.h"
#include "playbooks/model.h"
#include "playbooks/read.h"
#include "playbooks/unit.h"

#include <string.h>

#define UNIT_MAX ((size_t)256 << 10)

/* What engine/host/facts.sh can say of a host and that holds still between two applies. */
const char *const desire_facts[] = { "arch", "cgroup", "cgroup-controllers", "cpus", "hostname",
	"init", "kernel", "machine-id", "memory", "os", "os-name", "podman", "root", "selinux",
	"shell", "systemd", "systemd-features", "tools", "user", "virtualization", NULL };

/* One evaluation, for one host. */
struct desire {
	const struct playbook *playbook;
	const struct host *host;
	const struct facts *facts;
	struct arena *arena;
	struct diag *diag;
	struct scope scope;
	struct resource_list list;
	const struct app_port **port; /* of all apps, for overlaps; with the app's name beside */
	const struct app_decl **port_app;
	size_t port_count, port_cap, port_app_cap;
};

static const struct var *
find_var(const struct var *var, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (str_eq(var[i].name, name))
			return &var[i];
	return NULL;
}

static bool
is_fact(const char *name)
{
	for (const char *const *f = desire_facts; *f; f++)
		if (str_eq(*f, name))
			return true;
	return false;
}

/* -e, then the inventory, then the playbook; facts only where nobody else speaks, so that no host
 * can put itself in the place of a variable. */
static enum scope_found
find(void *user, const char *name, struct scope_value *ret)
{
	const struct desire *d = user;
	const struct playbook *p = d->playbook;
	const struct var *own, *var = find_var(p->extra, p->extra_count, name);
	const char *fact;

	if (str_eq(name, "host") || str_eq(name, "kind")) {
		ret->text = *name == 'h' ? d->host->name : host_kind_name(d->host->kind);
		return SCOPE_FOUND;
	}
	own = var ? NULL : host_var(d->host, name);
	if (own && var_opaque(own))
		return SCOPE_OPAQUE;
	if (!var)
		var = own;
	if (!var)
		var = find_var(p->vars.item, p->vars.count, name);
	if (var) {
		ret->text = var->value;
		ret->is_json = var->is_json;
		ret->plain = var->plain;
		return SCOPE_FOUND;
	}
	if (!d->facts)
		return SCOPE_ABSENT;
	fact = d->facts->fact ? d->facts->fact(d->facts->user, name) : NULL;
	if (d->facts->used && (fact || is_fact(name)))
		++*d->facts->used;
	if (fact) {
		ret->text = fact;
		return SCOPE_FOUND;
	}
	return d->facts->unknown_ok && is_fact(name) ? SCOPE_LATER : SCOPE_ABSENT;
}

/* Every name a template may say here, for did-you-mean. */
static const char *const *
known_names(const struct desire *d)
{
	const struct playbook *p = d->playbook;
	size_t n = 0, all = 3 + p->extra_count + p->vars.count + d->host->var_count;

	for (const char *const *f = desire_facts; *f; f++)
		all++;
	const char **name = arena_alloc(d->arena, all * sizeof(*name));
	name[n++] = "host";
	name[n++] = "kind";
	for (size_t i = 0; i < p->extra_count; i++)
		name[n++] = p->extra[i].name;
	for (size_t i = 0; i < p->vars.count; i++)
		name[n++] = p->vars.item[i].name;
	for (size_t i = 0; i < d->host->var_count; i++)
		name[n++] = d->host->vars[i]->name;
	for (const char *const *f = desire_facts; *f; f++)
		name[n++] = *f;
	return name;
}

/* NULL when a mistake was told; "" for what was not given. */
static const char *
fill(struct desire *d, const struct source *s, size_t *ret_len)
{
	if (!s->text) {
		if (ret_len)
			*ret_len = 0;
		return "";
	}
	return render_text(s, &d->scope, d->arena, d->diag, ret_len);
}

/* A text that becomes an argument or a value: no NUL, no control bytes but tab and newline. */
static const char *
fill_word(struct desire *d, const struct source *s)
{
	const char *text = fill(d, s, NULL);

	for (const char *p = text; p && *p; p++) {
		if (((unsigned char)*p >= ' ' && *p != 0x7f) || *p == '\n' || *p == '\t')
			continue;
		diag_error(d->diag, s->mark, "the value holds U+%04X for host %s",
		    (unsigned char)*p, d->host->name);
		return NULL;
	}
	return text;
}

static const char *
fill_path(struct desire *d, const struct source *s, const char *name)
{
	const char *text = fill(d, s, NULL), *bad = text ? read_is_path(text) : NULL;

	if (!bad)
		return text;
	diag_error(d->diag, s->mark, "%s: %s is wanted here, not \"%.100s\" (host %s)", name, bad,
	    text, d->host->name);
	return NULL;
}

static const char *
fill_text_decl(struct desire *d, const struct text_decl *t, size_t *ret_len)
{
	if (!t->literal)
		return fill(d, &t->source, ret_len);
	*ret_len = t->source.len;
	return t->source.text;
}

/* argv ended by NULL; a shell text becomes sh -c. */
static const char *const *
fill_argv(struct desire *d, const struct argv_decl *decl)
{
	const char **argv = arena_alloc(d->arena, (decl->count + 4) * sizeof(*argv));

	if (decl->shell) {
		argv[0] = "sh";
		argv[1] = "-c";
		argv[2] = decl->shell;
		return argv;
	}
	for (size_t i = 0; i < decl->count; i++) {
		argv[i] = fill_word(d, &decl->item[i]);
		if (!argv[i])
			return NULL;
	}
	return decl->count ? argv : NULL;
}

static bool
fill_then(struct desire *d, const struct then_decl *decl, struct resource *r)
{
	r->then = decl->follow;
	if (r->then.kind == FOLLOW_RUN)
		r->then.argv = fill_argv(d, &decl->argv);
	return r->then.kind != FOLLOW_RUN || r->then.argv;
}

static const char *
with_tag(struct desire *d, const char *name)
{
	const char *slash = strrchr(name, '/');

	if (strchr(slash ? slash : name, ':') || strchr(name, '@'))
		return name;
	return arena_printf(d->arena, "%s:latest", name);
}

/* The same resource, or another one at the same path. */
static const struct resource *
find_resource(const struct desire *d, const struct resource *r)
{
	for (size_t i = 0; i < d->list.count; i++) {
		const struct resource *other = d->list.item[i];

		if (str_eq(other->id, r->id) ||
		    (r->path && other->path && str_eq(other->path, r->path)))
			return other;
	}
	return NULL;
}

static bool
add(struct desire *d, const struct resource *r)
{
	const struct resource *other = find_resource(d, r);

	if (other) {
		diag_error(d->diag, r->mark, "%s is declared twice: also at line %d",
		    r->path ? r->path : r->id, other->mark.line);
		return false;
	}
	if (r->app && r->kind == RESOURCE_UNIT && r->content_len > UNIT_MAX) {
		diag_error(d->diag, r->mark,
		    "app %s: its unit is larger than %zu KiB: put long values into files:", r->app,
		    UNIT_MAX >> 10);
		return false;
	}
	resource_list_add(&d->list, r);
	return true;
}

/* The image's name; NULL when a mistake was told. The same image of two apps is one resource. */
static const char *
want_image(struct desire *d, const struct image_decl *decl, const char *app)
{
	const char *name = decl->archive ? decl->archive_name : fill_word(d, &decl->name);
	const char *bad = name ? read_is_image(name) : NULL;

	if (bad)
		diag_error(d->diag, decl->mark,
		    "image: %s is wanted here, not \"%.100s\" (host %s)", bad, name, d->host->name);
	if (!name || bad)
		return NULL;
	struct resource *r = arena_alloc(d->arena, sizeof(*r));
	r->kind = RESOURCE_IMAGE;
	r->image = with_tag(d, name);
	r->id = arena_printf(d->arena, "image %s", r->image);
	r->title = r->image;
	r->app = app;
	r->mark = decl->mark;
	r->archive = decl->archive;
	r->archive_size = decl->size;
	memcpy(r->image_id, decl->id, sizeof(r->image_id));
	const struct resource *other = find_resource(d, r);
	if (!other)
		resource_list_add(&d->list, r);
	else if (strcmp(other->image_id, r->image_id) != 0)
		diag_error(d->diag, r->mark, "%s is another image than at line %d", r->id,
		    other->mark.line);
	return r->image;
}

static bool
same_address(const char *a, const char *b)
{
	return str_eq(a, b) || str_eq(a, "0.0.0.0") || str_eq(b, "0.0.0.0") || str_eq(a, "::") ||
	       str_eq(b, "::");
}

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
		diag_error(d->diag, port->mark,
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
fill_env(struct desire *d, const struct env_decl *decl, size_t n, struct app_env *ret)
{
	bool good = true;

	for (size_t i = 0; i < n; i++) {
		ret[i].name = decl[i].name;
		ret[i].value = fill_word(d, &decl[i].value);
		good = good && ret[i].value;
		if (ret[i].value && strlen(ret[i].value) > 32768) {
			diag_error(d->diag, decl[i].value.mark, "env: %s is longer than 32 KiB",
			    decl[i].name);
			good = false;
		}
	}
	return good;
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
		ret[i].content = fill_text_decl(d, &f->content, &ret[i].len);
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

static void
want_app(struct desire *d, const struct app_decl *decl, const char *image)
{
	struct arena *a = d->arena;
	struct app_env *env = arena_alloc(a, decl->env_count * sizeof(*env) + 1);
	struct app_file *file = arena_alloc(a, decl->file_count * sizeof(*file) + 1);
	struct resource_list made = { 0 };
	int before = d->diag->errors;

	fill_env(d, decl->env, decl->env_count, env);
	fill_files(d, decl, file);
	for (size_t i = 0; i < decl->port_count; i++)
		check_overlap(d, decl, &decl->port[i]);
	struct app app = { .name = decl->name,
		.playbook = d->playbook->name,
		.host = d->host->name,
		.mark = decl->mark,
		.image = image,
		.image_id = decl->image.id[0] ? decl->image.id : NULL,
		.replicas = (int)decl->replicas,
		.port = decl->port,
		.port_count = decl->port_count,
		.env = env,
		.env_count = decl->env_count,
		.file = file,
		.file_count = decl->file_count,
		.command = fill_argv(d, &decl->command),
		.args = fill_argv(d, &decl->args),
		.cpu_percent = decl->cpu_percent,
		.memory = decl->memory,
		.tasks = decl->tasks,
		.read_only = decl->read_only,
		.on_change = read_on_change_of(decl->on_change),
		.health = aim_health(decl) };
	if (!image || d->diag->errors != before)
		return;
	app_resources(&app, a, &made);
	for (size_t i = 0; i < made.count; i++)
		add(d, made.item[i]);
	free(made.item);
}

static enum wanted_state
state_of(const char *word)
{
	static const char *const words[] = { "started", "stopped", "restarted", "reloaded" };

	for (size_t i = 0; word && i < countof(words); i++)
		if (str_eq(words[i], word))
			return (enum wanted_state)(WANT_STARTED + (int)i);
	return WANT_UNSAID;
}

static bool
want_content(struct desire *d, const struct task_decl *t, struct resource *r)
{
	r->content = fill_text_decl(d, &t->content, &r->content_len);
	if (!r->content)
		return false;
	digest_hex(r->content, r->content_len, r->digest);
	r->mode = (unsigned)t->mode;
	r->owner = t->owner;
	r->group = t->group;
	return true;
}

static bool
want_file(struct desire *d, const struct task_decl *t, struct resource *r)
{
	r->path = fill_path(d, &t->path, "path");
	if (!r->path)
		return false;
	r->id = arena_printf(d->arena, "file %s", r->path);
	r->title = r->path;
	return want_content(d, t, r);
}

static bool
want_unit(struct desire *d, const struct task_decl *t, struct resource *r)
{
	r->unit = t->unit;
	r->path = arena_printf(d->arena, "%s/%s", APP_UNIT_DIR, t->unit);
	r->id = arena_printf(d->arena, "unit %s", t->unit);
	r->title = t->unit;
	r->state = state_of(t->state);
	r->enabled = !t->enabled_said ? WANT_ENABLED_UNSAID
		     : t->enabled     ? WANT_ENABLED
				      : WANT_DISABLED;
	r->on_change = read_on_change_of(t->on_change);
	r->health.kind = r->state == WANT_STARTED ? HEALTH_UNIT : HEALTH_NONE;
	r->health.interval_ms = r->health.timeout_ms = 2000;
	r->health.retries = 10;
	if (!want_content(d, t, r))
		return false;
	r->mode = 0644;
	r->config_digest = r->digest;
	return true;
}

static void
want_service(struct desire *d, const struct task_decl *t, struct resource *r)
{
	r->unit = t->unit;
	r->id = arena_printf(d->arena, "service %s", t->unit);
	r->title = t->unit;
	r->state = state_of(t->state);
	r->enabled = !t->enabled_said ? WANT_ENABLED_UNSAID
		     : t->enabled     ? WANT_ENABLED
				      : WANT_DISABLED;
}

static const char *
joined(struct desire *d, const char *const *argv)
{
	autobuf b = BUF_INIT(200);

	for (size_t i = 0; argv[i]; i++) {
		buf_adds(&b, i ? " " : "");
		str_shell_quote(&b, argv[i]);
	}
	return arena_strdup(d->arena, buf_text(&b));
}

static bool
want_run(struct desire *d, const struct task_decl *t, struct resource *r)
{
	struct app_env *env = arena_alloc(d->arena, t->env_count * sizeof(*env) + 1);
	const char **texts = arena_alloc(d->arena, (t->env_count + 1) * sizeof(*texts));

	r->id = arena_printf(d->arena, "run %d", t->number);
	r->shell = t->run.shell;
	r->argv = r->shell ? NULL : fill_argv(d, &t->run);
	if ((!r->shell && !r->argv) || !fill_env(d, t->env, t->env_count, env))
		return false;
	r->title = r->shell ? r->shell : joined(d, r->argv);
	for (size_t i = 0; i < t->env_count; i++)
		texts[i] = arena_printf(d->arena, "%s=%s", env[i].name, env[i].value);
	r->env = texts;
	r->unless = t->unless;
	if (!t->creates.text)
		return true;
	r->creates = fill_path(d, &t->creates, "creates");
	return r->creates != NULL;
}

static void
want_task(struct desire *d, const struct task_decl *t)
{
	struct resource *r = arena_alloc(d->arena, sizeof(*r));
	bool good = true;

	r->kind = t->kind;
	r->mark = t->mark;
	switch (t->kind) {
	case RESOURCE_FILE:
		good = want_file(d, t, r);
		break;
	case RESOURCE_UNIT:
		good = want_unit(d, t, r);
		break;
	case RESOURCE_SERVICE:
		want_service(d, t, r);
		break;
	case RESOURCE_RUN:
		good = want_run(d, t, r);
		break;
	case RESOURCE_IMAGE: /* with the apps' images, in front */
	case RESOURCE_KINDS:
		return;
	}
	if (!fill_then(d, &t->then, r) || !good)
		return;
	if (t->name)
		r->title = t->name;
	add(d, r);
}

bool
playbook_desire(const struct playbook *p, const struct host *h, const struct facts *facts,
    struct arena *a, struct diag *diag, const struct resource *const **ret, size_t *ret_count)
{
	struct desire d = { .playbook = p, .host = h, .facts = facts, .arena = a, .diag = diag };
	const char **image = arena_alloc(a, p->app_count * sizeof(*image) + 1);
	int before = diag->errors;

	d.scope = (struct scope){ .find = find, .user = &d, .names = known_names(&d) };
	for (size_t i = 0; i < p->app_count; i++)
		image[i] = want_image(&d, &p->app[i].image, p->app[i].name);
	for (size_t i = 0; i < p->task_count; i++)
		if (p->task[i].kind == RESOURCE_IMAGE)
			want_image(&d, &p->task[i].image, NULL);
	for (size_t i = 0; i < p->app_count; i++)
		want_app(&d, &p->app[i], image[i]);
	for (size_t i = 0; i < p->task_count; i++)
		want_task(&d, &p->task[i]);
	const struct resource **all = arena_alloc(a, (d.list.count + 1) * sizeof(*all));
	if (d.list.count)
		memcpy(all, d.list.item, d.list.count * sizeof(*all));
	*ret = all;
	*ret_count = d.list.count;
	free(d.list.item);
	free(d.port);
	free(d.port_app);
	return diag->errors == before;
}
