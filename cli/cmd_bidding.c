/* The verbs start, stop and restart: one plan, one act, by the same path as an apply. */
#include "base/diag.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "cli/call.h"
#include "cli/commands.h"
#include "cli/converge.h"
#include "cli/known_playbook.h"
#include "cli/out.h"
#include "cli/set_words.h"
#include "inventory/inventory.h"
#include "inventory/set.h"
#include "ledger/ledger.h"
#include "playbooks/bidding.h"
#include "playbooks/playbook.h"
#include "playbooks/wanted.h"

struct options {
	bool dry_run, at_once;
	const char *playbook;
};

#define AT(field) offsetof(struct options, field)
#define DRY_RUN                                                                                    \
	{                                                                                          \
		OPTION_FLAG, 'n', "dry-run", AT(dry_run),                                          \
		    .summary = "only show what would be done"                                      \
	}
#define PLAYBOOK                                                                                   \
	{                                                                                          \
		OPTION_TEXT, 0, "playbook", AT(playbook), "FILE",                                  \
		    .summary = "whose health checks prove that an instance is well"                \
	}

static const struct option stop_options[] = { DRY_RUN, { .type = OPTION_END } };
static const struct option start_options[] = { DRY_RUN, PLAYBOOK, { .type = OPTION_END } };
static const struct option restart_options[] = {
	DRY_RUN,
	PLAYBOOK,
	{ OPTION_FLAG, 0, "all-at-once", AT(at_once),
	    .summary = "all cattle together, no instance waiting for another" },
	{ .type = OPTION_END },
};

/* One bidding: whose apps are meant, and where. */
struct work {
	struct call *call;
	enum bidding_verb verb;
	struct playbook *playbook;
	struct wanted *wanted;
	struct set set;
};

static const char *
fact_of(void *user, const struct host *h, const char *key)
{
	const struct call *c = user;

	return ledger_fact(c->ledger, inventory_fleet(c->inventory), h->name, key);
}

static bool
has(const struct set *s, const struct host *h)
{
	for (size_t i = 0; i < s->count; i++)
		if (s->hosts[i] == h)
			return true;
	return false;
}

/* Those of the hosts that the playbook is for. */
static bool
its_hosts(struct work *w, struct set *ret)
{
	const char *expr = playbook_hosts(w->playbook);
	struct set own = { .hosts = NULL };

	if (expr && !call_set(w->call, expr, &own))
		return false;
	ret->hosts = xcalloc(w->set.count + 1, sizeof(*ret->hosts));
	for (size_t i = 0; i < w->set.count; i++)
		if (!expr || has(&own, w->set.hosts[i]))
			ret->hosts[ret->count++] = w->set.hosts[i];
	set_fini(&own);
	return true;
}

static bool
read_health(struct work *w, const char *path, struct diag *diag)
{
	struct call *c = w->call;
	struct set hosts = { .hosts = NULL };

	w->playbook = playbook_load(path, (const char *const *)c->globals.vars.item, diag);
	if (w->playbook && its_hosts(w, &hosts))
		w->wanted = wanted_new(&(struct wanted_spec){ .playbook = w->playbook,
					   .hosts = hosts.hosts,
					   .count = hosts.count,
					   .fact = fact_of,
					   .user = c },
		    diag);
	set_fini(&hosts);
	return w->wanted != NULL;
}

/* What the playbook at hand says of health; there need not be one. A unit that is named asks for none. */
static bool
know_health(struct work *w, const char *name)
{
	struct call *c = w->call;
	const struct options *o = c->options;
	const char *path = o->playbook ? o->playbook : usual_playbook();
	struct diag diag;

	if (!path || w->verb == BIDDING_STOP || o->at_once || bidding_names_unit(name))
		return true;
	diag_init(&diag);
	if (!read_health(w, path, &diag)) {
		diag_sort(&diag);
		call_print_diag(c, &diag);
		out_note(c->out,
		    "drover: %s would say how %s is proved well: --playbook names another", path,
		    name);
		c->exit = outcome_exit(OUTCOME_INPUT);
	}
	diag_fini(&diag);
	return w->wanted != NULL;
}

static bool
choose(struct work *w, const char *name)
{
	struct call *c = w->call;

	if (!bidding_name_ok(name)) {
		call_usage(c,
		    "'%.100s' is no name of a unit (nginx.service), an app (shop) or one of its "
		    "instances (shop-0)",
		    name);
		return false;
	}
	if (c->argc < 2)
		return call_set(c, "@all", &w->set);
	autofree char *words = set_words(c, c->argv[0], false);

	return words && call_set(c, words, &w->set);
}

