/* A command for this machine, on this terminal, while the loop turns. Nothing is kept. */
#ifndef DROVER_CLI_LOCAL_COMMAND_H
#define DROVER_CLI_LOCAL_COMMAND_H

#include <stdbool.h>

struct err;
struct loop;

/* Run a line by /bin/sh and wait for its end; Ctrl-C is the command's. input: it reads our standard input,
 * else there is none. Its wait status, or -1. */
int local_command_run(struct loop *loop, const char *line, bool input, struct err *err);

#endif
