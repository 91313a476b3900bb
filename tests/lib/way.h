/*
 * A port of a host that leads to a test, and both ends of what goes through it.
 *
 * A value of the test's; begun and closed by it. Whatever waits turns the fixture's loop meanwhile, and ends
 * the test when nothing comes of it.
 */
#ifndef DROVER_TESTS_LIB_WAY_H
#define DROVER_TESTS_LIB_WAY_H

#include "base/err.h"
#include "remote/backway.h"
#include "tests/lib/probe.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct way {
	struct fixture *f;
	struct probe *probe;
	struct backway *backway;
	int here, to; /* its socket and port */
	int port;     /* there */
	bool done;
	struct err err;
	int failures;
	char failed[500];
};

/* A session that is up, with a command on it or none, and a socket that listens here. */
void way_begin(struct way *w, struct fixture *f, const struct target *t, const char *command);

/* Until a port there leads to it, or is refused; its host, and its port where none is said, are the socket's. */
void way_listen(struct way *w, const struct backway_spec *like);

/* One more, at a port of the server's choice, that is not waited for. */
struct backway *way_another(struct way *w);

/* Both of begin and listen. */
void way_open(
    struct way *w, struct fixture *f, const struct target *t, const struct backway_spec *like);
void way_close(struct way *w);

/* One turn of everything; until when a test may wait from now on. */
void way_turn(const struct way *w, int64_t until);
int64_t way_deadline(void);

/* Whether anybody listens there still. */
bool way_is_there(const struct way *w);

/* The ends of one connection: of who comes there, and of who is here. */
int way_connect_there(const struct way *w);
int way_accept(const struct way *w);

/* Until n bytes came, or the end; how many. */
size_t way_receive(const struct way *w, int fd, char *to, size_t n);
void way_expect(const struct way *w, int fd, const char *words);
void way_expect_end(const struct way *w, int fd);
void way_say(int fd, const char *words);

/* A number that nothing listens on just now. */
int way_free_port(void);

#endif
