/*
 * What a verb prints: results to standard output, all else to standard error.
 *
 * Owns the progress block and the folding of equal output. Every byte that came
 * from a host passes the sanitiser here, once. A failed write to standard output
 * is remembered and decides the exit code (10; a closed pipe ends quietly).
 */
#ifndef DROVER_CLI_OUT_H
#define DROVER_CLI_OUT_H

#include "base/event.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct out;
struct loop;
struct run;

struct out_config {
	bool json, quiet;
	int verbose;
	const char *color;    /* auto, always, never; NULL: auto */
	const char *progress; /* auto, bar, plain, none; NULL: auto */
};

struct out *out_new(const struct out_config *config);
/* Flushes; false when something could not be written. */
bool out_free(struct out *o);

bool out_json(const struct out *o);
bool out_colour(const struct out *o); /* standard output takes colours */

/* Write what is gathered now; otherwise it waits for 64 KiB, a note, or the end. */
void out_flush(struct out *o);

/* A piece of the result as it is: pages of help, JSON. Not remote. */
void out_text(struct out *o, const char *text, size_t len);
/* A line of the result; text is ours (not remote), a newline is added. */
__attribute__((format(printf, 2, 3))) void out_line(struct out *o, const char *fmt, ...);
/* Remote or file text: sanitised; a newline is added when missing. */
void out_remote(struct out *o, const char *prefix, const char *text, size_t len);
/* A note on standard error. */
__attribute__((format(printf, 2, 3))) void out_note(struct out *o, const char *fmt, ...);

/* A table: rows of cells, printed aligned at out_table_end(); with json one object a row, its keys
 * the columns' names in lower case. Cells are cleaned; NULL: no value. Texts are copied. */
void out_table(struct out *o, const char *const *columns, size_t n);
void out_row(struct out *o, const char *const *cells);
void out_table_end(struct out *o);

/* Follow a run: events become JSON lines, or prefixed output, failures, progress and summary.
 * fold: equal outputs of hosts are shown once at the end, with the node set (-b). */
void out_follow(struct out *o, struct loop *loop, struct run *run, bool fold);
/* How long a host at work has not been heard, -1: nobody knows; asked while it is drawn. */
void out_ask_silence(
    struct out *o, int64_t (*silence_ms)(void *user, const char *host), void *user);
/* A question stands on the terminal: the progress block stays away and Enter is not read. */
void out_hold(struct out *o, bool hold);
void out_unfollow(struct out *o);
/* What else than Enter is typed while a run is followed is somebody's: typed() gets it as it comes, in lines. */
void out_pass_typed(
    struct out *o, void (*typed)(void *user, const char *bytes, size_t len), void *user);
/* The verb reads standard input itself: progress does not listen there. */
void out_uses_stdin(struct out *o);

#endif
