/*
 * What tables there are, and how older ones become them.
 *
 * `event`, `chain`, `content`, `pruned` and `meta` are truth; every other table is a
 * projection that can be thrown away and made again.
 */
#ifndef DROVER_LEDGER_SCHEMA_H
#define DROVER_LEDGER_SCHEMA_H

#include <stdbool.h>

struct db;
struct err;

/* Bring the schema to this program's version, in one transaction. The write lock is held. Kind
 * STORAGE when it is newer than this program, or holds what drover never puts there. */
int schema_migrate(struct db *db, struct err *err);

/* The same checks without a change; *ret_empty when there is no schema yet. */
int schema_check(struct db *db, bool *ret_empty, struct err *err);

/* Empty every projection, inside the caller's transaction. */
void schema_clear_projections(struct db *db);

#endif
