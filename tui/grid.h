/*
 * Where panes stand on a screen: as many as there is room for, none smaller than can be worked in; the rest on
 * further pages.
 *
 * Pure; plain values.
 */
#ifndef DROVER_TUI_GRID_H
#define DROVER_TUI_GRID_H

#include <stddef.h>

#define GRID_LEAST_ROWS 8 /* of a pane, without the row above it */
#define GRID_LEAST_COLS 40

struct grid {
	int height, width; /* given */
	int down, across;  /* panes, at least 1 */
	size_t per_page, pages;
};

/* For count panes in so many rows and columns. */
void grid_make(int height, int width, size_t count, struct grid *ret);

/* What a pane has for itself; the row above it is its title, the column right of it, but at the edge, a line. */
struct grid_box {
	int row, col, rows, cols;
};
void grid_place(const struct grid *g, size_t slot, struct grid_box *ret);

#endif
