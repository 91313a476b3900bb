#include "cli/known_playbook.h"

#include "cli/call.h"

#include <stdlib.h>
#include <unistd.h>

const char *
known_playbook(const struct call *call)
{
	static const char usual[] = "playbook.yaml";
	const char *said = getenv("DROVER_PLAYBOOK");

	if (call->argc > 0)
		return call->argv[0];
	if (said && *said)
		return said;
	return access(usual, F_OK) == 0 ? usual : NULL;
}
