/* The verb replace: the steps it takes are runs of their own, and how far it came is a mark of the host. */
#include "base/diag.h"
#include "base/err.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/str.h"
#include "cli/call.h"
#include "cli/commands.h"
#include "cli/converge.h"
#include "cli/marking.h"
#include "cli/out.h"
#include "cli/provision.h"
#include "inventory/inventory.h"
#include "inventory/set.h"
#include "ledger/ledger.h"
#include "playbooks/bidding.h"
#include "playbooks/playbook.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PLAYBOOKS 64
#define RUNS      100000

/* How far it came; each is said once the step is over. */
#define CORDONED    "cordoned"
#define DRAINED     "drained"
#define PROVISIONED "provisioned"

struct work {
	struct call *call;
	const struct host *host;
	char *playbook[PLAYBOOKS]; /* in the order in which they came first */
	size_t count;
	const char *vars;    /* a playbook that was given variables of the command line */
	const char *changes; /* one that was given changes of the command line */
	bool more;           /* than we keep */
};

/* Changes of the command line are of one playbook: which, nobody could say here. */
static bool
is_change(const char *word)
{
	return str_starts(word, "--set") || str_starts(word, "--offset") ||
	       str_starts(word, "--as=") || str_eq(word, "--as");
}

static bool
is_var(const char *word)
{
	return (str_starts(word, "-e") && !str_starts(word, "--")) || str_starts(word, "--var");
}

static bool
had(const char *argv, bool (*which)(const char *word))
{
	struct err err;
	autojson *j = *argv ? json_parse(argv, strlen(argv), 1U << 20, &err) : NULL;

	for (size_t i = 0; i < json_count(j); i++) {
		const char *word = json_text(json_at(j, i), NULL);

		if (word && which(word))
			return true;
	}
	return false;
}

static bool
known(const struct work *w, const char *playbook)
{
	for (size_t i = 0; i < w->count; i++)
		if (str_eq(w->playbook[i], playbook))
			return true;
	return false;
}

/* The newest comes first: its variables count. */
static bool
take_run(void *user, const struct ledger_row *row)
{
	struct work *w = user;

	if (!str_eq(row->verb, "apply") || !*row->playbook || known(w, row->playbook))
		return true;
	w->more = w->count == PLAYBOOKS;
	if (w->more)
		return false;
	w->playbook[w->count] = xstrdup(row->playbook);
	if (had(row->argv, is_var) && !w->vars)
		w->vars = w->playbook[w->count];
	if (had(row->argv, is_change) && !w->changes)
		w->changes = w->playbook[w->count];
	w->count++;
	return true;
}

static void
drop(struct work *w, size_t i)
{
	if (w->vars == w->playbook[i])
		w->vars = NULL;
	if (w->changes == w->playbook[i])
		w->changes = NULL;
	free(w->playbook[i]);
	memmove(&w->playbook[i], &w->playbook[i + 1], (w->count - i - 1) * sizeof(*w->playbook));
	w->count--;
}

/* Whether a playbook is for the host; false with exit set when it is wrong. */
static bool
is_for(struct work *w, const char *path, bool *ret)
{
	struct call *c = w->call;
	struct set set = { .hosts = NULL };
	struct diag diag;

	diag_init(&diag);
	struct playbook *p = playbook_load(path, (const char *const *)c->globals.vars.item, &diag);
	diag_sort(&diag);
	call_print_diag(c, &diag);
	diag_fini(&diag);
	if (!p)
		c->exit = outcome_exit(OUTCOME_INPUT);
	*ret = p && !playbook_hosts(p);
	if (p && playbook_hosts(p) && call_set(c, playbook_hosts(p), &set))
		for (size_t i = 0; i < set.count; i++)
			*ret = *ret || set.hosts[i] == w->host;
	set_fini(&set);
	playbook_free(p);
	return c->exit == 0;
}

