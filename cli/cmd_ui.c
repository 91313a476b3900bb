#include "cli/call.h"
#include "cli/commands.h"
#include "cli/ui.h"

#define AT(field) offsetof(struct ui_options, field)

static const struct option options[] = {
	{ OPTION_FLAG, 0, "readonly", AT(readonly),
	    .summary = "change nothing, whatever is pressed; W does not end it" },
	{ OPTION_TEXT, 0, "screen", AT(screen), "NAME",
	    .summary = "the first screen: fleet, host, plan, run ..." },
	{ OPTION_FLAG, 0, "no-mouse", AT(no_mouse),
	    .summary = "leave the mouse to the terminal; M takes it" },
	{ OPTION_FLAG, 0, "ascii", AT(ascii), .summary = "draw with ASCII alone" },
	{ OPTION_FLAG, 0, "linear", AT(linear),
	    .summary = "in lines, for screen readers: nothing is drawn" },
	{ .type = OPTION_END },
};

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
		    "drover ui site.yaml\tthe same, with the playbook that P will plan\n"
		    "drover ui --readonly\tlook, and change nothing by mistake\n",
	.options = options,
	.options_size = sizeof(struct ui_options),
	.max_args = 1,
	.flags = COMMAND_NO_JSON | COMMAND_VARS,
	.run = run,
};
