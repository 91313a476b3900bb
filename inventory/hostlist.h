/* Hosts named on the command line, host1,user@host2:2222, into the model. */
#ifndef DROVER_INVENTORY_HOSTLIST_H
#define DROVER_INVENTORY_HOSTLIST_H

struct diag;
struct err;
struct inventory;

/* -1, kind USAGE, when a name, user or port is wrong. */
int hostlist_read(struct inventory *inv, const char *list, struct diag *diag, struct err *err);

#endif
