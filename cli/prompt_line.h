/*
 * A line typed at the prompt of `run -I`, taken apart.
 *
 * Pure; owns what it points to until prompt_line_fini(). Whether the sets and
 * hosts in it exist is not asked here.
 */
#ifndef DROVER_CLI_PROMPT_LINE_H
#define DROVER_CLI_PROMPT_LINE_H

#include <stdbool.h>
#include <stddef.h>

enum prompt_kind {
	PROMPT_NOTHING,
	PROMPT_COMMAND, /* for the hosts */
	PROMPT_PLACE,   /* cd: command is what stood behind it, "" for home */
	PROMPT_HOSTS,   /* only prefixes: they hold from now on */
	PROMPT_WHO,     /* ?: which hosts, and where */
	PROMPT_FOLD,    /* =: equal outputs once, or as they come */
	PROMPT_LOCAL,   /* !: command is for this machine */
	PROMPT_LEAVE    /* quit, exit */
};

enum prompt_change { PROMPT_ONLY = '@', PROMPT_MORE = '+', PROMPT_LESS = '-' };

#define PROMPT_CHANGES 8

/* A prefix: @SET, +SET or -SET. */
struct prompt_prefix {
	enum prompt_change change;
	char *set; /* without its first character */
};

struct prompt_line {
	enum prompt_kind kind;
	struct prompt_prefix prefix[PROMPT_CHANGES];
	size_t count;
	char *command; /* NULL where there is none */
};

/* Returns NULL, or what is wrong with the line; then there is nothing in *ret. */
const char *prompt_line_read(const char *line, struct prompt_line *ret);
void prompt_line_fini(struct prompt_line *l);

#endif
