#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/uuid.h"
#include "cli/call.h"
#include "cli/commands.h"
#include "cli/converge.h"
#include "cli/out.h"
#include "inventory/inventory.h"
#include "inventory/set.h"
#include "ledger/ledger.h"
#include "playbooks/app.h"
#include "playbooks/released.h"

#include <string.h>

struct options {
	bool dry_run;
	const char *target, *diff;
};

#define AT(field) offsetof(struct options, field)

static const struct option options[] = {
	{ OPTION_TEXT, 't', "target", AT(target), "SET",
	    .summary = "on these hosts; else on those that have the app, as this seat knows" },
	{ OPTION_FLAG, 'n', "dry-run", AT(dry_run), .summary = "only show what would be done" },
	{ OPTION_TEXT, 0, "diff", AT(diff), "HOW", .summary = "show contents that change",
	    .choices = "full|none" },
	{ .type = OPTION_END },
};

struct hosts {
	struct call *call;
	struct set set;
	size_t cap;
};

static void
take_host(void *user, const char *name, const char *release)
{
	struct hosts *h = user;
	const struct host *host = inventory_find(h->call->inventory, name);

	(void)release;
	if (!host) {
		out_note(h->call->out,
		    "%.200s is no longer in the inventory: nothing is rolled back there", name);
		return;
	}
	mem_grow(h->set.hosts, h->set.count, h->cap);
	h->set.hosts[h->set.count++] = host;
}

static bool
choose(struct call *c, struct set *ret)
{
	const struct options *o = c->options;
	struct hosts h = { .call = c };

	if (o->target)
		return call_set(c, o->target, ret);
	ledger_app_hosts(c->ledger, inventory_fleet(c->inventory), c->argv[0], take_host, &h);
	*ret = h.set;
	if (!ret->count)
		call_usage(c,
		    "this seat does not know which hosts have %s: say them, drover rollback %s -t "
		    "SET",
		    c->argv[0], c->argv[0]);
	return ret->count > 0;
}

static bool
is_id(const char *word)
{
	size_t n = strlen(word);

	return n >= 4 && n < RELEASE_ID && strspn(word, "0123456789abcdef") == n;
}

/* What the person calls the release: its id, or a run that put it there, which this seat need not know. */
static bool
name_release(struct call *c, struct rollback_spec *spec, char run[UUID_TEXT])
{
	const char *word = c->argc > 1 ? c->argv[1] : NULL;
	struct ledger_row row;
	struct err err;

	if (!word)
		return true;
	if (is_id(word)) {
		spec->id = word;
		return true;
	}
	if (uuid_is(word)) {
		str_copy(run, UUID_TEXT, word);
	} else if (ledger_find_run(c->ledger, word, &row, &err)) {
		str_copy(run, UUID_TEXT, row.uuid);
	} else {
		call_usage(c,
		    "%.80s: the beginning of a release's id is wanted here, or a run (r-N) that "
		    "put "
		    "it there; drover releases %s lists them",
		    word, c->argv[0]);
		return false;
	}
	spec->run = run;
	return true;
}

static int
run(struct call *call)
{
	const struct options *o = call->options;
	struct rollback_spec rollback = { .app = call->argv[0] };
	struct converge spec = {
		.verb = "rollback", .diff = o->diff, .change = !o->dry_run, .rollback = &rollback
	};
	struct set set = { .hosts = NULL };
	char uuid[UUID_TEXT];
	int code;

	if (!app_name_ok(rollback.app))
		return call_usage(call, "%.60s is not a name of an app", rollback.app);
	if (!call_inventory(call) || !call_ledger(call) || !name_release(call, &rollback, uuid) ||
	    !choose(call, &set))
		return call->exit;
	spec.set = &set;
	code = converge(call, &spec);
	set_fini(&set);
	return code;
}

const struct command command_rollback = {
	.name = "rollback",
	.synopsis = "APP [RELEASE]",
	.summary = "bring an app back to an earlier release",
	.text =
	    "A release is what an app was on a host: its files, units and images. Each host keeps "
	    "the\n"
	    "newest of them (three, or what keep: of the app says) with their images, so any seat "
	    "can\n"
	    "go back, whoever applied. The way is that of apply: a plan that is shown, the canary "
	    "and\n"
	    "batches, gates, a run that can be resumed and undone. Pets must be named by --pet.\n"
	    "\n"
	    "Without RELEASE each host goes to the one it had before the one in use. RELEASE is "
	    "the\n"
	    "beginning of an id, as drover releases tells it, or a run that put it there: r-N, or "
	    "the\n"
	    "UUID of another seat's. What is not taken back is listed: what is in volumes, other "
	    "apps\n"
	    "of the playbook, and its tasks. The playbook itself stays as it is: the next apply "
	    "brings\n"
	    "again what it says.\n",
	.examples = "drover rollback shop\tto the release before, where it is known to run\n"
		    "drover rollback -n shop -t @web\twhat that would be\n"
		    "drover rollback -y shop 3f2a\tto one of its releases, not asking\n"
		    "drover rollback -y shop r-12\tto what run r-12 put on each host\n",
	.options = options,
	.options_size = sizeof(struct options),
	.min_args = 1,
	.max_args = 2,
	.run = run,
};
