/*
 * The same command on many hosts at once.
 *
 * Actor on the loop: at most `parallel` hosts at work; each host's session,
 * command, streams and end become events of the run. Ends when every host has.
 */
#ifndef DROVER_ENGINE_FANOUT_H
#define DROVER_ENGINE_FANOUT_H

#include "engine/errand.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fanout;
struct herd;
struct herd_host;
struct run;

struct fanout_spec {
	struct herd *herd;
	struct run *run;
	struct herd_host *const *hosts; /* borrowed until done */
	size_t count;
	int parallel;        /* 0: 64 */
	enum errand_who who; /* LOGIN unless said otherwise */
	const char *command; /* for the login shell; else a program of a POSIX shell */
	/* Its kind: each command is on one of this size, and what it reads there ends at once; no input
	 * then. Its ends of line become newlines. NULL: none. */
	const char *terminal;
	int columns, rows;
	const void *input; /* the same bytes to every host, borrowed; NULL: none */
	size_t input_len;
	int64_t timeout_ms; /* of one host's command; 0: none */
	bool
	    read_only; /* a host that is cut has lost nothing: it ends as ok; one whose link is lost
			     * before it said a word is asked once more */
	bool keep;     /* keep the sessions; else each closes when its host is done */
	void (*done)(void *user);
	void *user;
};

/* done() comes from the loop, never from inside this call. */
struct fanout *fanout_start(const struct fanout_spec *spec);
/* The first time: start no more hosts, let the running end. Again: cut them; what was begun there
 * ends as unknown, what was not as untried. */
void fanout_stop(struct fanout *f);
/* From done() or later. */
void fanout_free(struct fanout *f);

/* The hosts that have begun and not ended, for "who is outstanding"; each(user, name, ms so far). */
void fanout_running(
    const struct fanout *f, void (*each)(void *user, const char *host, int64_t ms), void *user);

#endif
