/*
 * Options by table: parse a command line, suggest, read the environment.
 *
 * Pure but for the values it writes into the caller's structs. Lists are owned
 * by those structs until option_fini(); texts are borrowed from argv or the
 * environment.
 */
#ifndef DROVER_CLI_OPTION_H
#define DROVER_CLI_OPTION_H

#include "cli/command.h"

struct buf;
struct err;

/* A table and the struct its offsets point into. */
struct option_scope {
	const struct option *table; /* NULL: none; ended by OPTION_END */
	void *values;
};

struct option_parse {
	const struct option_scope
	    *scopes; /* looked up in order; the first that knows a name wins */
	size_t scope_count;
	int stop_after; /* options end once this many operands were seen; -1: never */
	/* results: */
	bool help,
	    version; /* -h --help, -V --version: known everywhere, nothing else is checked then */
	int operand_count;
	char **operands; /* points into argv, which is reordered: operands first */
	bool dashes;     /* a "--" ended the options */
};

/* Parse argv[0..argc). Kind USAGE names the option and what was meant. */
int option_parse(struct option_parse *p, int argc, char **argv, struct err *err);

/* What DROVER_NAME variables say, for a scope whose options may come from there; call before
 * option_parse(), which overrides. */
int option_environment(const struct option_scope *scope, struct err *err);

/* Free what lists hold. */
void option_fini(const struct option_scope *scope);

/* "--connect-timeout=DUR" or "--json", for help. */
void option_usage(const struct option *o, struct buf *to);

#endif
