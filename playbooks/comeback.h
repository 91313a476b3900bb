/*
 * A host that is being rebooted: tried again and again until it lets us in, or its time is over.
 *
 * Actor on the herd's loop. Lets go of the session that was lost with the host; whoever
 * is told that it is back finds the new one by herd_session().
 */
#ifndef DROVER_PLAYBOOKS_COMEBACK_H
#define DROVER_PLAYBOOKS_COMEBACK_H

#include <stdint.h>

struct comeback;
struct err;
struct herd_host;

/* done() comes once, from the loop: err NULL when a session is up, else why not: the last failure
 * when the time is over, or at once one that trying does not mend. */
struct comeback *comeback_new(struct herd_host *hh, int64_t limit_ms,
    void (*done)(void *user, const struct err *err), void *user);
void comeback_free(struct comeback *c);

#endif
