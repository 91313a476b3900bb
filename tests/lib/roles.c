#include "tests/lib/roles.h"

#include "base/str.h"
#include "remote/remote.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

int
roles_play(int argc, char **argv)
{
	if (argc == 2 && str_eq(argv[1], "--worker"))
		return remote_worker_main(3);
	if (argc > 2 && str_eq(argv[1], "--hand"))
		return remote_hand_main(argc, argv);
	if (argc == 2)
		cmocka_set_test_filter(argv[1]);
	signal(SIGPIPE, SIG_IGN);
	return -1;
}
