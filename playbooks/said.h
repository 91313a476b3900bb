/*
 * What a look at the host said, line by line: "KEY VALUE", or a word alone.
 *
 * Pure. The text is a host's: it may be NULL, and anything.
 */
#ifndef DROVER_PLAYBOOKS_SAID_H
#define DROVER_PLAYBOOKS_SAID_H

#include <stdbool.h>
#include <stddef.h>

struct arena;

/* This very line is there. */
bool said_has(const char *said, const char *line);

/* VALUE of the first line of this key; NULL: there is none. A key alone has the value "". */
const char *said_value(struct arena *a, const char *said, const char *key);

/* All of them in their order, ended by NULL. */
const char *const *said_values(struct arena *a, const char *said, const char *key);

#endif
