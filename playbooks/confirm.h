/*
 * Which changes may cut a host off from us, and how long their confirmation may take.
 *
 * Pure. One table of paths and one of units: sshd, firewalls, networks, who may
 * log in and become root. A task may say so of anything, or deny it.
 */
#ifndef DROVER_PLAYBOOKS_CONFIRM_H
#define DROVER_PLAYBOOKS_CONFIRM_H

#include <stdbool.h>
#include <stdint.h>

struct arena;
struct plan;
struct plan_step;
struct resource;

#define CONFIRM_MS 60000

/* True when a change of r is taken back unless it is confirmed. */
bool confirm_arms(const struct resource *r);

/* True when this step changes such a thing. */
bool confirm_step(const struct plan *p, const struct plan_step *s);

/* How long the host waits for the confirmation of an act: the shortest time that its changes say, 60 s
 * where none does; 0: nothing in it needs one. */
int64_t confirm_window_ms(const struct plan *p);

/* Adds to the plan's notes that it will be so. */
void confirm_note(struct arena *a, struct plan *p);

#endif
