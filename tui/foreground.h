/*
 * Another program in the terminal while the console waits behind it.
 *
 * The loop goes on: hosts are heard, nothing is painted, no key is read. One at a time; when the program
 * has ended the terminal is taken back and painted.
 */
#ifndef DROVER_TUI_FOREGROUND_H
#define DROVER_TUI_FOREGROUND_H

#include <stddef.h>

struct console;
struct err;

/* argv[0] is looked up in PATH; ended by NULL. -1: it could not be started, nothing happened. */
int foreground_run(struct console *c, const char *const *argv, struct err *err);

/* A login on a host, by drover ssh; what cannot be done is told. */
void foreground_login(struct console *c, const char *host);

void foreground_free(struct console *c);

#endif
