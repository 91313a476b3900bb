/* The screen of runs as it looks. */
#include "tui/view_history.h"

#include "base/clock.h"
#include "base/mem.h"
#include "base/outcome.h"
#include "base/str.h"
#include "tui/canvas.h"
#include "tui/glance.h"
#include "tui/table.h"
#include "tui/view.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

enum column {
	COLUMN_STATE,
	COLUMN_RUN,
	COLUMN_WHEN,
	COLUMN_WHO,
	COLUMN_SRC,
	COLUMN_WHAT,
	COLUMN_HOSTS,
	COLUMN_OK,
	COLUMN_CHANGED,
	COLUMN_FAILED,
	COLUMN_UNREACHABLE,
	COLUMN_TIME,
	COLUMN_COUNT
};

static const struct table_column columns[COLUMN_COUNT] = {
	[COLUMN_STATE] = { "S", 12, 0, 0, false },
	[COLUMN_RUN] = { "RUN", 6, 0, 0, false },
	[COLUMN_WHEN] = { "WHEN", 12, 0, 6, false },
	[COLUMN_WHO] = { "WHO", 6, 0, 2, false },
	[COLUMN_SRC] = { "SRC", 7, 0, 1, false },
	[COLUMN_WHAT] = { "WHAT", 13, 4, 0, false },
	[COLUMN_HOSTS] = { "HOSTS", 9, 1, 7, false },
	[COLUMN_OK] = { "OK", 3, 0, 3, true },
	[COLUMN_CHANGED] = { "CH", 3, 0, 5, true },
	[COLUMN_FAILED] = { "FAIL", 4, 0, 8, true },
	[COLUMN_UNREACHABLE] = { "UNR", 3, 0, 4, true },
	[COLUMN_TIME] = { "TIME", 6, 0, 6, true },
};

static const char *
state_word(const struct history_row *r)
{
	static const char *const shorter[][2] = { { "unreachable", "unreach" },
		{ "rolled-back", "rolledback" }, { "rollback-failed", "rb-failed" } };

	for (size_t i = 0; i < countof(shorter); i++) {
		if (str_eq(r->state, shorter[i][0]))
			return shorter[i][1];
	}
	return r->state;
}

static enum style
state_style(const struct history_row *r)
{
	enum outcome o;

	if (r->running)
		return STYLE_BOLD;
	if (!outcome_parse(r->state, &o))
		return r->failed ? STYLE_BAD : STYLE_WARN;
	return glance_outcome_style(o);
}

static const char *
state_glyph(const struct history_row *r, bool ascii)
{
	enum outcome o;

	if (r->running)
		return ">";
	if (r->foreign)
		return "~";
	if (str_eq(r->state, "unfinished"))
		return "!";
	if (!outcome_parse(r->state, &o))
		o = r->failed ? OUTCOME_FAILED : OUTCOME_UNKNOWN;
	return glance_outcome_glyph(o, ascii);
}

/* "today 10:41", "yest. 17:30", "Jan 02 10:41", "2025-12-01". */
static void
when(int64_t at_ms, int64_t now_ms, char *to, size_t size)
{
	time_t t = (time_t)(at_ms / 1000), now = (time_t)(now_ms / 1000);
	int64_t days = now_ms / 86400000 - at_ms / 86400000;
	struct tm tm, today;

	gmtime_r(&t, &tm);
	gmtime_r(&now, &today);
	if (days == 0 || days == 1)
		snprintf(to, size, "%s %02d:%02d", days ? "yest." : "today", tm.tm_hour, tm.tm_min);
	else
		strftime(to, size, tm.tm_year == today.tm_year ? "%b %d %H:%M" : "%Y-%m-%d", &tm);
}

static void
count_cell(const struct table *t, struct canvas *c, int row, enum column column, int64_t n)
{
	static const enum style styles[COLUMN_COUNT] = { [COLUMN_CHANGED] = STYLE_WARN,
		[COLUMN_FAILED] = STYLE_BAD,
		[COLUMN_UNREACHABLE] = STYLE_WARN };
	char text[24];

	if (n < 0)
		n = 0;
	snprintf(text, sizeof(text), "%lld", (long long)n);
	table_cell(t, c, row, column, n ? styles[column] : STYLE_DIM, text);
}

static void
time_cell(const struct view *v, const struct table *t, struct canvas *c, int row,
    const struct history_row *r)
{
	char took[16] = "-";

	if (r->end_ms)
		clock_spent(r->end_ms - r->start_ms, took, sizeof(took));
	else if (r->running)
		clock_spent(v->scene->wall_ms - r->start_ms, took, sizeof(took));
	table_cell(t, c, row, COLUMN_TIME, r->running ? STYLE_BOLD : STYLE_DIM, took);
}

