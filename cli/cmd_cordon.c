/* The verbs cordon and uncordon: what this seat's ledger says of hosts; nothing is contacted. */
#include "base/mem.h"
#include "base/str.h"
#include "cli/call.h"
#include "cli/commands.h"
#include "cli/marking.h"
#include "cli/out.h"
#include "cli/set_words.h"
#include "inventory/inventory.h"
#include "inventory/set.h"
#include "ledger/ledger.h"

static int
change(struct call *c, const struct set *set, bool on)
{
	static const char *const columns[] = { "host", "state" };
	struct marking *m = marking_begin(c, c->command->name, set->hosts, set->count);

	if (!m)
		return c->exit;
	out_table(c->out, columns, countof(columns));
	for (size_t i = 0; i < set->count; i++) {
		const struct host *h = set->hosts[i];
		bool changes = str_eq(marking_of(c, h, "cordoned"), "true") != on;

		if (changes)
			marking_fact(m, h, "cordoned", on ? "true" : "false");
		marking_host(m, h, changes);
		out_row(c->out,
		    (const char *const[]){ h->name, on ? changes ? "cordoned" : "was cordoned"
						    : changes ? "uncordoned"
							      : "was not cordoned" });
	}
	out_table_end(c->out);
	return marking_end(m);
}

/* What hosts missed meanwhile is not forgotten. */
struct owing {
	const struct set *set;
	size_t count;
};

static void
count_owed(void *user, const char *host, const char *playbook, const char *run)
{
	struct owing *o = user;

	(void)playbook;
	(void)run;
	for (size_t i = 0; i < o->set->count; i++)
		o->count += str_eq(o->set->hosts[i]->name, host);
}

static int
give(struct call *c, bool on)
{
	autofree char *words = set_words(c, c->argv[0], false);
	struct owing owing = { .count = 0 };
	struct set set = { .hosts = NULL };
	int code;

	if (!words || !call_inventory(c) || !call_ledger(c) || !call_set(c, words, &set))
		return c->exit;
	code = change(c, &set, on);
	owing.set = &set;
	if (!on && code == 0)
		ledger_owed(c->ledger, inventory_fleet(c->inventory), count_owed, &owing);
	if (owing.count)
		out_note(c->out, "they are owed what was applied meanwhile: drover apply --owed");
	set_fini(&set);
	return code;
}

static int
cordon(struct call *call)
{
	return give(call, true);
}

static int
uncordon(struct call *call)
{
	return give(call, false);
}

const struct command command_cordon = {
	.name = "cordon",
	.synopsis = "SET",
	.summary = "keep hosts aside: no apply, undo or rollback touches them",
	.text =
	    "A mark in this seat's ledger; nothing is contacted and nothing stops there. A "
	    "cordoned\n"
	    "host that a playbook is for is set aside before anybody is asked: it is owed that\n"
	    "playbook (exit 4) and counts for no failure limit. What a person asks for by hand - "
	    "run,\n"
	    "cp, start, stop, restart - and a look for drift go there all the same. drover hosts,\n"
	    "every plan and the console show who is cordoned; the set cordoned=true names them.\n",
	.examples = "drover cordon web3\tits disk is to be exchanged\n"
		    "drover hosts cordoned=true\twho is cordoned\n",
	.min_args = 1,
	.max_args = 1,
	.run = cordon,
};

const struct command command_uncordon = {
	.name = "uncordon",
	.synopsis = "SET",
	.summary = "take hosts back that were cordoned",
	.text = "What was applied meanwhile is still owed: drover apply --owed brings it.\n",
	.examples = "drover uncordon web3\tit takes part again\n"
		    "drover uncordon cordoned=true\tall of them\n",
	.min_args = 1,
	.max_args = 1,
	.run = uncordon,
};
