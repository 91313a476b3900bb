/*
 * A run as a screen shows it: one row a host, made from events.
 *
 * A projection: owns its rows, is fed every event of one run and holds no other
 * truth. Pure but for the clock in the events.
 */
#ifndef DROVER_ENGINE_PROGRESS_H
#define DROVER_ENGINE_PROGRESS_H

#include "base/event.h"
#include "base/outcome.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum progress_state { PROGRESS_WAITING, PROGRESS_RUNNING, PROGRESS_ENDED };

struct progress_row {
	char *host;
	enum progress_state state;
	enum outcome outcome;  /* once ended */
	int steps_done, steps; /* steps: planned changes; 0 when not known */
	char *step;            /* the step at work, or the last */
	char *last;            /* last line of output, or why it failed */
	int64_t start_ms, end_ms;
	char *output; /* the tail of what the host said, at most PROGRESS_TAIL bytes */
	size_t output_len;
};

#define PROGRESS_TAIL 8192

struct progress {
	char run[UUID_TEXT];
	char *verb, *note; /* note: the rollout's last word */
	int64_t start_ms, end_ms;
	int exit; /* once ended */
	bool ended;
	struct progress_row *rows;
	size_t count, cap;
	size_t by_outcome[OUTCOME_COUNT], running, done;
};

void progress_init(struct progress *p);
void progress_fini(struct progress *p);
void progress_event(struct progress *p, const struct event *e);
const struct progress_row *progress_find(const struct progress *p, const char *host);

#endif
