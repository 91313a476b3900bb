#include "playbooks/capability.h"
#include "playbooks/container.h"
#include "playbooks/desire_inner.h"
#include "playbooks/kind.h"
#include "playbooks/kinds.h"
#include "playbooks/limits.h"
#include "playbooks/notes.h"
#include "playbooks/podman.h"
#include "playbooks/read.h"
#include "playbooks/read_app.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/digest.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/yaml.h"
#include "inventory/inventory.h"

#include <string.h>

extern const char host_look_container_sh[], host_podman_sh[];

#define UNIT_MAX ((size_t)256 << 10)

struct container_decl {
	const struct yaml_node *name, *image, *command, *args, *env, *ports, *volumes, *network,
	    *tmpfs, *labels, *user, *workdir, *hostname, *limits;
	const char *const *capability;
	const char *restart, *state, *on_change;
	int64_t stop_ms;
	bool read_only, export;
	/* What they are. */
	struct source name_source, user_source, workdir_source, hostname_source;
	struct image_decl image_decl;
	struct argv_decl command_decl, args_decl;
	struct env_decl *env_decl;
	size_t env_count;
	struct podman_list port, volume, net, tmp;
	struct podman_pairs label;
	struct app_limits limit;
};

static const char *const states[] = { "started", "stopped", "absent", NULL };
static const char *const restarts[] = { "on-failure", "always", "no", NULL };

static void
parse_capabilities(const struct field_context *c, const struct yaml_node *n, void *to)
{
	capability_read(c, n, &((struct container_decl *)to)->capability);
}

#define NODE(member, text)                                                                         \
	.form = FORM_NODE, .offset = offsetof(struct container_decl, member), .doc = text

const struct field kind_container_fields[] = {
	{ .name = "name",
	    .flags = FIELD_REQUIRED,
	    NODE(name, "the container's name, and that of its unit, NAME.service") },
	{ .name = "image", NODE(image, "as in an app") },
	{ .name = "command",
	    NODE(command, "a list of arguments instead of the image's entry point") },
	{ .name = "args", NODE(args, "a list of arguments for the entry point") },
	{ .name = "env", NODE(env, "environment variables") },
	{ .name = "ports",
	    NODE(ports, "a list of [ADDRESS:]HOST:CONTAINER, with /udp where it is "
			"not tcp") },
	{ .name = "volumes",
	    NODE(volumes, "a list of NAME:/PATH or /DIRECTORY:/PATH, with "
			  "options behind it as podman has them (:ro)") },
	{ .name = "network", NODE(network, "a network's name, host or none, or a list of names") },
	{ .name = "tmpfs", NODE(tmpfs, "a list of paths that are memory") },
	{ .name = "labels", NODE(labels, "a mapping") },
	{ .name = "user",
	    NODE(user, "who its processes are, as podman has it: 1000 or 1000:1000") },
	{ .name = "workdir", NODE(workdir, "where they begin") },
	{ .name = "hostname", NODE(hostname, "what they call their host") },
	{ .name = "limits", NODE(limits, "cpu, memory, tasks, io and nofile, as in an app") },
	{ .name = "capabilities",
	    .form = FORM_CALL,
	    .parse = parse_capabilities,
	    .doc =
		"a list of the capabilities that it has, which may be empty; by default podman's "
		"own" },
	{ FIELD_OF(FORM_BOOL, struct container_decl, read_only),
	    .doc = "a read-only root with room to write in /tmp, /run and /var/tmp" },
	{ FIELD_OF(FORM_CHOICE, struct container_decl, restart), .choices = restarts,
	    .doc = "when systemd starts it again; on-failure by default" },
	{ .name = "stop_timeout",
	    .form = FORM_DURATION,
	    .offset = offsetof(struct container_decl, stop_ms),
	    .min = 1000,
	    .max = 3600000,
	    .doc = "how long it may take to stop before it is killed, 10s by default" },
	{ FIELD_OF(FORM_CHOICE, struct container_decl, on_change), .choices = read_on_change,
	    .doc = "what a change does to the running container; restart by default" },
	{ FIELD_OF(FORM_BOOL, struct container_decl, export),
	    .doc = "on a pet, what its volumes hold is kept before it changes; true by default" },
	{ FIELD_OF(FORM_CHOICE, struct container_decl, state), .choices = states,
	    .doc = "started by default; stopped leaves its unit there, not enabled; absent takes "
		   "both away" },
	{ 0 },
};

