#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "cli/call.h"
#include "cli/commands.h"
#include "cli/drive.h"
#include "cli/out.h"
#include "cli/portwords.h"
#include "cli/retention.h"
#include "cli/set_words.h"
#include "cli/ssh_one.h"
#include "engine/fanout.h"
#include "engine/herd.h"
#include "inventory/inventory.h"
#include "inventory/set.h"

#include <string.h>
#include <sys/ioctl.h>

struct options {
	bool become, plain, no_escape, record, fold, stream, largest;
	struct option_list local, dynamic, remote;
};

#define AT(field) offsetof(struct options, field)

static const struct option options[] = {
	{ OPTION_FLAG, 'B', "become", AT(become),
	    .summary = "as root, or the inventory's become_user, by its become (sudo)" },
	{ OPTION_FLAG, 'T', "no-terminal", AT(plain),
	    .summary = "pipes instead of a terminal there" },
	{ OPTION_FLAG, 0, "no-escape", AT(no_escape),
	    .summary = "~. and the like are the host's too" },
	{ OPTION_FLAG, 0, "record", AT(record),
	    .summary = "keep what the terminal shows, never what is typed: history play" },
	{ OPTION_FLAG, 'b', "fold", AT(fold), .summary = "show equal outputs once, at the end" },
	{ OPTION_FLAG, 0, "stream", AT(stream),
	    .summary = "output as it comes, with the host's name, also of one host" },
	{ OPTION_FLAG, 'S', "largest", AT(largest),
	    .summary = "of many hosts: exit with the largest status of their commands" },
	{ OPTION_LIST, 'L', "local", AT(local), "PORT:HOST:PORT",
	    .summary = "a port here leads to one that the host reaches" },
	{ OPTION_LIST, 'D', "dynamic", AT(dynamic), "PORT",
	    .summary = "a SOCKS proxy here that connects from the host" },
	{ OPTION_LIST, 'R', "remote", AT(remote), "PORT:HOST:PORT",
	    .summary = "a port of the host leads to one that is reached from here" },
	{ .type = OPTION_END },
};

struct work {
	struct drive *drive;
	struct fanout *fanout;
};

static void
on_done(void *user)
{
	struct work *w = user;

	drive_end(w->drive, OUTCOME_OK);
}

static void
on_stop(void *user, int signum)
{
	struct work *w = user;

	(void)signum;
	if (w->fanout)
		fanout_stop(w->fanout);
}

/* The words behind the set, joined with blanks for the login shell, as ssh does; NULL: none. */
static char *
command_of(const struct call *call)
{
	struct buf b = BUF_INIT(SIZE_MAX);

	if (call->argc < 2)
		return NULL;
	for (int i = 1; i < call->argc; i++)
		buf_addf(&b, "%s%s", i > 1 ? " " : "", call->argv[i]);
	return buf_detach(&b, &(size_t){ 0 });
}

/* A command on each of many: as `run`, but each on a terminal. Its kind is dumb, because what comes is
 * read as lines. */
static int
ssh_many(struct call *call, const struct set *set, const char *command)
{
	const struct options *o = call->options;
	struct winsize size = { .ws_col = 80, .ws_row = 24 };
	struct work w = { 0 };
	struct drive_spec drive = { .call = call,
		.set = set,
		.verb = "ssh",
		.fold = o->fold,
		.stop = on_stop,
		.user = &w };
	autofree struct herd_host **hosts = xcalloc(set->count, sizeof(struct herd_host *));
	struct fanout_spec fanout = {
		.herd = call->herd,
		.hosts = hosts,
		.count = set->count,
		.parallel = (int)call->globals.parallel,
		.who = o->become ? ERRAND_BECOME : ERRAND_LOGIN,
		.command = command,
		.terminal = o->plain ? NULL : "dumb",
		.done = on_done,
		.user = &w,
	};
	int code, largest;

	for (size_t i = 0; i < set->count; i++)
		hosts[i] = herd_of(call->herd, set->hosts[i]);
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col && size.ws_row) {
		fanout.columns = size.ws_col;
		fanout.rows = size.ws_row;
	}
	w.drive = drive_new(&drive);
	if (!w.drive)
		return call->exit;
	fanout.run = drive_run(w.drive);
	w.fanout = fanout_start(&fanout);
	code = drive_wait(w.drive, &largest);
	fanout_free(w.fanout);
	return o->largest && code < 2 && largest > 0 ? largest : code;
}

static int
terms(struct call *call, const struct set *set)
{
	const struct options *o = call->options;

	if (o->plain || o->become || out_json(call->out))
		return call_usage(call,
		    "terminals of %zu hosts are a screen, which takes no such option; a command "
		    "for all of them does: drover ssh SET -- CMD",
		    set->count);
	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
		return call_usage(call,
		    "terminals of %zu hosts need a terminal; without one: drover ssh SET -- CMD",
		    set->count);
	if (!call->terms)
		return call_usage(call,
		    "terminals of many hosts at once are not built yet; one host, or drover ssh "
		    "SET -- CMD");
	return call->terms(call, set);
}

struct ports {
	struct forwards {
		struct portwords list[SSH_ONE_FORWARDS];
		size_t count;
	} there, back; /* from here; -R */
};

