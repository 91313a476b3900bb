/* The hosts of a run as their machines answer: who is cattle, and who bears whose machine-id. */
#ifndef DROVER_LEDGER_ROLL_H
#define DROVER_LEDGER_ROLL_H

#include <stdbool.h>
#include <stddef.h>

struct buf;
struct roll;

struct roll *roll_new(void);
void roll_free(struct roll *r);

void roll_kind(struct roll *r, const char *host, bool cattle);
bool roll_is_cattle(const struct roll *r, const char *host);

/* False when this host has told the same id before. */
bool roll_machine(struct roll *r, const char *host, const char *machine_id);

/* Append one line that names the hosts of which several bear one id; false when there are none. */
bool roll_doubles(struct roll *r, struct buf *to);

#endif
