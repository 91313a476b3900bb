/*
 * A program on a host that answers in lines while it reads or sends content.
 *
 * A line counts only behind the nonce of this one call, so that nothing a login
 * prints, and nothing in what is transferred, passes for it. A plain value;
 * fed what standard output brings.
 */
#ifndef DROVER_ENGINE_TALK_H
#define DROVER_ENGINE_TALK_H

#include "base/buf.h"
#include "engine/probe.h"

struct collect_spec;
struct err;

struct talk {
	char nonce[PROBE_NONCE];
	struct buf held;  /* what is not yet a whole line */
	struct buf noise; /* the beginning of what was said without the nonce */
	bool heard;       /* a line with the nonce has come */
};

void talk_init(struct talk *t); /* makes the nonce */
void talk_fini(struct talk *t);

/* The program with its arguments, as a command for the login shell; caller frees. Every transfer
 * goes through here: what the programs run as is decided in this one place. */
char *talk_command(const struct talk *t, const char *program, const char *const *args);

/* Look at n bytes of standard output: how many were used up to and with the first line that has
 * the nonce. *ret_line: what stands behind it, until the next call; NULL when none is complete yet
 * and all was used. */
size_t talk_feed(struct talk *t, const void *p, size_t n, const char **ret_line);

/* Why a program that ended has said nothing; errors: what came on standard error. Kind FAILED. */
int talk_silent(const struct talk *t, const struct buf *errors, struct err *err);

/* Standard error of a host, for that: its beginning. */
#define TALK_NOISE 512

#endif
