/*
 * A run as a screen shows it: one row a host with its steps, made from events.
 *
 * A projection: owns its rows, is fed every event of one run and holds no other
 * truth. Pure but for the clock in the events. What hosts say is kept within
 * bounds: the tail of each host, the tail of each step, and so much of all steps.
 */
#ifndef DROVER_ENGINE_PROGRESS_H
#define DROVER_ENGINE_PROGRESS_H

#include "base/event.h"
#include "base/outcome.h"
#include "base/strmap.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum progress_state {
	PROGRESS_WAITING,
	PROGRESS_RUNNING,
	PROGRESS_PLANNED, /* looked at; its act has not been sent */
	PROGRESS_ENDED
};

#define PROGRESS_TAIL      8192       /* bytes of a host */
#define PROGRESS_STEP_TAIL 4096       /* of one step */
#define PROGRESS_ALL       (16 << 20) /* of all steps; then only of those that are not good */
#define PROGRESS_NOTES     64

struct progress_step {
	char *id, *name;
	bool ended;
	enum outcome state; /* once ended */
	int64_t start_ms, ms, rc;
	char *output; /* NULL: it said nothing, or that is not kept any more */
};

struct progress_row {
	char *host;
	enum progress_state state;
	enum outcome outcome;             /* once ended */
	int steps_done, steps;            /* steps: planned changes; 0 when not known */
	char *step;                       /* the step at work, or the last */
	char *last;                       /* last line of output, or why it failed */
	char *why;                        /* what the host ended with, all of it; NULL */
	int64_t start_ms, act_ms, end_ms; /* act_ms: when its act was sent; 0: not yet */
	int64_t rc, changed;              /* once ended */
	char *output; /* the tail of what the host said, at most PROGRESS_TAIL bytes */
	size_t output_len;
	struct progress_step *step_list; /* as they began */
	size_t step_count, step_cap;
};

struct progress_note {
	int64_t time_ms;
	char *text;
};

struct progress {
	char run[UUID_TEXT];
	char *verb, *note;                /* note: the rollout's last word */
	char *argv;                       /* the verb's operands, joined by blanks; NULL */
	int64_t start_ms, act_ms, end_ms; /* act_ms: when the first act was sent */
	int exit;                         /* once ended */
	bool ended;
	struct progress_row *rows;
	size_t count, cap, hosts; /* hosts: of the run, whether they have begun or not */
	struct strmap by_host;
	size_t by_outcome[OUTCOME_COUNT], running, done;
	size_t steps, steps_done;                   /* of all hosts */
	size_t kept;                                /* bytes of the steps' outputs */
	struct progress_note notes[PROGRESS_NOTES]; /* the rollout's words, the oldest first */
	size_t note_count;
};

void progress_init(struct progress *p);
void progress_fini(struct progress *p);
void progress_event(struct progress *p, const struct event *e);
const struct progress_row *progress_find(const struct progress *p, const char *host);

/* How long until the hosts that are left have ended, by those that have; -1: it cannot be told yet. */
int64_t progress_left_ms(const struct progress *p, int64_t now_ms);

/* "r-12: 9 changed, 1 failed", the line a run ends with; caller frees. */
char *progress_summary(const struct progress *p, const char *alias);

#endif
