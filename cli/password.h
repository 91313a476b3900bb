/*
 * Passwords that are given in a file, never in an argument or the environment.
 *
 * A plain function; the caller wipes what it gives.
 */
#ifndef DROVER_CLI_PASSWORD_H
#define DROVER_CLI_PASSWORD_H

struct err;

/* The first line of a file that nobody else may read, of a pipe, or of standard input for "-", and not
 * a byte more of that. Caller wipes and frees. NULL: err is INPUT or REFUSED. */
char *password_read(const char *path, struct err *err);

#endif
