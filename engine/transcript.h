/*
 * What one terminal on one host showed, kept in the ledger while it lasts.
 *
 * Owns at most one piece of its recording in memory (256 KiB): a piece that is full, or
 * half a minute old, goes to the ledger's contents and is told as an EVENT_TRANSCRIPT of
 * the run, so that a drover that dies loses no more than the last piece. A recording ends
 * at 64 MiB, and says so.
 *
 * It is what the host sent, and nothing else: what is typed is never recorded, so that what is typed
 * while the host does not echo is nowhere in it.
 */
#ifndef DROVER_ENGINE_TRANSCRIPT_H
#define DROVER_ENGINE_TRANSCRIPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ledger;
struct run;
struct transcript;

#define TRANSCRIPT_PIECE (256U << 10) /* of its lines */
#define TRANSCRIPT_MAX   (64U << 20)  /* of all pieces of one terminal */
#define TRANSCRIPT_AGE   30000        /* ms after which what there is becomes a piece */

struct transcript_spec {
	struct run *run;       /* is there until transcript_close() */
	struct ledger *ledger; /* of that run */
	const char *host;      /* its name in the inventory */
	const char *title;     /* what the terminal is: "shop-0 on web1"; NULL: the host */
	const char *term;      /* TERM there; NULL: not told */
	int columns, rows;
};

/* now_ms: loop_now_ms(), here and below. NULL where the run is not recorded: all below take that. */
struct transcript *transcript_open(const struct transcript_spec *spec, int64_t now_ms);
void transcript_output(struct transcript *t, const void *p, size_t n, int64_t now_ms);
void transcript_resize(struct transcript *t, int columns, int rows, int64_t now_ms);
/* A remark beside what was shown: "reconnected". Ours, or cleaned. */
void transcript_mark(struct transcript *t, const char *text, int64_t now_ms);
/* It has ended by itself, at TRANSCRIPT_MAX. */
bool transcript_is_full(const struct transcript *t);
void transcript_close(struct transcript *t, int64_t now_ms); /* frees it */

#endif
