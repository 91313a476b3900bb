/*
 * One run: a verb carried out on a set of hosts, from its first event to its last.
 *
 * Owns its place in the ledger and the count of outcomes. Every event goes to the
 * ledger first and then to the sinks. A run ends once: run_finish() says with
 * which exit code.
 */
#ifndef DROVER_ENGINE_RUN_H
#define DROVER_ENGINE_RUN_H

#include "base/err.h"
#include "base/event.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct run;
struct ledger;
struct ledger_run;
struct loop;

struct run_spec {
	struct loop *loop;
	struct ledger *ledger; /* NULL: nothing is recorded (plan without a ledger, tests) */
	struct event *start;   /* EVENT_RUN_START with verb, argv, hosts...; borrowed */
	size_t host_count;
};

struct run *run_new(const struct run_spec *spec, struct err *err);
struct run *run_adopt(const struct run_spec *spec, const char *uuid, struct err *err); /* resume */
void run_free(struct run *r);

const char *run_uuid(const struct run *r);
const char *run_alias(const struct run *r); /* "r-12"; "-" without a ledger */
struct ledger_run *run_ledger(const struct run *r);

/* The sink is told run.start at once, then everything emitted from here on. */
void run_add_sink(struct run *r, const struct event_sink *sink);
void run_remove_sink(struct run *r, const void *user);

/* Record and tell. The event keeps belonging to the caller. HOST_END is counted; what is
 * passing is only told, HOST_OUTPUT is what the ledger keeps of it. */
void run_emit(struct run *r, struct event *e);

/* How far a host's copy is; total UINT64_MAX: not known. */
void run_progress(struct run *r, const char *host, uint64_t bytes, uint64_t total);

/* Everything emitted is durable, or err says why it cannot be. Without a ledger: at once. */
void run_sync(struct run *r, void (*done)(void *user, const struct err *err), void *user);

/* Ask the run to stop: no host starts any more. signum or 0 (--timeout). The verb that drives the
 * run polls run_stopping() or is told through on_stop, at each ask: the second means now. */
void run_stop(struct run *r, int signum);
bool run_stopping(const struct run *r);
void run_on_stop(struct run *r, void (*stop)(void *user, int signum), void *user);

/* What the hosts came to so far. */
struct run_counts {
	size_t hosts, by_outcome[OUTCOME_COUNT], ended;
};
const struct run_counts *run_counts(const struct run *r);

/* A number for run.end: added to what the counter already has. */
void run_counter(struct run *r, const char *name, int64_t n);

/* A host of an adopted run that ended before: it counts in the end of the run. */
void run_count_earlier(struct run *r, enum outcome o);

/* Emit EVENT_RUN_END and give the exit code. extra joins in (differs, ledger failure); OUTCOME_OK
 * when there is none. Once. */
int run_finish(struct run *r, enum outcome extra);
bool run_finished(const struct run *r);

#endif
