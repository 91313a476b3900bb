/*
 * Commands on this machine, without SSH: the local transport.
 *
 * One per program run. Owns every process it started, until it ended: they run
 * as the invoking user, by his login shell, in his home directory, with the
 * environment a login gives and no terminal of ours. Each is a session and a
 * process group of its own; one that is cancelled gets SIGTERM, and two seconds
 * later SIGKILL, group and all.
 */
#ifndef DROVER_REMOTE_LOCAL_H
#define DROVER_REMOTE_LOCAL_H

struct local;
struct loop;

struct local *local_new(struct loop *loop);
void local_free(struct local *l); /* its porters are gone; what was cancelled got its SIGTERM */

/* End a process that leads a group of its own, as if it had been cancelled here; takes its pidfd. */
void local_bury(struct local *l, int pid, int pidfd);

/* The porter_kind whose user is a struct local. */
extern const struct porter_kind local_kind;

#endif
