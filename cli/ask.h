/*
 * Questions that only a person can answer, on the command line.
 *
 * Owned by the call. Asks on the controlling terminal, never on standard input,
 * or through the askpass program that ssh would use; one question at a time; the
 * loop goes on meanwhile. With neither, nobody is asked.
 */
#ifndef DROVER_CLI_ASK_H
#define DROVER_CLI_ASK_H

#include <stdbool.h>
#include <stdint.h>

struct ask;
struct loop;

/* Texts are copied, and cleaned of what a terminal might obey. */
struct question {
	const char *prompt;  /* one line, without its colon: "password of deploy@web-1" */
	const char *text;    /* lines to read first; NULL: none */
	const char *word;    /* only this, typed whole, is a yes; NULL: any line */
	bool echo;           /* what is typed is shown */
	bool empty;          /* an empty line is an answer too */
	const char *subject; /* handed back; may be NULL */
	/* Once, unless withdrawn: the line, wiped after the call, or NULL: none was given. */
	void (*answer)(void *user, const char *subject, const char *line);
	void *user;
};

struct ask_config {
	struct loop *loop;
	void (*busy)(void *user, bool busy); /* the terminal shows a question; may be NULL */
	void *user;
};

/* NULL when there is nobody to ask. As ssh: $SSH_ASKPASS is asked when there is no terminal but
 * $DISPLAY, and as $SSH_ASKPASS_REQUIRE (never, prefer, force) says. */
struct ask *ask_new(const struct ask_config *config);
void ask_free(struct ask *a); /* open questions are not answered any more */

/* More questions wait their turn. Returns the question's number, never 0. */
uint32_t ask_put(struct ask *a, const struct question *q);

/* It is moot: its answer() is not called; nothing when it was answered. */
void ask_withdraw(struct ask *a, uint32_t id);

/* Ctrl-C is a no to every question so far: the answers come from the loop, of those not withdrawn
 * until then; what the terminal shows is ended with a new line. SIGINT does it by itself. */
void ask_interrupt(struct ask *a);

#endif
