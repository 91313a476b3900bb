/*
 * What is going on: every host of an inventory as it is now.
 *
 * Owns one actor a host: its session (opened when first needed, kept while the
 * program runs), its identity and facts, its poll. Lives on the loop. Joins the
 * inventory, remote and the ledger; what it learns it reports as events of the
 * run in progress and to its watchers.
 */
#ifndef DROVER_ENGINE_HERD_H
#define DROVER_ENGINE_HERD_H

#include "base/err.h"
#include "base/event.h"
#include "engine/passwords.h"
#include "remote/remote.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct herd;
struct herd_host;
struct inventory;
struct host;
struct ledger;
struct loop;

struct herd_config {
	struct loop *loop;
	const struct inventory *inventory;
	struct remote *remote;
	struct ledger *ledger;
	struct passwords_config passwords; /* with which logins become other users */
};

/* How a host of the inventory is reached; borrows from it. */
void herd_target(const struct host *host, struct target *ret);

/* For remote_config.find, with the inventory as its user. */
bool herd_find(const struct inventory *inventory, const char *name, struct target *ret);

struct herd *herd_new(const struct herd_config *config);
void herd_free(struct herd *h);

struct loop *herd_loop(const struct herd *h);
struct ledger *herd_ledger(const struct herd *h);
const struct inventory *herd_inventory(const struct herd *h);
struct passwords *herd_passwords(const struct herd *h);
size_t herd_count(const struct herd *h);
struct herd_host *herd_at(struct herd *h, size_t i); /* the order of the inventory */
struct herd_host *herd_of(struct herd *h, const struct host *host);

const struct host *herd_host_of(const struct herd_host *hh);

/* A live session: calls ready at once or later, with the session or with why there is none. One
 * login a host, shared by all who ask. Kind UNREACHABLE, REFUSED or what remote said. */
void herd_session(struct herd_host *hh,
    void (*ready)(void *user, struct session *s, const struct err *err), void *user);

/* Who waits with this user is told, once, when the host takes longer to connect than others do. */
void herd_on_slow(struct herd_host *hh, void (*slow)(void *user), void *user);

/* Who uses a session for longer than one callback holds it; herd_collect() does so by itself. */
void herd_hold(struct herd_host *hh);
void herd_release(struct herd_host *hh);

/* Who uses a session as long as nobody minds: when it is let go of and nobody else holds it, leave() is
 * called, must drop what it has there at once (errand_drop), and the session closes behind it. */
struct herd_guest {
	struct herd_guest *next;
	void (*leave)(void *user);
	void *user;
};
void herd_guest_come(struct herd_host *hh, struct herd_guest *g);
void herd_guest_go(
    struct herd_host *hh, struct herd_guest *g); /* by itself; not from inside leave() */

/* Which session it is that the host has now, 1 and up; 0: none. */
unsigned herd_session_number(const struct herd_host *hh);
void herd_count_retry(struct herd_host *hh);

/* Work that herd_free() must drop when it comes first: embedded, drop() frees it. */
struct herd_job {
	struct herd_job *next, **link;
	void (*drop)(struct herd_job *job);
};
void herd_add_job(struct herd *h, struct herd_job *job);
void herd_remove_job(struct herd_job *job);

/* Nobody is to be told any more who asked with this user. */
void herd_forget(struct herd_host *hh, const void *user);

/* Let go of the session: it closes when nobody waits for it or holds it. */
void herd_disconnect(struct herd_host *hh);

/* What all sessions of this program did, also the closed ones. hosts: that were logged in to. */
struct herd_counters {
	uint64_t hosts, logins, execs, bytes_in, bytes_out;
	uint64_t retries;   /* read-only work begun again because its link was lost */
	const char *guards; /* what holds the workers; "": there was none */
};
void herd_counters(const struct herd *h, struct herd_counters *ret);

/* One program of drover's own to its end within ceilings: collected, not streamed. */
struct collect {
	struct err err; /* kind OK when a status came */
	int status;     /* of the command */
	char signal[16];
	const char *out, *errors; /* borrowed for the call */
	size_t out_len, errors_len;
	uint64_t dropped; /* bytes over the ceiling */
	int64_t ms;
};
struct collect_spec {
	const char *program; /* of a POSIX shell; as root if the inventory says how */
	const void *input;   /* copied; NULL: none */
	size_t input_len;
	size_t max; /* ceiling of each stream; 0: 1 MiB */
	int64_t timeout_ms;
	bool read_only; /* it changes nothing: once more on another session if its link is lost */
	void (*done)(void *user, struct herd_host *hh, const struct collect *c);
	void (*dropped)(void *user); /* instead of done(), when the herd goes; may be NULL */
	void *user;
};
void herd_collect(struct herd_host *hh, const struct collect_spec *spec);

/* The text of an error without the host's name in front, for events that name the host. */
const char *herd_reason(const struct herd_host *hh, const struct err *err);

/* True while a session is up. */
bool herd_connected(const struct herd_host *hh);
struct herd *herd_host_herd(const struct herd_host *hh);

/* The host lets nobody become another user but on a terminal: found out once, remembered. */
void herd_need_terminal(struct herd_host *hh);
bool herd_needs_terminal(const struct herd_host *hh);

/* How long the host has not been heard while something runs there; -1: nothing does, or nobody knows. */
int64_t herd_silence_ms(const struct herd_host *hh);

/* Of the last measured exchange with the host; -1: none, or no session is up. */
int64_t herd_rtt_ms(const struct herd_host *hh);

/* Facts: from the ledger until this program has asked the host; then what it said. Borrowed until the next
 * is asked for. */
const char *herd_fact(const struct herd_host *hh, const char *key); /* NULL: not known */
int64_t herd_fact_age_ms(const struct herd_host *hh);               /* -1: never asked */
/* The host has just been asked for its facts: what is set from here on replaces the ledger's. */
void herd_begin_facts(struct herd_host *hh);
void herd_set_fact(struct herd_host *hh, const char *key, const char *value);

#endif
