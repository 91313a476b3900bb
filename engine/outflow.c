#include "engine/outflow.h"

#include "base/buf.h"
#include "base/event.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "engine/herd.h"
#include "engine/run.h"
#include "inventory/inventory.h"
#include "ledger/ledger.h"

#include <string.h>

void
outflow_init(struct outflow *f, struct run *run, struct herd_host *hh, bool terminal)
{
	*f = (struct outflow){ .run = run, .hh = hh, .terminal = terminal };
}

static const char *
stream_name(enum stream s)
{
	return s == STREAM_OUT ? "out" : "err";
}

static const char *
host_name(const struct outflow *f)
{
	return herd_host_of(f->hh)->name;
}

static void
emit_piece(struct outflow *f, enum stream s, const char *p, size_t n)
{
	autoevent e = { .count = 0 };

	if (n == 0)
		return;
	event_init(&e, EVENT_HOST_OUT);
	event_set_text(&e, FIELD_HOST, host_name(f));
	event_set_text(&e, FIELD_STREAM, stream_name(s));
	event_set_data(&e, FIELD_DATA, p, n);
	run_emit(f->run, &e);
}

/* A terminal ends its lines by a carriage return and a newline: what is kept are lines. */
static void
take_returns(struct outflow_side *side, const char *p, size_t n, struct buf *to)
{
	for (size_t i = 0; i < n; i++) {
		if (p[i] == '\r') {
			side->returns++;
			continue;
		}
		for (; side->returns && p[i] != '\n'; side->returns--)
			buf_addc(to, '\r');
		side->returns = 0;
		buf_addc(to, p[i]);
	}
}

static void
keep(struct outflow *f, enum stream s, const char *p, size_t n)
{
	struct outflow_side *side = &f->side[s];
	const char *piece = p;
	autofree char *joined = NULL;

	if (run_ledger(f->run)) {
		if (!side->kept)
			side->kept = ledger_output_new();
		ledger_output_add(side->kept, p, n);
	}
	if (side->part_len > 0) {
		joined = xcalloc(side->part_len + n, 1);
		memcpy(joined, side->part, side->part_len);
		memcpy(joined + side->part_len, p, n);
		piece = joined;
		n += side->part_len;
	}
	size_t whole = utf8_whole(piece, n);
	side->part_len = n - whole;
	memcpy(side->part, piece + whole, side->part_len);
	emit_piece(f, s, piece, whole);
}

void
outflow_add(struct outflow *f, enum stream s, const void *p, size_t n)
{
	autobuf lines = BUF_INIT(SIZE_MAX);

	if (!f->terminal) {
		keep(f, s, p, n);
		return;
	}
	take_returns(&f->side[s], p, n, &lines);
	if (lines.len)
		keep(f, s, lines.data, lines.len);
}

static void
end_side(struct outflow *f, enum stream s)
{
	struct outflow_side *side = &f->side[s];
	autoevent e = { .count = 0 };

	for (; side->returns; side->returns--)
		keep(f, s, "\r", 1);
	emit_piece(f, s, side->part, side->part_len);
	side->part_len = 0;
	if (!side->kept)
		return;
	event_init(&e, EVENT_HOST_OUTPUT);
	event_set_text(&e, FIELD_HOST, host_name(f));
	event_set_text(&e, FIELD_STREAM, stream_name(s));
	ledger_output_end(take(side->kept), herd_ledger(herd_host_herd(f->hh)), &e);
	run_emit(f->run, &e);
}

void
outflow_end(struct outflow *f)
{
	end_side(f, STREAM_OUT);
	end_side(f, STREAM_ERR);
}
