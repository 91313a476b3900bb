/*
 * Sessions of glass: what fakes of the remote floor answer alike, whatever the test behind them plays.
 *
 * Linked in place of remote/ into the tests that include this. They bring their own session_open(),
 * session_counters() and channels. Promises nothing of sessions over real wires.
 */
#ifndef DROVER_TESTS_FAKES_GLASS_H
#define DROVER_TESTS_FAKES_GLASS_H

#include <stdint.h>

/* What session_rtt_ms() says of every session; -1 until a test sets another. */
extern int64_t glass_rtt_ms;

/* The first word of 32 hexadecimal digits in a command's line; as it was when there is none. */
void glass_nonce(const char *line, char nonce[40]);

#endif