static int
carry_out(struct work *w, const char *name)
{
	/* One instance after another, on one host after another; what only starts or stops need not. */
	static const struct rollout rolling = { .canary = { .n = 0, .said = true },
		.batch = { .n = 1, .said = true } };
	static const struct rollout together = { .canary = { .n = 0, .said = true },
		.batch = { .n = 100, .percent = true, .said = true } };
	const struct options *o = w->call->options;
	bool rolls = w->verb == BIDDING_RESTART && !o->at_once;
	struct bidding bidding = {
		.verb = w->verb, .name = name, .at_once = o->at_once, .wanted = w->wanted
	};
	struct converge spec = { .verb = bidding_word(w->verb),
		.change = !o->dry_run,
		.bidding = &bidding,
		.rollout = rolls ? &rolling : &together,
		.anywhere = w->call->argc < 2,
		.set = &w->set };

	return converge(w->call, &spec);
}

static int
give(struct call *call, enum bidding_verb verb)
{
	struct work w = { .call = call, .verb = verb };
	const char *name = call->argv[call->argc - 1];
	int code;

	code =
	    call_inventory(call) && call_ledger(call) && choose(&w, name) && know_health(&w, name)
		? carry_out(&w, name)
		: call->exit;
	set_fini(&w.set);
	wanted_free(w.wanted);
	playbook_free(w.playbook);
	return code;
}

static int
start(struct call *call)
{
	return give(call, BIDDING_START);
}

static int
stop(struct call *call)
{
	return give(call, BIDDING_STOP);
}

static int
restart(struct call *call)
{
	return give(call, BIDDING_RESTART);
}

#define NAMES                                                                                      \
	"NAME with a suffix of systemd's (nginx.service) is that unit. Without one it is an app\n" \
	"that drover put there (shop: all its instances), and if there is none of that name, an\n" \
	"instance of one (shop-0). Without SET: wherever the app is. Nothing is guessed: nginx\n"  \
	"alone is never nginx.service.\n"                                                          \
	"\n"                                                                                       \
	"The plan is shown and a yes asked for, as by apply; -y says it before. Pets must be\n"    \
	"named by --pet; they come last, one at a time. An apply that is at work there is not\n"   \
	"disturbed: such a host is locked (9). The run is recorded, here and on the host.\n"

const struct command command_start = {
	.name = "start",
	.synopsis = "[SET] NAME",
	.summary = "start an app, an instance of it, or a unit",
	.text = NAMES "\n"
		      "An instance has started when its unit runs, did not come up anew by itself, "
		      "and passes\n"
		      "the health check that a playbook has for it: that of --playbook, "
		      "$DROVER_PLAYBOOK or\n"
		      "./playbook.yaml; else the one that its host keeps with its release. What "
		      "drain of the\n"
		      "app runs behind a start runs then, and what the app needs on that host "
		      "starts before it.\n",
	.examples = "drover start shop\tall its instances, wherever it is\n"
		    "drover start web1 shop-0\tone of them\n"
		    "drover start @web nginx.service\ta unit\n",
	.options = start_options,
	.options_size = sizeof(struct options),
	.min_args = 1,
	.max_args = 2,
	.flags = COMMAND_VARS,
	.run = start,
};

const struct command command_stop = {
	.name = "stop",
	.synopsis = "[SET] NAME",
	.summary = "stop an app, an instance of it, or a unit",
	.text = NAMES
	"\n"
	"What is stopped stays as it was put there: the next boot, drover start or an "
	"apply\n"
	"starts it again. drover undo starts what this run stopped. What drain of the app "
	"runs\n"
	"before a stop runs first; where that fails nothing stops. Units that need what "
	"stops are\n"
	"named, and go on.\n",
	.examples = "drover stop @web shop\tall instances of an app\n"
		    "drover stop -y web1 shop-1\tone of them, not asking\n"
		    "drover stop -n @web nginx.service\tonly show what would be done\n",
	.options = stop_options,
	.options_size = sizeof(struct options),
	.min_args = 1,
	.max_args = 2,
	.run = stop,
};

const struct command command_restart = {
	.name = "restart",
	.synopsis = "[SET] NAME",
	.summary = "restart an app one instance after another, or a unit",
	.text = NAMES
	"\n"
	"One host after another, and on each one instance after another: the next waits until\n"
	"this one's unit runs, did not come up anew by itself, and passes the health check "
	"that a\n"
	"playbook has for it: that of --playbook, $DROVER_PLAYBOOK or ./playbook.yaml; else the "
	"one\n"
	"that its host keeps. Each is drained before and serves again after, where the app says "
	"how.\n"
	"The first failure stops the rest. --all-at-once takes all cattle together and asks for "
	"no\n"
	"health.\n",
	.examples = "drover restart shop\tone instance after another, wherever it is\n"
		    "drover restart @web shop --all-at-once\twithout waiting\n"
		    "drover restart web1 shop-0\tone of them\n"
		    "drover restart -y @web nginx.service\ta unit, one host after another\n",
	.options = restart_options,
	.options_size = sizeof(struct options),
	.min_args = 1,
	.max_args = 2,
	.flags = COMMAND_VARS,
	.run = restart,
};
