/*
 * One recorded run, made from its events: its hosts with how they ended and where their outputs lie, and
 * what changed, folded over the hosts that had the same.
 *
 * A value; owns copies. Read in slices of a few milliseconds, and on from where it stood when a run that
 * is still at work has told more. Bounded: what is beyond RECORD_STEPS steps is counted, not kept.
 */
#ifndef DROVER_CLI_RECORD_H
#define DROVER_CLI_RECORD_H

#include "base/outcome.h"
#include "base/strmap.h"
#include "base/uuid.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RECORD_STEPS 50000
#define RECORD_NOTES 200

struct arena;
struct event;
struct history_source;

/* What a host said on one of its streams; digests of contents, NULL: none. */
struct record_output {
	const char *head, *tail;
	int64_t bytes;
};

struct record_host {
	const char *name;
	bool started, ended;
	enum outcome outcome; /* once ended */
	int64_t rc, changed;  /* rc -1: none */
	const char *signal, *phase, *text;
	int64_t start_ms, end_ms;
	size_t steps, steps_done;
	const char *step; /* the one at work, or the last */
	struct record_output out, err;
};

enum record_state { RECORD_PLANNED, RECORD_CHANGED, RECORD_SAME, RECORD_BAD };

/* A step on one host. */
struct record_step {
	size_t host, change, next; /* next: of the same change; SIZE_MAX: none */
	enum record_state state;
	const char *word; /* as the host said it; NULL: not yet */
	const char *text;
	int64_t rc, ms;
};

/* A step that was the same on its hosts: same name, same class, same contents before and after. */
struct record_change {
	const char *name, *class; /* class "": it was not planned */
	const char *was, *now;    /* digests; NULL: not known */
	const char *path, *diff;  /* NULL: there is none */
	size_t first, last;       /* its steps; SIZE_MAX: none */
	size_t count;
};

struct record {
	const struct history_source *source;
	struct arena *arena;
	char uuid[UUID_TEXT];
	int64_t seq;
	uint64_t generation;
	bool whole; /* all that there is was read */
	struct record_host *hosts;
	size_t host_count, host_cap;
	struct record_change *changes;
	size_t change_count, change_cap;
	struct record_step *steps;
	size_t step_count, step_cap, lost; /* lost: steps beyond the bound */
	struct strmap host_of, change_of, step_of;
	const char *notes[RECORD_NOTES];
	size_t note_count;
	const char *inventory, *subject, *who; /* NULL: not told */
	bool dry_run, partial, console, ended;
	int exit;
	int64_t start_ms, end_ms;
};

void record_init(struct record *r, const struct history_source *source, const char *uuid);
void record_fini(struct record *r);

/* Read on; asks the source for another refresh when there is more. True: something was taken in. */
bool record_refresh(struct record *r);

/* All of it at once: for a file, not for a screen. False: it has more than so many events; 0: no matter. */
bool record_read_all(struct record *r, int64_t most);

/* The hosts of a change whose step ended so, as a node set; NULL: none. Caller frees. */
char *record_hosts(const struct record *r, const struct record_change *c, enum record_state state,
    size_t *ret_count);

#endif
