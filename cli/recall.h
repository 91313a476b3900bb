/*
 * Lines that were typed, kept from one session to the next.
 *
 * Owns nothing; a file of the user's alone, to which sessions side by side append. What
 * begins with a blank is not kept, nor is what is longer than a line should be.
 */
#ifndef DROVER_CLI_RECALL_H
#define DROVER_CLI_RECALL_H

struct err;

#define RECALL_LINES 1000
#define RECALL_LONG  4096 /* bytes of one line */

/* The newest lines, the oldest of them first; nothing where there is no file. A file that has grown long is
 * cut to them. */
int recall_read(
    const char *path, void (*each)(void *user, const char *line), void *user, struct err *err);

int recall_add(const char *path, const char *line, struct err *err);

#endif
