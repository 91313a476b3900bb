#include "cli/commands.h"

#include "base/str.h"

#include <stddef.h>

const struct command *const commands[] = {
	&command_hosts,
	&command_nodes,
	&command_plan,
	&command_apply,
	&command_resume,
	&command_help,
	&command_lint,
	&command_trust,
	&command_ui,
	&command_history,
	&command_version,
	NULL,
};

const struct command *
command_find(const char *name)
{
	for (size_t i = 0; commands[i]; i++) {
		if (str_eq(commands[i]->name, name))
			return commands[i];
	}
	return NULL;
}
