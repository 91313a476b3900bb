/* A run: every host's step and outcome, failures on top, the output of the one under the cursor. */
#include "base/clock.h"
#include "base/mem.h"
#include "base/str.h"
#include "tui/canvas.h"
#include "tui/glance.h"
#include "tui/list.h"
#include "tui/view.h"

#include <stdio.h>
#include <string.h>

struct runview {
	struct list list;
	size_t *order;
	const struct progress *run;
	bool faults;
};

static const char *
row_id(const void *user, size_t i)
{
	const struct runview *r = user;

	return r->run->rows[r->order[i]].host;
}

static bool
is_bad(const struct progress_row *row)
{
	return row->state == PROGRESS_ENDED && !outcome_is_good(row->outcome);
}

static int
rank(const struct progress_row *row)
{
	if (is_bad(row))
		return 0;
	return row->state == PROGRESS_RUNNING ? 1 : row->state == PROGRESS_ENDED ? 2 : 3;
}

static int
by_rank(const void *a, const void *b, void *user)
{
	const struct progress *p = user;
	const struct progress_row *x = &p->rows[*(const size_t *)a],
				  *y = &p->rows[*(const size_t *)b];

	return rank(x) != rank(y) ? rank(x) - rank(y) : str_natural(x->host, y->host);
}

static void
run_refresh(struct view *v)
{
	struct runview *r = v->state;
	size_t n = 0;

	r->run = v->scene->run;
	if (!r->run)
		return;
	r->order = xrealloc(r->order, r->run->count, sizeof(*r->order));
	for (size_t i = 0; i < r->run->count; i++) {
		if (!r->faults || rank(&r->run->rows[i]) < 2)
			r->order[n++] = i;
	}
	if (n)
		qsort_r(r->order, n, sizeof(*r->order), by_rank, (void *)(uintptr_t)r->run);
	r->list.height = v->height - 12;
	list_update(&r->list, n, row_id, r);
}

static void
run_close(struct view *v)
{
	struct runview *r = v->state;

	free(r->order);
}

static enum style
outcome_style(enum outcome o)
{
	if (outcome_is_good(o))
		return STYLE_GOOD;
	if (o == OUTCOME_UNREACHABLE || o == OUTCOME_UNTRIED || o == OUTCOME_UNKNOWN)
		return STYLE_WARN;
	return STYLE_BAD;
}

static const char *
row_glyph(const struct progress_row *row, bool ascii)
{
	if (row->state == PROGRESS_WAITING)
		return ascii ? "-" : "○";
	if (row->state == PROGRESS_RUNNING)
		return ">";
	if (row->outcome == OUTCOME_CHANGED)
		return "+";
	if (row->outcome == OUTCOME_OK)
		return ascii ? "." : "●";
	if (outcome_style(row->outcome) == STYLE_WARN)
		return "?";
	return ascii ? "x" : "✗";
}

static void
paint_row(const struct view *v, const struct progress_row *row, struct canvas *c, int at)
{
	enum style style = row->state == PROGRESS_ENDED ? outcome_style(row->outcome) : STYLE_TEXT;
	int64_t until = row->state == PROGRESS_ENDED ? row->end_ms : v->scene->wall_ms;
	char step[64], took[16] = "";
	int step_width = c->cols >= 90 ? 30 : 22;

	if (row->state == PROGRESS_ENDED)
		snprintf(step, sizeof(step), "%s", outcome_name(row->outcome));
	else if (row->state == PROGRESS_WAITING)
		snprintf(step, sizeof(step), "waiting");
	else if (row->steps)
		snprintf(step, sizeof(step), "%d/%d %.40s", row->steps_done, row->steps,
		    row->step ? row->step : "");
	else
		snprintf(step, sizeof(step), "%.40s", row->step ? row->step : "at work");
	if (row->start_ms)
		clock_short(until - row->start_ms, took, sizeof(took));
	canvas_print(c, at, 3, 1, style, row_glyph(row, v->scene->ascii));
	canvas_print(c, at, 5, 16, STYLE_BOLD, row->host);
	canvas_print(c, at, 22, step_width, style, step);
	canvas_print_right(c, at, 23 + step_width, 5, STYLE_DIM, took);
	canvas_print(c, at, 30 + step_width, c->cols - 31 - step_width, STYLE_TEXT,
	    row->last ? row->last : "");
}

