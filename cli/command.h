/*
 * What drover can be told to do: the table of verbs, their options, their help.
 *
 * One const struct command per cli/cmd_*.c. The table drives dispatch, help,
 * did-you-mean, completion and the manual page.
 */
#ifndef DROVER_CLI_COMMAND_H
#define DROVER_CLI_COMMAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct call;

enum option_type {
	OPTION_END,
	OPTION_FLAG,     /* bool */
	OPTION_COUNT,    /* int: how often it was given */
	OPTION_INT,      /* int64_t; min and max are checked */
	OPTION_DURATION, /* int64_t, milliseconds */
	OPTION_TEXT,     /* const char * */
	OPTION_LIST      /* struct option_list: may be repeated */
};

struct option_list {
	const char **item; /* ended by NULL once parsed; NULL when never given */
	size_t count;
	bool from_environment; /* the command line replaces it */
};

/* offset points into the options struct of the command (or of the globals). */
struct option {
	enum option_type type;
	char letter;
	const char *name;
	size_t offset;
	const char *argument;      /* "SET", "FILE"; NULL for flags */
	const char *summary;       /* NULL: an alias, not in help */
	int64_t min, max;          /* OPTION_INT; both 0: any */
	const char *choices;       /* OPTION_TEXT: "auto|always|never", or NULL */
	bool not_from_environment; /* globals: no DROVER_NAME stands for it */
};

#define COMMAND_HIDDEN   1U  /* not in help */
#define COMMAND_STOP_OPT 2U  /* options end at the second operand: run SET CMD -x */
#define COMMAND_NO_JSON  4U  /* --json makes no sense here and is refused */
#define COMMAND_VARS     8U  /* -e has a use here; elsewhere it is refused */
#define COMMAND_SETS     16U /* --set, --offset and --as too */

struct command {
	const char *name;
	const char *synopsis; /* without "drover NAME " */
	const char *summary;  /* one line, lower case, no full stop */
	const char *text;     /* paragraphs for help and the manual page; may be NULL */
	const char *examples; /* lines "drover ...\tdoes this"; may be NULL */
	const struct option *options;
	size_t options_size;
	int min_args, max_args; /* max -1: any number */
	unsigned flags;
	int (*run)(struct call *call); /* returns the exit code of DESIGN 5 */
};

#endif
