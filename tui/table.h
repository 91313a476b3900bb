/*
 * Columns of a list: who gets how much room, and who goes when there is not enough.
 *
 * Pure. A column says its least width, its share of what is left over, and when it is dropped; a view
 * fills the cells. Two columns always stay: those that are never dropped.
 */
#ifndef DROVER_TUI_TABLE_H
#define DROVER_TUI_TABLE_H

#include "tui/canvas.h"

#include <stdbool.h>
#include <stddef.h>

#define TABLE_COLUMNS 16

struct table_column {
	const char *title;
	int min;    /* columns of the screen */
	int weight; /* share of what is left over; 0: never wider */
	int drop;   /* the smallest goes first; 0: never */
	bool right; /* its text stands at its right */
};

/* Where each column stands; width 0: it is dropped. */
struct table {
	const struct table_column *columns;
	size_t count;
	int left[TABLE_COLUMNS], width[TABLE_COLUMNS];
};

/* Lay count columns out in [left, left+width) with a blank between. */
void table_lay(
    struct table *t, const struct table_column *columns, size_t count, int left, int width);

void table_head(const struct table *t, struct canvas *c, int row);
/* One cell; nothing when its column is dropped. */
void table_cell(const struct table *t, struct canvas *c, int row, size_t column, enum style style,
    const char *text);

#endif
