/*
 * asciicast v2: what a terminal showed, and when, as lines of JSON.
 *
 * The writer is a plain value that appends to a buffer of its user and owns nothing;
 * the reader gives one event a line. What is not UTF-8 becomes U+FFFD, as the format
 * wants it; the beginning of a character waits for its rest. Times are milliseconds
 * since the terminal was opened and never go back.
 */
#ifndef DROVER_BASE_ASCIICAST_H
#define DROVER_BASE_ASCIICAST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;
struct err;

#define ASCIICAST_SIDE_MAX 2000 /* columns and rows of a terminal that is recorded */

struct asciicast_head {
	int columns, rows;
	int64_t time_ms;          /* wall clock; 0: not told */
	const char *title, *term; /* NULL: not told */
};

enum asciicast_kind {
	ASCIICAST_OUTPUT, /* "o" */
	ASCIICAST_INPUT,  /* "i" */
	ASCIICAST_RESIZE, /* "r" */
	ASCIICAST_MARKER  /* "m": a remark of whoever records */
};

struct asciicast {
	struct buf *to;
	int64_t last_ms;
	struct {
		char bytes[4];
		size_t len;
	} part[2]; /* of the output and of the input: a character that is not whole */
};

void asciicast_init(struct asciicast *c, struct buf *to);

/* The first line. */
void asciicast_begin(struct asciicast *c, const struct asciicast_head *head);

/* Bytes as they came. */
void asciicast_output(struct asciicast *c, int64_t ms, const void *p, size_t n);
void asciicast_input(struct asciicast *c, int64_t ms, const void *p, size_t n);
void asciicast_resize(struct asciicast *c, int64_t ms, int columns, int rows);
void asciicast_marker(struct asciicast *c, int64_t ms, const char *text);

/* What was waiting for its rest will not get it. */
void asciicast_end(struct asciicast *c, int64_t ms);

struct asciicast_event {
	enum asciicast_kind kind;
	int64_t ms;
	const char *data; /* UTF-8, may hold NULs */
	size_t len;
	int columns, rows; /* of RESIZE */
};

/* A whole recording or a piece of one that begins with a line: each() gets its events in order until it
 * returns false; head (may be NULL) what a first line of it says, columns 0 where there is none. Events of
 * kinds that are not known are passed over. Kind INPUT, with the line, when it is not an asciicast. */
int asciicast_read(const char *text, size_t len, struct asciicast_head *head,
    bool (*each)(void *user, const struct asciicast_event *e), void *user, struct err *err);

#endif
