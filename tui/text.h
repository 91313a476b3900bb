/*
 * A text on a part of the screen: scrolled both ways, wrapped if asked, searched.
 *
 * A value embedded in a view's state; owns a copy of its bytes and the places of its lines. Where the
 * reader stands stays when the same text grows. Painting changes nothing.
 */
#ifndef DROVER_TUI_TEXT_H
#define DROVER_TUI_TEXT_H

#include "tui/canvas.h"
#include "tui/match.h"

#include <stdbool.h>
#include <stddef.h>

struct text {
	char *bytes;
	size_t len;
	size_t *line; /* where each begins */
	size_t lines, line_cap;
	size_t top;      /* the first line shown */
	int left;        /* columns passed over; wrapped: none */
	int height;      /* rows at the last paint; told by text_height() */
	bool wrap, diff; /* diff: + and - lines have their styles */
	struct match search;
	size_t found; /* the line where the search stands; lines: nowhere */
};

void text_fini(struct text *t);

/* The bytes are copied. The place stays where it can; at the end it stays at the end. */
void text_set(struct text *t, const char *bytes, size_t len);

/* The rows it has on the screen. */
void text_height(struct text *t, int height);

/* j k arrows page-up page-down ctrl-d ctrl-u home g end G left right h l w n N; true when it was one. */
bool text_key(struct text *t, const char *key);

/* Search and go to the first line from the top of the screen that has it; "" forgets it. False: nowhere. */
bool text_search(struct text *t, const char *typed);

/* Rows [top, bottom), columns [left, left+width). */
void text_paint(const struct text *t, struct canvas *c, int top, int bottom, int left, int width);

/* "12/88": where the reader is. */
void text_place(const struct text *t, char *to, size_t size);

#endif
