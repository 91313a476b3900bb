/*
 * What happened: this seat's SQLite log, and what is read back from it.
 *
 * Owns the database, its write lock and the writer thread. `event` is the truth
 * and is only appended to; all other tables are projections made from it. What
 * ledger_sync() has called back for is on disk and stays there.
 */
#ifndef DROVER_LEDGER_LEDGER_H
#define DROVER_LEDGER_LEDGER_H

#include "base/event.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ledger;
struct ledger_run;
struct loop;
struct err;

/* path NULL: file_state_dir()/ledger.db. Creates what is missing. read_only: never writes, no
 * thread, and empty where there is no file. loop NULL: ledger_sync() waits instead of calling back
 * later. A damaged database is set aside under a new name, which err tells. Kind STORAGE or REFUSED
 * (owner, permissions) on failure. */
struct ledger *ledger_open(struct loop *loop, const char *path, bool read_only, struct err *err);
void ledger_close(struct ledger *l); /* waits until everything appended is on disk */

const char *ledger_seat(const struct ledger *l); /* this seat's lasting id: user@host-xxxxxxxx */
const char *ledger_path(const struct ledger *l);

/* Begin a run: allocates its UUIDv7 and r-N, takes runs/UUID.lock, appends start (kind
 * EVENT_RUN_START; run, seq and seat are filled in). Durable when this returns. NULL on failure. */
struct ledger_run *ledger_run_begin(struct ledger *l, struct event *start, struct err *err);
const char *ledger_run_uuid(const struct ledger_run *r);
const char *ledger_run_alias(const struct ledger_run *r); /* "r-12" */

/* Append: seq and run are filled in, the rest copied; written by the thread in group commits.
 * What is passing is passed over (seq stays 0): ledger_output keeps what a host says, within bounds.
 * What the look-ups below tell is what is durable: up to some 20 ms behind. Waits while more than
 * 8 MiB are on their way to the disk. */
void ledger_append(struct ledger_run *r, struct event *e);

/* Told of the events that the ledger adds to a run by itself: EVENT_MACHINE for a cattle host's new
 * machine, EVENT_WARN for a pet's and for machines that bear the same id. Called from inside
 * ledger_append(), after the event they follow from was appended. */
void ledger_run_listen(
    struct ledger_run *r, void (*added)(void *user, const struct event *e), void *user);

/* Call done on the loop once everything appended so far is durable, or with the error that keeps
 * it from being so (kind STORAGE). Intent before effect: send only after this. */
void ledger_sync(struct ledger_run *r, void (*done)(void *user, const struct err *err), void *user);

/* The first write error of this ledger; false when there is none. */
bool ledger_failed(const struct ledger *l, struct err *ret);

/* Release the owner lock once all is durable; frees r. Append EVENT_RUN_END first, or the run stays
 * "unfinished". No done() of this run is called any more. */
void ledger_run_end(struct ledger_run *r);

/* Take over an unfinished run of this seat whose owner is gone, to append to it (resume). */
struct ledger_run *ledger_run_adopt(struct ledger *l, const char *uuid, struct err *err);

/* What another seat did on a host, as that host's journal tells. Told again, or of a run of this
 * seat's own, it changes nothing. */
struct ledger_foreign {
	const char *fleet, *host, *uuid, *seat;
	const char *verb, *playbook; /* playbook may be NULL */
	const char *who;             /* the person; may be NULL */
	const char *subject;         /* of an undo: the run that it took back; NULL */
	const char *outcome;         /* a word of base/outcome.h */
	int64_t time_ms;
};
void ledger_foreign(struct ledger *l, const struct ledger_foreign *f);

/* Contents by digest, compressed, outside the event stream. put returns the digest in hex. */
void ledger_put(struct ledger *l, const void *p, size_t n, char hex[65]);
char *ledger_get(struct ledger *l, const char *hex, size_t *ret_len,
    struct err *err); /* caller frees; NULL: not here */
bool ledger_has(struct ledger *l, const char *hex);

/* Remote output of one stream of one host: keeps the first and the last 1 MiB, counts and digests
 * all of it in constant memory; at the end stores both (l NULL: neither) and gives the
 * EVENT_HOST_OUTPUT fields digest, bytes, head and tail: the last two name contents, and are left
 * out when there is nothing in them. */
struct ledger_output;
struct ledger_output *ledger_output_new(void);
void ledger_output_add(struct ledger_output *o, const void *p, size_t n);
void ledger_output_end(struct ledger_output *o, struct ledger *l, struct event *into); /* frees o */

/* Whether somebody, here or in another process, has committed anything since this was last asked
 * (true the first time). Cheap: ask once a second to follow other drovers. */
bool ledger_changed(struct ledger *l);

