#include "cli/call.h"
#include "cli/commands.h"
#include "cli/keys.h"

#define AT(field) offsetof(struct keys_options, field)

static const struct option options[] = {
	{ OPTION_TEXT, 0, "preset", AT(preset), "NAME",
	    .summary = "the keys of this preset, whatever keys.conf says",
	    .choices = "default|k9s|vim" },
	{ .type = OPTION_END },
};

static int
run(struct call *call)
{
	if (!call->keys)
		return call_usage(call, "this drover was built without a console");
	return call->keys(call);
}

const struct command command_keys = {
	.name = "keys",
	.synopsis = "[SCREEN]",
	.summary = "the keys of the console as they are now, and the command each equals",
	.text =
	    "Of all screens, or of SCREEN. Keys are changed in keys.conf in drover's "
	    "configuration\n"
	    "directory: lines SCREEN ACTION = KEY..., with * for every screen, and preset = NAME.\n"
	    "drover-keys(7) has an example. Mistakes and clashes there exit 3.",
	.examples = "drover keys\tevery key\n"
		    "drover keys fleet\tthose of the screen Fleet\n"
		    "drover keys --preset vim --json\tthe vim keys, for programs\n",
	.options = options,
	.options_size = sizeof(struct keys_options),
	.max_args = 1,
	.run = run,
};
