#include "engine/transcript.h"

#include "base/asciicast.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/digest.h"
#include "base/event.h"
#include "base/mem.h"
#include "engine/run.h"
#include "ledger/ledger.h"

#include <string.h>

#define SLICE 4096 /* bytes of output a line: a piece is over its size by one line at most */

struct transcript {
	struct run *run;
	struct ledger *ledger;
	char *host;
	char name[17];
	struct asciicast cast;
	struct buf lines;
	int64_t began_ms, piece_ms; /* of the loop's clock */
	uint64_t kept, bytes;       /* of lines in the ledger; of output in this piece */
	bool full;
};

static int
side(int n)
{
	return n < 1 ? 1 : n > ASCIICAST_SIDE_MAX ? ASCIICAST_SIDE_MAX : n;
}

struct transcript *
transcript_open(const struct transcript_spec *spec, int64_t now_ms)
{
	uint64_t number;

	if (!spec->ledger || !run_ledger(spec->run))
		return NULL;
	struct transcript *t = xcalloc(1, sizeof(*t));
	t->run = spec->run;
	t->ledger = spec->ledger;
	t->host = xstrdup(spec->host);
	digest_random(&number, sizeof(number));
	snprintf(t->name, sizeof(t->name), "%016llx", (unsigned long long)number);
	t->began_ms = t->piece_ms = now_ms;
	/* Every byte of a slice may become six, and there are the head and the last remark. */
	buf_init(&t->lines, TRANSCRIPT_PIECE + 8 * SLICE);
	asciicast_init(&t->cast, &t->lines);
	asciicast_begin(&t->cast, &(struct asciicast_head){ .columns = side(spec->columns),
				      .rows = side(spec->rows),
				      .time_ms = clock_wall_ms(),
				      .title = spec->title ? spec->title : spec->host,
				      .term = spec->term });
	return t;
}

static void
put_piece(struct transcript *t, int64_t now_ms)
{
	autoevent e = { .count = 0 };
	char hex[DIGEST_HEX];

	ledger_put(t->ledger, t->lines.data, t->lines.len, hex);
	event_init(&e, EVENT_TRANSCRIPT);
	event_set_text(&e, FIELD_HOST, t->host);
	event_set_text(&e, FIELD_NAME, t->name);
	event_set_text(&e, FIELD_DIGEST, hex);
	event_set_int(&e, FIELD_BYTES, (int64_t)t->bytes);
	event_set_int(&e, FIELD_MS, now_ms - t->began_ms);
	run_emit(t->run, &e);
	t->kept += t->lines.len;
	t->bytes = 0;
	t->piece_ms = now_ms;
	buf_clear(&t->lines);
}

static void
tell_full(struct transcript *t)
{
	autoevent e = { .count = 0 };

	event_init(&e, EVENT_WARN);
	event_set_text(&e, FIELD_HOST, t->host);
	event_set_text(&e, FIELD_TEXT, "its transcript is full at 64 MiB: the rest is not kept");
	run_emit(t->run, &e);
}

/* Whether another line may be written; ends the recording where it may not. */
static bool
has_room(struct transcript *t, int64_t now_ms)
{
	if (t->full)
		return false;
	if (t->lines.len >= TRANSCRIPT_PIECE ||
	    (t->lines.len > 0 && now_ms - t->piece_ms >= TRANSCRIPT_AGE))
		put_piece(t, now_ms);
	if (t->kept + t->lines.len + 8 * SLICE <= TRANSCRIPT_MAX)
		return true;
	asciicast_end(&t->cast, now_ms - t->began_ms);
	asciicast_marker(&t->cast, now_ms - t->began_ms, "drover: the transcript is full");
	t->full = true;
	tell_full(t);
	return false;
}

void
transcript_output(struct transcript *t, const void *p, size_t n, int64_t now_ms)
{
	const char *at = p;

	while (t && n > 0 && has_room(t, now_ms)) {
		size_t slice = n < SLICE ? n : SLICE;

		asciicast_output(&t->cast, now_ms - t->began_ms, at, slice);
		t->bytes += slice;
		at += slice;
		n -= slice;
	}
}

void
transcript_resize(struct transcript *t, int columns, int rows, int64_t now_ms)
{
	if (t && has_room(t, now_ms))
		asciicast_resize(&t->cast, now_ms - t->began_ms, side(columns), side(rows));
}

void
transcript_mark(struct transcript *t, const char *text, int64_t now_ms)
{
	if (t && has_room(t, now_ms))
		asciicast_marker(&t->cast, now_ms - t->began_ms, text);
}

bool
transcript_is_full(const struct transcript *t)
{
	return t->full;
}

void
transcript_close(struct transcript *t, int64_t now_ms)
{
	if (!t)
		return;
	asciicast_end(&t->cast, now_ms - t->began_ms);
	if (t->lines.len > 0)
		put_piece(t, now_ms);
	buf_fini(&t->lines);
	free(t->host);
	free(t);
}
