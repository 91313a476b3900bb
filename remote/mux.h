/*
 * The words between an ssh(1) master and those who share its connection.
 *
 * OpenSSH's PROTOCOL.mux, version 4, as far as a command needs it. Pure, bytes in
 * a buffer, but for mux_hear(). The master is trusted as far as ssh(1) is; what is not in the table
 * is refused all the same.
 */
#ifndef DROVER_REMOTE_MUX_H
#define DROVER_REMOTE_MUX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;
struct porter_order;

/* Greet, and ask for a session that runs the order; its input, output and errors follow as
 * descriptors, each beside one byte. */
void mux_ask(struct buf *to, const struct porter_order *o);

/* Greet, and ask for a connection from there to a host's port; the descriptors it reads and writes
 * follow. */
void mux_ask_forward(struct buf *to, const char *host, int port);

/* Greet, and ask for a port there that leads to one from here. address NULL: what leads to that machine alone;
 * "*": all of it. port 0: the server's choice. */
void mux_ask_listen(struct buf *to, const char *address, int port, const char *host, int to_port);

enum mux_word {
	MUX_HELLO,
	MUX_DONE, /* what was asked for stands */
	MUX_PORT, /* so does a port of the server's choice: status */
	MUX_OPENED,
	MUX_REFUSED,     /* text says why */
	MUX_NO_TERMINAL, /* the server gives none; the command does not run */
	MUX_EXIT,        /* status */
	MUX_OTHER
};

struct mux_reply {
	enum mux_word word;
	uint32_t status;
	char text[200]; /* for people: cleaned */
};

/* One reply of n bytes: how many it took, 0 when it is not whole yet, -1 when it is none. */
long mux_read(const void *p, size_t n, struct mux_reply *ret);

enum mux_heard {
	MUX_GOES_ON,
	MUX_GONE,   /* nothing comes any more */
	MUX_GARBLED /* what came is no reply */
};

/* Read once what a master wrote, and tell each reply that is whole by now until told() gives false. What is not
 * whole stays in the buffer. */
enum mux_heard mux_hear(
    int fd, struct buf *in, bool (*told)(void *user, const struct mux_reply *r), void *user);

#endif
