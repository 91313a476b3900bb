/*
 * group_vars/ and host_vars/ beside an inventory of Ansible's, into the model.
 *
 * Read when all inventories are: what they name is looked for, and nothing else.
 */
#ifndef DROVER_INVENTORY_VARFILES_H
#define DROVER_INVENTORY_VARFILES_H

struct diag;
struct err;
struct inventory;

/* dir: where the two directories may be. Mistakes go to diag; -1 with err set when a file is not safe
 * to read (REFUSED) or cannot be (INPUT). */
int varfiles_read(struct inventory *inv, const char *dir, struct diag *diag, struct err *err);

#endif
