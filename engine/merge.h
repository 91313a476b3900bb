/*
 * Lines of many sources in the order of their time.
 *
 * Pure. Each source brings its lines in order; a line goes out when no other source can bring an earlier one any
 * more, or when it has waited long enough. Equal times keep the order of the sources. Owns the lines that wait.
 */
#ifndef DROVER_ENGINE_MERGE_H
#define DROVER_ENGINE_MERGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct merge;

/* hold_ms: how long a line waits for earlier ones of others; -1: as long as it takes. last: of each source only
 * the last so many, known when it has ended; 0: all. */
struct merge *merge_new(size_t sources, int64_t hold_ms, size_t last);
void merge_free(struct merge *m);

/* The bytes are copied. */
void merge_add(
    struct merge *m, size_t source, int64_t time_us, int64_t now_ms, const void *p, size_t n);

/* It brings no more for now, so nobody waits for it: it ended, or is away; and it may bring some again. */
void merge_quiet(struct merge *m, size_t source, bool quiet);

struct merge_line {
	size_t source, len;
	const char *text; /* until the next call; ended by a NUL that does not count */
};
/* The next line that may go out; false: none may yet. */
bool merge_next(struct merge *m, int64_t now_ms, struct merge_line *ret);

size_t merge_bytes(const struct merge *m, size_t source); /* of its lines that wait */
bool merge_is_empty(const struct merge *m);

#endif
