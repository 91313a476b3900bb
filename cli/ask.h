/*
 * Questions that a login asks on the command line: the passphrase of a key.
 *
 * Owned by the call. Asks on the controlling terminal, never on standard input,
 * one question at a time, without echo; the loop goes on meanwhile. With no
 * terminal, or --no-input, nobody is asked.
 */
#ifndef DROVER_CLI_ASK_H
#define DROVER_CLI_ASK_H

struct ask;
struct loop;

/* NULL when there is no terminal to ask on. */
struct ask *ask_new(struct loop *loop);
void ask_free(struct ask *a);

/* answer() is called once with the line, or NULL when none was given; the line is wiped after it
 * returns. More questions wait their turn. prompt is cleaned of control bytes. */
void ask_secret(struct ask *a, const char *prompt,
    void (*answer)(void *user, const char *subject, const char *line), void *user,
    const char *subject);

#endif
