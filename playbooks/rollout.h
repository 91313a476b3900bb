/*
 * In which order hosts change, and when a run must stop.
 *
 * Pure: it is told how each host fared and answers who may start next. Hosts are
 * numbers from 0 in the order of the run. Cattle go first, the canary before the
 * batches, over failure domains where there are some; pets follow, one at a time,
 * whatever the batch says. So it is within each level, where hosts have to wait for
 * others.
 */
#ifndef DROVER_PLAYBOOKS_ROLLOUT_H
#define DROVER_PLAYBOOKS_ROLLOUT_H

#include "base/outcome.h"
#include "inventory/inventory.h"
#include "playbooks/playbook.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rollout_run;

/* spec is copied; what it leaves unsaid gets the defaults: canary 1, batch 25%, max_fail 1,
 * max_unreachable 50%. Percent counts round up. */
struct rollout_run *rollout_new(const struct rollout *spec, const enum host_kind *kinds, size_t n);
void rollout_free(struct rollout_run *r);

/* Which failure domain host i is in, where spec has domain; before the first batch. name is borrowed. */
void rollout_domain(struct rollout_run *r, size_t i, const char *name);

/* How host i fared; a second word about a host replaces the first. Before it was started:
 * unreachable, refused and held set it aside (never counted as failed), ok means nothing to do,
 * anything else not good counts as failed. After it was started: whatever is not good counts. */
void rollout_note(struct rollout_run *r, size_t i, enum outcome outcome);

/* The hosts of the next batch, at most n of them into ret (room for all hosts of the run). 0 while
 * the last batch has not ended, when the run was stopped, and when no host is left. Call it first
 * when every host has been observed: max_unreachable is judged then. */
size_t rollout_next_batch(struct rollout_run *r, size_t *ret, size_t n);

/* Hosts of a lower level all change before those of a higher one, each level with its own canary; all are
 * of level 0 until this is said, which is before the first batch. */
void rollout_order(struct rollout_run *r, const unsigned *level);

/* No batch comes until it is taken back; one that began goes on. */
void rollout_pause(struct rollout_run *r, bool on);

/* True when a batch would come now, were it not for a pause. */
bool rollout_parked(const struct rollout_run *r);

/* Asked right before a host of the batch is acted on; false when the run has stopped since. */
bool rollout_start(struct rollout_run *r, size_t i);

/* Why no new host may start: "2 of 10 hosts failed (max_fail 10%)"; NULL when they may. */
const char *rollout_stopped(const struct rollout_run *r);

/* True when no batch will come any more and no started host is left without an outcome. */
bool rollout_done(const struct rollout_run *r);

/* True when host i never started, had something to do and was not set aside. */
bool rollout_untried(const struct rollout_run *r, size_t i);

/* What the last batch is: "canary", "batch 2", "pet"; static or owned by r until the next call. */
const char *rollout_batch_name(const struct rollout_run *r);

/* How long a batch that passed is watched before the next one starts. */
int64_t rollout_soak_ms(const struct rollout_run *r);

/* "canary 1, then batches of 25%, stops at 1 failed; pets one at a time": spec with its defaults. */
void rollout_words(const struct rollout *spec, char *to, size_t size);

/* The hosts of which (as many as r has) once more, to be taken back: by the same batches without a canary,
 * and whatever fails none is left out. */
struct rollout_run *rollout_return(const struct rollout_run *r, const bool *which);

/* n, or that many percent of `of`, rounded up. */
size_t rollout_count(const struct count_or_percent *c, size_t of);

#endif
