/* From a command line to the verb that carries it out. Owns the call while it lasts. */
#ifndef DROVER_CLI_DISPATCH_H
#define DROVER_CLI_DISPATCH_H

struct call;
struct history_sides;
struct set;

/* What is above the command line. NULL: there is none. */
struct dispatch_screens {
	int (*console)(struct call *call); /* opens the screen: no verb on a terminal, and `ui` */
	int (*keys)(struct call *call);    /* prints its keys: `keys` */
	/* Opens it on terminals of these hosts: `ssh` of many. The set is the caller's. */
	int (*terms)(struct call *call, const struct set *set);
	/* Plays recorded terminals side by side: `history play` of many. */
	int (*play)(struct call *call, const struct history_sides *sides);
};

/* The whole command line: global options, verb, options, run. Returns the exit code. Global options
 * stand before the verb or among its own; a verb's own letter wins there. */
int dispatch_main(int argc, char **argv, const struct dispatch_screens *screens);

#endif