static bool
read_forwards(
    struct call *call, const struct option_list *words, const char *letter, struct forwards *to)
{
	enum portwords_kind kind = str_eq(letter, "-D")   ? PORTWORDS_PROXY
				   : str_eq(letter, "-R") ? PORTWORDS_BACK
							  : PORTWORDS_THERE;
	struct err err;

	for (size_t i = 0; i < words->count; i++) {
		if (to->count == countof(to->list)) {
			call_usage(call, "ssh forwards %zu ports at most", countof(to->list));
			return false;
		}
		if (portwords_parse(words->item[i], kind, &to->list[to->count++], &err) < 0) {
			err_wrap(&err, "ssh %s", letter);
			call_fail(call, &err);
			return false;
		}
	}
	return true;
}

/* What the inventory says of the transcript goes before what it does not; false: it is asked for against that. */
static bool
decide_record(struct call *call, const struct host *h, bool terminal, bool *ret)
{
	const struct options *o = call->options;
	struct mark at;

	*ret = o->record || (terminal && h->transcripts && str_eq(h->transcripts, "always"));
	if (!o->record || !h->transcripts || !str_eq(h->transcripts, "never"))
		return true;
	if (inventory_said(call->inventory, h, "transcripts", &at))
		call_usage(call, "--record: %s:%d says transcripts: never of %s", at.file, at.line,
		    h->name);
	else
		call_usage(call, "--record: the inventory says transcripts: never of %s", h->name);
	return false;
}

static int
run_on(struct call *call, const struct set *set, const char *command, const struct ports *ports)
{
	const struct options *o = call->options;
	bool terminal = !o->plain && (command || isatty(STDIN_FILENO)), record = false;
	bool as_lines = o->fold || o->stream || o->largest || out_json(call->out);

	if ((ports->there.count || ports->back.count) && (set->count > 1 || as_lines))
		return call_usage(call, "ports are forwarded by the terminal of one host");
	if (o->record && (set->count > 1 || as_lines || o->plain))
		return call_usage(
		    call, "--record is for the terminal of one host; the screen Terms has a key");
	if (set->count == 1 && !as_lines && !decide_record(call, set->hosts[0], terminal, &record))
		return call->exit;
	if (!command && set->count > 1)
		return terms(call, set);
	if (!command && as_lines)
		return call_usage(
		    call, "a shell has no lines to fold, count or tell in JSON: ssh SET -- CMD");
	if (!call_herd(call))
		return set->count > 1 ? call->exit : SSH_ONE_FAILED;
	if (set->count > 1 || as_lines)
		return ssh_many(call, set, command);
	int code = ssh_one(call, &(struct ssh_one_spec){ .set = set,
				     .command = command,
				     .terminal = terminal,
				     .become = o->become,
				     .escapes = !o->no_escape,
				     .record = record,
				     .forwards = ports->there.list,
				     .forward_count = ports->there.count,
				     .backs = ports->back.list,
				     .back_count = ports->back.count });
	retention_apply(call);
	return code;
}

static int
run(struct call *call)
{
	const struct options *o = call->options;
	autofree char *command = command_of(call);
	autofree char *words = NULL;
	struct ports ports = { .there.count = 0 };
	struct set set;
	int code;

	if (!read_forwards(call, &o->local, "-L", &ports.there) ||
	    !read_forwards(call, &o->dynamic, "-D", &ports.there) ||
	    !read_forwards(call, &o->remote, "-R", &ports.back))
		return call->exit;
	if (o->fold && o->stream)
		return call_usage(call, "ssh takes -b or --stream, not both");
	if (command && command[strspn(command, " \t\n")] == '\0')
		return call_usage(call, "an empty command: for a shell, leave it out");
	words = set_words(call, call->argv[0], true);
	if (!words || !call_set(call, words, &set))
		return call->exit;
	code = run_on(call, &set, command, &ports);
	set_fini(&set);
	return code;
}

const struct command command_ssh = {
	.name = "ssh",
	.synopsis = "SET [--] [CMD...]",
	.summary = "a terminal on a host, or a command on a terminal of each",
	.text =
	    "One host is a plain terminal: all that is typed goes there, and what the host sends\n"
	    "comes as it is, as with ssh(1). With CMD the terminal is that command's; -T is none.\n"
	    "The exit code is the remote one, 128 and the signal that ended it, or 255 for what\n"
	    "drover could not do. At the beginning of a line ~. ends the connection, ~? lists\n"
	    "more.\n"
	    "\n"
	    "Many hosts open the screen Terms of the console, see drover-keys(7). With CMD each\n"
	    "runs it on a terminal of its own, whose input is at its end, and the outputs come as\n"
	    "those of run. The run is recorded, not what was typed; what was shown on a plain\n"
	    "terminal is with --record, or where the inventory says transcripts: always. Where\n"
	    "it says never, --record is refused. Cattle that was typed to is marked as strayed.\n",
	.examples = "drover ssh web1\ta shell\n"
		    "drover ssh -B db1\troot's shell\n"
		    "drover ssh web1 -- top\ta program on a terminal\n"
		    "drover ssh --record web1\tand drover history play last web1\n"
		    "drover ssh -T db1 -- pg_dump shop > shop.sql\tbytes as they are\n"
		    "drover ssh -b @web -- systemctl status shop-0\tequal outputs once\n",
	.options = options,
	.options_size = sizeof(struct options),
	.min_args = 1,
	.max_args = -1,
	.flags = COMMAND_STOP_OPT,
	.run = run,
};
