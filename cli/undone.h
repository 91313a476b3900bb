/*
 * Which run an undo takes back, and on which hosts: for the verb and for whoever asks before it.
 *
 * Reads the ledger, prints nothing.
 */
#ifndef DROVER_CLI_UNDONE_H
#define DROVER_CLI_UNDONE_H

#include "base/uuid.h"

#include <stdbool.h>

struct err;
struct inventory;
struct ledger;
struct set;

struct undone {
	char uuid[UUID_TEXT], alias[24];
};

/* The run of this name (r-N, UUID, last) that an undo can take back. -1: kind USAGE or LOCKED, err tells;
 * *ret_unknown, which may be NULL: because this seat does not know the run. */
int undone_find(
    struct ledger *l, const char *name, struct undone *ret, bool *ret_unknown, struct err *err);

/* The hosts of the run on which it may have changed something. gone() is told the names that the inventory
 * has no longer; it may be NULL. */
void undone_hosts(const struct inventory *inv, struct ledger *l, const char *uuid, struct set *ret,
    void (*gone)(void *user, const char *name), void *user);

#endif
