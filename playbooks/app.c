#include "playbooks/app.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/digest.h"
#include "base/mem.h"
#include "base/str.h"
#include "playbooks/app_inner.h"
#include "playbooks/kinds.h"
#include "playbooks/limits.h"
#include "playbooks/notes.h"
#include "playbooks/sandbox.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#define STEP_MS 300000 /* what a step has that says nothing of its time */

void
resource_list_add(struct resource_list *l, const struct resource *r)
{
	mem_grow(l->item, l->count, l->cap);
	l->item[l->count++] = r;
}

bool
app_name_ok(const char *name)
{
	size_t n = strlen(name);

	return n > 0 && n <= 48 && islower((unsigned char)name[0]) && name[n - 1] != '-' &&
	       strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-") == n;
}

bool
app_is_ipv6(const char *address)
{
	return strchr(address, ':') != NULL;
}

bool
app_same_address(const char *a, const char *b)
{
	return str_eq(a, b) || str_eq(a, "0.0.0.0") || str_eq(b, "0.0.0.0") || str_eq(a, "::") ||
	       str_eq(b, "::");
}

bool
app_network_is_own(const char *network)
{
	return network && !str_eq(network, "none") && !str_eq(network, "host") &&
	       !str_eq(network, "bridge") && !str_eq(network, "podman");
}

bool
app_is_on_host(const struct app *app)
{
	return app->network && str_eq(app->network, "host");
}

int
app_port_inside(const struct app *app, const struct app_port *p, int replica)
{
	return app->form == APP_BINARY || app_is_on_host(app) ? app_port_host(p, replica)
							      : p->container;
}

long long
app_stop_seconds(const struct app_life *life)
{
	return (long long)((life->stop_ms ? life->stop_ms : APP_STOP_MS) + 999) / 1000;
}

const char *
app_file_place(const struct app *app, const struct app_file *f, struct arena *a)
{
	return arena_printf(a, "%s/%s/files%s", APP_DIR, app->name, f->path);
}

const char *
app_resources_place(const struct app *app, int replica, struct arena *a)
{
	return arena_printf(a, "%s/%s/resources-%d.json", APP_DIR, app->name, replica);
}

const char *
app_profile_place(const struct app *app, struct arena *a)
{
	return arena_printf(a, "%s/%s/seccomp.json", APP_DIR, app->name);
}

const char *
app_version_place(const struct app *app, struct arena *a)
{
	return arena_printf(
	    a, "%s/%s/%.16s/%s", APP_BINARIES, app->name, app->binary->digest, app->binary->name);
}

/* Without its digest. */
static struct resource *
plain_resource(
    const struct app *app, struct arena *a, const char *path, const char *content, size_t len)
{
	struct resource *r = arena_alloc(a, sizeof(*r));

	r->kind = RESOURCE_FILE;
	r->path = path;
	r->id = arena_printf(a, "file %s", path);
	r->title = path;
	r->app = app->name;
	r->mark = app->mark;
	r->content = content;
	r->content_len = len;
	r->mode = 0644;
	return r;
}

struct resource *
app_file_resource(
    const struct app *app, struct arena *a, const char *path, const char *content, size_t len)
{
	struct resource *r = plain_resource(app, a, path, content, len);

	digest_hex(content, len, r->digest);
	return r;
}

/* Nobody but root looks into the archive of a root. */
static void
add_version(const struct app *app, struct arena *a, struct resource_list *ret)
{
	const struct app_binary *binary = app->binary;
	struct resource *r =
	    plain_resource(app, a, app_version_place(app, a), binary->content, binary->len);

	memcpy(r->digest, binary->digest, sizeof(r->digest));
	r->mark = binary->mark;
	r->mode = app->form == APP_ROOTFS ? 0600 : 0755;
	resource_list_add(ret, r);
}

