/*
 * Small plots made of characters: a sparkline, a bar, a timeline.
 *
 * Pure. Values are whole numbers; what is not known is a gap and never a zero. Everything is one
 * column a cell, in plain ASCII where the terminal has no more.
 */
#ifndef DROVER_TUI_PLOT_H
#define DROVER_TUI_PLOT_H

#include "tui/canvas.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PLOT_GAP INT32_MIN

/* Room for the text of `columns` cells. */
#define PLOT_TEXT(columns) ((size_t)(columns)*3 + 32)

/* Values in the order of time, the newest last. */
struct plot_series {
	const int32_t *values;
	size_t count;
	int32_t low, high; /* the scale; equal: from the least to the most that there is */
};

/* The least and the most of what is known; false: nothing is. */
bool plot_range(const struct plot_series *s, int32_t *ret_least, int32_t *ret_most);

/* `width` columns, the newest at the right; more values than columns: each stands for the most of its
 * share. Fewer: blanks at the left. */
void plot_spark(const struct plot_series *s, int width, bool ascii, char *to, size_t size);

/* "[#####...] 71%" with `width` cells between the brackets; percent below 0: not known. */
void plot_bar(int percent, int width, char *to, size_t size);

/* Good, warning from 75, bad from 90. */
enum style plot_style(int percent);

/* A stretch of time in one state. */
struct plot_span {
	int64_t from_ms, to_ms;
	enum style style;
	char glyph;
};

/* [from_ms, to_ms) on [col, col+width): each cell shows the last span of the list that touches it, a
 * dot where none does. */
struct plot_time {
	const struct plot_span *spans;
	size_t count;
	int64_t from_ms, to_ms;
};
void plot_timeline(const struct plot_time *t, struct canvas *c, int row, int col, int width);

/* The ruler under it: "0s      15s     30s", as long as there is room. */
void plot_ruler(const struct plot_time *t, struct canvas *c, int row, int col, int width);

#endif
