/*
 * Blocks of memory of which the least used go to a file when there are too many.
 *
 * Owns them, and the file: made when it is first needed, in the cache directory or TMPDIR, without a name, so
 * that nothing is left whatever ends the program. When nothing can be written all stays in memory, and that is
 * said.
 */
#ifndef DROVER_TUI_SPILL_H
#define DROVER_TUI_SPILL_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct spill;

/* budget: bytes kept in memory. */
struct spill *spill_new(size_t budget);
void spill_free(struct spill *s);

/* A block of zeros; its number. */
uint32_t spill_add(struct spill *s, size_t size);

/* Its bytes; change: they may be written. Looking at one that is in the file puts no other there. What the last SPILL_STANDS calls of these two gave stands. */
#define SPILL_STANDS 8
void *spill_get(struct spill *s, uint32_t block, bool change);

/* Try again what could not be written; nothing where all is well. */
void spill_retry(struct spill *s);

size_t spill_resident(const struct spill *s);  /* bytes in memory */
uint64_t spill_written(const struct spill *s); /* bytes in the file */
/* Why the budget is not kept, or bytes could not be read back; kind OK: it is. */
const struct err *spill_err(const struct spill *s);

#endif
