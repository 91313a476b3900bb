/* "SET:PATH" as cp and fetch take it. Pure but for what it says when it is wrong. */
#ifndef DROVER_CLI_PLACE_H
#define DROVER_CLI_PLACE_H

#include <stdbool.h>

struct call;

/* Split at the first colon; a set with colons (an IPv6 address) stands in square brackets, as with
 * scp. Caller frees both. False: said why, call->exit is set. */
bool place_split(struct call *c, const char *word, char **ret_set, char **ret_path);

/* The last name in a path; caller frees. NULL when there is none: "", "/", ".", "..". */
char *place_name(const char *path);

#endif
