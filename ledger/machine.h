/*
 * Which machine stands behind a host's name: the rule, in one place.
 *
 * A name is bound to one machine at a time; each machine after the first makes a
 * new generation. Cattle may be replaced; a pet's new machine is an alarm and
 * changes nothing until its host key was replaced by hand.
 */
#ifndef DROVER_LEDGER_MACHINE_H
#define DROVER_LEDGER_MACHINE_H

#include <stdbool.h>
#include <stdint.h>

struct db;

enum machine_verdict {
	MACHINE_FIRST,    /* nothing was bound: it is now */
	MACHINE_SAME,     /* as it was */
	MACHINE_REPLACED, /* cattle: a new generation */
	MACHINE_STRANGER  /* a pet: an alarm, the binding stays */
};

/* What machine_id answering as host means. *ret_generation: the generation it is, or would be. */
enum machine_verdict machine_judge(
    struct db *db, int64_t host, bool cattle, const char *machine_id, int64_t *ret_generation);

/* Judge, and write down what follows. */
void machine_bind(struct db *db, int64_t host, const char *machine_id, int64_t time_ms);

/* The operator said that the machine behind this name is another: whatever answers next is bound. */
void machine_unbind(struct db *db, int64_t host, int64_t time_ms);

#endif
