/*
 * How a host or a run ended: the one set of words, with their exit codes.
 *
 * Plain values. JSON, JUnit, the ledger, the screens and struct err use these
 * words and no others.
 */
#ifndef DROVER_BASE_OUTCOME_H
#define DROVER_BASE_OUTCOME_H

#include <stdbool.h>
#include <stddef.h>

struct buf;

enum outcome {
	OUTCOME_OK,
	OUTCOME_CHANGED,
	OUTCOME_FAILED,
	OUTCOME_ROLLED_BACK,
	OUTCOME_USAGE,       /* the request makes no sense, or an empty set was asked for */
	OUTCOME_INPUT,       /* a file of the user's is wrong: nothing was contacted */
	OUTCOME_UNREACHABLE, /* not reached: owed */
	OUTCOME_DIFFERS,     /* only with --exit-code */
	OUTCOME_STALE,       /* the host changed since the plan */
	OUTCOME_UNKNOWN,     /* what the host did cannot be proved */
	OUTCOME_ROLLBACK_FAILED,
	OUTCOME_UNTRIED, /* the failure limit stopped the run before it */
	OUTCOME_LOCKED,  /* another seat acts on the host */
	OUTCOME_STORAGE, /* our own ledger or output cannot be written */
	OUTCOME_REFUSED, /* host key, permissions, path: a security refusal */
	OUTCOME_HELD,    /* pet guard or confirmation */
	OUTCOME_BUG,
	OUTCOME_TIMEOUT,   /* --timeout, after a recorded clean stop */
	OUTCOME_CANCELLED, /* a signal, after a recorded clean stop */
	OUTCOME_COUNT
};

/* The word, as it stands in JSON and on screens: "rolled-back". Static. */
const char *outcome_name(enum outcome o);

/* The outcome of a word; false when there is none by that name. */
bool outcome_parse(const char *name, enum outcome *ret);

/* The exit code of one outcome; OUTCOME_CANCELLED gives 130 until a signal is known. */
int outcome_exit(enum outcome o);

/* Of two outcomes the one that decides the exit code (DESIGN: 70 > 11 > 10 > 7 ...). */
enum outcome outcome_worse(enum outcome a, enum outcome b);

/* Append "9 changed, 1 failed": how many there are of each, or "no host". */
void outcome_tally(const size_t by[OUTCOME_COUNT], struct buf *to);

/* True for ok and changed. */
bool outcome_is_good(enum outcome o);

#endif
