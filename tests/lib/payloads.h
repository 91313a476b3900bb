/*
 * Texts that a hostile host would send to reach the terminal of whoever looks at it.
 *
 * Escape sequences of every kind, control bytes, bytes that are no UTF-8, characters that hide or reorder.
 */
#ifndef DROVER_TESTS_LIB_PAYLOADS_H
#define DROVER_TESTS_LIB_PAYLOADS_H

#include <stddef.h>

#define PAYLOADS_LEAST 300

size_t payload_count(void);

/* The text of one, with a letter before and behind it, so that a byte that is swallowed is seen. Caller
 * frees. */
char *payload_text(size_t i);

#endif
