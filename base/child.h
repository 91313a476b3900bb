/*
 * A local program on pipes, in the loop.
 *
 * Owns its process and pipes. Both output streams are read to their end, each
 * into a ceiling; done() is called once, after the process ended and the pipes
 * closed, or after the time limit killed its process group.
 */
#ifndef DROVER_BASE_CHILD_H
#define DROVER_BASE_CHILD_H

#include "base/buf.h"

#include <stdint.h>

struct child;
struct loop;
struct err;

struct child_result {
	int status; /* exit status; -1 when a signal ended it */
	int signum; /* that signal, else 0 */
	bool timed_out;
	const struct buf *out, *errors; /* borrowed for the call */
};

struct child_spec {
	const char *const *argv; /* argv[0] is looked up in PATH; ended by NULL */
	const char *const *env;  /* NULL: ours */
	const void *input;       /* written to its standard input, then closed; copied */
	size_t input_len;
	size_t max;         /* ceiling of each output stream */
	int64_t timeout_ms; /* 0: none */
	/* What it writes, as it comes; NULL: only at the end. */
	void (*wrote)(void *user, bool errors, const char *bytes, size_t len);
	void (*done)(void *user, const struct child_result *r);
	void *user;
};

/* NULL when it could not be started. */
struct child *child_start(struct loop *loop, const struct child_spec *spec, struct err *err);

/* A signal to its process group, if it runs: done() tells how it ended. */
void child_signal(struct child *c, int signum);

/* Kill it if it runs; done() is not called any more. Not from inside done(): there it is too late
 * to be needed, the child frees itself after done(). */
void child_cancel(struct child *c);

#endif
