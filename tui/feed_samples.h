/*
 * The numbers of each answer of a host, kept for plots.
 *
 * Owned by the console; borrows it.
 */
#ifndef DROVER_TUI_FEED_SAMPLES_H
#define DROVER_TUI_FEED_SAMPLES_H

#include <stddef.h>

struct console;
struct samples;

/* samples.db beside the ledger. */
struct samples *feed_samples_new(struct console *c);

/* A host has answered, or did not. */
void feed_samples_polled(struct console *c, size_t host);

#endif
