/*
 * What a recorded terminal may do to the one it is played on: text, colours, the cursor, erasing.
 *
 * A plain value between hostile bytes and somebody's terminal: what comes out is made of
 * sequences from one list and of text that passed the sanitiser. Nothing in it asks the
 * terminal a question, names a window, writes a clipboard, follows the mouse, clears what
 * has scrolled away, or changes what keys send; and vtgate_end() undoes what is left on.
 */
#ifndef DROVER_BASE_VTGATE_H
#define DROVER_BASE_VTGATE_H

#include "base/vt.h"

struct buf;

struct vtgate {
	struct vt vt;
	bool alternate; /* the other screen is shown */
	bool touched;   /* something went through that is undone at the end */
};

void vtgate_init(struct vtgate *g);

/* Append to `to` what of it may pass. */
void vtgate_feed(struct vtgate *g, const void *p, size_t n, struct buf *to);

/* The terminal as it was found: its own screen, plain text, a cursor that is seen, no margins. */
void vtgate_end(struct vtgate *g, struct buf *to);

#endif
