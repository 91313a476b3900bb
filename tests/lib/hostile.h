/*
 * Hostile servers met all at once, on one worker, with good hosts beside.
 *
 * Checks that each ends as it should and says so in clean words, that nothing is
 * noticed of them elsewhere, and that the worker stays small.
 */
#ifndef DROVER_TESTS_LIB_HOSTILE_H
#define DROVER_TESTS_LIB_HOSTILE_H

#include "tests/lib/probe.h"
#include "tests/lib/rogue.h"

/* What became of it, and in which words: of the session when it went down, else of the command. */
struct hostile {
	const char *name;
	void (*serve)(struct rogue_conn *c);
	enum outcome kind;
	const char *words; /* the beginning, behind the host's name */
};

#define HOSTILE(serve, kind, words)                                                                \
	{                                                                                          \
#serve, serve, kind, words                                                         \
	}

void hostile_meet(struct fixture *f, const struct hostile *list, size_t n);

/* A fixture with an sshd of its own, and short times for what comes before a command. */
struct fixture *hostile_set_up(void);
void hostile_tear_down(struct fixture *f);

#endif
