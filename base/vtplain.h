/*
 * What was written on a terminal as lines of text: as a person would have read it there.
 *
 * A plain value that owns the line it stands on. A line is told when the cursor leaves it,
 * after what was deleted, overtyped or erased on it; colours are gone. What a program draws
 * on the other screen (an editor, a pager) is left out, and a line says so.
 */
#ifndef DROVER_BASE_VTPLAIN_H
#define DROVER_BASE_VTPLAIN_H

#include "base/buf.h"
#include "base/vt.h"

#define VTPLAIN_COLUMNS 4096 /* of one line; what is behind begins another */

struct vtplain {
	struct vt vt;
	uint32_t *cells; /* characters of the line */
	size_t len, cap, at;
	bool alternate;
};

void vtplain_init(struct vtplain *v);
void vtplain_fini(struct vtplain *v);

/* Append the lines that are done, clean for a terminal. */
void vtplain_feed(struct vtplain *v, const void *p, size_t n, struct buf *to);
void vtplain_end(
    struct vtplain *v, struct buf *to); /* and the last one, if there is anything on it */

#endif
