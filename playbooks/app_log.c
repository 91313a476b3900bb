/* Where what a replica prints goes: its journal, or a file that another unit keeps small. */
#include "base/arena.h"
#include "base/buf.h"
#include "base/str.h"
#include "playbooks/app.h"
#include "playbooks/app_inner.h"
#include "playbooks/notes.h"
#include "playbooks/unit.h"

#include <string.h>

#define PIPES  "/run/drover-log/" /* APP-N: what a replica prints, until it is in its file */
#define KEEPER "logfile.pl"

extern const char host_logplace_pl[], host_logclaim_pl[], host_logread_pl[], host_logmark_pl[],
    host_logkeep_pl[], host_logshow_pl[], host_logfile_pl[];

const char *
app_log_file(const struct app *app, int replica, struct arena *a)
{
	const char *file = app->log.file, *at = file ? strstr(file, APP_LOG_REPLICA) : NULL;

	if (!at)
		return file;
	return arena_printf(
	    a, "%.*s%d%s", (int)(at - file), file, replica, at + strlen(APP_LOG_REPLICA));
}

/* Its reader may start anew, and then the replica runs on. */
void
app_put_log_unit(const struct app *app, int replica, struct buf *b)
{
	if (app->log.file)
		buf_addf(b,
		    "Requires=%s-%d-log.socket\n"
		    "Wants=%s-%d-log.service\n"
		    "After=%s-%d-log.socket %s-%d-log.service\n",
		    app->name, replica, app->name, replica, app->name, replica, app->name, replica);
}

/* Its reader knows by this where a start begins, and which: root alone writes the list. A program has a root of its
 * own, in which that is its input, empty again before it starts; a container has its input, too, and may be root. */
static void
put_start(const struct app *app, int replica, struct buf *b)
{
	const char *taken = "n=200; while [ -s \"$$3\" ] && [ $$n -gt 0 ]; do sleep 0.05; "
			    "n=$$((n - 1)); done; [ ! -s \"$$3\" ]";
	bool program = app->form == APP_BINARY;

	buf_addf(b,
	    "ExecStartPre=%s/usr/bin/sh -c '"
	    "[ \"$$(wc -c <\"$$3\")\" -lt 65536 ] || : >\"$$3\"; "
	    "echo \"$$1\" >>\"$$3\" && timeout 10 printf \"$$2\" \"$$1\" && { %s; } && exit; "
	    "echo \"$$0-log.service cannot write what it printed before\" | "
	    "systemd-cat -t \"$$0\" -p err; %sexit 1' "
	    "%s-%d ${INVOCATION_ID} '\\\\0drover start %%%%s\\n' ",
	    program ? "!" : "+", program ? taken : ":", program ? ": >\"$$3\"; " : "", app->name,
	    replica);
	if (program)
		buf_adds(b, "/proc/self/fd/0\n");
	else
		buf_addf(b, PIPES "%s-%d.marks/starts\n", app->name, replica);
}

/* The file it reads is there once the reader is ready: without one it does not start. */
void
app_put_log(const struct app *app, int replica, struct buf *b)
{
	if (app->log.namespace)
		buf_addf(b, "LogNamespace=%s\n", app->log.namespace);
	if (!app->log.file)
		return;
	buf_addf(b,
	    "StandardInput=file:" PIPES "%s-%d.marks/ready\n"
	    "StandardOutput=append:" PIPES "%s-%d\n"
	    "StandardError=inherit\n",
	    app->name, replica, app->name, replica);
	put_start(app, replica, b);
}

static const char *
socket_text(const struct app *app, int replica, struct arena *a)
{
	return arena_printf(a,
	    APP_UNIT_MARK ": what %s-%d prints, on its way to its file.\n"
			  "[Unit]\n"
			  "Description=%s, replica %d: its log\n"
			  "StopWhenUnneeded=yes\n"
			  "\n"
			  "[Socket]\n"
			  "ListenFIFO=" PIPES "%s-%d\n"
			  "SocketMode=0600\n"
			  "PipeSize=1M\n"
			  "RemoveOnStop=yes\n",
	    app->name, replica, app->name, replica, app->name, replica);
}

