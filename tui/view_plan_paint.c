#include "tui/view_plan.h"

#include "base/mem.h"
#include "base/str.h"
#include "tui/canvas.h"
#include "tui/planned.h"
#include "tui/view.h"

#include <stdio.h>
#include <string.h>

static const enum style class_style[PLAN_CLASSES] = { [PLAN_SAME] = STYLE_DIM,
	[PLAN_CREATE] = STYLE_ADD,
	[PLAN_CHANGE] = STYLE_WARN,
	[PLAN_REMOVE] = STYLE_REMOVE,
	[PLAN_UNPREDICTED] = STYLE_UNKNOWN };

static void
paint_head(const struct planned *p, struct canvas *c, int row)
{
	const char *slash = strrchr(p->playbook, '/');
	int col = 1;

	col += canvas_printf(c, row, col, c->cols / 2, STYLE_BOLD, "%s %s",
	    p->drift ? "drift" : "plan", slash ? slash + 1 : p->playbook);
	col += canvas_printf(c, row, col, c->cols - col, STYLE_TEXT, "  %zu host%s ", p->hosts,
	    p->hosts == 1 ? "" : "s");
	for (int i = 1; i <= PLAN_CLASSES; i++) {
		enum plan_class class = (enum plan_class)(i % PLAN_CLASSES);
		char text[48];

		if (!p->by_class[class])
			continue;
		snprintf(text, sizeof(text), "  %c %zu %s", plan_class_sign(class),
		    p->by_class[class], plan_class_name(class));
		if (col + (int)strlen(text) < c->cols)
			col += canvas_print(c, row, col, c->cols - col, class_style[class], text);
	}
}

static void
paint_box(struct canvas *c, int row, bool out)
{
	canvas_print(c, row, 1, 3, out ? STYLE_DIM : STYLE_TEXT, out ? "[ ]" : "[x]");
}

static void
paint_step(const struct planned *p, size_t at, struct canvas *c, int row, int width)
{
	const struct planned_step *s = &p->step[at];
	char count[48];

	snprintf(count, sizeof(count), "%zu %s", s->parts ? s->differing : s->same,
	    plan_class_name(s->class));
	int used = canvas_width(count);
	if (s->parts && !p->drift)
		paint_box(c, row, s->out);
	canvas_printf(c, row, 5, 1, class_style[s->class], "%c", plan_class_sign(s->class));
	canvas_printf(c, row, 7, width - 9 - used, s->parts && !s->out ? STYLE_TEXT : STYLE_DIM,
	    "%zu %s", at + 1, s->title);
	canvas_print_right(c, row, width - 1 - used, used, class_style[s->class], count);
}

static void
paint_lines(
    const struct planned_step *s, const struct plan_row *r, struct canvas *c, int row, int width)
{
	const struct planned_part *part = &s->part[r->part];
	size_t most = 0;
	char count[64] = "";

	for (size_t i = 0; i < s->parts; i++)
		most = s->part[i].count > most ? s->part[i].count : most;
	bool odd = s->parts > 1 && (part->count < most || (part->count == most && r->part > 0));
	if (part->added || part->removed)
		snprintf(count, sizeof(count), "+%d -%d%s", part->added, part->removed,
		    odd ? " DIFFERENT" : "");
	else
		snprintf(count, sizeof(count), "%s%s", plan_class_name(part->class),
		    odd ? " DIFFERENT" : "");
	canvas_print_right(c, row, width - 28, 27, odd ? STYLE_WARN : STYLE_DIM, count);
}

static void
paint_part(const struct planned *p, const struct plan_row *r, struct canvas *c, int row, int width)
{
	const struct planned_step *s = &p->step[r->step];
	const struct planned_part *part = &s->part[r->part];
	bool out = true;

	for (size_t i = 0; i < part->count && r->kind == ROW_PART; i++)
		out = out && p->host[part->host[i]].out;
	if (r->kind == ROW_HOST)
		out = p->host[r->host].out;
	autofree char *set =
	    r->kind == ROW_HOST ? xstrdup(p->host[r->host].name) : planned_set(p, part);
	canvas_print(c, row, 7, 2, STYLE_DIM, r->last ? "`-" : "|-");
	canvas_printf(c, row, 10, width - 32, out ? STYLE_DIM : STYLE_BOLD, "%s%s", set,
	    out ? "  left out" : "");
	paint_lines(s, r, c, row, width);
}

