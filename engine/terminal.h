/*
 * A terminal on a host: what a person types goes there, what the host paints comes back.
 *
 * Owned by whoever opened it, until terminal_close(). Holds the host's session
 * while it lasts. What is typed before it began waits here, within a bound; what
 * the host sends and nobody takes waits there, so that a flood costs neither
 * memory nor another terminal's turn. Bytes are passed on as they came: whoever
 * shows them makes them harmless.
 */
#ifndef DROVER_ENGINE_TERMINAL_H
#define DROVER_ENGINE_TERMINAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct err;
struct herd_host;
struct terminal;

#define TERMINAL_QUEUE 65536 /* bytes that wait to be taken by the link */

struct terminal_spec {
	const char *command; /* copied; NULL: the login's shell, or that of whom become becomes */
	uint16_t columns, rows;
	const char *term; /* its kind; NULL: xterm-256color */
	bool become;      /* as become_user, or root, by the inventory's become */
	void (*data)(void *user, const void *bytes, size_t len);
	/* Once, last: nothing comes after it. err says why when there is neither a status nor a signal
	 * (then NULL); status -1: there is none. Never from inside terminal_open(). */
	void (*ended)(void *user, const struct err *err, int status, const char *signal);
	void *user;
	/* These may be left out. */
	void (*began)(void *user); /* its command runs */
	void (*room)(void *user);  /* what terminal_write() refused may be tried again */
	bool plain;                /* no terminal at all: pipes, and input has an end */
	void (*errors)(
	    void *user, const void *bytes, size_t len); /* standard error of a plain one */
};

/* ended() tells why when it could not be had. */
struct terminal *terminal_open(struct herd_host *hh, const struct terminal_spec *spec);

/* Ends what runs there, as when a terminal hangs up. Any time, also from inside its callbacks; none
 * comes after it. NULL is nothing. */
void terminal_close(struct terminal *t);

/* All of it is queued (0), or nothing because it is full (-1). What is written after the end is dropped. */
int terminal_write(struct terminal *t, const void *bytes, size_t len);
size_t terminal_pending(const struct terminal *t); /* bytes not yet taken by the link: the lag */
void terminal_write_end(struct terminal *t);       /* a terminal's end of input is its Ctrl-D */

void terminal_resize(struct terminal *t, uint16_t columns, uint16_t rows);

/* Take no more of its output until it is let go on; what is on its way, at most a window, may still
 * come. Also from inside data(). */
void terminal_pause(struct terminal *t, bool on);

/* "INT": to what runs there. False: it has not begun, or the way there passes no signals. */
bool terminal_signal(struct terminal *t, const char *name);

#endif