/* All that is to be applied is there and in order before anything happens. */
static bool
find_playbooks(struct work *w)
{
	struct call *c = w->call;
	bool wanted;

	ledger_host_runs(
	    c->ledger, inventory_fleet(c->inventory), w->host->name, RUNS, take_run, w);
	if (w->more) {
		call_usage(c, "%s had more than %d playbooks", w->host->name, PLAYBOOKS);
		return false;
	}
	for (size_t i = 0; i < w->count;) {
		if (access(w->playbook[i], F_OK) < 0) {
			struct err err;

			err_errno(&err, "%s, which %s had,", w->playbook[i], w->host->name);
			err.kind = OUTCOME_INPUT;
			call_fail(c, &err);
			return false;
		}
		if (!is_for(w, w->playbook[i], &wanted))
			return false;
		if (!wanted)
			out_note(c->out, "%s is no longer for %s", w->playbook[i], w->host->name);
		if (wanted)
			i++;
		else
			drop(w, i);
	}
	if (w->changes) {
		call_usage(c,
		    "%s was applied with --set, --offset or --as, which replace does not repeat "
		    "yet: say them in the playbook",
		    w->changes);
		return false;
	}
	if (w->vars && c->globals.vars.count == 0) {
		call_usage(c, "%s was applied with variables: give them again, with -e", w->vars);
		return false;
	}
	return true;
}

static bool
may(struct work *w)
{
	struct call *c = w->call;
	const char *name = w->host->name;
	char answer[300];
	struct err err;

	if (c->globals.yes)
		return true;
	if (c->globals.no_input || !isatty(STDIN_FILENO)) {
		err_set(&err, OUTCOME_HELD,
		    "held: nobody is here to confirm that the machine of %s goes; if it is meant: "
		    "-y",
		    name);
		call_fail(c, &err);
		return false;
	}
	out_note(c->out, "the machine of %s goes, with all that is on it; type its name:", name);
	if (fgets(answer, sizeof(answer), stdin)) {
		answer[strcspn(answer, "\n")] = '\0';
		if (str_eq(answer, name))
			return true;
	}
	err_set(&err, OUTCOME_HELD, "%s: not confirmed", name);
	call_fail(c, &err);
	return false;
}

static int
mark(struct work *w, const char *cordoned, const char *replacing)
{
	struct marking *m = marking_begin(w->call, w->call->command->name, &w->host, 1);

	if (!m)
		return w->call->exit;
	marking_fact(m, w->host, "cordoned", cordoned);
	marking_fact(m, w->host, "replacing", replacing);
	marking_host(m, w->host, true);
	return marking_end(m);
}

/* What does not answer cannot be drained, and need not be. */
static int
drain(struct work *w)
{
	static const struct rollout alone = { .canary = { .n = 0, .said = true },
		.batch = { .n = 1, .said = true },
		.max_unreachable = { .n = 100, .percent = true, .said = true } };
	struct set set = { .hosts = xcalloc(1, sizeof(*set.hosts)), .count = 1 };
	const struct bidding bidding = { .verb = BIDDING_STOP };
	struct converge spec = {
		.verb = "stop", .change = true, .bidding = &bidding, .rollout = &alone, .set = &set
	};
	int code;

	set.hosts[0] = w->host;
	code = converge(w->call, &spec);
	set_fini(&set);
	if (code != outcome_exit(OUTCOME_UNREACHABLE))
		return code;
	out_note(w->call->out, "%s does not answer: there is nothing to drain", w->host->name);
	return w->call->exit = 0;
}

/* Who came first is applied first. */
static int
apply_all(struct work *w)
{
	struct call *c = w->call;
	char **argv = c->argv;
	int argc = c->argc, code = 0;

	for (size_t i = w->count; i-- > 0 && code == 0;) {
		char *operand[] = { w->playbook[i], NULL };
		struct converge spec = { .verb = "apply",
			.limit = w->host->name,
			.change = true,
			.cordoned_too = true };

		c->argv = operand;
		c->argc = 1;
		code = converge(c, &spec);
	}
	c->argv = argv;
	c->argc = argc;
	return code;
}