static void
paint_bar(const struct runview *r, struct canvas *c, int row)
{
	const struct progress *p = r->run;
	int width = c->cols / 2;
	int full = p->count ? (int)((size_t)width * p->done / p->count) : 0;
	size_t good = p->by_outcome[OUTCOME_OK] + p->by_outcome[OUTCOME_CHANGED];

	canvas_print(c, row, 1, 1, STYLE_DIM, "[");
	canvas_fill(c, row, 2, full, p->done > good ? STYLE_WARN : STYLE_GOOD, '#');
	canvas_fill(c, row, 2 + full, width - full, STYLE_DIM, '.');
	canvas_printf(c, row, 2 + width, c->cols - width - 3, STYLE_DIM, "] %zu/%zu hosts  %.60s",
	    p->done, p->count, p->note ? p->note : "");
}

static void
paint_output(const struct progress_row *row, struct canvas *c, int top, int bottom)
{
	const char *p = row->output_len ? row->output : row->last ? row->last : "";
	const char *end = p + strlen(p), *start = end;
	int lines = 0, room = bottom - top - 1;

	canvas_fill(c, top, 0, c->cols, STYLE_HEAD, '-');
	canvas_printf(c, top, 2, c->cols - 4, STYLE_HEAD, "%s%s%s", row->host,
	    row->step ? ": " : "", row->step ? row->step : "");
	while (start > p && lines < room) {
		start--;
		if (*start == '\n' && start + 1 < end)
			lines++;
	}
	if (lines == room)
		start++;
	for (int at = top + 1; at < bottom && start < end; at++) {
		size_t len = strcspn(start, "\n");
		autofree char *line = xmemdup0(start, len);

		canvas_print(c, at, 1, c->cols - 2, STYLE_TEXT, line);
		start += len + (start[len] == '\n');
	}
}

static void
run_paint(const struct view *v, struct canvas *c, int top, int bottom)
{
	const struct runview *r = v->state;
	int output = bottom - 8 > top + 5 ? bottom - 8 : bottom;
	int height = output - top - 2;

	if (!r->run) {
		canvas_print(c, top + 1, 2, c->cols - 3, STYLE_DIM,
		    "No run yet. P plans and applies a playbook; drover history shows what ran "
		    "before.");
		return;
	}
	paint_bar(r, c, top);
	canvas_print(c, top + 1, 3, c->cols - 4, STYLE_HEAD, "S HOST             STEP");
	size_t first = list_top(&r->list, height);
	for (int i = 0; i < height && first + (size_t)i < r->list.count; i++) {
		size_t at = first + (size_t)i;

		paint_row(v, &r->run->rows[r->order[at]], c, top + 2 + i);
		if (at == r->list.cursor) {
			canvas_select(c, top + 2 + i, 0, c->cols);
			c->cursor_row = top + 2 + i;
			c->cursor_col = 5;
		}
	}
	if (output < bottom && r->list.cursor < r->list.count)
		paint_output(&r->run->rows[r->order[r->list.cursor]], c, output, bottom);
}

static bool
run_key(struct view *v, const char *key)
{
	struct runview *r = v->state;

	if (!r->run)
		return false;
	r->list.height = v->height - 12;
	return list_key(&r->list, key, row_id, r);
}

static void
do_faults(struct view *v)
{
	struct runview *r = v->state;

	r->faults = !r->faults;
	run_refresh(v);
}

static void
do_stop(struct view *v)
{
	v->services->stop_run(v->services->user);
}

static void
run_status(const struct view *v, char *to, size_t size)
{
	const struct progress *p = v->scene->run;
	char took[16];

	if (!p) {
		snprintf(to, size, "no run");
		return;
	}
	clock_short((p->ended ? p->end_ms : v->scene->wall_ms) - p->start_ms, took, sizeof(took));
	if (p->ended)
		snprintf(to, size, "%s %s  exit %d  %s", p->verb ? p->verb : "",
		    v->scene->run_alias, p->exit, took);
	else
		snprintf(to, size, "%s %s  RUNNING %s", p->verb ? p->verb : "", v->scene->run_alias,
		    took);
}

static const char *
run_lacks(const struct view *v, unsigned needs)
{
	if ((needs & NEEDS_RUN) && !v->scene->run_live)
		return "the run has ended";
	return NULL;
}

static const struct action actions[] = {
	{ .key = "f",
	    .name = "faults",
	    .summary = "show only failures and what is at work",
	    .hint = true,
	    .run = do_faults },
	{ .key = "ctrl-c",
	    .name = "stop",
	    .summary = "start no more hosts; twice: cut the running ones",
	    .needs = NEEDS_RUN,
	    .hint = true,
	    .run = do_stop },
	{ 0 },
};

const struct view_class view_run = {
	.name = "run",
	.title = "Run",
	.digit = '6',
	.actions = actions,
	.state_size = sizeof(struct runview),
	.close = run_close,
	.refresh = run_refresh,
	.paint = run_paint,
	.key = run_key,
	.status = run_status,
	.lacks = run_lacks,
};
