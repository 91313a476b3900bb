/* What a replica is told of what it may use: its environment, and /run/drover/resources.json. */
#include "base/arena.h"
#include "base/buf.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/str.h"
#include "playbooks/app.h"
#include "playbooks/app_inner.h"

#include <ctype.h>
#include <string.h>

#define GIVEN_MAX     16 /* names that are given to each */
#define GIVEN_BY_PORT 3

/* The environment as it grows. */
struct telling {
	const struct app *app;
	int replica;
	struct arena *arena;
	struct app_env *env;
	size_t count;
};

int
app_port_host(const struct app_port *p, int replica)
{
	return p->host + replica * p->span;
}

/* The user has the last word. */
static void
tell(struct telling *t, const char *name, const char *value)
{
	for (size_t i = 0; i < t->app->env_count; i++)
		if (str_eq(t->app->env[i].name, name))
			return;
	t->env[t->count++] = (struct app_env){ name, value };
}

static void
tell_int(struct telling *t, const char *name, int64_t value)
{
	tell(t, name, arena_printf(t->arena, "%lld", (long long)value));
}

/* PORT_HTTP for a port named http; PORT too where there is only one. */
static void
tell_port(struct telling *t, const struct app_port *p)
{
	char *name = arena_printf(t->arena, "PORT_%s", p->name);
	int first = app_port_inside(t->app, p, t->replica);

	for (char *s = name; *s; s++)
		*s = *s == '-' ? '_' : (char)toupper((unsigned char)*s);
	tell_int(t, name, first);
	if (p->span > 1)
		tell_int(t, arena_printf(t->arena, "%s_LAST", name), first + p->span - 1);
	if (p->udp)
		tell(t, arena_printf(t->arena, "%s_PROTOCOL", name), "udp");
	if (t->app->port_count == 1)
		tell_int(t, "PORT", first);
}

/* Paths in the container, with ':' between them, which none of them holds. */
static void
tell_paths(struct telling *t, const char *name, bool writable)
{
	autobuf paths = BUF_INIT(UNIT_MAX);

	for (size_t i = 0; i < t->app->file_count; i++)
		if (t->app->file[i].writable == writable)
			buf_addf(&paths, "%s%s", paths.len ? ":" : "", t->app->file[i].path);
	if (paths.len)
		tell(t, name, arena_strdup(t->arena, buf_text(&paths)));
}

static void
tell_limits(struct telling *t, const struct app_limits *l)
{
	if (l->cpu_percent)
		tell(t, "DROVER_CPU",
		    arena_printf(t->arena, "%lld.%02d", (long long)l->cpu_percent / 100,
			(int)(l->cpu_percent % 100)));
	if (l->memory)
		tell_int(t, "DROVER_MEMORY", l->memory);
	if (l->tasks)
		tell_int(t, "DROVER_TASKS", l->tasks);
}

void
app_env(
    const struct app *app, int replica, struct buf *b, void (*put)(struct buf *b, const char *word))
{
	size_t room = GIVEN_MAX + app->port_count * GIVEN_BY_PORT + app->env_count;
	struct telling t = { .app = app, .replica = replica, .arena = arena_new() };

	t.env = arena_alloc(t.arena, room * sizeof(*t.env));
	tell(&t, "DROVER_APP", app->name);
	tell(&t, "DROVER_HOST", app->host);
	tell_int(&t, "DROVER_REPLICA", replica);
	tell(&t, "DROVER_RESOURCES", APP_RESOURCES);
	tell(&t, "DROVER_LOG", "stdout");
	if (app->log.namespace)
		tell(&t, "DROVER_LOG_NAMESPACE", app->log.namespace);
	if (app->log.file)
		tell(&t, "DROVER_LOG_FILE", app_log_file(app, replica, t.arena));
	tell_paths(&t, "DROVER_READS", false);
	tell_paths(&t, "DROVER_WRITES", true);
	tell_limits(&t, &app->limits);
	for (size_t i = 0; i < app->port_count; i++)
		tell_port(&t, &app->port[i]);
	for (size_t i = 0; i < app->env_count; i++)
		t.env[t.count++] = app->env[i];
	for (size_t i = 0; i < t.count; i++) {
		autobuf word = BUF_INIT(UNIT_MAX);

		buf_addf(&word, "%s=%s", t.env[i].name, t.env[i].value);
		put(b, buf_text(&word));
	}
	arena_free(t.arena);
}

static void
put_port(struct json_writer *w, const struct app *app, const struct app_port *p, int replica)
{
	json_open_object(w, p->name);
	json_put_text(w, "protocol", p->udp ? "udp" : "tcp");
	json_put_int(w, "container", app_port_inside(app, p, replica));
	json_put_int(w, "host", app_port_host(p, replica));
	json_put_int(w, "count", p->span);
	json_open_array(w, "bind");
	for (const char *const *bind = p->bind; *bind; bind++)
		json_put_text(w, NULL, *bind);
	json_close(w);
	json_close(w);
}

static void
put_path(struct json_writer *w, const struct app_file *f)
{
	json_open_object(w, f->path);
	json_put_text(w, "kind",
	    f->tmpfs    ? "tmpfs"
	    : f->dir    ? "dir"
	    : f->volume ? "volume"
			: "file");
	json_put_bool(w, "writable", f->writable);
	if (f->tmpfs)
		json_put_int(w, "size", f->tmpfs);
	json_close(w);
}

static void
put_log(struct json_writer *w, const struct app *app, int replica)
{
	struct arena *a = arena_new();

	json_open_object(w, "log");
	json_put_text(w, "write", "stdout");
	json_put_text(w, "sink",
	    app->log.file        ? "file"
	    : app->log.namespace ? "namespace"
				 : "journal");
	if (app->log.namespace)
		json_put_text(w, "namespace", app->log.namespace);
	if (app->log.file)
		json_put_text(w, "file", app_log_file(app, replica, a));
	json_close(w);
	arena_free(a);
}

static void
put_limits(struct json_writer *w, const struct app_limits *l)
{
	json_open_object(w, "limits");
	if (l->cpu_percent)
		json_put_int(w, "cpu_percent", l->cpu_percent);
	if (l->memory)
		json_put_int(w, "memory", l->memory);
	if (l->tasks)
		json_put_int(w, "tasks", l->tasks);
	if (l->io)
		json_put_int(w, "io", l->io);
	if (l->nofile)
		json_put_int(w, "nofile", l->nofile);
	json_close(w);
}

void
app_tell(const struct app *app, int replica, struct buf *b)
{
	struct json_writer w;

	json_writer_init(&w, b);
	json_open_object(&w, NULL);
	json_put_text(&w, "app", app->name);
	json_put_int(&w, "replica", replica);
	json_put_text(&w, "host", app->host);
	put_log(&w, app, replica);
	if (app->network)
		json_put_text(&w, "network", app->network);
	json_open_object(&w, "ports");
	for (size_t i = 0; i < app->port_count; i++)
		put_port(&w, app, &app->port[i], replica);
	json_close(&w);
	json_open_object(&w, "paths");
	for (size_t i = 0; i < app->file_count; i++)
		put_path(&w, &app->file[i]);
	json_close(&w);
	put_limits(&w, &app->limits);
	json_close(&w);
	buf_addc(b, '\n');
}
