/*
 * Keeps secrets out of a stream of bytes, however it is cut into pieces.
 *
 * A redactor knows its secrets and the ways in which programs write them: as they
 * are, in base64, quoted for a shell, escaped for JSON, in percent signs. What it
 * finds becomes as many stars, so lengths stay. Owns copies and wipes them.
 */
#ifndef DROVER_BASE_REDACT_H
#define DROVER_BASE_REDACT_H

#include "base/buf.h"

#include <stddef.h>

struct redact;

/* Shorter ones would blot out words that say nothing. */
#define REDACT_MIN 4

struct redact *redact_new(void);
void redact_free(struct redact *r);

/* One secret more, from here on. Those shorter than REDACT_MIN bytes are left out. */
void redact_add(struct redact *r, const char *secret);

/* True when there is nothing to look for. */
bool redact_empty(const struct redact *r);

/* In place; how many were found. */
size_t redact_text(const struct redact *r, char *p, size_t n);

/* A stream of its own: `held` is the end of it that may be the beginning of a secret. Append to
 * `to` what can be told now; how many were found. */
size_t redact_feed(
    const struct redact *r, struct buf *held, const void *p, size_t n, struct buf *to);
/* The end: what was held goes out. */
void redact_end(struct buf *held, struct buf *to);

#endif
