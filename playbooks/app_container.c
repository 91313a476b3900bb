/* The unit of a replica that is a container. */
#include "base/arena.h"
#include "base/buf.h"
#include "base/str.h"
#include "playbooks/app.h"
#include "playbooks/app_inner.h"
#include "playbooks/unit.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void
arg(struct buf *b, const char *name, const char *value)
{
	buf_adds(b, " \\\n  ");
	unit_option(b, name, value);
}

static bool
env_said(const struct app *app, const char *name)
{
	for (size_t i = 0; i < app->env_count; i++)
		if (str_eq(app->env[i].name, name))
			return true;
	return false;
}

static void
put_option(struct buf *b, const char *word)
{
	arg(b, "env", word);
}

/* Where each variable of the environment goes. */
struct env_to {
	const struct app *app;
	struct buf *b;
	void (*put)(struct buf *b, const char *word);
};

__attribute__((format(printf, 3, 4))) static void
env_given(const struct env_to *to, const char *name, const char *fmt, ...)
{
	char value[512];
	autobuf word = BUF_INIT(1024);
	va_list ap;

	if (env_said(to->app, name))
		return;
	va_start(ap, fmt);
	vsnprintf(value, sizeof(value), fmt, ap);
	va_end(ap);
	buf_addf(&word, "%s=%s", name, value);
	to->put(to->b, buf_text(&word));
}

/* PORT_HTTP for a port named http; PORT too where there is only one. */
void
app_env(
    const struct app *app, int replica, struct buf *b, void (*put)(struct buf *b, const char *word))
{
	const struct env_to to = { app, b, put };

	env_given(&to, "DROVER_APP", "%s", app->name);
	env_given(&to, "DROVER_HOST", "%s", app->host);
	env_given(&to, "DROVER_REPLICA", "%d", replica);
	env_given(&to, "DROVER_RESOURCES", "/run/drover/resources.json");
	for (size_t i = 0; i < app->port_count; i++) {
		char name[80] = "PORT_";
		size_t n = strlen(name);

		for (const char *p = app->port[i].name; *p && n + 1 < sizeof(name); p++)
			name[n++] = *p == '-' ? '_' : (char)toupper((unsigned char)*p);
		name[n] = '\0';
		env_given(&to, name, "%d", app_port_inside(app, &app->port[i], replica));
	}
	if (app->port_count == 1)
		env_given(&to, "PORT", "%d", app_port_inside(app, &app->port[0], replica));
	for (size_t i = 0; i < app->env_count; i++) {
		autobuf word = BUF_INIT(UNIT_MAX);

		buf_addf(&word, "%s=%s", app->env[i].name, app->env[i].value);
		put(b, buf_text(&word));
	}
}

static void
put_mounts(struct buf *b, const struct app *app, int replica, struct arena *a)
{
	for (size_t i = 0; i < app->port_count; i++) {
		const struct app_port *p = &app->port[i];
		bool v6 = app_is_ipv6(p->bind);

		arg(b, "publish",
		    arena_printf(a, "%s%s%s:%d:%d/tcp", v6 ? "[" : "", p->bind, v6 ? "]" : "",
			p->host + replica, p->container));
	}
	for (size_t i = 0; i < app->file_count; i++) {
		const struct app_file *f = &app->file[i];

		if (f->volume)
			arg(b, "volume", arena_printf(a, "%s:%s", f->volume, f->path));
		else
			arg(b, "volume",
			    arena_printf(a, "%s:%s:ro", app_file_place(app, f, a), f->path));
	}
	arg(b, "volume",
	    arena_printf(
		a, "%s:/run/drover/resources.json:ro", app_resources_place(app, replica, a)));
}

static void
put_run(struct buf *b, const struct app *app, int replica, struct arena *a)
{
	buf_addf(b,
	    "ExecStart=/usr/bin/podman run --name=%s-%d --cidfile=%%t/%%N.cid --replace --rm \\\n"
	    "  --cgroups=split --sdnotify=conmon -d --pull=never \\\n"
	    "  --cap-drop=all --security-opt=no-new-privileges",
	    app->name, replica);
	if (app->read_only)
		buf_adds(b, " --read-only");
	put_mounts(b, app, replica, a);
	app_env(app, replica, b, put_option);
	if (app->command)
		arg(b, "entrypoint", app->command[0]);
	buf_adds(b, " \\\n  ");
	unit_word(b, app->image);
	for (size_t i = 1; app->command && app->command[0] && app->command[i]; i++) {
		buf_addc(b, ' ');
		unit_word(b, app->command[i]);
	}
	for (size_t i = 0; app->args && app->args[i]; i++) {
		buf_addc(b, ' ');
		unit_word(b, app->args[i]);
	}
	buf_adds(b, "\n"
		    "ExecStop=/usr/bin/podman rm -f -i --time=10 --cidfile=%t/%N.cid\n"
		    "ExecStopPost=-/usr/bin/podman rm -f -i --time=10 --cidfile=%t/%N.cid\n"
		    "ExecStopPost=-rm -f %t/%N.cid\n");
}

void
app_limits(const struct app *app, struct buf *b)
{
	if (app->limits.cpu_percent)
		buf_addf(b, "CPUQuota=%lld%%\n", (long long)app->limits.cpu_percent);
	if (app->limits.memory)
		buf_addf(b, "MemoryMax=%lld\n", (long long)app->limits.memory);
	if (app->limits.tasks)
		buf_addf(b, "TasksMax=%lld\n", (long long)app->limits.tasks);
}

void
app_unit_head(const struct app *app, int replica, struct buf *b)
{
	buf_adds(b, APP_UNIT_MARK " from playbook ");
	unit_prose(b, app->playbook);
	buf_addf(b,
	    ", app %s: the next apply undoes what is changed here.\n"
	    "[Unit]\n"
	    "Description=%s, replica %d\n"
	    "Wants=network-online.target\n"
	    "After=network-online.target\n",
	    app->name, app->name, replica);
}

void
app_container_unit(const struct app *app, int replica, struct arena *a, struct buf *b)
{
	app_unit_head(app, replica, b);
	unit_container(b, "on-failure", 40);
	app_limits(app, b);
	buf_adds(b, "ExecStartPre=-rm -f %t/%N.cid\n");
	put_run(b, app, replica, a);
	buf_adds(b, "\n[Install]\nWantedBy=multi-user.target\n");
}
