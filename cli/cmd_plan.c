#include "cli/call.h"
#include "cli/commands.h"
#include "cli/converge.h"

struct options {
	struct converge_scope scope;
	bool exit_code, no_prune;
	const char *output;
};

#define AT(field) offsetof(struct options, field)

static const struct option options[] = {
	CONVERGE_SCOPE(AT(scope)),
	{ OPTION_FLAG, 0, "no-prune", AT(no_prune),
	    .summary = "leave what the playbook no longer names" },
	{ OPTION_FLAG, 0, "exit-code", AT(exit_code), .summary = "exit 5 when something differs" },
	{ OPTION_TEXT, 'o', "output", AT(output), "FILE",
	    .summary = "keep the plan for apply, which carries out this one or none" },
	{ .type = OPTION_END },
};

static int
run(struct call *call)
{
	const struct options *o = call->options;
	struct converge spec = { .verb = "plan",
		.limit = o->scope.limit,
		.diff = o->scope.diff,
		.output = o->output,
		.tags = o->scope.tags.item,
		.skip_tags = o->scope.skip_tags.item,
		.no_prune = o->no_prune,
		.exit_code = o->exit_code };

	return converge(call, &spec);
}

const struct command command_plan = {
	.name = "plan",
	.synopsis = "PLAYBOOK",
	.summary = "show what an apply would change, and change nothing",
	.text = "Looks at every host of the playbook and prints what differs: + create, ~ change,\n"
		"- remove, ? unpredicted. Hosts with equal plans are shown once.\n",
	.examples = "drover plan site.yaml\twhat would change\n"
		    "drover plan site.yaml -l web1\ton one of its hosts\n"
		    "drover plan -o site.plan site.yaml\tkeep it for drover apply site.plan\n"
		    "drover plan --exit-code site.yaml\texit 5 when something differs\n",
	.options = options,
	.options_size = sizeof(struct options),
	.min_args = 1,
	.max_args = 1,
	.flags = COMMAND_VARS | COMMAND_SETS,
	.run = run,
};
