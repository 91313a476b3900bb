/*
 * Runs of other drovers that are at work on the same ledger, with their progress.
 *
 * Owns one progress a run. onlook_look() reads what was committed since, a bounded piece at a time.
 */
#ifndef DROVER_TUI_ONLOOK_H
#define DROVER_TUI_ONLOOK_H

#include "engine/progress.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct onlook;
struct ledger;

struct onlook_run {
	char *uuid, *alias, *verb, *who, *argv, *playbook;
	size_t hosts;
	int64_t start_ms, seq;
	bool seen;
	struct progress progress;
};

struct onlook *onlook_new(struct ledger *l);
void onlook_free(struct onlook *f);

/* Look who is at work and what they have told since; the run `own` is left out (NULL: none). *ret_more: not
 * all was read, look again soon. True: something moved. */
bool onlook_look(struct onlook *f, const char *own, bool *ret_more);

size_t onlook_count(const struct onlook *f);
const struct onlook_run *onlook_at(const struct onlook *f, size_t i);

#endif
