/*
 * Whether a silent host is still there.
 *
 * A value, embedded in its owner, who tells it what was heard and asks it what
 * to do. Any byte counts as a sign of life; silence counts only while somebody
 * listens. After one interval of silence the host is asked, after `count` of
 * them it is given up: 5 s and 3 by default.
 */
#ifndef DROVER_REMOTE_ALIVE_H
#define DROVER_REMOTE_ALIVE_H

#include <stdint.h>

struct alive {
	int64_t interval_ms, count;
	int64_t heard_ms; /* when */
	uint64_t bytes;   /* heard in all */
	int asked;        /* questions since */
};

enum alive_answer { ALIVE_WAIT, ALIVE_ASK, ALIVE_GONE };

void alive_init(struct alive *a, int64_t interval_ms, int64_t count); /* 0: the default */

/* Silence begins now. */
void alive_begin(struct alive *a, uint64_t bytes, int64_t now_ms);

/* So many bytes were heard in all, until now. */
void alive_note(struct alive *a, uint64_t bytes, int64_t now_ms);

/* What to do now, and in *ret_after_ms when to ask again. */
enum alive_answer alive_check(struct alive *a, int64_t now_ms, int64_t *ret_after_ms);

int64_t alive_silence_ms(const struct alive *a, int64_t now_ms);

#endif
