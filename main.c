#include "cli/dispatch.h"

#include <stddef.h>

int
main(int argc, char **argv)
{
	return dispatch_main(argc, argv, NULL);
}
