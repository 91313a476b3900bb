/*
 * From what many places say about a host to what holds for it: kind, settings,
 * variables. Nearer wins; two that are equally near may not disagree.
 *
 * Works on a model whose groups are linked; all it makes lies in the arena.
 */
#ifndef DROVER_INVENTORY_RESOLVE_H
#define DROVER_INVENTORY_RESOLVE_H

struct diag;
struct inventory;

void resolve_hosts(struct inventory *inv, struct diag *diag);

#endif
