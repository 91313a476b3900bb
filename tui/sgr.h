/*
 * Colours in the lines of hosts: the sequences are taken out, what they mean is kept.
 *
 * Pure. Only ESC [ ... m is understood; every other sequence stays in the text, for the sanitiser to show. A
 * colour becomes the nearest thing the screen has a style for, so no byte of a host decides about a terminal.
 */
#ifndef DROVER_TUI_SGR_H
#define DROVER_TUI_SGR_H

#include "tui/canvas.h"

#include <stddef.h>

struct buf;

struct sgr_span {
	size_t from, len; /* bytes of the plain text */
	enum style style;
};

/* Append the text without its colours to plain; where it is of another style than base goes to spans, at most
 * max of them. Returns how many. */
size_t sgr_parse(const char *text, size_t len, enum style base, struct buf *plain,
    struct sgr_span *spans, size_t max);

#endif
