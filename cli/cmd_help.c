#include "base/buf.h"
#include "cli/call.h"
#include "cli/commands.h"
#include "cli/help.h"
#include "cli/out.h"

static int
run(struct call *call)
{
	autobuf page = BUF_INIT(1 << 16);

	if (call->argc == 0) {
		help_all(&page);
	} else {
		const struct command *c = command_find(call->argv[0]);

		if (!c)
			return call_no_verb(call, call->argv[0]);
		help_command(c, &page);
	}
	out_text(call->out, buf_text(&page), page.len);
	return 0;
}

const struct command command_help = {
	.name = "help",
	.synopsis = "[VERB]",
	.summary = "explain drover or one verb",
	.examples = "drover help run\texamples and options of run\n",
	.max_args = 1,
	.flags = COMMAND_NO_JSON,
	.run = run,
};
