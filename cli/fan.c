#include "cli/fan.h"

#include "base/event.h"
#include "base/mem.h"
#include "cli/call.h"
#include "cli/drive.h"
#include "engine/fanout.h"
#include "engine/herd.h"
#include "engine/run.h"
#include "inventory/inventory.h"
#include "inventory/set.h"

struct work {
	const struct fan_spec *spec;
	struct drive *drive;
	struct fanout *fanout;
	size_t good;
	int signum;
};

static void
on_done(void *user)
{
	struct work *w = user;
	const struct run_counts *counts = run_counts(drive_run(w->drive));

	w->good = counts->by_outcome[OUTCOME_OK];
	drive_end(w->drive, OUTCOME_OK);
}

static void
on_stop(void *user, int signum)
{
	struct work *w = user;

	w->signum = signum;
	if (!w->fanout)
		return;
	fanout_stop(w->fanout);
	if (w->spec->typed)
		fanout_stop(w->fanout);
}

/* As if it had been a command line: so it can be told, and done again. */
static void
describe(void *user, struct event *start)
{
	const struct work *w = user;
	const struct set *set = w->spec->set;
	autofree const char **names = xcalloc(set->count, sizeof(*names));

	for (size_t i = 0; i < set->count; i++)
		names[i] = set->hosts[i]->name;
	autofree char *folded = names_fold(names, set->count);
	const char *line[6] = { "drover", "run" };
	size_t n = 2;
	if (w->spec->who == ERRAND_BECOME)
		line[n++] = "-B";
	line[n++] = folded;
	line[n++] = "--";
	line[n++] = w->spec->command;
	event_set_list(start, FIELD_ARGV, line, n);
}

void
fan_run(const struct fan_spec *spec, struct fan_result *ret)
{
	struct call *c = spec->call;
	struct work w = { .spec = spec };
	const struct drive_spec drive = { .call = c,
		.set = spec->set,
		.verb = "run",
		.fold = spec->fold,
		.endless = spec->typed,
		.describe = spec->typed ? describe : NULL,
		.stop = on_stop,
		.user = &w };
	autofree struct herd_host **hosts = xcalloc(spec->set->count, sizeof(struct herd_host *));
	struct fanout_spec fanout = { .herd = c->herd,
		.hosts = hosts,
		.count = spec->set->count,
		.parallel = (int)c->globals.parallel,
		.who = spec->who,
		.command = spec->command,
		.input = spec->input,
		.input_len = spec->input_len,
		.timeout_ms = spec->timeout_ms,
		.keep = spec->typed,
		.done = on_done,
		.user = &w };

	*ret = (struct fan_result){ .code = 0 };
	for (size_t i = 0; i < spec->set->count; i++)
		hosts[i] = herd_of(c->herd, spec->set->hosts[i]);
	w.drive = drive_new(&drive);
	if (!w.drive) {
		ret->code = c->exit;
		return;
	}
	fanout.run = drive_run(w.drive);
	w.fanout = fanout_start(&fanout);
	ret->code = drive_wait(w.drive, &ret->largest);
	ret->signum = w.signum;
	ret->good = w.good;
	fanout_free(w.fanout);
}
