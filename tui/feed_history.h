/*
 * The ledger as the source of the screens of history, and what other drovers do on it.
 *
 * Belongs to the console. Once a second it asks whether anything was committed; only then are the runs at
 * work and their new events read. A console that nobody disturbs reads nothing.
 */
#ifndef DROVER_TUI_FEED_HISTORY_H
#define DROVER_TUI_FEED_HISTORY_H

#include "cli/history_source.h"

struct feed_history;
struct launch;
struct ledger;
struct loop;
struct outputs;
struct poll;

struct feed_history_config {
	struct loop *loop;
	struct ledger *ledger;
	struct launch *launch; /* this console's own run */
	const struct poll *poll;
	const struct outputs *outputs; /* of verbs started from here; may be NULL */
	void (*changed)(void *user);   /* something is to be painted anew */
	void *user;
};

struct feed_history *feed_history_new(const struct feed_history_config *config);
void feed_history_free(struct feed_history *f);

const struct history_source *feed_history_source(const struct feed_history *f);

/* Runs at work, ours and the others'. */
int feed_history_jobs(const struct feed_history *f);

#endif
