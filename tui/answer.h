/*
 * What a terminal may answer a host that asks it something.
 *
 * Pure. An answer goes where keys go, so it holds nothing that a host chose: numbers in the forms listed in the
 * source, and no other byte.
 */
#ifndef DROVER_TUI_ANSWER_H
#define DROVER_TUI_ANSWER_H

#include <stddef.h>

struct buf;

/* Append those of the n bytes that are whole answers of a known form; the rest is left out. */
void answer_filter(struct buf *to, const char *p, size_t n);

#endif
