/*
 * Things to choose from: rows with a key, a text and a note, a live filter, a cursor.
 *
 * Owns copies of all texts. Titles stand over what belongs to them and cannot be chosen; what cannot be
 * chosen now is there with its reason. Painting changes nothing.
 */
#ifndef DROVER_TUI_PICKER_H
#define DROVER_TUI_PICKER_H

#include "tui/canvas.h"
#include "tui/list.h"

#include <stdbool.h>
#include <stddef.h>

struct picker_item {
	char *key;        /* the binding that is shown, "r|f5"; may be NULL */
	char *text;       /* what it is */
	char *note;       /* beside it, where there is room; may be NULL */
	char *why;        /* NULL: it can be chosen; else why not */
	char *value;      /* what is chosen by it, where that is a text */
	const void *what; /* where it is a thing; borrowed */
	bool head;
	char id[16];
};

struct picker {
	struct picker_item *items;
	size_t count, cap;
	size_t *shown; /* what the filter lets through */
	size_t shown_count;
	struct list list;
	bool clicked; /* a click on a row is its key */
};

struct picker *picker_new(void);
void picker_free(struct picker *p);

/* The texts are copied. */
void picker_add(struct picker *p, const struct picker_item *item);
void picker_head(struct picker *p, const char *text);

/* Show what matches (tui/match.h); after the last picker_add() once with "". The cursor goes to the first
 * row when `typed` is not what it was. */
void picker_filter(struct picker *p, const char *typed);

/* Up, down, page-up, page-down; true when it was one of them. */
bool picker_key(struct picker *p, const char *key);

/* Where the cursor stands; NULL: on nothing. Borrowed until the picker changes. */
const struct picker_item *picker_current(const struct picker *p);

/* The item whose binding has this key; NULL: none. */
const struct picker_item *picker_by_key(const struct picker *p, const char *key);

/* Rows [top, bottom), columns [left, left+width). Returns the row of the cursor, -1 when there is none. */
int picker_paint(
    const struct picker *p, struct canvas *c, int top, int bottom, int left, int width);

#endif
