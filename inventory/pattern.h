/*
 * Hosts as Ansible's inventories name them: web[01:20], db-[a:c], [::1]:2222. Pure.
 */
#ifndef DROVER_INVENTORY_PATTERN_H
#define DROVER_INVENTORY_PATTERN_H

struct err;

/* Call each() with every name, in order; the text is borrowed for the call. Stops at -1 from
 * each(). *ret_port is 0 when the pattern has none, and is set before the first call. Kind INPUT
 * when the pattern is wrong. */
int pattern_expand(const char *pattern, int *ret_port,
    int (*each)(void *user, const char *name, struct err *err), void *user, struct err *err);

#endif
