/*
 * Where an inventory comes from: -i arguments, the environment, the usual places.
 *
 * Tells files from lists of hosts, refuses by name what is not read yet, and
 * refuses files that others may write.
 */
#ifndef DROVER_INVENTORY_SOURCE_H
#define DROVER_INVENTORY_SOURCE_H

#include <stdbool.h>
#include <stddef.h>

struct diag;
struct err;
struct inventory;

/* Is this -i argument a file (or a directory), not a list of hosts? */
bool source_is_file(const char *source);

/* Read one source into the model. -1 with err set for what no line of a file is to blame for. */
int source_read(struct inventory *inv, const char *source, struct diag *diag, struct err *err);

/* The source to use when none was given; caller frees. NULL, kind USAGE, when there is none. */
char *source_find(struct err *err);

#endif