#undef NODE

static bool
is_state(const struct container_decl *decl, const char *word)
{
	return decl->state && str_eq(decl->state, word);
}

static void
read_list(const struct field_context *c, const char *name, const struct yaml_node *n,
    const char *(*grammar)(const char *), struct podman_list *ret)
{
	if (!n || !podman_read_list(c, name, n, ret))
		return;
	for (size_t i = 0; i < ret->count; i++) {
		const struct source *s = &ret->item[i];

		if (!render_is_template(s) && grammar(s->text))
			diag_error(c->diag, s->mark, "%s: %s is wanted here, not \"%.60s\"", name,
			    grammar(s->text), s->text);
	}
}

static void
read_text(
    const struct field_context *c, const char *name, const struct yaml_node *n, struct source *ret)
{
	if (n)
		read_source(c, name, n, ret);
}

static void
read_argv(const struct field_context *c, const char *name, const struct yaml_node *n,
    struct argv_decl *ret)
{
	if (n && n->kind != YAML_LIST)
		diag_error(c->diag, n->mark, "%s: a list of arguments is wanted here", name);
	else if (n)
		read_command(c, name, n, ret);
}

static void
read_rest(const struct field_context *c, struct container_decl *got)
{
	read_argv(c, "command", got->command, &got->command_decl);
	read_argv(c, "args", got->args, &got->args_decl);
	if (got->env)
		read_env(c, got->env, &got->env_decl, &got->env_count);
	read_list(c, "ports", got->ports, container_is_port, &got->port);
	read_list(c, "volumes", got->volumes, container_is_volume, &got->volume);
	read_list(c, "network", got->network, podman_is_name, &got->net);
	read_list(c, "tmpfs", got->tmpfs, read_is_path, &got->tmp);
	if (got->labels)
		podman_read_pairs(c, "labels", got->labels, &got->label);
	read_text(c, "user", got->user, &got->user_source);
	read_text(c, "workdir", got->workdir, &got->workdir_source);
	read_text(c, "hostname", got->hostname, &got->hostname_source);
	if (got->limits)
		read_app_limits(c, got->limits, &got->limit);
}

void
kind_container_read(const struct field_context *c, const struct yaml_node *n, void *to)
{
	struct field_context mine = *c;
	struct container_decl *got = arena_alloc(c->arena, sizeof(*got));

	got->stop_ms = 10000;
	got->export = true;
	mine.what = "the container task";
	if (!field_read(&mine, kind_container_fields, n, got))
		return;
	podman_read_name(c, got->name, "container", &got->name_source);
	if (!got->image != is_state(got, "absent")) {
		diag_error(c->diag, n->mark, "container: %s",
		    got->image ? "what is to be absent has no image" : "image: is missing");
		return;
	}
	if (got->image && !read_image(c, got->image, &got->image_decl))
		return;
	read_rest(c, got);
	((struct task_decl *)to)->detail = got;
}

const struct image_decl *
kind_container_image(const struct task_decl *t)
{
	const struct container_decl *decl = t->detail;

	return decl && decl->image ? &decl->image_decl : NULL;
}

/* "" for what was not said; NULL when a mistake was told. */
static const char *
fill_text(struct desire *d, const struct source *s)
{
	const char *text = desire_word(d, s);

	if (text && s->text && (!*text || strchr(text, '\n') || strlen(text) > 1024)) {
		desire_wrong_text(d, s->mark, "one line of at most 1024 bytes is wanted here");
		return NULL;
	}
	return text;
}

