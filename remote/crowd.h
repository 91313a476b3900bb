/*
 * Hosts that share a door: one address and port, or one port behind a jump host.
 *
 * A server takes few logins at a time (MaxStartups) and turns the rest away, so
 * each door has a gate of its own that learns how many it takes. Owns the gates;
 * a place in a crowd is its owner's.
 */
#ifndef DROVER_REMOTE_CROWD_H
#define DROVER_REMOTE_CROWD_H

#include <stdint.h>

struct crowd;
struct crowds;

struct crowds *crowds_new(void);
void crowds_free(struct crowds *all); /* after everybody left */

/* The door of that name; the same one for all who ask for it, and it remembers. */
struct crowd *crowd_at(struct crowds *all, const char *door);
struct gate *crowd_gate(struct crowd *c);

#endif
