/* What Tab puts behind the beginning of a set, at the prompt of `run -I`. Pure. */
#ifndef DROVER_CLI_PROMPT_COMPLETE_H
#define DROVER_CLI_PROMPT_COMPLETE_H

struct buf;
struct inventory;

/* What goes on behind `before` in every name of a host or group that begins as its last word does; caller
 * frees. NULL: nothing. Then choices has the names there are, a line each, where there are several. */
char *prompt_complete(const struct inventory *inv, const char *before, struct buf *choices);

#endif