static const char *
or_null(const char *text)
{
	return text && *text ? text : NULL;
}

static const char *const *
fill_list(struct desire *d, const char *name, const struct podman_list *l,
    const char *(*grammar)(const char *))
{
	const char *const *text = podman_fill_list(d, l);

	for (size_t i = 0; text && text[i]; i++) {
		if (!grammar(text[i]))
			continue;
		desire_wrong_text(d, l->item[i].mark,
		    "%s: %s is wanted here, not \"%.60s\" (host %s)", name, grammar(text[i]),
		    text[i], d->host->name);
		return NULL;
	}
	return text;
}

static const char *const *
fill_env(struct desire *d, const struct container_decl *decl)
{
	const char **text = arena_alloc(d->arena, (decl->env_count + 1) * sizeof(*text));

	for (size_t i = 0; i < decl->env_count; i++) {
		const char *value = desire_word(d, &decl->env_decl[i].value);

		if (!value)
			return NULL;
		text[i] = arena_printf(d->arena, "%s=%s", decl->env_decl[i].name, value);
	}
	return text;
}

/* All that is filled in; false when a mistake was told. */
static bool
fill(struct desire *d, const struct container_decl *decl, struct container *c)
{
	const char *user = fill_text(d, &decl->user_source);
	const char *workdir = fill_text(d, &decl->workdir_source);
	const char *hostname = fill_text(d, &decl->hostname_source);

	c->playbook = d->playbook->name;
	c->image = desire_image(d, &decl->image_decl, NULL);
	c->command = desire_argv(d, &decl->command_decl);
	c->args = desire_argv(d, &decl->args_decl);
	c->env = fill_env(d, decl);
	c->port = fill_list(d, "ports", &decl->port, container_is_port);
	c->volume = fill_list(d, "volumes", &decl->volume, container_is_volume);
	c->network = fill_list(d, "network", &decl->net, podman_is_name);
	c->tmpfs = fill_list(d, "tmpfs", &decl->tmp, read_is_path);
	c->label = podman_fill_pairs(d, &decl->label);
	c->capability = decl->capability;
	c->user = or_null(user);
	c->workdir = or_null(workdir);
	c->hostname = or_null(hostname);
	c->restart = decl->restart ? decl->restart : "on-failure";
	c->stop_ms = decl->stop_ms;
	c->limits = decl->limit;
	c->read_only = decl->read_only;
	return c->image && (c->command || !decl->command) && (c->args || !decl->args) && c->env &&
	       c->port && c->volume && c->network && c->tmpfs && c->label && user && workdir &&
	       hostname;
}

/* Of all that only a restart would pick up. */
static const char *
config_digest(struct desire *d, const struct container_decl *decl, const char *unit_digest)
{
	char hex[DIGEST_HEX];
	const char *all = arena_printf(d->arena, "%s %s", unit_digest, decl->image_decl.id);

	digest_hex(all, strlen(all), hex);
	return arena_strdup(d->arena, hex);
}

/* What stands in front of its path; NULL: a directory of the host that it cannot write to. */
static const char *
volume_source(struct arena *a, const char *volume)
{
	size_t n = strcspn(volume, ":");
	const char *path = volume[n] ? volume + n + 1 : "", *options = strchr(path, ':');

	for (const char *o = options; o; o = strchr(o + 1, ',')) {
		if (*volume == '/' && strcspn(o + 1, ",") == 2 && str_starts(o + 1, "ro"))
			return NULL;
	}
	return arena_memdup0(a, volume, n);
}

static bool
is_among(const char *const *list, const char *text)
{
	for (; *list; list++) {
		if (str_eq(*list, text))
			return true;
	}
	return false;
}

