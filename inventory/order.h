/*
 * Ansible's order of groups: whose variables go before whose.
 *
 * Works on a model whose groups are linked; what it hands out is the caller's.
 */
#ifndef DROVER_INVENTORY_ORDER_H
#define DROVER_INVENTORY_ORDER_H

#include <stddef.h>

struct inventory;

/* Hosts of no group but all go to the group ungrouped, and no others. Before groups are linked. */
void order_ungrouped(struct inventory *inv);

/* The depth of every group, once they are linked. */
void order_depths(struct inventory *inv);

/* A copy of group[0..n), positions in inv->group: who goes before the others first. Deeper ones do;
 * of equals those of a higher ansible_group_priority; of those the last in the alphabet. */
size_t *order_groups(const struct inventory *inv, const size_t *group, size_t n);

#endif
