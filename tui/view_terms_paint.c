/* The grid, its titles, and the line that says who receives what is typed. */
#include "tui/view_terms.h"

#include "base/clock.h"
#include "base/mem.h"
#include "base/str.h"
#include "inventory/inventory.h"
#include "tui/canvas.h"
#include "tui/confirm.h"
#include "tui/finder.h"
#include "tui/pane.h"

#include <stdio.h>
#include <string.h>

static bool
lags(const struct terms_pane *p)
{
	const struct terms_link *l = p->terms->link;

	return p->lag_ms && l->now_ms(l->user) - p->lag_ms >= 200;
}

/* What is to be known of a pane, most of all first. */
static void
badges(const struct terms_view *tv, size_t i, char *to, size_t size)
{
	const struct terms_pane *p = tv->terms->panes[i];
	bool several = tv->terms->mode != BROADCAST_OFF;
	size_t n = 0;

	to[0] = '\0';
	if (p->state == TERMS_OPENING)
		n = (size_t)snprintf(to, size, " connecting");
	else if (p->state == TERMS_LOST)
		n = (size_t)snprintf(to, size, " LOST");
	else if (p->state == TERMS_ENDED && p->signal[0])
		n = (size_t)snprintf(to, size, " EXITED SIG%.15s", p->signal);
	else if (p->state == TERMS_ENDED)
		n = (size_t)snprintf(to, size, " EXITED rc=%d", p->status);
	else if (several && terms_takes(tv->terms, i))
		n = (size_t)snprintf(to, size, " SYNC");
	else if (several)
		n = (size_t)snprintf(to, size, p->pet && !p->in ? " (off: pet)" : " (off)");
	else if (p->in)
		n = (size_t)snprintf(to, size, " (in)");
	if (p->recording && n < size)
		n += (size_t)snprintf(to + n, size - n, " REC");
	if (p->differs && n < size)
		n += (size_t)snprintf(
		    to + n, size - n, tv->terms->hold_odd ? " DIFFERS held" : " DIFFERS");
	if (p->refused && n < size)
		n += (size_t)snprintf(
		    to + n, size - n, " %llu KEYS LOST", (unsigned long long)p->refused);
	else if (lags(p) && n < size)
		n += (size_t)snprintf(
		    to + n, size - n, " LAG %zu", p->line ? p->terms->link->pending(p->line) : 0);
	if (p->paused && n < size)
		n += (size_t)snprintf(to + n, size - n, " FLOOD");
	if (n < size)
		snprintf(to + n, size - n, "%s", n ? " " : "");
}

static enum style
badge_style(const struct terms_pane *p)
{
	if (p->state == TERMS_LOST || p->differs || p->refused)
		return STYLE_BAD;
	return p->state == TERMS_LIVE ? STYLE_GOOD : STYLE_WARN;
}

/* The row above a pane: = where it receives what is typed, - where it does not. */
static void
paint_title(
    const struct terms_view *tv, size_t i, const struct grid_box *b, int top, struct canvas *c)
{
	const struct terms_pane *p = tv->terms->panes[i];
	bool focus = i == tv->terms->focus, takes = terms_takes(tv->terms, i);
	enum style style = focus ? STYLE_BOLD : STYLE_DIM;
	char title[200], right[120];
	int row = top + b->row - 1, used;

	canvas_fill(c, row, b->col, b->cols, style, takes ? '=' : '-');
	terms_title(p, title, sizeof(title));
	autofree char *group = tv->terms->fold ? terms_group(tv->terms, i) : NULL;
	bool folded = group && !str_eq(group, p->host);
	badges(tv, i, right, sizeof(right));
	int room = b->cols - canvas_width(right) - 4;
	used = canvas_printf(c, row, b->col + 1, room > 8 ? room : 8, focus ? STYLE_TAB_ON : style,
	    "%s%s%s%s ", focus ? ">" : " ", folded ? group : title, p->pet ? " (pet)" : "",
	    folded ? " show the same" : "");
	if (b->cols - used - 3 > canvas_width(right))
		canvas_print_right(
		    c, row, b->col + used + 1, b->cols - used - 3, badge_style(p), right);
	else
		canvas_print(c, row, b->col + used + 1, b->cols - used - 1, badge_style(p), right);
}