/* Names of volumes, each once; NULL: there is nothing that is kept. */
static const char *const *
exports(struct desire *d, const struct container_decl *decl, const struct container *c)
{
	const char **list;
	size_t n = 0, count = 0;

	while (c->volume[count])
		count++;
	list = arena_alloc(d->arena, (count + 1) * sizeof(*list));
	for (size_t i = 0; decl->export && d->host->kind == HOST_PET && i < count; i++) {
		const char *source = volume_source(d->arena, c->volume[i]);

		if (source && *source != '/' && !is_among(list, source))
			list[n++] = source;
	}
	return n ? list : NULL;
}

static void
note_unkept(struct desire *d, const struct container_decl *decl, const struct container *c,
    struct notes *ret)
{
	for (const char *const *v = c->volume; *v && d->host->kind == HOST_PET; v++) {
		const char *source = volume_source(d->arena, *v);

		if (source && *source == '/')
			notes_add(
			    ret, "not kept before %s changes: what is in %s", c->name, source);
		else if (source && !decl->export)
			notes_add(ret,
			    "not kept before %s changes: what is in volume %s (export: false)",
			    c->name, source);
	}
}

static const char *const *
notes(struct desire *d, const struct container_decl *decl, const struct container *c)
{
	struct notes notes = { .arena = d->arena };

	for (const char *const *p = c->port; *p; p++)
		notes_add(&notes, "publishes %s (of %s)", *p, c->name);
	limits_note(&c->limits, &c->can, c->name, &notes);
	note_unkept(d, decl, c, &notes);
	return notes.item;
}

static bool
put_unit(
    struct desire *d, const struct container_decl *decl, struct container *c, struct resource *r)
{
	autobuf text = BUF_INIT(UNIT_MAX);

	if (!fill(d, decl, c))
		return false;
	container_unit(c, &text);
	if (text.dropped) {
		desire_wrong(d, r->mark, "container %s: its unit is larger than %zu KiB", c->name,
		    UNIT_MAX >> 10);
		return false;
	}
	r->content = arena_memdup0(d->arena, buf_text(&text), text.len);
	r->content_len = text.len;
	digest_hex(r->content, r->content_len, r->digest);
	r->config_digest = config_digest(d, decl, r->digest);
	r->notes = notes(d, decl, c);
	r->exports = exports(d, decl, c);
	return true;
}

/* It is the unit that runs it: from here on there is no container. */
static bool
want(struct desire *d, const struct task_decl *t, struct resource *r)
{
	const struct container_decl *decl = t->detail;
	const char *name = podman_name(d, &decl->name_source, "container");
	const char **look = arena_alloc(d->arena, 2 * sizeof(*look));
	bool stopped = is_state(decl, "stopped");
	struct container c = { 0 };

	if (!name)
		return false;
	r->kind = RESOURCE_UNIT;
	r->unit = arena_printf(d->arena, "%s.service", name);
	r->path = arena_printf(d->arena, "%s/%s", APP_UNIT_DIR, r->unit);
	r->id = arena_printf(d->arena, "unit %s", r->unit);
	r->title = arena_printf(d->arena, "container %s", name);
	look[0] = name;
	r->look = look;
	r->mode = 0644;
	r->absent = is_state(decl, "absent");
	if (r->absent)
		return true;
	r->state = stopped ? WANT_STOPPED : WANT_STARTED;
	r->enabled = stopped ? WANT_DISABLED : WANT_ENABLED;
	r->on_change = read_on_change_of(decl->on_change);
	r->health.kind = stopped ? HEALTH_NONE : HEALTH_UNIT;
	c.name = name;
	c.rootless = t->as.text && !str_eq(t->as.text, "root");
	c.can = desire_ability(d);
	/* A user's own service manager is given neither. */
	c.can.io = c.can.io && !c.rootless;
	c.can.raises = c.can.raises && !c.rootless;
	return put_unit(d, decl, &c, r);
}

/* A resource of this kind is a unit by now. */
static void
decide(struct verdict *v)
{
	(void)v;
}

const struct kind kind_container = {
	.kind = RESOURCE_CONTAINER,
	.name = "container",
	.want = want,
	.decide = decide,
	.common = host_podman_sh,
	.look = host_look_container_sh,
};
