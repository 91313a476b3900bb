/* Time: monotonic for waiting, wall for records, and both as text. Nothing is owned. */
#ifndef DROVER_BASE_CLOCK_H
#define DROVER_BASE_CLOCK_H

#include <stddef.h>
#include <stdint.h>

int64_t clock_mono_ms(void);
int64_t clock_mono_us(void);
int64_t clock_wall_ms(void); /* since 1970, UTC */

/* RFC 3339 in UTC with milliseconds: 2026-01-02T03:04:05.678Z. size >= 25. */
void clock_rfc3339(int64_t wall_ms, char *to, size_t size);

/* The reverse; -1 when s is not of that form. */
int64_t clock_parse_rfc3339(const char *s);

/* An age or a length in at most 5 columns: 850ms, 12s, 4m, 3h, 41d. */
void clock_short(int64_t ms, char *to, size_t size);

/* How long something takes, second by second: 30s, 1m30s, 2h05m, 3d; in at most 6 columns. */
void clock_spent(int64_t ms, char *to, size_t size);

#endif
