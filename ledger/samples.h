/*
 * What the hosts' numbers were in the last day: CPU, memory, disk, load.
 *
 * Owns a ring of bounded size for each host, at three resolutions, in memory and in samples.db beside
 * the ledger. The file is read once and written now and then on a thread of its own; it is never waited
 * for, and whatever is wrong with it costs only what it would have told.
 */
#ifndef DROVER_LEDGER_SAMPLES_H
#define DROVER_LEDGER_SAMPLES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct err;
struct loop;
struct samples;

enum sample_metric { SAMPLE_CPU, SAMPLE_MEMORY, SAMPLE_DISK, SAMPLE_LOAD, SAMPLE_METRICS };

/* 90 of 10 s, 120 of a minute, 144 of ten minutes. */
enum sample_span { SAMPLE_QUARTER, SAMPLE_TWO_HOURS, SAMPLE_DAY, SAMPLE_SPANS };

#define SAMPLE_NONE INT32_MIN

struct samples_config {
	struct loop *loop;
	const char *path;           /* of the file, copied; NULL: only in memory */
	const char *fleet;          /* copied */
	void (*loaded)(void *user); /* what the file held is there; may be NULL */
	void *user;
};

/* Never fails: without a file or a thread it remembers what it is told from now on. */
struct samples *samples_new(const struct samples_config *config);
void samples_free(struct samples *s); /* what is not yet written is written */

/* Percents, and the load in hundredths; SAMPLE_NONE or negative: not known. Values that come within
 * one step are averaged. */
void samples_add(
    struct samples *s, const char *host, int64_t wall_ms, const int32_t values[SAMPLE_METRICS]);

/* How many a span has at most, and how long each of them stands for. */
size_t samples_size(enum sample_span span);
int64_t samples_step_ms(enum sample_span span);

/* The last n up to now, the newest last; SAMPLE_NONE where nothing is known. False: nothing is known
 * of this host at all. */
struct sample_asked {
	const char *host;
	enum sample_metric metric;
	enum sample_span span;
	int64_t now_ms;
};
bool samples_last(const struct samples *s, const struct sample_asked *asked, int32_t *to, size_t n);

/* Write what is new now, and wait until it is written: for tests and for the end. -1: why not. */
int samples_flush(struct samples *s, struct err *err);

#endif
