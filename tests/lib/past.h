/*
 * A past made by hand: runs with their events, as the source of the screens of history.
 *
 * Owns its runs. past_up() makes the usual ones, newest first: r-197 at work (apply, by another drover),
 * r-196 unfinished, r-193 an apply that changed files, r-192 a run that failed with hostile words, r-191 a
 * run on a host with a wide name, r-190 foreign, r-150 unreachable, r-9 long ago.
 */
#ifndef DROVER_TESTS_LIB_PAST_H
#define DROVER_TESTS_LIB_PAST_H

#include "base/event.h"
#include "cli/history_source.h"

#define PAST_RUNS 16

struct past_run {
	struct ledger_row row;
	char uuid[UUID_TEXT], alias[24];
	struct event events[64];
	int64_t count;
};

struct past {
	struct history_source source;
	struct past_run *run; /* the newest first */
	size_t count;
	uint64_t generation;
	struct progress progress; /* of r-197 */
	bool live;
	int again, reads; /* how often more was asked for; pages read */
	size_t polls;
	const char *child; /* a verb that has not ended; NULL: none */
};

void past_up(struct past *p);
void past_down(struct past *p);

/* Another run in front of all; its texts are borrowed. */
struct past_run *past_add(struct past *p, int64_t number, const char *state, const char *argv);
/* An event at the end of its run: further fields are set on what is returned. */
struct event *past_event(struct past_run *r, enum event_kind kind, const char *host);

#endif
