/*
 * Projections: what the events amount to, as rows to look up.
 *
 * Made by the same code from an event as it is stored and from all of them again
 * when they are rebuilt. Runs inside the caller's transaction; failures stay in
 * the connection.
 */
#ifndef DROVER_LEDGER_PROJECT_H
#define DROVER_LEDGER_PROJECT_H

#include "base/event.h"

#include <stdint.h>

struct db;

/* What is the same for all events of a run; looked up once. */
struct project {
	struct db *db;
	int64_t run; /* 0: none is known */
	char fleet[256], verb[32];
	char playbook[1024]; /* empty: none */
	bool dry_run, partial;
};

void project_init(struct project *p, struct db *db);

/* Forget what is known of the run: the transaction that told it was rolled back. */
void project_forget(struct project *p);

void project_event(struct project *p, int64_t run, const struct event *e);

/* The row of a host, made when missing. */
int64_t project_host(struct db *db, const char *fleet, const char *name);

#endif