/* Where a line of a scrolled pane has what was searched for. */
static void
paint_found(const struct terms_view *tv, struct canvas *c, int row, const struct grid_box *b)
{
	autobuf text = BUF_INIT(65536);
	struct finder f;
	size_t at = 0, len;

	if (!tv->search[0])
		return;
	for (int col = 0; col < b->cols; col++)
		buf_adds(&text, c->cells[row * c->cols + b->col + col].text);
	finder_init(&f, tv->search);
	while (finder_find(&f, buf_text(&text), text.len, at, &at, &len) && len) {
		size_t bytes = 0;

		for (int col = 0; col < b->cols; col++) {
			if (bytes >= at && bytes < at + len)
				canvas_restyle(c, row, b->col + col, 1, STYLE_FOUND);
			bytes += strlen(c->cells[row * c->cols + b->col + col].text);
		}
		at += len;
	}
	finder_fini(&f);
}

static void
paint_lines(
    const struct terms_view *tv, size_t i, const struct grid_box *b, int top, struct canvas *c)
{
	const struct terms_pane *p = tv->terms->panes[i];
	bool scrolled = i == tv->terms->focus && tv->mode == TERMS_SCROLL;
	autofree struct cell *cells = xcalloc((size_t)b->cols + 1, sizeof(*cells));
	struct pane_state s;

	pane_get(p->pane, &s);
	int64_t first = scrolled ? tv->top : s.top;
	for (int r = 0; r < b->rows; r++) {
		int64_t line = first + r, other = tv->anchor < 0 ? tv->cursor : tv->anchor;
		bool in =
		    (line >= tv->cursor && line <= other) || (line <= tv->cursor && line >= other);

		pane_line(p->pane, line, cells, b->cols);
		for (int col = 0; col < b->cols; col++)
			canvas_put(c, top + b->row + r, b->col + col, &cells[col]);
		if (scrolled && line < s.top + s.rows)
			paint_found(tv, c, top + b->row + r, b);
		if (scrolled && in)
			canvas_select(c, top + b->row + r, b->col, b->cols);
	}
	if (i == tv->terms->focus && !scrolled && s.cursor_row < b->rows) {
		c->cursor_row = top + b->row + s.cursor_row;
		c->cursor_col = b->col + s.cursor_col;
	}
}

/* In its last row: why nothing comes any more. */
static void
paint_end(const struct terms_pane *p, const struct grid_box *b, int top, struct canvas *c)
{
	int row = top + b->row + b->rows - 1;

	if (terms_is_live(p))
		return;
	canvas_fill(c, row, b->col, b->cols, STYLE_HEAD, ' ');
	if (p->state == TERMS_LOST)
		canvas_printf(c, row, b->col, b->cols, STYLE_BAD,
		    "%s  (r connects again, x closes)", p->err.text);
	else
		canvas_print(
		    c, row, b->col, b->cols, STYLE_HEAD, "ended  (r connects again, x closes)");
}

static void
paint_pane(const struct terms_view *tv, size_t slot, int top, struct canvas *c)
{
	struct grid_box b;
	size_t i;

	if (!terms_view_box(tv, slot, &i, &b))
		return;
	paint_title(tv, i, &b, top, c);
	paint_lines(tv, i, &b, top, c);
	paint_end(tv->terms->panes[i], &b, top, c);
	for (int r = -1; r < b.rows && b.col + b.cols < tv->grid.width; r++)
		canvas_print(c, top + b.row + r, b.col + b.cols, 1, STYLE_DIM, r < 0 ? "+" : "|");
}

