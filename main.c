#include "cli/dispatch.h"
#include "remote/remote.h"
#include "tui/tui.h"

#include <string.h>

#define WORKER_FD 3

int
main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "--worker") == 0)
		return remote_worker_main(WORKER_FD);
	if (argc > 2 && strcmp(argv[1], "--hand") == 0)
		return remote_hand_main(argc, argv);
	return dispatch_main(argc, argv,
	    &(struct dispatch_screens){
		.console = tui_main, .keys = tui_keys, .terms = tui_terms, .play = tui_play });
}
