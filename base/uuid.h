/* UUIDv7 (RFC 9562): a run's name everywhere; sorts by time. Plain values. */
#ifndef DROVER_BASE_UUID_H
#define DROVER_BASE_UUID_H

#include <stdbool.h>
#include <stdint.h>

#define UUID_TEXT 37 /* 36 characters and a NUL */

/* Fresh; of two made by this process the later sorts behind the earlier. */
void uuid_v7(int64_t wall_ms, char text[UUID_TEXT]);

/* 8-4-4-4-12 lower-case hexadecimal digits. */
bool uuid_is(const char *s);

#endif
