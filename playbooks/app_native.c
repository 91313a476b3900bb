/* The unit of a replica that is a program of the host's, in systemd's sandbox. */
#include "base/arena.h"
#include "base/buf.h"
#include "base/digest.h"
#include "base/mem.h"
#include "base/str.h"
#include "playbooks/app.h"
#include "playbooks/app_inner.h"
#include "playbooks/limits.h"
#include "playbooks/notes.h"
#include "playbooks/unit.h"

#include <stdio.h>
#include <string.h>

#define VOLUMES     "drover-apps"           /* below /var/lib: APP/VOLUME */
#define NATIVE_STOP 40LL                    /* seconds until it is killed, where nothing is said */
#define USER_MOST   31                      /* bytes of a user's name */
#define JOURNAL     "/run/systemd/journal/" /* with a namespace systemd puts its sockets there */

const struct app_directive app_directives[] = {
	{ "DynamicUser", NULL, false },
	{ "RootDirectory", NULL, false },
	{ "ProtectSystem", "strict", true },
	{ "ProtectHome", "yes", true },
	{ "PrivateTmp", "yes", true },
	{ "PrivateDevices", "yes", false },
	{ "ProtectProc", "invisible", false },
	{ "ProcSubset", "pid", false },
	{ "NoNewPrivileges", "yes", true },
	{ "SystemCallFilter", "@system-service", false },
	{ "SystemCallArchitectures", "native", false },
	{ "RestrictAddressFamilies", "AF_INET AF_INET6 AF_UNIX AF_NETLINK", false },
	{ "RestrictNamespaces", "yes", false },
	{ "RestrictRealtime", "yes", false },
	{ "RestrictSUIDSGID", "yes", true },
	{ "LockPersonality", "yes", false },
	{ "MemoryDenyWriteExecute", "yes", false },
	{ "ProtectKernelTunables", "yes", false },
	{ "ProtectKernelModules", "yes", false },
	{ "ProtectKernelLogs", "yes", false },
	{ "ProtectControlGroups", "yes", false },
	{ "ProtectClock", "yes", false },
	{ "ProtectHostname", "yes", false },
	{ "SocketBindDeny", NULL, false },
	{ "UMask", "0077", false },
	{ 0 },
};

/* What a program finds of the host in its own root; what is not there is left out. */
static const char *const host_places[] = { "/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64",
	"/etc/alternatives", "/etc/ca-certificates", "/etc/gai.conf", "/etc/group",
	"/etc/host.conf", "/etc/hostname", "/etc/hosts", "/etc/ld.so.cache", "/etc/localtime",
	"/etc/nsswitch.conf", "/etc/passwd", "/etc/pki", "/etc/protocols", "/etc/resolv.conf",
	"/etc/services", "/etc/ssl", "/etc/timezone", "/run/systemd/journal/dev-log",
	"/run/systemd/journal/socket", "/run/systemd/journal/stdout", NULL };

static bool
relaxed(const struct app *app, const char *name)
{
	for (const char *const *r = app->relaxed; r && *r; r++)
		if (str_eq(*r, name))
			return true;
	return false;
}

const char *
app_native_host_place(const char *path)
{
	for (const char *const *p = host_places; *p; p++) {
		size_t n = strlen(*p);

		if ((str_starts(path, *p) && path[n] == '/') ||
		    (str_starts(*p, path) && (*p)[strlen(path)] == '/'))
			return *p;
	}
	return NULL;
}

/* The same user for all replicas, and none that the host has. */
static const char *
user_of(const struct app *app, struct arena *a)
{
	const char *user = arena_printf(a, "drover-%s", app->name);
	char hex[DIGEST_HEX];

	if (strlen(user) <= USER_MOST)
		return user;
	digest_hex(app->name, strlen(app->name), hex);
	return arena_printf(a, "drover-%.16s", hex);
}

static void
put_variable(struct buf *b, const char *word)
{
	buf_adds(b, "Environment=");
	unit_setting(b, word);
	buf_addc(b, '\n');
}

/* Both are words of their own: a colon within quotes would part nothing. */
static void
put_bind(struct buf *b, const char *directive, const char *from, const char *to)
{
	buf_addf(b, "%s=", directive);
	unit_setting(b, from);
	buf_addc(b, ':');
	unit_setting(b, to);
	buf_addc(b, '\n');
}

