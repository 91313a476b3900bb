/* The screen of one recorded run as it looks. */
#include "tui/view_record.h"

#include "base/clock.h"
#include "base/mem.h"
#include "base/str.h"
#include "tui/canvas.h"
#include "tui/glance.h"
#include "tui/plot.h"
#include "tui/table.h"
#include "tui/view.h"

#include <stdio.h>
#include <string.h>

enum column {
	COLUMN_STATE,
	COLUMN_HOST,
	COLUMN_RC,
	COLUMN_CHANGED,
	COLUMN_TIME,
	COLUMN_WHEN,
	COLUMN_TEXT,
	COLUMN_COUNT
};

static const struct table_column columns[COLUMN_COUNT] = {
	[COLUMN_STATE] = { "S", 13, 0, 0, false },
	[COLUMN_HOST] = { "HOST", 12, 1, 0, false },
	[COLUMN_RC] = { "RC", 3, 0, 3, true },
	[COLUMN_CHANGED] = { "CH", 3, 0, 2, true },
	[COLUMN_TIME] = { "TIME", 6, 0, 4, true },
	[COLUMN_WHEN] = { "TIMELINE", 20, 1, 1, false },
	[COLUMN_TEXT] = { "WHAT", 16, 3, 5, false },
};

static enum style
host_style(const struct record_host *h)
{
	if (!h->ended)
		return h->started ? STYLE_BOLD : STYLE_DIM;
	return glance_outcome_style(h->outcome);
}

static const char *
host_glyph(const struct record_host *h, bool ascii)
{
	if (!h->ended)
		return h->started ? ">" : "-";
	return glance_outcome_glyph(h->outcome, ascii);
}

static void
what_cell(const struct table *t, struct canvas *c, int row, const struct record_host *h)
{
	char text[400];

	if (h->ended && h->text && h->text[0])
		snprintf(text, sizeof(text), "%.40s%s%.300s", h->phase ? h->phase : "",
		    h->phase && h->phase[0] ? ": " : "", h->text);
	else if (h->steps)
		snprintf(text, sizeof(text), "%zu/%zu %.300s", h->steps_done, h->steps,
		    h->step ? h->step : "");
	else
		snprintf(text, sizeof(text), "%.300s", h->step ? h->step : "");
	if (!text[0] && h->out.bytes + h->err.bytes)
		snprintf(text, sizeof(text), "said %lld bytes",
		    (long long)(h->out.bytes + h->err.bytes));
	table_cell(t, c, row, COLUMN_TEXT, STYLE_TEXT, text);
}

/* When it began and ended, in the time of the whole run. */
static void
timeline_cell(const struct view *v, const struct table *t, struct canvas *c, int row,
    const struct record_host *h)
{
	const struct recordview *r = v->state;
	int64_t end = r->record.ended ? r->record.end_ms : v->scene->wall_ms;
	struct plot_span span = { .from_ms = h->start_ms,
		.to_ms = h->ended ? h->end_ms : end,
		.style = host_style(h),
		.glyph = h->ended ? '=' : '>' };
	const struct plot_time time = { .spans = &span,
		.count = h->start_ms != 0,
		.from_ms = r->record.start_ms,
		.to_ms = end > r->record.start_ms ? end : r->record.start_ms + 1 };

	if (t->width[COLUMN_WHEN])
		plot_timeline(&time, c, row, t->left[COLUMN_WHEN], t->width[COLUMN_WHEN]);
}

static void
paint_host(const struct view *v, const struct table *t, struct canvas *c, int row,
    const struct record_host *h)
{
	int64_t until = h->ended ? h->end_ms : v->scene->wall_ms;
	char text[64];

	snprintf(text, sizeof(text), "%s %s", host_glyph(h, v->scene->ascii),
	    h->ended     ? outcome_name(h->outcome)
	    : h->started ? "at work"
			 : "not begun");
	table_cell(t, c, row, COLUMN_STATE, host_style(h), text);
	table_cell(t, c, row, COLUMN_HOST, STYLE_BOLD, h->name);
	snprintf(text, sizeof(text), "%lld", (long long)h->rc);
	table_cell(t, c, row, COLUMN_RC, h->rc ? STYLE_BAD : STYLE_DIM, h->rc < 0 ? "-" : text);
	snprintf(text, sizeof(text), "%lld", (long long)h->changed);
	table_cell(t, c, row, COLUMN_CHANGED, h->changed ? STYLE_WARN : STYLE_DIM, text);
	text[0] = '\0';
	if (h->start_ms)
		clock_short(until - h->start_ms, text, sizeof(text));
	table_cell(t, c, row, COLUMN_TIME, STYLE_DIM, text);
	timeline_cell(v, t, c, row, h);
	what_cell(t, c, row, h);
}

static void
paint_head(const struct recordview *r, struct canvas *c, int row)
{
	canvas_printf(c, row, 1, c->cols - 2, STYLE_BOLD, "%s %s  %.200s", r->row->alias,
	    r->row->state, r->row->what);
}

static void
paint_hosts(const struct view *v, struct canvas *c, int top, int bottom)
{
	const struct recordview *r = v->state;
	int rows = recordview_rows(r, bottom - top);
	size_t first = list_top(&r->list, rows);
	struct table t;

	table_lay(&t, columns, COLUMN_COUNT, 1, c->cols - 1);
	table_head(&t, c, top + 1);
	for (int i = 0; i < rows && first + (size_t)i < r->list.count; i++) {
		size_t at = first + (size_t)i;
		int row = top + 2 + i;

		paint_host(v, &t, c, row, &r->record.hosts[r->order[at]]);
		if (at == r->list.cursor) {
			canvas_select(c, row, 0, c->cols);
			c->cursor_row = row;
			c->cursor_col = 1;
		}
	}
}

int
recordview_rows(const struct recordview *r, int height)
{
	(void)r;
	return height - 2;
}

void
recordview_paint(const struct view *v, struct canvas *c, int top, int bottom)
{
	const struct recordview *r = v->state;

	if (r->missing[0]) {
		canvas_print(c, top + 1, 2, c->cols - 3, STYLE_BAD, r->missing);
		return;
	}
	paint_head(r, c, top);
	if (r->mode == RECORD_HOSTS)
		paint_hosts(v, c, top, bottom);
	else
		text_paint(&r->text, c, top + 1, bottom, 1, c->cols - 2);
}

void
recordview_status(const struct view *v, char *to, size_t size)
{
	const struct recordview *r = v->state;
	char took[16], place[32] = "";

	if (r->missing[0])
		return;
	clock_spent((r->record.ended ? r->record.end_ms : v->scene->wall_ms) - r->record.start_ms,
	    took, sizeof(took));
	if (r->mode != RECORD_HOSTS)
		text_place(&r->text, place, sizeof(place));
	snprintf(to, size, "< %s >  %zu host%s  %s%s%s%s", r->row->alias, r->record.host_count,
	    r->record.host_count == 1 ? "" : "s", took, r->record.whole ? "" : "  reading",
	    place[0] ? "  " : "", place);
}
