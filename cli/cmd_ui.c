#include "cli/call.h"
#include "cli/commands.h"

static int
run(struct call *call)
{
	if (!call->console)
		return call_usage(call, "this drover was built without a console");
	return call->console(call);
}

const struct command command_ui = {
	.name = "ui",
	.synopsis = "[PLAYBOOK]",
	.summary = "open the console",
	.text =
	    "The screens Fleet, Host and Run over every host of the inventory. P plans and "
	    "applies\n"
	    "PLAYBOOK (or one that is typed). The keys are in drover-keys(7) and under ? in each\n"
	    "screen. drover alone, on a terminal, does the same.",
	.examples = "drover ui\tlook at the fleet\n"
		    "drover -i host1,host2 ui\tlook at two hosts, with no file at all\n"
		    "drover ui site.yaml\tthe same, with the playbook that P will plan\n",
	.max_args = 1,
	.flags = COMMAND_NO_JSON | COMMAND_VARS,
	.run = run,
};
