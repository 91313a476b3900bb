/*
 * The lines that left a pane's screen at its top.
 *
 * Owns them, packed: a line is its text and the runs of its colours, no cells. Keeps the newest within a number of
 * lines and of bytes; both are ceilings.
 */
#ifndef DROVER_TUI_SCROLLBACK_H
#define DROVER_TUI_SCROLLBACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cell;
struct scrollback;

struct scrollback *scrollback_new(size_t lines, size_t bytes);
void scrollback_free(struct scrollback *s);

/* One line more; the oldest go when there is no room. */
void scrollback_push(struct scrollback *s, const struct cell *cells, int cols);
/* The newest comes back. False: there is none. */
bool scrollback_pop(struct scrollback *s, struct cell *cells, int cols);
/* The lines are forgotten, as if there had been no room. */
void scrollback_clear(struct scrollback *s);

size_t scrollback_count(const struct scrollback *s);
uint64_t scrollback_forgotten(const struct scrollback *s); /* lines that went before the oldest */
size_t scrollback_memory(const struct scrollback *s);

/* Line i, 0 the oldest, in cells: cut, or followed by blanks. */
void scrollback_get(const struct scrollback *s, size_t i, struct cell *cells, int cols);

#endif