static void
put_command(struct buf *b, const struct app *app, struct arena *a)
{
	buf_adds(b, "ExecStart=");
	unit_word(b, app_version_place(app, a));
	for (size_t i = 0; app->args && app->args[i]; i++) {
		buf_addc(b, ' ');
		unit_word(b, app->args[i]);
	}
	buf_addc(b, '\n');
}

static bool
has_file_at(const struct app *app, const char *path)
{
	for (size_t i = 0; i < app->file_count; i++)
		if (str_eq(app->file[i].path, path))
			return true;
	return false;
}

/* An empty root of its own, so that what is declared never makes a mount point on the host. */
static void
put_root(struct buf *b, const struct app *app)
{
	if (relaxed(app, "RootDirectory"))
		return;
	buf_adds(b, "RuntimeDirectory=drover-root/%N\n"
		    "RuntimeDirectoryMode=0755\n"
		    "RootDirectory=/run/drover-root/%N\n"
		    "InaccessiblePaths=-+/run/drover-root/%N\n"
		    "MountAPIVFS=yes\n"
		    "BindReadOnlyPaths=");
	for (const char *const *p = host_places; *p; p++)
		if (!has_file_at(app, *p) && !(app->log.namespace && str_starts(*p, JOURNAL)))
			buf_addf(b, "%s-%s", p == host_places ? "" : " ", *p);
	buf_adds(b, "\nBindReadOnlyPaths=" APP_BINARIES "/");
	buf_addf(b, "%s/%.16s\n", app->name, app->binary->digest);
}

/* systemd makes one up for it, unless it is to be one of the host's or nobody at all but root. */
static bool
has_dynamic_user(const struct app *app)
{
	return !app->life.user && !relaxed(app, "DynamicUser");
}

static void
put_user(struct buf *b, const struct app *app, struct arena *a)
{
	const char *user = app->life.user, *colon = user ? strchr(user, ':') : NULL;

	if (has_dynamic_user(app))
		buf_addf(b, "User=%s\nDynamicUser=yes\n", user_of(app, a));
	if (user)
		buf_addf(b, "User=%.*s\n", colon ? (int)(colon - user) : (int)strlen(user), user);
	if (colon)
		buf_addf(b, "Group=%s\n", colon + 1);
}

const char *
app_native_volume(const struct app *app, const char *volume, struct arena *a)
{
	return arena_printf(a, "/var/lib/%s" VOLUMES "/%s/%s",
	    has_dynamic_user(app) ? "private/" : "", app->name, volume);
}

static void
put_file(struct buf *b, const struct app *app, const struct app_file *f, struct arena *a)
{
	const char *bind = f->writable ? "BindPaths" : "BindReadOnlyPaths";

	if (f->tmpfs) {
		buf_adds(b, "TemporaryFileSystem=");
		unit_setting(b, f->path);
		buf_addf(b, ":size=%lld,mode=1777\n", (long long)f->tmpfs);
	} else if (f->dir) {
		put_bind(b, bind, f->dir, f->path);
	} else if (f->volume) {
		buf_addf(b, "StateDirectory=" VOLUMES "/%s/%s\n", app->name, f->volume);
		put_bind(b, bind, app_native_volume(app, f->volume, a), f->path);
	} else {
		put_bind(b, "BindReadOnlyPaths", app_file_place(app, f, a), f->path);
	}
}

static void
put_files(struct buf *b, const struct app *app, int replica, struct arena *a)
{
	for (size_t i = 0; i < app->file_count; i++)
		put_file(b, app, &app->file[i], a);
	buf_adds(
	    b, "StateDirectoryMode=0700\nUnsetEnvironment=STATE_DIRECTORY RUNTIME_DIRECTORY\n");
	put_bind(b, "BindReadOnlyPaths", app_resources_place(app, replica, a),
	    "/run/drover/resources.json");
}

/* Only ports that are declared can be listened on. */
static void
put_ports(struct buf *b, const struct app *app, int replica)
{
	if (relaxed(app, "SocketBindDeny"))
		return;
	for (size_t i = 0; i < app->port_count; i++) {
		const struct app_port *p = &app->port[i];
		int first = app_port_inside(app, p, replica);

		buf_addf(b, "SocketBindAllow=%s:%d", p->udp ? "udp" : "tcp", first);
		if (p->span > 1)
			buf_addf(b, "-%d", first + p->span - 1);
		buf_addc(b, '\n');
	}
	buf_adds(b, "SocketBindDeny=any\n");
}

