/*
 * Work that only reads, when the link to its host is lost under it: it may be begun once
 * more, on another session.
 *
 * What changes anything is never begun again by itself. Lives on the herd's loop and ends
 * with the herd; how often it was of use is one of the herd's counters.
 */
#ifndef DROVER_ENGINE_RETRY_H
#define DROVER_ENGINE_RETRY_H

#include <stdbool.h>

struct err;
struct herd_host;

/* Can an end like that be the link's? */
bool retry_may(const struct err *err);

struct retry_spec {
	unsigned session; /* that it ran on: herd_session_number() */
	/* again: that session is gone, ask for another; else the end stands. Later, never from inside
	 * retry_ask(). */
	void (*tell)(void *user, struct herd_host *hh, bool again);
	void *user;
};
/* Holds the host's session until it has told. */
void retry_ask(struct herd_host *hh, const struct retry_spec *spec);

#endif
