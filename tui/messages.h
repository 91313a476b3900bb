/*
 * What was said at the bottom of the screen: the last two hundred, with their times.
 *
 * Owns the texts.
 */
#ifndef DROVER_TUI_MESSAGES_H
#define DROVER_TUI_MESSAGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MESSAGES_MAX 200

struct messages;

struct messages *messages_new(void);
void messages_free(struct messages *m);
void messages_add(struct messages *m, int64_t wall_ms, bool bad, const char *text);

/* A line each, the newest first; caller frees. */
char *messages_text(const struct messages *m);

#endif