/* What a host is known to be; texts are borrowed until the next call. */
struct ledger_host {
	const char *fleet, *name;
	const char *machine_id, *boot_id;
	int64_t generation, seen_ms; /* wall clock of the last contact; 0: never */
	bool strayed;
	const char *stranger; /* a pet: the other machine that answers in its place; else NULL */
};
bool ledger_host(struct ledger *l, const char *fleet, const char *name, struct ledger_host *ret);

/* Every host of a fleet that is known, and those facts of theirs that are named, with a blank between: in
 * one query each, for the first paint. */
void ledger_hosts(struct ledger *l, const char *fleet,
    void (*each)(void *user, const struct ledger_host *host), void *user);
void ledger_hosts_facts(struct ledger *l, const char *fleet, const char *keys,
    void (*each)(void *user, const char *host, const char *key, const char *value), void *user);

/* Facts of the last contact with a host: each(user, key, value). For sets and the first paint. */
void ledger_facts(struct ledger *l, const char *fleet, const char *name,
    void (*each)(void *user, const char *key, const char *value), void *user);
/* One of them, until the next is asked for; NULL: it is not known. */
const char *ledger_fact(struct ledger *l, const char *fleet, const char *name, const char *key);

/* A run as a row. */
struct ledger_row {
	const char *uuid, *alias, *verb, *fleet, *playbook, *argv, *seat, *git;
	int64_t start_ms, end_ms; /* end 0: not ended */
	/* outcome word, "running" (owner lives), "unfinished", "foreign" */
	const char *state;
	int64_t number; /* of r-N */
	int64_t hosts, ok, changed, failed, unreachable, untried, unknown;
	int exit;
};
/* Newest first; before_seq 0 for the first page. each() returns false to stop. fleet may be NULL. */
void ledger_runs(struct ledger *l, const char *fleet, int limit,
    bool (*each)(void *user, const struct ledger_row *row), void *user);
/* The same, of the runs that had this host. */
void ledger_host_runs(struct ledger *l, const char *fleet, const char *host, int limit,
    bool (*each)(void *user, const struct ledger_row *row), void *user);

/* How one host ended in the run of this number, as a word; "" when nothing is recorded. */
void ledger_host_outcome(
    struct ledger *l, const char *fleet, const char *host, int64_t number, char *to, size_t size);

/* Why a host has strayed: each playbook that it was found to differ from, "" for changed by hand. */
void ledger_strayed(struct ledger *l, const char *fleet, const char *host,
    void (*each)(void *user, const char *playbook), void *user);

/* A page: the runs older than that UUID; NULL: from the newest. All fleets. */
void ledger_runs_before(struct ledger *l, const char *before, int limit,
    bool (*each)(void *user, const struct ledger_row *row), void *user);
/* Runs of this seat that have not ended: running or unfinished. Cheap, however many have. */
void ledger_open_runs(struct ledger *l, int limit,
    bool (*each)(void *user, const struct ledger_row *row), void *user);
/* A host whose name is of this shell pattern ended in the run. */
bool ledger_run_had(struct ledger *l, int64_t number, const char *glob);
int64_t ledger_run_count(struct ledger *l); /* that were ever begun */
int64_t ledger_bytes(struct ledger *l);     /* of the database on the disk */

/* How the hosts of a run ended. */
struct ledger_result {
	const char *host, *state, *signal, *phase, *text;
	int64_t rc, ms, changed; /* rc -1: none */
};
void ledger_results(struct ledger *l, const char *uuid,
    bool (*each)(void *user, const struct ledger_result *result), void *user);

/* By UUID, unambiguous prefix of one (>= 6 digits), r-N, or "last". false: none. Texts borrowed. */
bool ledger_find_run(struct ledger *l, const char *name, struct ledger_row *ret, struct err *err);

/* Every event of a run in order. */
void ledger_events(struct ledger *l, const char *uuid,
    bool (*each)(void *user, const struct event *e), void *user);

/* At most limit of them, after that seq (0: from the first): a run is followed, or read in pieces. The seq
 * of the last one given. */
int64_t ledger_events_after(struct ledger *l, const char *uuid, int64_t seq, int limit,
    bool (*each)(void *user, const struct event *e), void *user);

/* Hosts owed a playbook: fleet, host, playbook, run of the newest apply that did not reach them. */
void ledger_owed(struct ledger *l, const char *fleet,
    void (*each)(void *user, const char *host, const char *playbook, const char *run), void *user);

/* The hosts of a fleet that have a release of an app, by what this seat's runs put there. */
void ledger_app_hosts(struct ledger *l, const char *fleet, const char *app,
    void (*each)(void *user, const char *host, const char *release), void *user);

/* Check the hash chain of a run (or of all, uuid NULL): 0, or -1 kind REFUSED naming the first
 * event that does not agree. */
int ledger_verify(struct ledger *l, const char *uuid, struct err *err);

/* Throw the projections away and make them anew from the events. */
int ledger_rebuild(struct ledger *l, struct err *err);

#endif
