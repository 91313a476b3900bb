/*
 * The journals of hosts, read and followed at once.
 *
 * An actor on the loop: one source a host, over the herd's session. A source tells each entry once, in the
 * journal's order. When its link is lost it comes back and goes on behind the last entry it told: nothing
 * twice, nothing lost. Who cannot keep up pauses it, and the host waits; nothing is dropped. Owns its
 * sources; borrows the herd. When it is freed the programs on the hosts are ended.
 */
#ifndef DROVER_ENGINE_TAIL_H
#define DROVER_ENGINE_TAIL_H

#include "base/err.h"
#include "engine/journal.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct herd;
struct herd_host;
struct tail;

enum tail_what {
	TAIL_ALL,
	TAIL_UNIT, /* a unit or a pattern of units, as journalctl takes it; a plain name that the host's
	                  manifest has as an app stands for its units */
	TAIL_CONTAINER /* by the name podman gave it; its log driver must be the journal */
};

enum tail_state {
	TAIL_WAITING, /* for the host, the first time */
	TAIL_LIVE,
	TAIL_LOST,  /* it was live, its link is gone; it is tried again by itself */
	TAIL_ENDED, /* all there was to read was read */
	TAIL_FAILED /* for good: err says why */
};

struct tail_query {
	enum tail_what what;
	const char *name; /* of the unit or container */
	const char *user; /* whose unit it is, known by its whole name; NULL: the system's */
	int64_t lines;    /* the last so many of each host; -1: all in the range */
	const char *since, *until; /* as journalctl reads them; NULL: no limit */
	const char *boot;          /* "0" the host's present boot, "-1" the one before; NULL: any */
	bool follow;
	int level;        /* 0..7: nothing less grave; -1: all */
	const char *grep; /* as journalctl --grep; NULL: all */
};

struct tail_spec {
	struct herd *herd;
	struct herd_host *const *hosts;
	size_t count;
	struct tail_query query; /* copied */
	/* A host that cannot be reached at first is tried again and again; else it has failed. */
	bool patient;
	/* An entry; its texts stand for the call. tail_pause() may be called from inside, tail_free()
	 * not. */
	void (*entry)(void *user, size_t source, const struct journal_entry *e);
	/* The state of a source is another. */
	void (*changed)(void *user, size_t source);
	void *user;
};

struct tail *tail_start(const struct tail_spec *spec);
void tail_free(struct tail *t);

/* Read no more for now, and go on. What is on its way, at most a window a source, may still come. */
void tail_pause(struct tail *t, bool on);
void tail_pause_source(struct tail *t, size_t source, bool on);

struct tail_status {
	enum tail_state state;
	const struct err *err; /* LOST, FAILED: why */
	int64_t since_ms;      /* on the clock of the loop: since when the state is that */
	uint64_t entries, cut; /* told; of which the message was cut */
	unsigned losses;       /* of the link, so far */
	int status;            /* of its reader, when that failed; -1: it did not */
};
void tail_get(const struct tail *t, size_t source, struct tail_status *ret);

#endif
