/*
 * A line typed at a terminal: edited, recalled, completed; under the loop.
 *
 * Owns the terminal's modes while it asks, and gives them back with each line, at a
 * stop, and when the program is stopped or aborts. Reads standard input, which must be a
 * terminal, and draws on standard error. The only door to libedit.
 */
#ifndef DROVER_CLI_LINEEDIT_H
#define DROVER_CLI_LINEEDIT_H

#include <stddef.h>

struct buf;
struct lineedit;
struct loop;

struct lineedit_spec {
	struct loop *loop;
	/* A line without its end; NULL: there are no more. From the loop, once for each lineedit_ask(); the
	 * terminal is as it was. */
	void (*line)(void *user, const char *line);
	/* Tab: what to put behind this text, which stands before the cursor (caller frees; NULL: nothing);
	 * where there is more than one way, a line a way in choices. May be NULL. */
	char *(*complete)(void *user, const char *before, struct buf *choices);
	void *user;
};

/* NULL: this terminal cannot be edited on. */
struct lineedit *lineedit_new(const struct lineedit_spec *spec);
void lineedit_free(struct lineedit *l); /* not from inside line() */

/* Show the prompt and wait for a line. What was typed before counts. Ctrl-C begins the line anew. */
void lineedit_ask(struct lineedit *l, const char *prompt);
void lineedit_stop(struct lineedit *l); /* ask no more: no line() comes */

/* As if it had been typed at the next prompt. */
void lineedit_type(struct lineedit *l, const char *bytes, size_t len);

/* The line is there to be recalled. */
void lineedit_remember(struct lineedit *l, const char *line);

#endif
