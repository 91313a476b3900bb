#include "base/err.h"
#include "base/event.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/strmap.h"
#include "base/uuid.h"
#include "cli/call.h"
#include "cli/commands.h"
#include "cli/converge.h"
#include "cli/out.h"
#include "cli/set_words.h"
#include "inventory/inventory.h"
#include "inventory/set.h"
#include "ledger/ledger.h"
#include "playbooks/undo.h"

#include <string.h>

struct options {
	bool dry_run, force;
	const char *diff;
};

#define AT(field) offsetof(struct options, field)

static const struct option options[] = {
	{ OPTION_FLAG, 'n', "dry-run", AT(dry_run), .summary = "only show what would be done" },
	{ OPTION_FLAG, 0, "force", AT(force),
	    .summary = "also what was changed since, or is not proved" },
	{ OPTION_TEXT, 0, "diff", AT(diff), "HOW", .summary = "show contents that change",
	    .choices = "full|none" },
	{ .type = OPTION_END },
};

/* The hosts of a run on which it may have changed something. */
struct hosts {
	struct call *call;
	struct set set;
	size_t cap;
	struct strmap seen, settled;
};

static void
add_host(struct hosts *h, const char *name)
{
	const struct host *host = inventory_find(h->call->inventory, name);

	if (host && (strmap_find(&h->settled, host->name, NULL) ||
			!strmap_add(&h->seen, host->name, 0, NULL)))
		return;
	if (!host) {
		out_note(h->call->out,
		    "%.200s is no longer in the inventory: nothing is undone there", name);
		return;
	}
	mem_grow(h->set.hosts, h->set.count, h->cap);
	h->set.hosts[h->set.count++] = host;
}

static bool
take_result(void *user, const struct ledger_result *r)
{
	static const char *const untouched[] = { "ok", "unreachable", "untried", "held", "locked" };
	struct hosts *h = user;
	const struct host *host = inventory_find(h->call->inventory, r->host);

	for (size_t i = 0; host && i < countof(untouched); i++) {
		if (str_eq(r->state, untouched[i]))
			strmap_add(&h->settled, host->name, 0, NULL);
	}
	add_host(h, r->host);
	return true;
}

static bool
take_start(void *user, const struct event *e)
{
	const char *list = e->kind == EVENT_RUN_START ? event_text(e, FIELD_HOSTS) : NULL;
	struct err err;
	autojson *j = list ? json_parse(list, strlen(list), 64U << 20, &err) : NULL;

	for (size_t i = 0; i < json_count(j); i++) {
		const char *name = json_text(json_at(j, i), NULL);

		if (name)
			add_host(user, name);
	}
	return false;
}

/* In the order of the inventory's own list. */
static bool
hosts_of_run(struct call *c, const char *uuid, const char *alias, struct set *ret)
{
	struct hosts h = { .call = c };

	ledger_results(c->ledger, uuid, take_result, &h);
	ledger_events(c->ledger, uuid, take_start, &h);
	strmap_fini(&h.seen);
	strmap_fini(&h.settled);
	*ret = h.set;
	if (ret->count)
		return true;
	out_note(c->out, "%s changed nothing on a host of this inventory", alias);
	set_fini(ret);
	c->exit = 0;
	return false;
}

static bool
acts(const char *verb)
{
	return str_eq(verb, "apply") || str_eq(verb, "undo") || str_eq(verb, "rollback");
}

struct newest {
	char uuid[UUID_TEXT], alias[24];
};

static bool
take_newest(void *user, const struct ledger_row *row)
{
	struct newest *n = user;

	if (!acts(row->verb) || str_eq(row->state, "foreign") ||
	    (row->end_ms && row->changed + row->failed + row->unknown == 0))
		return true;
	str_copy(n->uuid, sizeof(n->uuid), row->uuid);
	str_copy(n->alias, sizeof(n->alias), row->alias);
	return false;
}

/* A run that this ledger does not know is taken at its word, if it is the whole one. */
static bool
find_unknown(struct call *c, struct newest *n, const struct err *err)
{
	if (!uuid_is(c->argv[0])) {
		call_fail(c, err);
		return false;
	}
	if (c->argc < 2) {
		call_usage(c,
		    "this seat does not know the run: say on which hosts, drover undo %s SET",
		    c->argv[0]);
		return false;
	}
	str_copy(n->uuid, sizeof(n->uuid), c->argv[0]);
	str_copy(n->alias, sizeof(n->alias), c->argv[0]);
	return true;
}

static bool
find(struct call *c, struct newest *n)
{
	struct ledger_row row;
	struct err err;

	if (str_eq(c->argv[0], "last")) {
		ledger_runs(c->ledger, NULL, 10000, take_newest, n);
		if (!n->uuid[0])
			call_usage(
			    c, "no run of this seat changed anything that an undo takes back");
		return n->uuid[0] != '\0';
	}
	if (!ledger_find_run(c->ledger, c->argv[0], &row, &err))
		return find_unknown(c, n, &err);
	if (!acts(row.verb)) {
		call_usage(
		    c, "%s was a %.20s, which keeps nothing to put back", row.alias, row.verb);
		return false;
	}
	if (str_eq(row.state, "running")) {
		err_set(&err, OUTCOME_LOCKED, "%s still runs", row.alias);
		call_fail(c, &err);
		return false;
	}
	str_copy(n->uuid, sizeof(n->uuid), row.uuid);
	str_copy(n->alias, sizeof(n->alias), row.alias);
	return true;
}

static bool
choose(struct call *c, const struct newest *n, struct set *ret)
{
	if (c->argc < 2)
		return hosts_of_run(c, n->uuid, n->alias, ret);
	autofree char *words = set_words(c, c->argv[1], false);

	return words && call_set(c, words, ret);
}

static int
run(struct call *call)
{
	const struct options *o = call->options;
	struct newest n = { .uuid = "" };
	struct set set = { .hosts = NULL };
	int code;

	if (!call_inventory(call) || !call_ledger(call) || !find(call, &n) ||
	    !choose(call, &n, &set))
		return call->exit;
	struct undo_spec undo = { .uuid = n.uuid, .force = o->force };
	struct converge spec = {
		.verb = "undo", .diff = o->diff, .change = !o->dry_run, .undo = &undo, .set = &set
	};

	code = converge(call, &spec);
	set_fini(&set);
	return code;
}

const struct command command_undo = {
	.name = "undo",
	.synopsis = "RUN [SET]",
	.summary = "take back what a run changed",
	.text =
	    "Asks each host what the run did there, shows a plan, asks, and puts back contents,\n"
	    "modes and owners, takes away what the run made, and returns units and settings to "
	    "what\n"
	    "they were. Only what is still as the run left it is touched; what a later run or a\n"
	    "person changed since is named with who did it, and the host ends as stale (exit 6):\n"
	    "--force takes that back too. What cannot be taken back is listed before anything is\n"
	    "done: commands without undo:, images, and what a kind of task keeps nothing of.\n"
	    "\n"
	    "A run is named r-N, last (the newest that changed something), or by its UUID; one of\n"
	    "another seat by its UUID and a SET. Hosts keep their last 20 acts. An undo is a run "
	    "as\n"
	    "any other: it can be resumed, and taken back itself. Pets must be named by --pet.\n",
	.examples = "drover undo last\tthe newest run that changed something\n"
		    "drover undo -n r-12\twhat that would be\n"
		    "drover undo -y r-12 web1\ton one of its hosts, not asking\n",
	.options = options,
	.options_size = sizeof(struct options),
	.min_args = 1,
	.max_args = 2,
	.run = run,
};
