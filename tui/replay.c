#include "tui/replay.h"

#include "base/asciicast.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/mem.h"
#include "cli/history.h"
#include "tui/canvas.h"
#include "tui/grid.h"
#include "tui/pane.h"

#include <stdio.h>
#include <string.h>

struct shown {
	enum asciicast_kind kind;
	int64_t ms; /* of its own recording */
	char *data;
	size_t len;
	int columns, rows;
};

struct side {
	const struct history_side *of;
	struct pane *pane;
	int64_t wall_ms, late_ms; /* when it began; that long behind the first */
	struct shown *shown;      /* of the piece that is played */
	size_t count, cap, at, next_piece;
	int rows, cols;
};

struct replay {
	struct side *side;
	size_t count;
	int64_t now_ms;
};

/* A recording asks nobody anything. */
static void
send_nowhere(void *user, const void *bytes, size_t len, bool answer)
{
	(void)user;
	(void)bytes;
	(void)len;
	(void)answer;
}

static void
forget_piece(struct side *s)
{
	for (size_t i = 0; i < s->count; i++)
		free(s->shown[i].data);
	s->count = s->at = 0;
}

static bool
take_event(void *user, const struct asciicast_event *e)
{
	struct side *s = user;

	if (e->kind != ASCIICAST_OUTPUT && e->kind != ASCIICAST_RESIZE)
		return true;
	mem_grow(s->shown, s->count, s->cap);
	s->shown[s->count++] = (struct shown){ .kind = e->kind,
		.ms = e->ms,
		.data = e->kind == ASCIICAST_OUTPUT ? xmemdup0(e->data, e->len) : NULL,
		.len = e->len,
		.columns = e->columns,
		.rows = e->rows };
	return true;
}

static void
set_size(struct side *s, int rows, int cols)
{
	if (rows < 1 || cols < 1)
		return;
	s->rows = rows;
	s->cols = cols;
	if (s->pane)
		pane_resize(s->pane, rows, cols);
}

/* The next piece that shows something. 0: there is, or it has ended; -1: it cannot be read. */
static int
load_piece(struct side *s, struct err *err)
{
	struct asciicast_head head = { .columns = 0 };

	if (s->at < s->count)
		return 0;
	forget_piece(s);
	while (s->next_piece < s->of->pieces && s->count == 0) {
		size_t len = 0, i = s->next_piece++;
		autofree char *text = s->of->piece(s->of->user, i, &len, err);

		if (!text || asciicast_read(text, len, &head, take_event, s, err) < 0)
			return err_wrap(err, "%s", s->of->host);
		set_size(s, head.rows, head.columns);
		if (head.time_ms)
			s->wall_ms = head.time_ms;
	}
	return 0;
}

struct replay *
replay_new(const struct history_sides *sides, struct err *err)
{
	struct replay *r = xcalloc(1, sizeof(*r));
	int64_t first = INT64_MAX;

	r->side = xcalloc(sides->count + 1, sizeof(*r->side));
	r->count = sides->count;
	for (size_t i = 0; i < r->count; i++) {
		struct side *s = &r->side[i];

		*s = (struct side){ .of = &sides->list[i], .rows = 24, .cols = 80 };
		if (load_piece(s, err) < 0) {
			replay_free(r);
			return NULL;
		}
		s->pane = pane_new(&(struct pane_config){
		    .rows = s->rows, .cols = s->cols, .send = send_nowhere });
		first = s->wall_ms && s->wall_ms < first ? s->wall_ms : first;
	}
	for (size_t i = 0; i < r->count; i++)
		r->side[i].late_ms = r->side[i].wall_ms ? r->side[i].wall_ms - first : 0;
	return r;
}

void
replay_free(struct replay *r)
{
	if (!r)
		return;
	for (size_t i = 0; i < r->count; i++) {
		forget_piece(&r->side[i]);
		free(r->side[i].shown);
		pane_free(r->side[i].pane);
	}
	free(r->side);
	free(r);
}

static int64_t
due(const struct side *s)
{
	return s->at < s->count ? s->late_ms + s->shown[s->at].ms : -1;
}

int64_t
replay_next(const struct replay *r)
{
	int64_t next = -1;

	for (size_t i = 0; i < r->count; i++) {
		int64_t at = due(&r->side[i]);

		if (at >= 0 && (next < 0 || at < next))
			next = at;
	}
	return next;
}

static int
advance(struct side *s, int64_t ms, struct err *err)
{
	while (due(s) >= 0 && due(s) <= ms) {
		const struct shown *e = &s->shown[s->at++];

		if (e->kind == ASCIICAST_RESIZE)
			set_size(s, e->rows, e->columns);
		else
			pane_feed(s->pane, e->data, e->len);
		if (load_piece(s, err) < 0)
			return -1;
	}
	return 0;
}

int
replay_advance(struct replay *r, int64_t ms, struct err *err)
{
	for (size_t i = 0; i < r->count; i++) {
		if (advance(&r->side[i], ms, err) < 0)
			return -1;
	}
	r->now_ms = ms > r->now_ms ? ms : r->now_ms;
	return 0;
}

size_t
replay_pages(const struct replay *r, int rows, int cols)
{
	struct grid g;

	grid_make(rows - 1, cols, r->count, &g);
	return g.pages;
}

/* The rows around the cursor, where there is room for less than were recorded. */
static void
paint_side(const struct side *s, const struct grid *g, const struct grid_box *b, struct canvas *c)
{
	autofree struct cell *cells = xcalloc((size_t)b->cols + 1, sizeof(*cells));
	int skip, row = b->row - 1;
	struct pane_state p;

	pane_get(s->pane, &p);
	skip = p.cursor_row >= b->rows ? p.cursor_row - b->rows + 1 : 0;
	canvas_fill(c, row, b->col, b->cols, STYLE_DIM, '-');
	canvas_printf(c, row, b->col + 1, b->cols - 2, STYLE_BOLD, " %s %s", s->of->host,
	    due(s) < 0 ? "(ended) " : "");
	for (int r = 0; r < b->rows && skip + r < p.rows; r++) {
		pane_line(s->pane, p.top + skip + r, cells, b->cols);
		for (int col = 0; col < b->cols; col++)
			canvas_put(c, b->row + r, b->col + col, &cells[col]);
	}
	for (int r = -1; r < b->rows && b->col + b->cols < g->width; r++)
		canvas_print(c, b->row + r, b->col + b->cols, 1, STYLE_DIM, r < 0 ? "+" : "|");
}

void
replay_paint(const struct replay *r, size_t page, struct canvas *c)
{
	struct grid g;
	char spent[24];

	canvas_clear(c);
	grid_make(c->rows - 1, c->cols, r->count, &g);
	for (size_t slot = 0; slot < g.per_page; slot++) {
		size_t i = page % g.pages * g.per_page + slot;
		struct grid_box b;

		if (i >= r->count)
			break;
		grid_place(&g, slot, &b);
		paint_side(&r->side[i], &g, &b, c);
	}
	clock_spent(r->now_ms, spent, sizeof(spent));
	canvas_printf(c, c->rows - 1, 0, c->cols, STYLE_HINT,
	    " %s%s  page %zu/%zu  Space pause  n next page  q quit", spent,
	    replay_next(r) < 0 ? " (the end)" : "", page % g.pages + 1, g.pages);
}
