/*
 * How a login becomes another user: what is sent to the host, and what it answers.
 *
 * Pure: the conversation of one exec, fed with what comes, says what to do next.
 * Nothing is answered but a prompt of the method itself: sudo's is a nonce, the
 * others' stands behind a mark that carries one. A password is wanted at most
 * once; whoever asks again has refused it. Owns what the host said meanwhile.
 */
#ifndef DROVER_ENGINE_BECOME_H
#define DROVER_ENGINE_BECOME_H

#include "base/buf.h"
#include "base/err.h"
#include "engine/probe.h"

#include <stdbool.h>
#include <stddef.h>

struct become_way {
	const char *method; /* "sudo", "doas", "su" or "run0" */
	const char *user;
	bool ask;      /* there is a password to give, or somebody to ask for it */
	bool terminal; /* the command has one */
	bool own;      /* drover's own program: a login that is root stays root */
};

enum become_next {
	BECOME_WAIT,     /* for more */
	BECOME_PASSWORD, /* give it, once: become_sent() */
	BECOME_OPEN,     /* standard output is the program's from here: send it, then its input */
	BECOME_OVER,     /* it goes on asking, in vain: end the command */
};

struct become {
	struct become_way way;
	char nonce[PROBE_NONCE];
	bool here[2], absent, asked, sent, again, more, open[2];
	struct buf said[2]; /* before its `go`, of each stream; the end of it */
};

void become_init(struct become *b, const struct become_way *way);
void become_fini(struct become *b);

/* The line for the login shell. Caller frees. */
char *become_line(const struct become *b);

/* Bytes of one output (0 standard output, 1 standard error). *ret_rest: how many of the last are the
 * program's own; all of them once b->open[which]. */
enum become_next become_feed(
    struct become *b, int which, const char *p, size_t n, size_t *ret_rest);
void become_sent(struct become *b);

/* The method said that the password is not right. */
bool become_is_wrong(const struct become *b);

/* The method wants a password, and there was none to give. */
bool become_lacks_password(const struct become *b);

/* The command ended, or is given up (late: for how many ms nothing came; else 0), and was not open:
 * why, kind REFUSED or FAILED. True when it should be tried again on a terminal. */
bool become_judge(const struct become *b, int64_t late_ms, struct err *err);

#endif
