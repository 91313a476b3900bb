/* Help from the table of verbs: a page of all, a page of one. Text is appended, nothing owned. */
#ifndef DROVER_CLI_HELP_H
#define DROVER_CLI_HELP_H

struct buf;
struct command;

/* How to begin, the verbs, the global options. */
void help_all(struct buf *to);

/* Examples first, then what it does and its options. */
void help_command(const struct command *c, struct buf *to);

/* Three lines for somebody who gave no verb. */
void help_short(struct buf *to);

/* The visible verb that begins with what was typed, else the nearest; NULL when none is near. */
const char *help_nearest_verb(const char *name);

#endif
