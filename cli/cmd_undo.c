#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/uuid.h"
#include "cli/call.h"
#include "cli/commands.h"
#include "cli/converge.h"
#include "cli/out.h"
#include "cli/set_words.h"
#include "cli/undone.h"
#include "inventory/set.h"
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

static void
note_gone(void *user, const char *name)
{
	const struct call *c = user;

	out_note(c->out, "%.200s is no longer in the inventory: nothing is undone there", name);
}

static bool
hosts_of_run(struct call *c, const struct undone *u, struct set *ret)
{
	undone_hosts(c->inventory, c->ledger, u->uuid, ret, note_gone, c);
	if (ret->count)
		return true;
	out_note(c->out, "%s changed nothing on a host of this inventory", u->alias);
	set_fini(ret);
	c->exit = 0;
	return false;
}

/* A run that this ledger does not know is taken at its word, if it is the whole one. */
static bool
take_unknown(struct call *c, struct undone *u, const struct err *err)
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
	str_copy(u->uuid, sizeof(u->uuid), c->argv[0]);
	str_copy(u->alias, sizeof(u->alias), c->argv[0]);
	return true;
}

static bool
find(struct call *c, struct undone *u)
{
	struct err err;
	bool unknown;

	if (undone_find(c->ledger, c->argv[0], u, &unknown, &err) == 0)
		return true;
	if (unknown)
		return take_unknown(c, u, &err);
	call_fail(c, &err);
	return false;
}

static bool
choose(struct call *c, const struct undone *u, struct set *ret)
{
	if (c->argc < 2)
		return hosts_of_run(c, u, ret);
	autofree char *words = set_words(c, c->argv[1], false);

	return words && call_set(c, words, ret);
}

static int
run(struct call *call)
{
	const struct options *o = call->options;
	struct undone n = { .uuid = "" };
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
