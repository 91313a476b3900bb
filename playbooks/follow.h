/*
 * How an act went: the records of its result as they arrive, and a verdict.
 *
 * Pure. One follow reads one exec, of an act or of a resume; records whose number
 * was seen before are left out, so a follower may start from the first again.
 */
#ifndef DROVER_PLAYBOOKS_FOLLOW_H
#define DROVER_PLAYBOOKS_FOLLOW_H

#include "base/outcome.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct follow;

struct follow_record {
	enum {
		FOLLOW_BEGIN,
		FOLLOW_SWITCH,
		FOLLOW_START,
		FOLLOW_STEP,
		FOLLOW_END,
		FOLLOW_ARMED,     /* a timer takes it back unless it is confirmed */
		FOLLOW_WAITS,     /* all is done; now it wants to be confirmed */
		FOLLOW_CONFIRMED, /* and was */
		FOLLOW_BACK       /* it is being taken back: an end before this is none */
	} kind;
	int64_t number;
	int64_t uptime_ms;  /* of the host, when it was written */
	size_t step;        /* START and STEP */
	enum outcome state; /* STEP and END */
	int64_t rc;         /* STEP; ARMED: the seconds until it is taken back */
	const char *text;   /* STEP, BACK and END: what was said; may be empty */
	char boot_id[40];
};

enum follow_end {
	FOLLOW_DONE,    /* an end record came */
	FOLLOW_NOTHING, /* refused, short, locked out: the act never began */
	FOLLOW_GONE,    /* it ended without an end record */
	FOLLOW_ABSENT,  /* the host knows no such run */
	FOLLOW_LOST     /* the reply broke off: nothing can be said */
};

struct follow_result {
	enum follow_end end;
	enum outcome outcome; /* FAILED when GONE before anything was switched, else UNKNOWN */
	char text[2000];
	bool started;   /* the host said that the act runs */
	bool armed;     /* a timer there takes it back, as far as we know */
	int64_t seen;   /* the number of the last record */
	size_t changed; /* steps that changed something */
	int64_t rc;     /* the status that the last failed step ended with; 0: none */
};

struct event;

/* Begin the event of a START or STEP record. *step_ms keeps the host's clock between the two. */
void follow_event(const struct follow_record *r, const char *host, const char *id, const char *name,
    int64_t *step_ms, struct event *e);

struct follow *follow_new(const char *nonce, int64_t seen,
    void (*record)(void *user, const struct follow_record *r), void *user);
void follow_feed(struct follow *f, const void *p, size_t n);
void follow_verdict(const struct follow *f, struct follow_result *ret);
void follow_free(struct follow *f);

#endif
