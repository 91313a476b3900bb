/*
 * A run that only says something of hosts in this seat's ledger, and contacts nobody.
 *
 * From marking_begin() to marking_end(), which frees it; each host is told of once by marking_host().
 */
#ifndef DROVER_CLI_MARKING_H
#define DROVER_CLI_MARKING_H

#include <stdbool.h>
#include <stddef.h>

struct call;
struct host;
struct marking;

/* NULL: said why, call->exit is set. The hosts are borrowed for the call. */
struct marking *marking_begin(
    struct call *c, const char *verb, const struct host *const *hosts, size_t count);
void marking_fact(struct marking *m, const struct host *h, const char *name, const char *value);
void marking_host(struct marking *m, const struct host *h, bool changed);
/* All is on the disk; gives the exit code. */
int marking_end(struct marking *m);

/* What this seat gave a host; "" when nothing. Borrowed until the ledger is asked again. */
const char *marking_of(const struct call *c, const struct host *h, const char *name);

#endif
