#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "cli/call.h"
#include "cli/commands.h"
#include "cli/drive.h"
#include "cli/set_words.h"
#include "engine/fanout.h"
#include "engine/herd.h"
#include "engine/probe.h"
#include "inventory/inventory.h"
#include "inventory/set.h"

struct options {
	int64_t lines;
	bool follow;
	const char *since, *until;
};

#define AT(field) offsetof(struct options, field)

static const struct option options[] = {
	{ OPTION_INT, 'n', "lines", AT(lines), "N", .summary = "the last N lines of each host (50)",
	    .max = 10000000 },
	{ OPTION_FLAG, 'f', "follow", AT(follow), .summary = "go on until Ctrl-C" },
	{ OPTION_TEXT, 0, "since", AT(since), "TIME",
	    .summary = "as journalctl reads it: -1h, yesterday, 2026-01-02 03:04" },
	{ OPTION_TEXT, 0, "until", AT(until), "TIME", .summary = "the same, for the end" },
	{ .type = OPTION_END },
};

struct work {
	struct drive *drive;
	struct fanout *fanout;
	bool follow;
};

static void
on_done(void *user)
{
	struct work *w = user;

	drive_end(w->drive, OUTCOME_OK);
}

/* Following ends by a signal: there is nothing to wait for. */
static void
on_stop(void *user, int signum)
{
	struct work *w = user;

	(void)signum;
	fanout_stop(w->fanout);
	if (w->follow)
		fanout_stop(w->fanout);
}

/* The program with its arguments: every word quoted. */
static char *
program_of(const struct call *call)
{
	const struct options *o = call->options;
	struct buf b = BUF_INIT(SIZE_MAX);
	autofree char *unit = xasprintf("--unit=%s", call->argv[1]);
	autofree char *lines = xasprintf("--lines=%lld", (long long)o->lines);
	autofree char *since = o->since ? xasprintf("--since=%s", o->since) : NULL;
	autofree char *until = o->until ? xasprintf("--until=%s", o->until) : NULL;
	const char *const words[] = { unit, o->lines ? lines : NULL, o->follow ? "--follow" : NULL,
		since, until };

	buf_adds(&b, "set --");
	for (size_t i = 0; i < countof(words); i++) {
		if (!words[i])
			continue;
		buf_addc(&b, ' ');
		str_shell_quote(&b, words[i]);
	}
	buf_addf(&b, "\n%s", host_logs_sh);
	return buf_detach(&b, &(size_t){ 0 });
}

static int
logs_of(struct call *call, const struct set *set)
{
	const struct options *o = call->options;
	struct work w = { .follow = o->follow };
	struct drive_spec drive = { .call = call,
		.set = set,
		.verb = "logs",
		.unrecorded = true,
		.endless = o->follow,
		.stop = on_stop,
		.user = &w };
	autofree struct herd_host **hosts = xcalloc(set->count, sizeof(struct herd_host *));
	autofree char *program = program_of(call);
	struct fanout_spec fanout = {
		.hosts = hosts,
		.count = set->count,
		/* Who follows is at work all the time: all hosts at once. */
		.parallel = o->follow ? (int)set->count : (int)call->globals.parallel,
		.who = ERRAND_OWN,
		.command = program,
		.read_only = true,
		.done = on_done,
		.user = &w,
	};
	int code;

	if (!call_herd(call))
		return call->exit;
	for (size_t i = 0; i < set->count; i++)
		hosts[i] = herd_of(call->herd, set->hosts[i]);
	w.drive = drive_new(&drive);
	if (!w.drive)
		return call->exit;
	fanout.herd = call->herd;
	fanout.run = drive_run(w.drive);
	w.fanout = fanout_start(&fanout);
	code = drive_wait(w.drive, NULL);
	fanout_free(w.fanout);
	return code;
}

static int
run(struct call *call)
{
	struct options *o = call->options;
	autofree char *words = set_words(call, call->argv[0], false);
	struct set set;
	int code;

	if (!o->lines && !o->since)
		o->lines = 50;
	if (!words || !call_set(call, words, &set))
		return call->exit;
	code = logs_of(call, &set);
	set_fini(&set);
	return code;
}

const struct command command_logs = {
	.name = "logs",
	.synopsis = "SET UNIT",
	.summary = "read a unit's journal on hosts",
	.text =
	    "Lines come as \"host: line\". A container that runs as a unit logs under the unit's\n"
	    "name. UNIT may be a pattern, as journalctl takes it.\n",
	.examples = "drover logs @web nginx.service\tthe last 50 lines of each\n"
		    "drover logs -f @web 'shop-*'\tfollow until Ctrl-C\n"
		    "drover logs --since -1h db1 postgresql\tthe last hour\n",
	.options = options,
	.options_size = sizeof(struct options),
	.min_args = 2,
	.max_args = 2,
	.run = run,
};
