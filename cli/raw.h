/*
 * The terminal of standard input, while every key goes to a host.
 *
 * One per process. Whatever ends drover but SIGKILL, the terminal is as it was:
 * raw_leave(), and a hook for fatal signals and for running out of memory.
 */
#ifndef DROVER_CLI_RAW_H
#define DROVER_CLI_RAW_H

#include <stdbool.h>

/* False: standard input is no terminal. Again without raw_leave(): after a stop. */
bool raw_enter(void);

/* As it was. Torn: the host is gone in the middle of what it painted, so what it may have switched on
 * (mouse, keypad, bracketed paste, attributes, a hidden cursor) is switched off too. */
void raw_leave(bool torn);

#endif
