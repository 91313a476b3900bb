#include "tui/view_run.h"

#include "base/clock.h"
#include "base/mem.h"
#include "base/str.h"
#include "tui/canvas.h"
#include "tui/glance.h"
#include "tui/plot.h"
#include "tui/run_source.h"
#include "tui/table.h"
#include "tui/view.h"

#include <stdio.h>
#include <string.h>

#define SPANS 200 /* steps of a host that a timeline shows */

enum { COL_S, COL_HOST, COL_STEP, COL_T, COL_OUTPUT };

static const struct table_column columns[] = {
	{ .title = "S", .min = 1 },
	{ .title = "HOST", .min = 12, .weight = 2 },
	{ .title = "STEP", .min = 16, .weight = 3 },
	{ .title = "T", .min = 5, .drop = 2, .right = true },
	{ .title = "OUTPUT (last line)", .min = 14, .weight = 5, .drop = 1 },
};

int
runview_output_rows(int height)
{
	return height >= 12 ? height * 2 / 5 : 0;
}

static enum style
row_style(const struct progress_row *row)
{
	if (row->state != PROGRESS_ENDED)
		return row->state == PROGRESS_RUNNING ? STYLE_TEXT : STYLE_DIM;
	return glance_outcome_style(row->outcome);
}

static const char *
row_glyph(const struct progress_row *row, bool ascii)
{
	if (row->state == PROGRESS_RUNNING)
		return ">";
	if (row->state != PROGRESS_ENDED)
		return ascii ? "-" : "○";
	return glance_outcome_glyph(row->outcome, ascii);
}

static void
step_words(const struct view *v, const struct progress_row *row, char *to, size_t size)
{
	bool apply = v->scene->run->steps > 0;

	switch (row->state) {
	case PROGRESS_ENDED:
		if (row->step && runview_is_bad(row))
			snprintf(to, size, "%s %d/%d %.60s", outcome_name(row->outcome),
			    row->steps_done, row->steps > 0 ? row->steps : row->steps_done,
			    row->step);
		else if (row->changed > 0)
			snprintf(to, size, "%s, %lld change%s", outcome_name(row->outcome),
			    (long long)row->changed, row->changed == 1 ? "" : "s");
		else
			snprintf(to, size, "%s", outcome_name(row->outcome));
		break;
	case PROGRESS_WAITING:
		snprintf(to, size, "waiting");
		break;
	case PROGRESS_PLANNED:
		snprintf(to, size, "planned, waits for its batch");
		break;
	case PROGRESS_RUNNING:
		if (row->steps)
			snprintf(to, size, "%d/%d %.60s", row->steps_done, row->steps,
			    row->step ? row->step : "begins");
		else
			snprintf(to, size, "%.60s",
			    row->step ? row->step
			    : apply   ? "is looked at"
				      : "at work");
		break;
	}
}

static void
paint_steps(const struct view *v, const struct progress_row *row, const struct table *t,
    struct canvas *c, int at)
{
	const struct progress *p = v->scene->run;
	struct plot_span span[SPANS];
	struct plot_time time = { .spans = span,
		.from_ms = p->act_ms ? p->act_ms : p->start_ms,
		.to_ms = p->ended ? p->end_ms : v->scene->wall_ms };

	for (size_t i = 0; i < row->step_count && time.count < SPANS; i++) {
		const struct progress_step *s = &row->step_list[i];

		span[time.count++] = (struct plot_span){ .from_ms = s->start_ms,
			.to_ms = s->ended ? s->start_ms + (s->ms > 0 ? s->ms : 1) : time.to_ms,
			.style = !s->ended                   ? STYLE_TEXT
				 : outcome_is_good(s->state) ? STYLE_GOOD
							     : STYLE_BAD,
			.glyph = !s->ended                   ? '>'
				 : outcome_is_good(s->state) ? (i % 2 ? '=' : '#')
							     : 'x' };
	}
	if (time.to_ms > time.from_ms && t->width[COL_OUTPUT] > 0)
		plot_timeline(&time, c, at, t->left[COL_OUTPUT], t->width[COL_OUTPUT]);
}

static void
paint_group(const struct view *v, const struct run_group *g, const struct table *t,
    struct canvas *c, int at)
{
	const struct runview *r = v->state;
	const struct progress_row *row = runview_row(r, g);
	int64_t until = row->state == PROGRESS_ENDED ? row->end_ms : v->scene->wall_ms;
	int64_t from = row->act_ms ? row->act_ms : row->start_ms;
	char step[128], took[16] = "";
	autofree char *set = runview_set(r, g);

	step_words(v, row, step, sizeof(step));
	if (from && row->state != PROGRESS_PLANNED)
		clock_short(until > from ? until - from : 0, took, sizeof(took));
	table_cell(t, c, at, COL_S, row_style(row), row_glyph(row, v->scene->ascii));
	table_cell(t, c, at, COL_HOST, STYLE_BOLD, set);
	table_cell(t, c, at, COL_STEP, row_style(row), step);
	table_cell(t, c, at, COL_T, STYLE_DIM, took);
	if (r->times) {
		paint_steps(v, row, t, c, at);
		return;
	}
	autofree char *last = g->count > 1 ? xasprintf("(x%zu%s) %s", g->count,
						 row->state == PROGRESS_ENDED ? " same" : "",
						 row->last ? row->last : "")
					   : xstrdup(row->last ? row->last : "");
	table_cell(t, c, at, COL_OUTPUT, STYLE_TEXT, last);
}