static const char *
service_text(const struct app *app, int replica, struct arena *a)
{
	return arena_printf(a,
	    APP_UNIT_MARK ": keeps the file that %s-%d logs to.\n"
			  "[Unit]\n"
			  "Description=%s, replica %d: its log file\n"
			  "BindsTo=%s-%d-log.socket\n"
			  "StopWhenUnneeded=yes\n"
			  "StartLimitIntervalSec=0\n"
			  "\n"
			  "[Service]\n"
			  "Type=notify\n"
			  "ExecStart=/usr/bin/perl " APP_DIR "/%s/" KEEPER " keep " APP_DIR
			  "/%s/log-%d\n"
			  "Restart=always\n"
			  "RestartSec=1\n"
			  "RestartPreventExitStatus=3\n"
			  "TimeoutStopSec=30\n"
			  "OOMScoreAdjust=-900\n"
			  "CapabilityBoundingSet=\n"
			  "NoNewPrivileges=yes\n"
			  "RestrictAddressFamilies=AF_UNIX\n"
			  "RestrictNamespaces=yes\n"
			  "LockPersonality=yes\n"
			  "MemoryDenyWriteExecute=yes\n"
			  "SystemCallArchitectures=native\n"
			  "SystemCallFilter=@system-service\n"
			  "SystemCallErrorNumber=EPERM\n",
	    app->name, replica, app->name, replica, app->name, replica, app->name, app->name,
	    replica);
}

static const char *
conf_text(const struct app *app, int replica, struct arena *a)
{
	const char *cid = app->form != APP_BINARY
			      ? arena_printf(a, "cid /run/%s-%d.cid\n", app->name, replica)
			      : "";

	return arena_printf(a, "file %s\nmax %lld\nkeep %lld\n%s", app_log_file(app, replica, a),
	    (long long)app->log.max, (long long)app->log.keep, cid);
}

static struct resource *
add(const struct app *app, struct arena *a, const char *path, const char *text,
    struct resource_list *ret)
{
	struct resource *r = app_file_resource(app, a, path, text, strlen(text));

	resource_list_add(ret, r);
	return r;
}

/* Behind its end stands a NUL, so that no plan shows it line by line. */
static void
add_keeper(const struct app *app, struct arena *a, struct resource_list *ret)
{
	const char *text = arena_printf(a,
	    APP_UNIT_MARK ": keeps and reads the log files of %s.\n%s%s%s%s%s%s%s__END__\n",
	    app->name, host_logplace_pl, host_logclaim_pl, host_logread_pl, host_logmark_pl,
	    host_logkeep_pl, host_logshow_pl, host_logfile_pl);

	resource_list_add(
	    ret, app_file_resource(app, a, arena_printf(a, "%s/%s/" KEEPER, APP_DIR, app->name),
		     text, strlen(text) + 1));
}

/* A file that is none of root's alone, or is no log of this app's, is refused before anything is touched. */
static const char *const *
validation(struct arena *a, const char *conf)
{
	const char **words = arena_alloc(a, 6 * sizeof(*words));

	words[0] = "perl";
	words[1] = "-e";
	words[2] = arena_printf(a,
	    "%s%smy $c = {said_in($ARGV[0])}; check_place($c, 1); check_claim($c, $ARGV[1]);",
	    host_logplace_pl, host_logclaim_pl);
	words[3] = "%s";
	words[4] = conf;
	return words;
}

void
app_log_files(const struct app *app, struct arena *a, struct resource_list *ret)
{
	if (!app->log.file)
		return;
	add_keeper(app, a, ret);
	for (int n = 0; n < app->replicas; n++) {
		const char *unit = arena_printf(a, "%s/%s-%d-log", APP_UNIT_DIR, app->name, n);

		struct resource *conf =
		    add(app, a, arena_printf(a, "%s/%s/log-%d", APP_DIR, app->name, n),
			conf_text(app, n, a), ret);

		conf->validate = validation(a, conf->path);
		add(app, a, arena_printf(a, "%s.socket", unit), socket_text(app, n, a), ret);
		add(app, a, arena_printf(a, "%s.service", unit), service_text(app, n, a), ret);
	}
}

void
app_log_note(const struct app *app, int replica, struct notes *ret)
{
	if (app->log.file)
		notes_add(ret, "logs to %s: at most %lld bytes, and %lld older files like it",
		    app_log_file(app, replica, ret->arena), (long long)app->log.max,
		    (long long)app->log.keep);
}
