/*
 * Several recorded terminals side by side, on one time: what each showed, as the panes of the console show it.
 *
 * Owns a pane each, and one piece of each recording. Knows no terminal and waits for nothing: whoever drives it
 * asks what is next, lets that time go by and has it painted.
 */
#ifndef DROVER_TUI_REPLAY_H
#define DROVER_TUI_REPLAY_H

#include <stddef.h>
#include <stdint.h>

struct canvas;
struct err;
struct history_sides;
struct replay;

/* Sides are borrowed. NULL with err: the beginning of one of them cannot be read. */
struct replay *replay_new(const struct history_sides *sides, struct err *err);
void replay_free(struct replay *r);

/* When something is shown next, in ms since the first of them began; -1: all have ended. */
int64_t replay_next(const struct replay *r);
/* All that was shown until then. -1: a piece cannot be read. */
int replay_advance(struct replay *r, int64_t ms, struct err *err);

/* As many as there is room for on a canvas of that size, from a page on; a line at its end says the time. */
size_t replay_pages(const struct replay *r, int rows, int cols);
void replay_paint(const struct replay *r, size_t page, struct canvas *c);

#endif
