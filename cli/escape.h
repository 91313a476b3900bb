/*
 * What is typed at a plain terminal, and the few words in it that are for drover.
 *
 * Pure. As in ssh(1), a tilde at the beginning of a line is one: "~." ends the
 * connection, "~^Z" stops drover, "~?" lists them, "~~" is one tilde. All else goes
 * to the host as it was typed.
 */
#ifndef DROVER_CLI_ESCAPE_H
#define DROVER_CLI_ESCAPE_H

#include <stdbool.h>
#include <stddef.h>

struct buf;

struct escape {
	bool off;   /* none of it: every byte is the host's */
	bool begun; /* a line has */
	bool tilde; /* stands at its beginning and waits for what it means */
};

enum escape_word { ESCAPE_NONE, ESCAPE_END, ESCAPE_STOP, ESCAPE_HELP };

#define ESCAPE_LIST                                                                                \
	"~.   end the connection\r\n"                                                              \
	"~^Z  stop drover; fg goes on\r\n"                                                         \
	"~?   this list\r\n"                                                                       \
	"~~   a tilde\r\n"

/* Add to `to` what is for the host, up to and with the first word for drover, which is in *ret. Gives
 * how many of the n bytes were used: fewer than n only behind such a word. */
size_t escape_feed(
    struct escape *e, const char *p, size_t n, struct buf *to, enum escape_word *ret);

#endif
