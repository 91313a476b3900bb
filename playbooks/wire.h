/*
 * The frames in which the host programs answer.
 *
 * A frame is "NONCE KIND LENGTH", newline, payload, newline; a reply is a row of
 * them from `begin` to `end`. Whatever comes before `begin` (banners, rc files)
 * is noise and cannot pass for an answer, since the nonce is fresh; anything but
 * a frame after it breaks the reply. Pure; owns one frame being collected.
 */
#ifndef DROVER_PLAYBOOKS_WIRE_H
#define DROVER_PLAYBOOKS_WIRE_H

#include "base/buf.h"

#include <stdbool.h>
#include <stddef.h>

#define WIRE_NONCE   33 /* 32 digits and a NUL */
#define WIRE_FRAME   (4U << 20)
#define WIRE_VERSION "1"

enum wire_state { WIRE_BEFORE, WIRE_WITHIN, WIRE_AFTER, WIRE_BROKEN };

struct wire {
	enum wire_state state;
	char nonce[WIRE_NONCE];
	struct buf line;    /* the header in collection, or noise */
	struct buf payload; /* of the frame in collection, with its newline */
	size_t wanted;      /* bytes of payload, newline included; 0: reading a header */
	char kind[16];      /* of that frame */
	char broken[160];   /* why, when BROKEN; the last line of noise before `begin` */
	void (*frame)(void *user, const char *kind, const char *payload, size_t len);
	void *user;
};

/* A fresh nonce. */
void wire_nonce(char to[WIRE_NONCE]);

void wire_init(struct wire *w, const char *nonce,
    void (*frame)(void *user, const char *kind, const char *payload, size_t len), void *user);
void wire_fini(struct wire *w);

/* Bytes as they come, in pieces of any size. frame() is called for each whole frame but `begin` and
 * `end`; the payload is borrowed and followed by a NUL. */
void wire_feed(struct wire *w, const void *p, size_t n);

/* The command line for a login shell that runs a host program: "exec env -i ... sh -c 'PROGRAM'
 * drover ARG...". Arguments are of [0-9a-z-] only. Caller frees. */
char *wire_command(const char *program, const char *more, const char *const *args);

/* One line of text for a request: false when it holds a newline or NUL, or a backslash in a path. */
bool wire_is_path(const char *path);
bool wire_is_line(const char *text);

#endif
