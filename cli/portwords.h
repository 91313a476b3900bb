/*
 * A forwarding as ssh(1) spells it: "[ADDRESS:]PORT:HOST:PORT", and "[ADDRESS:]PORT" of a
 * SOCKS proxy.
 *
 * Pure. Addresses of IPv6 stand in brackets. What drover does not forward, sockets of
 * the file system among it, is refused by name.
 */
#ifndef DROVER_CLI_PORTWORDS_H
#define DROVER_CLI_PORTWORDS_H

#include <stdbool.h>

struct err;

struct portwords {
	char address[64]; /* ""; "*" for all; else as it was given */
	int port;
	char host[256]; /* "" of a proxy */
	int to;
};

/* Kind USAGE. */
int portwords_parse(const char *word, bool proxy, struct portwords *ret, struct err *err);

#endif
