/*
 * What a client says to a SOCKS proxy before it speaks to whom it wants: versions 4,
 * 4a and 5, to connect, without a password.
 *
 * Pure. The client is a program of this machine; what is not in the protocol is
 * refused all the same, and a name is plain text when it leaves here.
 */
#ifndef DROVER_ENGINE_SOCKS_H
#define DROVER_ENGINE_SOCKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SOCKS_MAX 600 /* no word of it is longer */

struct socks {
	int version; /* 0: it has said nothing yet */
	bool greeted;
	char host[256]; /* whom it wants: a name or a numeric address */
	int port;
};

enum socks_step {
	SOCKS_MORE,   /* it has not said all */
	SOCKS_GREET,  /* send the reply, then listen again */
	SOCKS_ASKED,  /* host and port are known: reply whether they can be had */
	SOCKS_REFUSED /* reply, and close */
};

struct socks_reply {
	uint8_t bytes[10];
	size_t len;
};

/* Look at the n bytes that it has said and that were not used yet. Used: those up to what was decided. */
enum socks_step socks_feed(
    struct socks *s, const uint8_t *p, size_t n, size_t *ret_used, struct socks_reply *ret);

/* To ASKED. */
struct socks_reply socks_answer(const struct socks *s, bool good);

#endif