static void
hosts_cell(const struct table *t, struct canvas *c, int row, const struct history_row *r)
{
	char text[160];

	if (r->running)
		snprintf(text, sizeof(text), "%lld/%lld %.120s", (long long)r->done,
		    (long long)r->hosts, r->folded ? r->folded : "");
	else if (r->folded)
		str_copy(text, sizeof(text), r->folded);
	else
		snprintf(text, sizeof(text), "%lld", (long long)r->hosts);
	table_cell(t, c, row, COLUMN_HOSTS, STYLE_TEXT, text);
}

static void
paint_row(const struct view *v, const struct table *t, struct canvas *c, int row,
    const struct history_row *r)
{
	char text[160];

	snprintf(text, sizeof(text), "%s %s", state_glyph(r, v->scene->ascii), state_word(r));
	table_cell(t, c, row, COLUMN_STATE, state_style(r), text);
	table_cell(t, c, row, COLUMN_RUN, STYLE_BOLD, r->alias);
	when(r->start_ms, v->scene->wall_ms, text, sizeof(text));
	table_cell(t, c, row, COLUMN_WHEN, STYLE_DIM, text);
	table_cell(t, c, row, COLUMN_WHO, STYLE_TEXT, r->who);
	table_cell(t, c, row, COLUMN_SRC, STYLE_DIM, history_origin(r));
	snprintf(text, sizeof(text), "%s%.140s",
	    str_eq(r->state, "unfinished") ? "(u: resume) " : "", r->doing);
	table_cell(t, c, row, COLUMN_WHAT, STYLE_TEXT, text);
	hosts_cell(t, c, row, r);
	count_cell(t, c, row, COLUMN_OK, r->ok);
	count_cell(t, c, row, COLUMN_CHANGED, r->changed);
	count_cell(t, c, row, COLUMN_FAILED, r->failed);
	count_cell(t, c, row, COLUMN_UNREACHABLE, r->unreachable);
	time_cell(v, t, c, row, r);
}

static enum style
line_style(char mark)
{
	switch (mark) {
	case 'x':
		return STYLE_BAD;
	case '+':
		return STYLE_WARN;
	case '?':
		return STYLE_UNKNOWN;
	default:
		return STYLE_TEXT;
	}
}

static void
paint_detail(const struct histview *h, struct canvas *c, int top, int bottom)
{
	const struct history_row *r = histview_row(h);
	const char *p = h->detail;

	canvas_fill(c, top, 0, c->cols, STYLE_HEAD, '-');
	if (!r)
		return;
	canvas_printf(c, top, 1, c->cols - 2, STYLE_HEAD, "%s: what changed%s  %.300s", r->alias,
	    h->record.whole ? "" : " (reading)", r->what);
	for (int row = top + 1; p && *p && row < bottom; row++) {
		size_t len = strcspn(p, "\n");

		canvas_print_part(c, row, 1, c->cols - 2, line_style(*p), p, len, 0);
		p += len + (p[len] == '\n');
	}
}

static void
paint_empty(const struct histview *h, struct canvas *c, int row)
{
	const char *text = "No run is recorded yet. ! runs a command, P plans a playbook.";

	if (!h->runs.all)
		text = "reading the ledger";
	else if (h->runs.filtered)
		text = "No run agrees with the filter; Esc clears it.";
	canvas_print(c, row, 2, c->cols - 3, STYLE_DIM, text);
}

int
histview_rows(const struct histview *h, int height)
{
	(void)h;
	return height >= 24 ? height - 11 : height - 1;
}

void
histview_paint(const struct view *v, struct canvas *c, int top, int bottom)
{
	const struct histview *h = v->state;
	int rows = histview_rows(h, bottom - top);
	size_t first = list_top(&h->list, rows);
	struct table t;

	table_lay(&t, columns, COLUMN_COUNT, 2, c->cols - 2);
	table_head(&t, c, top);
	if (!h->runs.count)
		paint_empty(h, c, top + 1);
	for (int i = 0; i < rows && first + (size_t)i < h->list.count; i++) {
		size_t at = first + (size_t)i;
		int row = top + 1 + i;

		canvas_print(c, row, 0, 1, STYLE_BOLD, h->runs.shown[at]->marked ? "*" : " ");
		paint_row(v, &t, c, row, h->runs.shown[at]);
		if (at == h->list.cursor) {
			canvas_select(c, row, 0, c->cols);
			c->cursor_row = row;
			c->cursor_col = 2;
		}
	}
	if (rows < bottom - top - 1)
		paint_detail(h, c, top + 1 + rows, bottom);
}

void
histview_status(const struct view *v, char *to, size_t size)
{
	const struct histview *h = v->state;
	char bytes[16];

	str_bytes((uint64_t)h->runs.bytes, bytes, sizeof(bytes));
	if (h->filter[0])
		snprintf(to, size, "& %.60s  %zu%s of %lld", h->filter, h->runs.count,
		    h->runs.all ? "" : "+", (long long)h->runs.total);
	else
		snprintf(to, size, "%lld runs  %s", (long long)h->runs.total, bytes);
}
