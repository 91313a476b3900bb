/*
 * The ways up that need no worker: on this machine, or through ssh(1).
 *
 * Part of a session's approach. A session that comes up this way is served by a
 * porter.
 */
#ifndef DROVER_REMOTE_BYWAY_H
#define DROVER_REMOTE_BYWAY_H

struct session;

/* It is this machine: up at once. */
void byway_here(struct session *s);

#endif
