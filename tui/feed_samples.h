/*
 * The numbers of each answer of a host, kept for plots.
 *
 * Owned by the console; borrows it.
 */
#ifndef DROVER_TUI_FEED_SAMPLES_H
#define DROVER_TUI_FEED_SAMPLES_H

struct console;
struct samples;
struct samples_feed;

/* samples.db beside the ledger. */
struct samples_feed *feed_samples_new(struct console *c);
void feed_samples_free(struct samples_feed *f);
const struct samples *feed_samples_source(const struct samples_feed *f);

/* Takes what hosts have answered since it was called last. */
void feed_samples_take(struct samples_feed *f);

#endif