/* None but these; as one that is not root it has only what is ambient. */
static void
put_capabilities(struct buf *b, const char *directive, const char *const *names)
{
	buf_addf(b, "%s=", directive);
	for (const char *const *n = names; n && *n; n++)
		buf_addf(b, "%sCAP_%s", n == names ? "" : " ", *n);
	buf_addc(b, '\n');
}

static void
put_sandbox(struct buf *b, const struct app *app, int replica, struct arena *a)
{
	put_user(b, app, a);
	put_root(b, app);
	put_files(b, app, replica, a);
	put_capabilities(b, "CapabilityBoundingSet", app->sandbox.capability);
	put_capabilities(b, "AmbientCapabilities", app->sandbox.capability);
	for (const struct app_directive *d = app_directives; d->name; d++)
		if (d->value && !relaxed(app, d->name))
			buf_addf(b, "%s=%s\n", d->name, d->value);
	if (!relaxed(app, "SystemCallFilter"))
		buf_adds(b, "SystemCallErrorNumber=EPERM\n");
	if (app->network && str_eq(app->network, "none"))
		buf_adds(b, "PrivateNetwork=yes\n");
	put_ports(b, app, replica);
}

static void
put_life(struct buf *b, const struct app_life *life)
{
	buf_addf(b,
	    "Restart=%s\n"
	    "RestartSec=1\n"
	    "TimeoutStartSec=60\n"
	    "TimeoutStopSec=%lld\n",
	    life->restart ? life->restart : "on-failure",
	    life->stop_ms ? app_stop_seconds(life) : NATIVE_STOP);
	if (life->stop_signal)
		buf_addf(b, "KillSignal=%s\n", life->stop_signal);
	if (life->workdir) {
		buf_adds(b, "WorkingDirectory=");
		unit_setting(b, life->workdir);
		buf_addc(b, '\n');
	}
}

void
app_native_unit(const struct app *app, int replica, struct arena *a, struct buf *b)
{
	app_unit_head(app, replica, b);
	buf_adds(b, "StartLimitIntervalSec=60\n"
		    "StartLimitBurst=5\n"
		    "\n"
		    "[Service]\n"
		    "Type=exec\n"
		    "SyslogIdentifier=%N\n");
	put_life(b, &app->life);
	app_put_log(app, replica, b);
	limits_put_unit(&app->limits, b);
	put_command(b, app, a);
	app_env(app, replica, b, put_variable);
	put_sandbox(b, app, replica, a);
	buf_adds(b, "\n[Install]\nWantedBy=multi-user.target\n");
}

/* Why this host does not hold the program to its ports; NULL: it does, or nothing is known yet. */
static const char *
ports_open(const struct app_host *can)
{
	if (!can->features)
		return NULL;
	if (!strstr(can->features, "+BPF_FRAMEWORK"))
		return "its systemd was built without BPF_FRAMEWORK";
	if (can->cgroup && !str_eq(can->cgroup, "v2"))
		return "it has no cgroup v2";
	return NULL;
}

void
app_native_notes(const struct app *app, struct notes *ret)
{
	autobuf names = BUF_INIT(4096);
	const char *why = relaxed(app, "SocketBindDeny") ? NULL : ports_open(&app->can);

	for (const char *const *r = app->relaxed; r && *r; r++)
		buf_addf(&names, "%s%s", names.len ? ", " : "", *r);
	if (names.len)
		notes_add(ret, "sandbox of %s is relaxed: without %s", app->name, buf_text(&names));
	sandbox_note_opened(&app->sandbox, app->name, ret);
	if (why)
		notes_add(ret,
		    "not enforced on this host: %s listening on its declared ports alone "
		    "(SocketBindDeny: %s)",
		    app->name, why);
}

const char *const *
app_native_look(const char *unit, const char *digest, const char *text, struct arena *a)
{
	size_t lines = 2, n = 0;

	for (const char *p = text; *p; p++)
		lines += *p == '\n';
	const char **look = arena_alloc(a, (lines + 2) * sizeof(*look));
	look[n++] = unit;
	look[n++] = digest;
	for (const char *p = text; *p;) {
		size_t len = strcspn(p, "\n");

		if (len)
			look[n++] = arena_memdup0(a, p, len);
		p += len + (p[len] == '\n');
	}
	return look;
}
