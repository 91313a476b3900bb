/*
 * One host looked at again and again by one program that stays there while it is asked.
 *
 * Owned by who started it, until end() or watch_free(). A question costs one packet each way: no channel
 * is opened for it, nobody becomes root again. The program ends with its channel, and after a quarter of an
 * hour, for links that are lost and hosts that do not notice. A watch gives way: when
 * the session is let go of, it ends at once and the session closes.
 */
#ifndef DROVER_ENGINE_WATCH_H
#define DROVER_ENGINE_WATCH_H

#include "engine/probe.h"

#include <stdbool.h>

struct watch;
struct herd_host;

extern const char host_watch_sh[];

struct watch_spec {
	struct herd_host *host;
	/* The answer to the last question; borrowed for the call. */
	void (*answer)(void *user, const struct probe_answer *a);
	/* Once, last: there is no session, or the program is gone. Kind OUTCOME_OK: the session was let go
	 * of, or its time was over: ask anew when there is need. The watch is freed behind it. */
	void (*end)(void *user, const struct err *err);
	void *user;
};

/* Logs in if need be. NULL: end() came from inside. */
struct watch *watch_start(const struct watch_spec *spec);
void watch_free(struct watch *w); /* no end() comes */

/* One at a time: the answer comes before the next question. full: all there is, else what is cheap. */
void watch_ask(struct watch *w, bool full);

#endif