static int
carry_out(struct work *w)
{
	struct call *c = w->call;
	autofree char *stage = xstrdup(marking_of(c, w->host, "replacing"));
	int code = 0;

	if (*stage)
		out_note(
		    c->out, "going on with the replacement of %s: it is %s", w->host->name, stage);
	c->globals.yes = true;
	if (!*stage)
		code = mark(w, "true", CORDONED);
	if (code == 0 && (!*stage || str_eq(stage, CORDONED)))
		code = drain(w);
	if (code == 0 && !str_eq(stage, PROVISIONED))
		code = provision_run(c, w->host);
	if (code == 0)
		code = apply_all(w);
	if (code == 0)
		code = mark(w, "false", "");
	if (code != 0)
		out_note(c->out,
		    "%s is not replaced yet, and cordoned: drover replace %s goes on where it "
		    "stopped",
		    w->host->name, w->host->name);
	else
		out_note(c->out, "%s is replaced: %zu playbook%s applied", w->host->name, w->count,
		    w->count == 1 ? "" : "s");
	return code;
}

static bool
choose(struct work *w)
{
	struct call *c = w->call;
	struct err err;

	w->host = inventory_find(c->inventory, c->argv[0]);
	if (!w->host) {
		call_usage(c, "%.200s is no host of the inventory; replace takes one", c->argv[0]);
		return false;
	}
	if (w->host->kind == HOST_PET) {
		err_set(&err, OUTCOME_HELD,
		    "held: %s is a pet, which no machine takes the place of; only cattle is "
		    "replaced",
		    w->host->name);
		call_fail(c, &err);
		return false;
	}
	if (inventory_provision(c->inventory)->argv)
		return true;
	err_set(&err, OUTCOME_INPUT,
	    "%s: provision: is not said: it is the program that makes a new machine",
	    inventory_path(c->inventory) ? inventory_path(c->inventory) : "the inventory");
	call_fail(c, &err);
	return false;
}

static int
run(struct call *call)
{
	struct work w = { .call = call };
	int code;

	code =
	    call_inventory(call) && call_ledger(call) && choose(&w) && find_playbooks(&w) && may(&w)
		? carry_out(&w)
		: call->exit;
	for (size_t i = 0; i < w.count; i++)
		free(w.playbook[i]);
	return code;
}

const struct command command_replace = {
	.name = "replace",
	.synopsis = "HOST",
	.summary = "put a new machine behind the name of a cattle host",
	.text =
	    "The host is cordoned; its apps are stopped, the last one first (if it answers); the\n"
	    "inventory's provision program is run here, with HOST, DROVER_ADDRESS and DROVER_PORT "
	    "in\n"
	    "its environment; the new machine gets every playbook that this seat applied to the "
	    "host;\n"
	    "and the host takes part again. It is replaced only if all went well: else it stays\n"
	    "cordoned, and the same command goes on where it stopped. The program may then be run "
	    "a\n"
	    "second time.\n"
	    "\n"
	    "Lines of the program's standard output that are public host keys (ssh-ed25519 "
	    "AAAA..., "
	    "or\n"
	    "as ssh-keyscan prints them) are trusted from then on in place of the old ones. If it "
	    "names\n"
	    "none, only a key that is known already will do: no key is ever taken on sight.\n"
	    "\n"
	    "A pet is never replaced (12). A playbook that was applied with -e wants its "
	    "variables\n"
	    "again. -y says yes before; else the host's name is asked for.\n",
	.examples = "drover replace web3\tasks for its name\n"
		    "drover replace -y web3\tin a script, or to go on\n",
	.min_args = 1,
	.max_args = 1,
	.flags = COMMAND_VARS,
	.run = run,
};
