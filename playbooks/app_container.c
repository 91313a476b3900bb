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

/* The directory of the version, in which its archive lies and its tree. */
static const char *
version_dir(const struct app *app, struct arena *a)
{
	const char *place = app_version_place(app, a);

	return arena_printf(a, "%.*s", (int)(strrchr(place, '/') - place), place);
}

/* The act that brought the archive laid the tree down; should it be gone, the unit does so itself. Whole, or it is
 * not there. */
static void
put_tree(struct buf *b, const struct app *app, struct arena *a)
{
	if (app->form != APP_ROOTFS)
		return;
	const char *dir = version_dir(app, a);

	buf_adds(b, "ExecStartPre=/usr/bin/flock ");
	unit_word(b, dir);
	buf_adds(b, " /bin/sh -ec ");
	unit_word(b, arena_printf(a,
			 "cd %s; [ ! -d root ] || exit 0; rm -rf .root; mkdir .root; "
			 "tar -xpf " APP_ROOTFS_NAME " --numeric-owner -C .root; sync -f .root; "
			 "mv -T .root root",
			 dir));
	buf_addc(b, '\n');
}

static void
put_words(struct buf *b, const char *const *words)
{
	for (; words && *words; words++) {
		buf_addc(b, ' ');
		unit_word(b, *words);
	}
}

/* What it runs: an image, whose entry point may be another, or a tree that podman lays a layer over, so that
 * nothing is ever written to it. */
static void
put_what(struct buf *b, const struct app *app, struct arena *a)
{
	const char *const *command = app->command;

	if (app->form == APP_ROOTFS) {
		buf_adds(b, " \\\n  --rootfs ");
		unit_word(b, arena_printf(a, "%s/root:O", version_dir(app, a)));
		put_words(b, command);
	} else {
		if (command)
			arg(b, "entrypoint", command[0]);
		buf_adds(b, " \\\n  ");
		unit_word(b, app->image);
		put_words(b, command && command[0] ? command + 1 : NULL);
	}
	put_words(b, app->args);
}

/* What podman says of a stop is not the replica's, and goes to the journal. */
static const char *
apart(const struct app *app)
{
	return app->log.file ? "/usr/bin/systemd-cat -t %N " : in_host(app);
}

static void
put_run(struct buf *b, const struct app *app, int replica, struct arena *a)
{
	const char *name = arena_printf(a, "%s-%d", app->name, replica);

	unit_podman_run(b, in_host(app), apart(app), name, app_stop_seconds(&app->life));
	buf_adds(b, " \\\n  ");
	if (app->log.namespace || app->log.file)
		buf_adds(b, "--log-driver=passthrough \\\n  ");
	/* A user who cannot read the journal would be given files by podman. */
	if (app->as)
		buf_adds(b, "--log-driver=journald \\\n  ");
	sandbox_put_options(&app->sandbox, &app->ability, app_profile_place(app, a), b);
	limits_put_options(&app->limits, &app->ability, b);
	put_mounts(b, app, replica, a);
	app_env(app, replica, b, put_option);
	put_life(b, &app->life);
	put_what(b, app, a);
	buf_addc(b, '\n');
	unit_podman_stop(b, apart(app), app_stop_seconds(&app->life));
	/* Who keeps the log file looks into it. */
	if (!app->log.file)
		buf_adds(b, UNIT_PODMAN_FORGET);
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
	app_put_log_unit(app, replica, b);
}

void
app_container_unit(const struct app *app, int replica, struct arena *a, struct buf *b)
{
	app_unit_head(app, replica, b);
	unit_container(b, app->life.restart ? app->life.restart : "on-failure",
	    app_stop_seconds(&app->life) + 30);
	app_put_log(app, replica, b);
	limits_put_unit(&app->limits, b);
	put_tree(b, app, a);
	put_run(b, app, replica, a);
	buf_addf(b, "\n[Install]\nWantedBy=%s\n", app->as ? "default.target" : "multi-user.target");
}
