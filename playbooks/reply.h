/*
 * The frames in which the host programs answer, and how those programs are called.
 *
 * A frame is "NONCE KIND LENGTH", newline, payload, newline; a reply is a row of
 * them from `begin` to `end`. Whatever comes before `begin` (banners, rc files)
 * is noise and cannot pass for an answer, since the nonce is fresh; anything but
 * a frame after it breaks the reply. Pure; owns one frame being collected.
 */
#ifndef DROVER_PLAYBOOKS_REPLY_H
#define DROVER_PLAYBOOKS_REPLY_H

#include "base/buf.h"
#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>

#define REPLY_NONCE   33 /* 32 digits and a NUL */
#define REPLY_FRAME   (4U << 20)
#define REPLY_MAX     (64U << 20) /* of all frames */
#define REPLY_VERSION "1"

enum reply_state { REPLY_BEFORE, REPLY_WITHIN, REPLY_AFTER, REPLY_BROKEN };

struct reply {
	enum reply_state state;
	char nonce[REPLY_NONCE];
	struct buf line;    /* the header in collection, or noise */
	struct buf payload; /* of the frame in collection, with its newline */
	size_t wanted;      /* bytes of payload, newline included; 0: reading a header */
	size_t taken;       /* bytes so far */
	char kind[16];      /* of that frame */
	char broken[160];   /* why, when BROKEN; the last line of noise before `begin` */
	void (*frame)(void *user, const char *kind, const char *payload, size_t len);
	void *user;
};

/* A fresh nonce. */
void reply_nonce(char to[REPLY_NONCE]);

void reply_init(struct reply *w, const char *nonce,
    void (*frame)(void *user, const char *kind, const char *payload, size_t len), void *user);
void reply_fini(struct reply *w);

/* Bytes as they come, in pieces of any size. frame() is called for each whole frame but `begin` and
 * `end`; the payload is borrowed and followed by a NUL. */
void reply_feed(struct reply *w, const void *p, size_t n);

/* Of what is fed no more will come. Kind FAILED unless it was a whole reply. */
int reply_verdict(const struct reply *w, struct err *err);

/* The command line for a login shell that runs a host program: "exec env -i ... sh -c 'PROGRAM'
 * drover ARG...". PROGRAM is the words of playbooks/host/say.sh, program, and more unless NULL. Arguments are of [0-9a-z-] only. Caller frees. */
char *reply_command(const char *program, const char *more, const char *const *args);

/* One line of text for a request: false when it holds a newline or NUL, or a backslash in a path. */
bool reply_is_path(const char *path);
bool reply_is_line(const char *text);

#endif