static void
add_files(const struct app *app, struct arena *a, struct resource_list *ret)
{
	if (app->binary)
		add_version(app, a, ret);
	for (size_t i = 0; i < app->file_count; i++) {
		const struct app_file *f = &app->file[i];

		if (!f->content)
			continue;
		struct resource *r =
		    app_file_resource(app, a, app_file_place(app, f, a), f->content, f->len);

		r->mode = f->mode;
		r->mark = f->mark;
		/* Its root is that user. */
		r->owner = app->as;
		resource_list_add(ret, r);
	}
	if (app->sandbox.seccomp == SECCOMP_PROFILE)
		resource_list_add(ret, app_file_resource(app, a, app_profile_place(app, a),
					   app->sandbox.profile, app->sandbox.profile_len));
	for (int n = 0; n < app->replicas; n++) {
		autobuf b = BUF_INIT(UNIT_MAX);

		app_tell(app, n, &b);
		resource_list_add(ret, app_file_resource(app, a, app_resources_place(app, n, a),
					   arena_memdup0(a, buf_text(&b), b.len), b.len));
	}
}

static void
put_units(const struct app *app, const char *key, struct buf *b)
{
	bool any = false;

	for (size_t i = 0; i < app->need_count; i++) {
		for (int n = 0; n < app->need[i].replicas; n++) {
			if (app->need[i].apart)
				break;
			buf_addf(b, "%s%s-%d.service", any ? " " : key, app->need[i].name, n);
			any = true;
		}
	}
	if (any)
		buf_addc(b, '\n');
}

void
app_put_needs(const struct app *app, struct buf *b)
{
	put_units(app, "Wants=", b);
	put_units(app, "After=", b);
}

static void
note_need(const struct app *app, const struct app_need *need, struct notes *ret)
{
	if (need->apart)
		notes_add(ret,
		    "not enforced: %s starts behind %s in a run only: at boot the service managers "
		    "of "
		    "two users do not wait for one another",
		    app->name, need->name);
	else if (need->replicas)
		notes_add(ret, "%s starts behind %s, which it needs", app->name, need->name);
	else
		notes_add(ret,
		    "%s needs %s, which is not on this host: hosts of this run that have it "
		    "change before it",
		    app->name, need->name);
}

static const char *
publish_note(
    const struct app *app, const struct app_port *p, const char *bind, int replica, struct arena *a)
{
	bool v6 = app_is_ipv6(bind);
	int first = app_port_host(p, replica);
	const char *range = p->span > 1 ? arena_printf(a, "-%d", first + p->span - 1) : "";

	return arena_printf(a, "publishes %s%s%s:%d%s%s (%s of %s)", v6 ? "[" : "", bind,
	    v6 ? "]" : "", first, range, p->udp ? "/udp" : "", p->name, app->name);
}

/* What stands in the host's network opens its ports itself. */
static void
note_host_port(const struct app *app, const struct app_port *p, int replica, struct notes *ret)
{
	int first = app_port_host(p, replica);
	const char *range = p->span > 1 ? arena_printf(ret->arena, "-%d", first + p->span - 1) : "";

	notes_add(ret, "listens on port %d%s%s of the host (%s of %s)", first, range,
	    p->udp ? "/udp" : "", p->name, app->name);
	for (const char *const *bind = p->bind; *bind; bind++)
		if (!str_eq(*bind, "0.0.0.0") && !str_eq(*bind, "::"))
			notes_add(ret, "not enforced: bind of %s of %s: %s (network: host)",
			    p->name, app->name, *bind);
}

/* What a change of a pet's app is not undone of. */
static void
note_unkept(const struct app *app, struct notes *ret)
{
	for (size_t i = 0; app->pet && i < app->file_count; i++) {
		const struct app_file *f = &app->file[i];

		if (f->volume && !f->exported)
			notes_add(ret,
			    "not kept before %s changes: what is in volume %s (export: false)",
			    app->name, f->volume);
		else if (f->dir && f->writable)
			notes_add(
			    ret, "not kept before %s changes: what is in %s", app->name, f->dir);
	}
}

