#include "cli/call.h"
#include "cli/commands.h"
#include "cli/converge.h"

struct options {
	struct converge_scope scope;
	bool exit_code;
};

#define AT(field) offsetof(struct options, field)

static const struct option options[] = {
	CONVERGE_SCOPE(AT(scope)),
	{ OPTION_FLAG, 0, "exit-code", AT(exit_code), .summary = "exit 5 when something drifted" },
	{ .type = OPTION_END },
};

static int
run(struct call *call)
{
	const struct options *o = call->options;
	struct converge spec = { .verb = "diff",
		.limit = o->scope.limit,
		.diff = o->scope.diff,
		.tags = o->scope.tags.item,
		.skip_tags = o->scope.skip_tags.item,
		.drift = true,
		.exit_code = o->exit_code };

	return converge(call, &spec);
}

const struct command command_diff = {
	.name = "diff",
	.synopsis = "PLAYBOOK",
	.summary = "show what is no longer as the playbook's last apply left it",
	.text =
	    "Looks at every host of the playbook and prints its drift: what an apply made so and\n"
	    "somebody has changed since, with when and since which run, and what an apply would\n"
	    "do about it. What the playbook says anew is no drift: plan shows it. Cattle that\n"
	    "drifted is marked as strayed until an apply of the playbook converges it.\n",
	.examples = "drover diff site.yaml\twhat was changed by hand\n"
		    "drover diff --exit-code site.yaml\texit 5 when something was\n",
	.options = options,
	.options_size = sizeof(struct options),
	.min_args = 1,
	.max_args = 1,
	.flags = COMMAND_VARS | COMMAND_SETS,
	.run = run,
};
