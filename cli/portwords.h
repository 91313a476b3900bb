/*
 * A forwarding as ssh(1) spells it: "[ADDRESS:]PORT:HOST:PORT", and "[ADDRESS:]PORT" of a
 * SOCKS proxy.
 *
 * Pure. Addresses of IPv6 stand in brackets. What drover does not forward, sockets of
 * the file system among it, is refused by name.
 */
#ifndef DROVER_CLI_PORTWORDS_H
#define DROVER_CLI_PORTWORDS_H

struct err;

struct portwords {
	char address[64]; /* ""; "*" for all; else as it was given */
	int port;
	char host[256]; /* "" of a proxy */
	int to;
};

enum portwords_kind {
	PORTWORDS_THERE, /* -L */
	PORTWORDS_PROXY, /* -D */
	PORTWORDS_BACK   /* -R: port 0 is the server's choice */
};

/* Kind USAGE. */
int portwords_parse(
    const char *word, enum portwords_kind kind, struct portwords *ret, struct err *err);

#endif