static const char *const *
put_notes(const struct app *app, int replica, struct arena *a)
{
	struct notes notes = { .arena = a };

	for (size_t i = 0; i < app->port_count; i++) {
		const struct app_port *p = &app->port[i];

		if (app_is_on_host(app))
			note_host_port(app, p, replica, &notes);
		for (const char *const *bind = p->bind; *bind && !app_is_on_host(app); bind++)
			notes_add(&notes, "%s", publish_note(app, p, *bind, replica, a));
	}
	if (notes.count)
		notes_add(&notes,
		    "stop-first: %s has host ports, so a replica stops before its successor starts",
		    app->name);
	for (size_t i = 0; i < app->need_count; i++)
		note_need(app, &app->need[i], &notes);
	if (app_is_on_host(app))
		notes_add(&notes,
		    "opened: %s has the host's network: it may open any port there and reach what "
		    "the host reaches",
		    app->name);
	if (app->form == APP_BINARY)
		app_native_notes(app, &notes);
	else
		sandbox_note(&app->sandbox, &app->ability, app->name, &notes);
	limits_note(&app->limits, &app->ability, app->name, &notes);
	app_log_note(app, replica, &notes);
	note_unkept(app, &notes);
	if (app->drain.before)
		notes_add(&notes, "drain: before a replica of %s stops, %s runs on the host",
		    app->name, app->drain.before[0]);
	if (app->drain.after)
		notes_add(&notes, "drain: when a replica of %s is well again, %s runs on the host",
		    app->name, app->drain.after[0]);
	return notes.item;
}

/* NULL: the app has none. */
static const struct drain *
drain_of(const struct app *app, int replica, const char *unit, struct arena *a)
{
	struct drain *d = arena_alloc(a, sizeof(*d));
	const char **env = arena_alloc(a, 5 * sizeof(*env));

	if (!app->drain.before && !app->drain.after)
		return NULL;
	env[0] = arena_printf(a, "DROVER_APP=%s", app->name);
	env[1] = arena_printf(a, "DROVER_HOST=%s", app->host);
	env[2] = arena_printf(a, "DROVER_REPLICA=%d", replica);
	env[3] = arena_printf(a, "DROVER_UNIT=%s", unit);
	*d = app->drain;
	d->env = env;
	return d;
}

static bool
is_first_of(const struct app *app, size_t i)
{
	for (size_t k = 0; k < i; k++) {
		if (app->file[k].volume && app->file[k].exported &&
		    str_eq(app->file[k].volume, app->file[i].volume))
			return false;
	}
	return true;
}

/* Where what it writes lies, each once: a name of podman's, or a directory of a program. */
static const char *const *
put_exports(const struct app *app, struct arena *a)
{
	const char **export = arena_alloc(a, (app->file_count + 1) * sizeof(*export));
	size_t n = 0;

	for (size_t i = 0; app->pet && i < app->file_count; i++) {
		const struct app_file *f = &app->file[i];

		if (f->volume && f->exported && is_first_of(app, i))
			export[n++] = app->form == APP_BINARY ? app_native_volume(app, f->volume, a)
							      : f->volume;
	}
	return n ? export : NULL;
}

/* What outlives its releases. */
static const char *const *
put_data(const struct app *app, struct arena *a)
{
	const char **data = arena_alloc(a, (app->file_count + 1) * sizeof(*data));
	size_t n = 0;

	for (size_t i = 0; i < app->file_count; i++)
		if (app->file[i].volume)
			data[n++] = arena_printf(a, "volume %s%s%s", app->file[i].volume,
			    app->as ? " of " : "", app->as ? app->as : "");
	return data;
}

/* Of all that only a restart would pick up. */
static const char *
config_digest(const struct app *app, const char *unit_digest, const struct resource_list *files,
    struct arena *a)
{
	struct digest *d = digest_new();
	char hex[DIGEST_HEX];

