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

struct err;
struct errand;
struct errand_listener;
struct herd_host;
struct session;

struct talk {
	char nonce[PROBE_NONCE];
	struct buf held;  /* what is not yet a whole line */
	struct buf noise; /* the beginning of what was said without the nonce */
	bool heard;       /* a line with the nonce has come */
};

struct talk_spec {
	struct herd_host *hh;
	struct session *session;
	bool become, own; /* own: whoever drover's own programs run as */
	const char *program;
	const char *const *args;
	const struct errand_listener *listener;
	void *user;
};

void talk_init(struct talk *t); /* makes the nonce */
void talk_fini(struct talk *t);

/* Start the program with the nonce and its arguments (ended by NULL) as the login or, with become, as
 * the inventory's become says; with own as root where it says any. */
struct errand *talk_start(struct talk *t, const struct talk_spec *spec);

/* Look at n bytes of standard output: how many were used up to and with the first line that has
 * the nonce. *ret_line: what stands behind it, until the next call; NULL when none is complete yet
 * and all was used. */
size_t talk_feed(struct talk *t, const void *p, size_t n, const char **ret_line);

/* Why a program that ended has said nothing; errors: what came on standard error. Kind FAILED. */
int talk_silent(const struct talk *t, const struct buf *errors, struct err *err);

/* Standard error of a host, for that: its beginning. */
#define TALK_NOISE 512

#endif