static void
paint_away(const struct planned *p, const struct plan_row *r, struct canvas *c, int row, int width)
{
	const struct planned_host *h = &p->host[r->host];

	if (!h->why)
		paint_box(c, row, true);
	canvas_print(c, row, 5, 1, STYLE_WARN, h->why ? "!" : " ");
	canvas_printf(c, row, 7, width - 8, h->why ? STYLE_WARN : STYLE_DIM, "%s  %s", h->name,
	    h->why ? h->why : "left out");
}

static void
paint_rows(const struct planview *r, struct canvas *c, int top, int bottom, int width)
{
	size_t first = list_top(&r->list, bottom - top);

	for (int i = 0; i < bottom - top && first + (size_t)i < r->rows; i++) {
		const struct plan_row *row = &r->row[first + (size_t)i];
		int at = top + i;

		if (row->kind == ROW_STEP)
			paint_step(r->plan, row->step, c, at, width);
		else if (row->kind == ROW_AWAY)
			paint_away(r->plan, row, c, at, width);
		else
			paint_part(r->plan, row, c, at, width);
		if (first + (size_t)i != r->list.cursor)
			continue;
		canvas_select(c, at, 0, width);
		c->cursor_row = at;
		c->cursor_col = 5;
	}
}

static void
paint_titles(const struct planview *r, struct canvas *c, int row, int width, bool rows, bool text)
{
	const struct plan_row *at = planview_at(r);
	char place[32];

	canvas_fill(c, row, 0, c->cols, STYLE_HEAD, '-');
	if (rows)
		canvas_printf(c, row, 1, width - 2, STYLE_HEAD, "Steps / hosts%s%s%s",
		    r->changes ? "  changes only" : "", r->sieve.typed[0] ? "  /" : "",
		    r->sieve.typed);
	if (!text || !at)
		return;
	int left = rows ? width : 0;
	text_place(&r->text, place, sizeof(place));
	canvas_printf(c, row, left + 1, c->cols - left - 14, r->reading ? STYLE_BOLD : STYLE_HEAD,
	    "%s",
	    at->kind == ROW_AWAY ? r->plan->host[at->host].name : r->plan->step[at->step].title);
	canvas_print_right(c, row, c->cols - 12, 11, STYLE_HEAD, place);
}

/* What holds for all of it: notes in turn, the rollout, the lock. */
static void
paint_foot(const struct planned *p, struct canvas *c, int row)
{
	if (p->notes)
		canvas_printf(c, row, 1, c->cols - 2, STYLE_WARN, "note: %s%s", p->note[0].text,
		    p->notes > 1 ? "  (E: all notes)" : "");
	else if (!p->drift && p->made_ms)
		canvas_printf(c, row, 1, c->cols - 2, STYLE_DIM,
		    "lock: taken on each host by its act    needs: %s",
		    p->needs ? p->needs : "root, which the logins are");
	if (p->rollout && !p->drift)
		canvas_printf(c, row + 1, 1, c->cols - 2, STYLE_DIM, "rollout: %s", p->rollout);
}

static void
paint_empty(const struct planned *p, struct canvas *c, int row)
{
	static const char *const said[] = { [PLANNED_LOOKING] = "Looking at the hosts ...",
		[PLANNED_STOPPED] = "Stopped before the hosts had been looked at. P plans anew.",
		[PLANNED_NOTHING] = "Nothing to show.",
		[PLANNED_WAITS] = "",
		[PLANNED_APPLIED] = "",
		[PLANNED_LEFT] = "" };

	canvas_print(c, row, 2, c->cols - 3, STYLE_DIM, said[p->state]);
}

void
planview_paint(const struct view *v, struct canvas *c, int top, int bottom)
{
	const struct planview *r = v->state;
	bool wide = c->cols >= PLAN_WIDE, rows = wide || !r->reading, text = wide || r->reading;
	int width = wide ? c->cols * 46 / 100 : c->cols;
	int foot = bottom - top >= 12 ? bottom - 2 : bottom;

	if (!r->plan) {
		canvas_print(c, top + 1, 2, c->cols - 3, STYLE_DIM,
		    "No plan yet. P plans a playbook: nothing is changed before A.");
		return;
	}
	paint_head(r->plan, c, top);
	if (!r->rows) {
		paint_empty(r->plan, c, top + 2);
		return;
	}
	paint_titles(r, c, top + 1, width, rows, text);
	if (rows)
		paint_rows(r, c, top + 2, foot, width);
	if (text)
		text_paint(&r->text, c, top + 2, foot, rows ? width + 1 : 1,
		    c->cols - (rows ? width + 2 : 2));
	for (int row = top + 2; rows && text && row < foot; row++)
		canvas_fill(c, row, width, 1, STYLE_HEAD, '|');
	if (foot < bottom)
		paint_foot(r->plan, c, foot);
}