static void
say_takers(const struct terms_view *tv, struct buf *to)
{
	const struct terms *t = tv->terms;
	struct broadcast_count n;
	autofree char *names = terms_takers(t);

	terms_count(t, &n);
	if (t->slow.count)
		buf_addf(to, "one after another: %zu of %zu have it; any key stops it",
		    t->slow.next, t->slow.count);
	else if (t->mode == BROADCAST_OFF && n.takers)
		buf_addf(to, "typing to %s", names);
	else if (t->mode == BROADCAST_OFF)
		buf_adds(to, "what is typed goes nowhere: this terminal has ended");
	else
		buf_addf(to, ">>> BROADCAST to %zu of %zu%s%s <<<", n.takers, n.live,
		    n.takers ? ": " : "", n.takers ? names : "");
	if (t->mode != BROADCAST_OFF && n.unseen)
		buf_addf(to, "  (%zu not on this page)", n.unseen);
	if (t->mode == BROADCAST_ALL && n.pets)
		buf_addf(to, "  %zu pet%s not: Space", n.pets, n.pets == 1 ? "" : "s");
}

static void
paint_banner(const struct view *v, struct canvas *c, int row)
{
	const struct terms_view *tv = v->state;
	const struct environment *e = v->scene->environment;
	bool several = tv->terms->mode != BROADCAST_OFF;
	autobuf text = BUF_INIT(1024), right = BUF_INIT(512);
	enum style style = several ? STYLE_WARN : STYLE_DIM;
	char *odd, *rest;
	int col = 1;

	say_takers(tv, &text);
	if (terms_differ(tv->terms, &odd, &rest)) {
		buf_addf(&right, "  DIFFERS: %s", odd);
		free(odd);
		free(rest);
	}
	if (several && confirm_is_production(e)) {
		style = STYLE_ENV;
		canvas_fill(c, row, 0, c->cols, style, ' ');
		col +=
		    canvas_printf(c, row, col, c->cols - col, style, "%s ", e->name ? e->name : "");
	}
	int room = canvas_width(buf_text(&right));
	room = room > c->cols / 3 ? c->cols / 3 : room;
	col += canvas_print(c, row, col, c->cols - col - room - 1, style, buf_text(&text));
	canvas_print_right(c, row, c->cols - room - 1, room, STYLE_BAD, buf_text(&right));
}

static void
paint_empty(const struct view *v, struct canvas *c, int top)
{
	const struct terms_view *tv = v->state;

	if (!tv->terms)
		canvas_print(
		    c, top + 1, 2, c->cols - 2, STYLE_TEXT, "Terminals are not to be had here.");
	else
		canvas_wrap(c, top + 1, 2, c->cols - 4, top + 4, STYLE_TEXT,
		    "No terminal is open.\n"
		    "+ opens some on a set of hosts; s on Fleet or Host opens them there.");
}

void
terms_view_paint(const struct view *v, struct canvas *c, int top, int bottom)
{
	const struct terms_view *tv = v->state;

	if (!tv->terms || !tv->terms->count) {
		paint_empty(v, c, top);
		return;
	}
	/* Painted at another size than it was laid out for: the next refresh sees to it. */
	if (bottom - top < tv->grid.height + 1 || c->cols < tv->grid.width)
		return;
	paint_banner(v, c, top);
	for (size_t slot = 0; slot < tv->grid.per_page; slot++)
		paint_pane(tv, slot, top + 1, c);
}

void
terms_view_status(const struct view *v, char *to, size_t size)
{
	const struct terms_view *tv = v->state;

	if (!tv->terms || !tv->terms->count)
		snprintf(to, size, "none is open");
	else if (tv->mode == TERMS_COMMAND)
		snprintf(to, size, "COMMAND: ? lists them");
	else if (tv->mode == TERMS_SCROLL)
		snprintf(to, size, "SCROLL line %lld", (long long)tv->cursor + 1);
	else
		snprintf(to, size, "page %zu/%zu", tv->page + 1, tv->grid.pages);
}
