/*
 * The command line of this very program, as a child of the console.
 *
 * It begins with what the console was given, so that the child looks at the same fleet in the same way. The words
 * are the caller's and outlive it; what was made of them is freed by self_fini().
 */
#ifndef DROVER_TUI_SELF_H
#define DROVER_TUI_SELF_H

#include <stddef.h>

struct command;
struct globals;

struct self {
	const char **word; /* ended by NULL, [0] is the program */
	size_t count, cap;
	char *made[8];
	size_t made_count;
};

/* command: whose verb comes next. */
void self_begin(struct self *w, const struct globals *g, const struct command *command);
void self_add(struct self *w, const char *word);
void self_fini(struct self *w);

#endif
