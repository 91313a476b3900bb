/* The unit of a replica that is a container. */
#include "base/arena.h"
#include "base/buf.h"
#include "base/str.h"
#include "playbooks/app.h"
#include "playbooks/app_inner.h"
#include "playbooks/limits.h"
#include "playbooks/sandbox.h"
#include "playbooks/unit.h"

#include <stdio.h>
#include <string.h>

static void
arg(struct buf *b, const char *name, const char *value)
{
	buf_adds(b, " \\\n  ");
	unit_option(b, name, value);
}

static void
put_option(struct buf *b, const char *word)
{
	arg(b, "env", word);
}

/* BIND:8000-8010:8000-8010/udp */
static void
put_port(struct buf *b, const struct app_port *p, const char *bind, int replica)
{
	bool v6 = app_is_ipv6(bind);
	int host = app_port_host(p, replica);
	autobuf word = BUF_INIT(200);

	buf_addf(&word, "%s%s%s:%d", v6 ? "[" : "", bind, v6 ? "]" : "", host);
	if (p->span > 1)
		buf_addf(&word, "-%d", host + p->span - 1);
	buf_addf(&word, ":%d", p->container);
	if (p->span > 1)
		buf_addf(&word, "-%d", p->container + p->span - 1);
	buf_adds(&word, p->udp ? "/udp" : "/tcp");
	arg(b, "publish", buf_text(&word));
}

static void
put_mounts(struct buf *b, const struct app *app, int replica, struct arena *a)
{
	if (app->network)
		arg(b, "network", app->network);
	for (size_t i = 0; i < app->port_count && !app_is_on_host(app); i++)
		for (const char *const *bind = app->port[i].bind; *bind; bind++)
			put_port(b, &app->port[i], *bind, replica);
	for (size_t i = 0; i < app->file_count; i++) {
		const struct app_file *f = &app->file[i];
		const char *ro = f->writable ? "" : ":ro";

		if (f->tmpfs)
			arg(b, "tmpfs",
			    arena_printf(a, "%s:size=%lld,mode=%04o", f->path, (long long)f->tmpfs,
				f->mode));
		else if (!f->content)
			arg(b, "volume",
			    arena_printf(a, "%s:%s%s", f->dir ? f->dir : f->volume, f->path, ro));
		else
			arg(b, "volume",
			    arena_printf(a, "%s:%s:ro", app_file_place(app, f, a), f->path));
	}
	arg(b, "volume",
	    arena_printf(a, "%s:" APP_RESOURCES ":ro", app_resources_place(app, replica, a)));
}

/* podman knows by these how it is stopped also when a person says podman stop. */
static void
put_life(struct buf *b, const struct app_life *life)
{
	char seconds[32];

	if (life->user)
		arg(b, "user", life->user);
	if (life->workdir)
		arg(b, "workdir", life->workdir);
	for (size_t i = 0; life->label && life->label[i]; i++)
		arg(b, "label", life->label[i]);
	if (life->stop_signal)
		arg(b, "stop-signal", life->stop_signal);
	snprintf(seconds, sizeof(seconds), "%lld", app_stop_seconds(life));
	if (life->stop_ms)
		arg(b, "stop-timeout", seconds);
}

/* With a journal of its own systemd gives each command of a unit mounts of its own, where the container's network
 * could not be taken down again: podman goes back to those of the host, and prints to that journal all the same. */
static const char *
in_host(const struct app *app)
{
	return app->log.namespace ? "/usr/bin/nsenter --mount=/proc/1/ns/mnt -- " : "";
}

static void
put_run(struct buf *b, const struct app *app, int replica, struct arena *a)
{
	const char *whole = in_host(app);

	buf_addf(b,
	    "ExecStart=%s/usr/bin/podman run --name=%s-%d --cidfile=%%t/%%N.cid --replace --rm \\\n"
	    "  --cgroups=split --sdnotify=conmon -d --pull=never \\\n  ",
	    whole, app->name, replica);
	if (app->log.namespace)
		buf_adds(b, "--log-driver=passthrough \\\n  ");
	/* A user who cannot read the journal would be given files by podman. */
	if (app->as)
		buf_adds(b, "--log-driver=journald \\\n  ");
	sandbox_put_options(&app->sandbox, &app->ability, app_profile_place(app, a), b);
	limits_put_options(&app->limits, &app->ability, b);
	put_mounts(b, app, replica, a);
	app_env(app, replica, b, put_option);
	put_life(b, &app->life);
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
	buf_addf(b,
	    "\n"
	    "ExecStop=%s/usr/bin/podman rm -f -i --time=%lld --cidfile=%%t/%%N.cid\n"
	    "ExecStopPost=-%s/usr/bin/podman rm -f -i --time=%lld --cidfile=%%t/%%N.cid\n"
	    "ExecStopPost=-rm -f %%t/%%N.cid\n",
	    whole, app_stop_seconds(&app->life), whole, app_stop_seconds(&app->life));
}

void
app_unit_head(const struct app *app, int replica, struct buf *b)
{
	buf_adds(b, APP_UNIT_MARK " from playbook ");
	unit_prose(b, app->playbook);
	buf_addf(b,
	    ", app %s: the next apply undoes what is changed here.\n"
	    "[Unit]\n"
	    "Description=%s, replica %d\n",
	    app->name, app->name, replica);
	if (!app->as)
		buf_adds(b, "Wants=network-online.target\n"
			    "After=network-online.target\n");
	app_put_needs(app, b);
}

void
app_container_unit(const struct app *app, int replica, struct arena *a, struct buf *b)
{
	app_unit_head(app, replica, b);
	unit_container(b, app->life.restart ? app->life.restart : "on-failure",
	    app_stop_seconds(&app->life) + 30);
	app_put_log(app, b);
	limits_put_unit(&app->limits, b);
	buf_adds(b, "ExecStartPre=-rm -f %t/%N.cid\n");
	put_run(b, app, replica, a);
	buf_addf(b, "\n[Install]\nWantedBy=%s\n", app->as ? "default.target" : "multi-user.target");
}