static void
paint_bar(const struct view *v, struct canvas *c, int row)
{
	const struct progress *p = v->scene->run;
	size_t good = p->by_outcome[OUTCOME_OK] + p->by_outcome[OUTCOME_CHANGED];
	int64_t left = progress_left_ms(p, v->scene->wall_ms);
	char tail[96], eta[16] = "", steps[48] = "";

	if (p->steps)
		snprintf(steps, sizeof(steps), "  %zu/%zu steps", p->steps_done, p->steps);
	if (left >= 0)
		clock_spent(left, eta, sizeof(eta));
	snprintf(tail, sizeof(tail), "] %zu/%zu hosts%s%s%s", p->done, p->hosts, steps,
	    *eta ? "  eta " : "", eta);
	int col = 1;
	if (p->note && c->cols >= 60) {
		col += canvas_print(c, row, col, c->cols / 4, STYLE_BOLD, p->note);
		col += 1;
	}
	int width = c->cols - col - (int)strlen(tail) - 2;
	if (width < 4)
		width = 4;
	int full = p->hosts ? (int)((size_t)width * p->done / p->hosts) : 0;
	canvas_print(c, row, col, 1, STYLE_DIM, "[");
	canvas_fill(c, row, col + 1, full, p->done > good ? STYLE_WARN : STYLE_GOOD, '#');
	canvas_fill(c, row, col + 1 + full, width - full, STYLE_DIM, '.');
	canvas_print(c, row, col + 1 + width, c->cols - col - width - 1, STYLE_DIM, tail);
}

static void
paint_head(const struct view *v, const struct table *t, struct canvas *c, int row)
{
	const struct runview *r = v->state;
	const struct progress *p = r->run;
	const struct plot_time time = { .from_ms = p->act_ms ? p->act_ms : p->start_ms,
		.to_ms = p->ended ? p->end_ms : v->scene->wall_ms };

	table_head(t, c, row);
	if (!r->times || t->width[COL_OUTPUT] <= 0 || time.to_ms <= time.from_ms)
		return;
	canvas_fill(c, row, t->left[COL_OUTPUT], t->width[COL_OUTPUT], STYLE_HEAD, ' ');
	plot_ruler(&time, c, row, t->left[COL_OUTPUT], t->width[COL_OUTPUT]);
}

static void
paint_list(const struct view *v, struct canvas *c, int top, int bottom)
{
	const struct runview *r = v->state;
	size_t first = list_top(&r->list, bottom - top - 1);
	struct table t;

	table_lay(&t, columns, countof(columns), 3, c->cols - 4);
	paint_head(v, &t, c, top);
	for (int i = 0; i < bottom - top - 1 && first + (size_t)i < r->groups; i++) {
		int at = top + 1 + i;

		paint_group(v, &r->group[first + (size_t)i], &t, c, at);
		if (first + (size_t)i != r->list.cursor)
			continue;
		canvas_select(c, at, 0, c->cols);
		c->cursor_row = at;
		c->cursor_col = 5;
	}
}

static void
paint_output(const struct runview *r, struct canvas *c, int top, int bottom)
{
	const struct run_group *g = runview_at(r);
	char place[32];

	if (!g || top >= bottom)
		return;
	text_place(&r->text, place, sizeof(place));
	canvas_fill(c, top, 0, c->cols, STYLE_HEAD, '-');
	canvas_printf(c, top, 1, c->cols - 14, STYLE_HEAD, "%s%s (%s)",
	    runview_id(r, r->list.cursor), g->count > 1 ? ", one of those in the same state" : "",
	    r->reading ? "Esc = back, e = pager" : "Enter = full, e = pager");
	canvas_print_right(c, top, c->cols - 12, 11, STYLE_HEAD, place);
	text_paint(&r->text, c, top + 1, bottom, 1, c->cols - 2);
}

void
runview_paint(const struct view *v, struct canvas *c, int top, int bottom)
{
	const struct runview *r = v->state;
	int output = runview_output_rows(bottom - top);

	if (!r->run) {
		canvas_print(c, top + 1, 2, c->cols - 3, STYLE_DIM,
		    "No run yet. P plans and applies a playbook; 8 shows what ran before.");
		return;
	}
	autofree char *foot = runview_foot(v);
	paint_bar(v, c, top);
	if (bottom - top >= 6)
		canvas_print(c, --bottom, 1, c->cols - 2,
		    r->run->ended && r->run->exit ? STYLE_WARN : STYLE_DIM, foot);
	if (r->reading) {
		paint_output(r, c, top + 1, bottom);
		return;
	}
	paint_list(v, c, top + 1, bottom - output);
	if (output)
		paint_output(r, c, bottom - output, bottom);
}
