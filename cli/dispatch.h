/* From a command line to the verb that carries it out. Owns the call while it lasts. */
#ifndef DROVER_CLI_DISPATCH_H
#define DROVER_CLI_DISPATCH_H

struct call;

/* The whole command line: global options, verb, options, run. Returns the exit code. Global options
 * stand before the verb or among its own; a verb's own letter wins there. console opens the screen
 * (no verb on a terminal, and `ui`); NULL: there is none. */
int dispatch_main(int argc, char **argv, int (*console)(struct call *call));

#endif