	digest_add(d, unit_digest, strlen(unit_digest));
	if (app->image_id)
		digest_add(d, app->image_id, strlen(app->image_id));
	for (size_t i = 0; i < files->count; i++) {
		const struct resource *r = files->item[i];
		char mode[16];

		snprintf(mode, sizeof(mode), " %04o ", r->mode);
		digest_add(d, r->path, strlen(r->path));
		digest_add(d, mode, strlen(mode));
		digest_add(d, r->digest, strlen(r->digest));
	}
	digest_end(d, hex);
	return arena_strdup(a, hex);
}

/* The lowest port of the host that the replica listens on; 0: none. */
static int
lowest_port(const struct app *app, int replica)
{
	int least = 0;

	for (size_t i = 0; i < app->port_count; i++) {
		int port = app_port_host(&app->port[i], replica);

		if (!least || port < least)
			least = port;
	}
	return least;
}

/* NAME [NETWORK], and of a user's: NAME NETWORK|- PORT|-. */
static const char *const *
container_look(const struct app *app, int replica, struct arena *a)
{
	const char **look = arena_alloc(a, 4 * sizeof(*look));
	bool net = app_network_is_own(app->network) && !app->network_comes;
	int port = lowest_port(app, replica);

	look[0] = arena_printf(a, "%s-%d", app->name, replica);
	if (net)
		look[1] = app->network;
	if (!app->as)
		return look;
	if (!net)
		look[1] = "-";
	look[2] = port ? arena_printf(a, "%d", port) : "-";
	return look;
}

static void
add_unit(const struct app *app, int replica, struct arena *a, const struct resource_list *files,
    struct resource_list *ret)
{
	autobuf b = BUF_INIT(UNIT_MAX);
	const char *unit = arena_printf(a, "%s-%d.service", app->name, replica);

	if (app->form == APP_BINARY)
		app_native_unit(app, replica, a, &b);
	else
		app_container_unit(app, replica, a, &b);
	struct resource *r = app_file_resource(app, a, arena_printf(a, "%s/%s", APP_UNIT_DIR, unit),
	    arena_memdup0(a, buf_text(&b), b.len), b.len);

	r->kind = RESOURCE_UNIT;
	r->id = arena_printf(a, "unit %s", unit);
	r->title = unit;
	r->unit = unit;
	r->image = app->image;
	r->state = WANT_STARTED;
	r->enabled = WANT_ENABLED;
	r->on_change = app->on_change;
	r->config_digest = config_digest(app, r->digest, files, a);
	r->health = app->health;
	if (app->life.stop_ms > APP_STOP_MS)
		r->limit_ms = STEP_MS + app->life.stop_ms;
	if (r->health.port)
		r->health.port += replica * (app->health_span ? app->health_span : 1);
	r->drain = drain_of(app, replica, unit, a);
	r->notes = put_notes(app, replica, a);
	r->native = app->form == APP_BINARY;
	r->look = r->native ? app_native_look(unit, r->digest, r->content, a)
			    : container_look(app, replica, a);
	r->keep_releases = app->keep;
	r->data = put_data(app, a);
	r->exports = put_exports(app, a);
	if (app->as)
		kind_userunit_take(a, app->as, r);
	resource_list_add(ret, r);
}

void
app_resources(const struct app *app, struct arena *a, struct resource_list *ret)
{
	struct resource_list files = { 0 };

	add_files(app, a, &files);
	for (size_t i = 0; i < files.count; i++)
		resource_list_add(ret, files.item[i]);
	app_log_files(app, a, ret);
	for (int n = 0; n < app->replicas; n++) {
		struct resource_list mine = { 0 };
		const char *own = app_resources_place(app, n, a);

		/* A replica restarts for its own resources, not for its neighbour's. */
		for (size_t i = 0; i < files.count; i++)
			if (str_eq(files.item[i]->path, own) ||
			    !str_starts(files.item[i]->path,
				arena_printf(a, "%s/%s/resources-", APP_DIR, app->name)))
				resource_list_add(&mine, files.item[i]);
		add_unit(app, n, a, &mine, ret);
		free(mine.item);
	}
	free(files.item);
}
