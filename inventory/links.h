/*
 * Groups of groups: children found, circles refused, members listed.
 *
 * Works on a model; member lists lie in its arena.
 */
#ifndef DROVER_INVENTORY_LINKS_H
#define DROVER_INVENTORY_LINKS_H

#include <stdbool.h>

struct diag;
struct inventory;

/* Give each group its parents and its list of children. False when a child is missing or groups
 * run in a circle: then there is nothing to follow. */
bool links_make(struct inventory *inv, struct diag *diag);

/* List the members of every group in the order of the hosts; wants host.groups. */
void links_members(struct inventory *inv);

#endif
