/*
 * Sessions of glass: what fakes of the remote floor answer alike, whatever the test behind them plays.
 *
 * Linked in place of remote/ into the tests that include this. They bring their own session_open(),
 * session_counters() and channels. Promises nothing of sessions over real wires.
 */
#ifndef DROVER_TESTS_FAKES_GLASS_H
#define DROVER_TESTS_FAKES_GLASS_H

#include <stddef.h>
#include <stdint.h>

/* What session_rtt_ms() says of every session; -1 until a test sets another. */
extern int64_t glass_rtt_ms;

/* What the last terminal was resized to, and the last signal that was sent. */
extern int glass_columns, glass_rows;
extern char glass_signal[16];

/* What channel_pending() says. */
extern size_t glass_pending;

/* The first word of 32 hexadecimal digits in a command's line; as it was when there is none. */
void glass_nonce(const char *line, char nonce[40]);

#endif
