#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include "cli/asking.h"
#include "cli/call.h"
#include "cli/commands.h"
#include "cli/out.h"
#include "cli/set_words.h"
#include "engine/clocks.h"
#include "engine/facts.h"
#include "engine/herd.h"
#include "inventory/inventory.h"
#include "inventory/set.h"

#include <string.h>

struct options {
	bool cached;
};

static const struct option options[] = {
	{ OPTION_FLAG, 0, "cached", offsetof(struct options, cached),
	    .summary = "what the ledger knows; contacts no host" },
	{ .type = OPTION_END },
};

static const char *const usual[] = { "os", "kernel", "arch", "cpus", "memory", "systemd", "podman",
	"uptime" };

static void
on_facts(void *user, struct herd_host *hh, const struct err *err)
{
	struct asking *a = user;
	const char *offset = err->kind == OUTCOME_OK ? herd_fact(hh, CLOCKS_FACT) : NULL;

	if (offset)
		clocks_note(a->user, herd_host_of(hh)->name, strtoll(offset, NULL, 10));
	asking_done(a, hh, err);
}

static void
ask(struct asking *a, struct herd_host *hh)
{
	facts_ask(hh, a->run, on_facts, a);
}

/* One row a host: the facts asked for, or the usual ones. */
static void
print_rows(struct call *call, const struct set *set)
{
	const char *const *keys = usual;
	size_t n = countof(usual);

	if (call->argc > 1) {
		keys = (const char *const *)call->argv + 1;
		n = (size_t)call->argc - 1;
	}
	autofree const char **cells = xcalloc(n + 1, sizeof(*cells));
	cells[0] = "host";
	memcpy(cells + 1, keys, n * sizeof(*cells));
	out_table(call->out, cells, n + 1);
	for (size_t i = 0; i < set->count; i++) {
		const struct herd_host *hh = herd_of(call->herd, set->hosts[i]);
		autofree char **values = xcalloc(n, sizeof(*values));

		cells[0] = set->hosts[i]->name;
		for (size_t k = 0; k < n; k++) {
			const char *value = herd_fact(hh, keys[k]);

			/* Borrowed until the next look-up. */
			values[k] = value ? xstrdup(value) : NULL;
			cells[k + 1] = values[k];
		}
		out_row(call->out, cells);
		for (size_t k = 0; k < n; k++)
			free(values[k]);
	}
	out_table_end(call->out);
}

static void
print_answers(struct asking *a)
{
	clocks_warn(a->user, a->run);
	/* With --json the facts themselves went out as events. */
	if (!out_json(a->call->out))
		print_rows(a->call, a->set);
}

static int
facts_of(struct call *call, const struct set *set)
{
	const struct options *o = call->options;
	struct clocks clocks = { 0 };
	struct asking a = { .call = call,
		.set = set,
		.verb = "facts",
		.ask = ask,
		.print = print_answers,
		.user = &clocks };
	int code;

	if (!o->cached) {
		code = asking_run(&a);
		clocks_fini(&clocks);
		return code;
	}
	if (!call_herd(call))
		return call->exit;
	print_rows(call, set);
	return 0;
}

static int
run(struct call *call)
{
	autofree char *words = set_words(call, call->argc ? call->argv[0] : "@all", false);
	struct set set;
	int code;

	if (!words || !call_set(call, words, &set))
		return call->exit;
	code = facts_of(call, &set);
	set_fini(&set);
	return code;
}

const struct command command_facts = {
	.name = "facts",
	.synopsis = "[SET] [KEY...]",
	.summary = "ask hosts what they are",
	.text = "One exec a host. What comes back is kept in the ledger: sets may test it "
		"(os=debian*),\n"
		"and --cached shows it without asking again. clock-offset-ms is how far a host's "
		"clock is\n"
		"ahead of this machine's; clocks more than 5 s away are warned of, and decide "
		"nothing.\n",
	.examples = "drover facts\tevery host, the usual facts\n"
		    "drover facts @web os podman\tthese two\n"
		    "drover facts --cached 'os=debian*'\tfrom the ledger\n",
	.options = options,
	.options_size = sizeof(struct options),
	.max_args = -1,
	.run = run,
};
