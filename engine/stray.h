/*
 * Strayed: a cattle host that somebody changed by hand.
 *
 * The mark is a fact of the host, told by events of a run, so the ledger can make
 * it anew from them. Pets have histories and do not stray: they are never marked.
 * A `cp` to a host marks it by what the ledger makes of its end.
 */
#ifndef DROVER_ENGINE_STRAY_H
#define DROVER_ENGINE_STRAY_H

struct herd;
struct host;
struct run;

/* Mark it; why is for people: "run -B", "drift: /etc/motd". Call it after the run's HOST_START of
 * the host and before its HOST_END. Cheap to say again. */
void stray_mark(struct run *r, const struct host *h, const char *why);

/* An apply converged the whole host: take off the marks by hand and those of this playbook's drift.
 * Those of another playbook's drift stay. */
void stray_clear(struct run *r, struct herd *herd, const struct host *h);

#endif
