#include "cli/call.h"
#include "cli/commands.h"
#include "cli/out.h"

static int
run(struct call *call)
{
	if (out_json(call->out))
		out_line(call->out, "{\"v\":1,\"version\":\"%s\"}", DROVER_VERSION);
	else
		out_line(call->out, "drover %s", DROVER_VERSION);
	return 0;
}

const struct command command_version = {
	.name = "version",
	.synopsis = "",
	.summary = "print the version",
	.examples = "drover version\tthis drover's version\n",
	.run = run,
};
