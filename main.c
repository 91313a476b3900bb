#include <stdio.h>
#include <string.h>

int
main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "--version") == 0) {
		printf("drover %s\n", DROVER_VERSION);
		return 0;
	}
	fputs("drover: no verb yet\n", stderr);
	return 2;
}
