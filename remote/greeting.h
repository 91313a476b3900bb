/*
 * What a server says where its banner should be, and means by it.
 *
 * Pure; nothing is owned.
 */
#ifndef DROVER_REMOTE_GREETING_H
#define DROVER_REMOTE_GREETING_H

#include <stddef.h>

#define GREETING_MAX 100 /* as much of it as is kept */

/* Append what a server said to why it is not reached; nothing when it said nothing ("" or NULL). */
void greeting_add(char *why, size_t size, const char *line);

#endif
