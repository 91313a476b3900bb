/*
 * Growing bytes with a ceiling given at birth.
 *
 * Owns its bytes. What does not fit is counted in `dropped`, never written; the
 * bytes are always followed by a NUL that does not count.
 */
#ifndef DROVER_BASE_BUF_H
#define DROVER_BASE_BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf {
	char *data; /* never NULL after the first append; use buf_text() otherwise */
	size_t len, cap, max;
	uint64_t dropped;
};

#define BUF_INIT(ceiling) ((struct buf){ .max = (ceiling) })
#define autobuf           __attribute__((cleanup(buf_fini))) struct buf

void buf_init(struct buf *b, size_t max);
void buf_fini(struct buf *b);
void buf_clear(struct buf *b);

/* False when some bytes were dropped at the ceiling. */
bool buf_add(struct buf *b, const void *p, size_t n);
bool buf_adds(struct buf *b, const char *s);
bool buf_addc(struct buf *b, char c);
__attribute__((format(printf, 2, 3))) bool buf_addf(struct buf *b, const char *fmt, ...);

/* Forget the first n bytes. */
void buf_drop(struct buf *b, size_t n);

/* The bytes as a string, "" when empty; valid until the next change. */
const char *buf_text(const struct buf *b);

/* Hand the bytes to the caller, who frees them; the buffer is empty after. */
char *buf_detach(struct buf *b, size_t *ret_len);

#endif
