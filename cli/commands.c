#include "cli/commands.h"

#include "base/str.h"

#include <stddef.h>

const struct command *const commands[] = {
	&command_ui,
	&command_hosts,
	&command_facts,
	&command_ps,
	&command_apps,
	&command_run,
	&command_ssh,
	&command_cp,
	&command_fetch,
	&command_logs,
	&command_lint,
	&command_plan,
	&command_diff,
	&command_apply,
	&command_start,
	&command_stop,
	&command_restart,
	&command_resume,
	&command_undo,
	&command_rollback,
	&command_releases,
	&command_cordon,
	&command_uncordon,
	&command_replace,
	&command_history,
	&command_nodes,
	&command_trust,
	&command_config,
	&command_keys,
	&command_help,
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
