#include "cli/call.h"
#include "cli/commands.h"
#include "cli/converge.h"
#include "cli/owed.h"

struct options {
	struct converge_scope scope;
	bool dry_run, exit_code, owed, no_prune;
};

#define AT(field) offsetof(struct options, field)

static const struct option options[] = {
	CONVERGE_SCOPE(AT(scope)),
	{ OPTION_FLAG, 'n', "dry-run", AT(dry_run), .summary = "only plan" },
	{ OPTION_FLAG, 0, "no-prune", AT(no_prune),
	    .summary = "leave what the playbook no longer names" },
	{ OPTION_FLAG, 0, "exit-code", AT(exit_code),
	    .summary = "exit 5 when something differed and all went well" },
	{ OPTION_FLAG, 0, "owed", AT(owed),
	    .summary = "only hosts that were away when it was applied" },
	{ .type = OPTION_END },
};

static int
run(struct call *call)
{
	const struct options *o = call->options;
	struct converge spec = {
		.verb = o->dry_run ? "plan" : "apply",
		.limit = o->scope.limit,
		.diff = o->scope.diff,
		.tags = o->scope.tags.item,
		.skip_tags = o->scope.skip_tags.item,
		.change = !o->dry_run,
		.no_prune = o->no_prune,
		.exit_code = o->exit_code,
	};

	if (o->owed)
		return owed_apply(call, &spec);
	if (call->argc == 0)
		return call_usage(call, "apply needs a playbook: drover apply PLAYBOOK");
	return converge(call, &spec);
}

const struct command command_apply = {
	.name = "apply",
	.synopsis = "PLAYBOOK|PLAN|--owed [PLAYBOOK]",
	.summary = "bring hosts to what a playbook says",
	.text =
	    "Looks at every host, shows the plan, asks, and carries it out: images first, then\n"
	    "the canary and the batches of the playbook's rollout. Each host goes on by itself if\n"
	    "this program ends; drover resume tells how it went. Without a terminal -y is needed;\n"
	    "pets must be named by --pet in any case.\n"
	    "\n"
	    "A plan that plan -o kept is carried out as it was: a host whose plan would be another "
	    "now\n"
	    "is stale and left alone, and a changed playbook is refused.\n"
	    "\n"
	    "Hosts that were not reached are owed: nothing happened there, and the exit code is\n"
	    "4. drover hosts shows them. --owed converges them, and only them, with the playbook "
	    "as\n"
	    "it is now; if it is not what its newest run had, that is said.\n",
	.examples = "drover apply site.yaml\tshow the plan, ask, do it\n"
		    "drover apply -y site.yaml\tdo not ask\n"
		    "drover apply -y --pet db1 site.yaml\tthe pet db1 may be changed\n"
		    "drover apply site.plan\ta plan that was kept, or nothing\n"
		    "drover apply --dry-run site.yaml\tas plan\n"
		    "drover apply -y --owed\twhat hosts missed that were away\n",
	.options = options,
	.options_size = sizeof(struct options),
	.min_args = 0,
	.max_args = 1,
	.flags = COMMAND_VARS | COMMAND_SETS,
	.run = run,
};
