/* A set as it was typed: an expression, or - for lines of standard input. */
#ifndef DROVER_CLI_SET_WORDS_H
#define DROVER_CLI_SET_WORDS_H

#include <stdbool.h>

struct call;

/* The expression; lines are joined by commas. Caller frees. NULL: said why, call->exit is set.
 * taken: standard input is wanted by something else, so - is refused. */
char *set_words(struct call *c, const char *word, bool taken);

#endif
