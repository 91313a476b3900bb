#include "cli/known_playbook.h"

#include "cli/call.h"

#include <stdlib.h>
#include <unistd.h>

const char *
usual_playbook(void)
{
	static const char usual[] = "playbook.yaml";
	const char *said = getenv("DROVER_PLAYBOOK");

	if (said && *said)
		return said;
	return access(usual, F_OK) == 0 ? usual : NULL;
}

const char *
known_playbook(const struct call *call)
{
	return call->argc > 0 ? call->argv[0] : usual_playbook();
}
