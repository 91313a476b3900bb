/*
 * One command on one host, as whom the inventory says.
 *
 * Looks like a channel to its owner, and stands between it and the channel: wraps
 * the command, becomes the user, gives the password when it is asked for, and lets
 * input through only when the command itself reads it. What the login prints on
 * the way is not the command's and is left out. The owner holds the session.
 */
#ifndef DROVER_ENGINE_ERRAND_H
#define DROVER_ENGINE_ERRAND_H

#include "remote/remote.h"

struct errand;
struct herd_host;

enum errand_who {
	ERRAND_LOGIN,  /* the login, in its login shell: what people type */
	ERRAND_BECOME, /* become_user, or root: what people type with -B */
	ERRAND_OWN     /* drover's own programs: root if the inventory says how, else the login */
};

struct errand_listener {
	void (*data)(void *user, enum stream s, const void *p, size_t n);
	void (*writable)(void *user); /* room, after a short errand_write() */
	/* Once, last. Kind REFUSED in e->err: nothing was run there. */
	void (*end)(void *user, const struct channel_end *e);
	void (*started)(void *user); /* the program runs, and input is its own; may be NULL */
};

struct errand_spec {
	enum errand_who who;
	/* LOGIN: a line for the login shell, as it is. Else a program of a POSIX shell. Copied. NULL,
	 * on a terminal: a login shell of whom it becomes. */
	const char *program;
	const char *terminal; /* its kind: the program is on one, for a person; copied. NULL: none.
				 Not for OWN */
	int columns, rows;
	/* How much input there will be, for where a terminal has no end of file. -1: the program
	 * knows by itself where its input ends. */
	int64_t input_len;
	bool verbatim; /* standard output is content, not for eyes: nothing in it becomes stars */
	int64_t limit_ms; /* for the program; nobody's typing counts. 0: none */
	int64_t stall_ms; /* how long its input may wait for it; 0: 30 s, -1: for ever */
	bool quiet;       /* it speaks only when its input asks it */
	const struct errand_listener *listener;
	void *user;
};

/* Do drover's own programs have to become root there, as far as the inventory knows? */
bool errand_becomes(const struct herd_host *hh);

struct errand *errand_start(
    struct herd_host *hh, struct session *s, const struct errand_spec *spec);

/* As those of a channel. Bytes that are taken before the program runs: none. */
size_t errand_write(struct errand *e, const void *p, size_t n);
size_t errand_room(struct errand *e); /* what errand_write() would take; 0: writable() comes */
void errand_write_end(struct errand *e);
void errand_cancel(struct errand *e);

/* Read no more of its output until it is let go on: the host waits, nothing is dropped. What is on its way,
 * at most a window, may still come. Also from inside data(). */
void errand_pause(struct errand *e, bool on);

void errand_resize(struct errand *e, int columns, int rows); /* of its terminal */

/* Those of a channel; false, and all that was written, where it has none (yet). */
bool errand_signal(struct errand *e, const char *name);
size_t errand_pending(const struct errand *e);

/* Forget it without an end(): its session is closed before anything else happens. */
void errand_drop(struct errand *e);

/* The host said a password; stars stand for it. Also from inside end(). */
bool errand_redacted(const struct errand *e);
#define ERRAND_REDACTED "it said the password that becomes another user; stars stand for it"

#endif
