/* The Host screen: tabs, the list, and where the detail and the strip of facts stand. */
#include "tui/view_host.h"

#include "base/clock.h"
#include "base/mem.h"
#include "base/str.h"
#include "tui/glance.h"
#include "tui/plot.h"
#include "tui/table.h"

#include <stdio.h>
#include <string.h>

#define WHY_LINES 6
#define MARGIN    3 /* the cursor's mark, and the row's own */

enum { STATE, NAME, WHOSE, SUB, AGE, MEMORY, CPU };

static const struct table_column unit_columns[] = {
	[STATE] = { .title = "S", .min = 1 },
	[NAME] = { .title = "UNIT", .min = 20, .weight = 1 },
	[WHOSE] = { .title = "USER", .min = 6, .drop = 3 },
	[SUB] = { .title = "SUB", .min = 9, .drop = 5 },
	[AGE] = { .title = "AGE", .min = 5, .drop = 4, .right = true },
	[MEMORY] = { .title = "MEMORY", .min = 9, .drop = 2, .right = true },
	[CPU] = { .title = "CPU", .min = 6, .drop = 1, .right = true },
};

enum { CTR_STATE, CTR_NAME, CTR_WHOSE, CTR_WORD, CTR_IMAGE };

static const struct table_column container_columns[] = {
	[CTR_STATE] = { .title = "S", .min = 1 },
	[CTR_NAME] = { .title = "CONTAINER", .min = 14, .weight = 1 },
	[CTR_WHOSE] = { .title = "USER", .min = 6, .drop = 2 },
	[CTR_WORD] = { .title = "STATE", .min = 8, .drop = 3 },
	[CTR_IMAGE] = { .title = "IMAGE", .min = 24, .weight = 1, .drop = 1 },
};

enum { FACT_NAME, FACT_TEXT };

static const struct table_column fact_columns[] = {
	[FACT_NAME] = { .title = "FACT", .min = 11 },
	[FACT_TEXT] = { .title = "", .min = 20, .weight = 1 },
};

enum { DISK_NAME, DISK_BAR, DISK_USED, DISK_TYPE };

static const struct table_column disk_columns[] = {
	[DISK_NAME] = { .title = "WHERE", .min = 12, .weight = 1 },
	[DISK_BAR] = { .title = "", .min = 17, .drop = 3 },
	[DISK_USED] = { .title = "", .min = 23, .drop = 2, .right = true },
	[DISK_TYPE] = { .title = "", .min = 20, .weight = 1, .drop = 1 },
};

enum { TIMER_NAME, TIMER_NEXT, TIMER_LAST, TIMER_UNIT };

static const struct table_column timer_columns[] = {
	[TIMER_NAME] = { .title = "TIMER", .min = 16, .weight = 1 },
	[TIMER_NEXT] = { .title = "NEXT", .min = 7, .right = true },
	[TIMER_LAST] = { .title = "LAST", .min = 8, .drop = 2, .right = true },
	[TIMER_UNIT] = { .title = "STARTS", .min = 20, .weight = 1, .drop = 1 },
};

enum { CHANGE_RUN, CHANGE_STATE, CHANGE_AGE, CHANGE_VERB, CHANGE_WHAT };

static const struct table_column change_columns[] = {
	[CHANGE_RUN] = { .title = "RUN", .min = 6 },
	[CHANGE_STATE] = { .title = "RESULT", .min = 11 },
	[CHANGE_AGE] = { .title = "AGE", .min = 5, .drop = 3, .right = true },
	[CHANGE_VERB] = { .title = "VERB", .min = 8, .drop = 1 },
	[CHANGE_WHAT] = { .title = "WHAT", .min = 12, .weight = 1, .drop = 2 },
};

static const struct {
	const char *title;
	const struct table_column *columns;
	size_t count;
} tabs[HOST_TABS] = {
	[HOST_UNITS] = { "Units", unit_columns, countof(unit_columns) },
	[HOST_CONTAINERS] = { "Containers", container_columns, countof(container_columns) },
	[HOST_FACTS] = { "Facts", fact_columns, countof(fact_columns) },
	[HOST_DISKS] = { "Disk/Net", disk_columns, countof(disk_columns) },
	[HOST_TIMERS] = { "Timers", timer_columns, countof(timer_columns) },
	[HOST_CHANGES] = { "Changes", change_columns, countof(change_columns) },
};

static void
age_text(int64_t s, char *to, size_t size)
{
	if (s < 0)
		snprintf(to, size, "-");
	else
		clock_short(s * 1000, to, size);
}

/* Whose it is stands in the name where it has no column. */
static const char *
row_name(const struct host_row *r, const struct table *t, size_t whose, const char *name)
{
	return t->width[whose] ? name : r->id;
}

static void
unit_cells(const struct unit_status *u, const char *name, const struct table *t, struct canvas *c,
    int row, bool ascii)
{
	enum style style = glance_unit_style(u->active);
	char text[24];

	table_cell(t, c, row, STATE, style, glance_unit_glyph(u->active, ascii));
	table_cell(t, c, row, NAME, u->owned ? STYLE_BOLD : STYLE_TEXT, name);
	table_cell(t, c, row, WHOSE, STYLE_DIM, u->user);
	table_cell(t, c, row, SUB, style, u->sub);
	age_text(u->since_s, text, sizeof(text));
	table_cell(t, c, row, AGE, STYLE_DIM, text);
	if (u->memory >= 0) {
		str_bytes((uint64_t)u->memory, text, sizeof(text));
		table_cell(t, c, row, MEMORY, STYLE_DIM, text);
	}
	if (u->cpu_permille >= 0) {
		snprintf(text, sizeof(text), "%d.%d%%", u->cpu_permille / 10, u->cpu_permille % 10);
		table_cell(t, c, row, CPU, STYLE_DIM, text);
	}
}

static void
container_cells(const struct container_status *k, const char *name, const struct table *t,
    struct canvas *c, int row, bool ascii)
{
	enum style style = glance_unit_style(k->state);

	table_cell(t, c, row, CTR_STATE, style, glance_unit_glyph(k->state, ascii));
	table_cell(t, c, row, CTR_NAME, STYLE_TEXT, name);
	table_cell(t, c, row, CTR_WHOSE, STYLE_DIM, k->user);
	table_cell(t, c, row, CTR_WORD, style, k->state);
	table_cell(t, c, row, CTR_IMAGE, STYLE_DIM, k->image);
}

static void
disk_cells(const struct disk_status *d, const struct table *t, struct canvas *c, int row)
{
	char bar[PLOT_TEXT(10)], used[16], size[16], text[40];

	plot_bar(d->pct, 10, bar, sizeof(bar));
	str_bytes((uint64_t)(d->used_kib > 0 ? d->used_kib : 0) * 1024, used, sizeof(used));
	str_bytes((uint64_t)(d->size_kib > 0 ? d->size_kib : 0) * 1024, size, sizeof(size));
	snprintf(text, sizeof(text), "%s of %s", used, size);
	table_cell(t, c, row, DISK_NAME, STYLE_TEXT, d->mount);
	table_cell(t, c, row, DISK_BAR, plot_style(d->pct), bar);
	table_cell(t, c, row, DISK_USED, STYLE_DIM, text);
	table_cell(t, c, row, DISK_TYPE, STYLE_DIM, d->type);
}

static void
rate_text(const char *word, int64_t rate, uint64_t all, char *to, size_t size)
{
	char bytes[16];

	str_bytes(rate >= 0 ? (uint64_t)rate : all, bytes, sizeof(bytes));
	snprintf(to, size, "%s %s%s", word, bytes, rate >= 0 ? "/s" : "");
}

static void
net_cells(const struct net_status *n, const struct table *t, struct canvas *c, int row)
{
	char in[32], out[32];

	rate_text("in", n->in_rate, n->in, in, sizeof(in));
	rate_text("out", n->out_rate, n->out, out, sizeof(out));
	table_cell(t, c, row, DISK_NAME, STYLE_TEXT, n->name);
	table_cell(t, c, row, DISK_BAR, STYLE_TEXT, in);
	table_cell(t, c, row, DISK_USED, STYLE_TEXT, out);
	table_cell(t, c, row, DISK_TYPE, STYLE_DIM, n->addresses);
}

static void
timer_cells(const struct timer_status *m, const struct table *t, struct canvas *c, int row)
{
	char text[24], age[16];

	table_cell(t, c, row, TIMER_NAME, STYLE_TEXT, m->name);
	if (m->next_s == INT64_MIN) {
		table_cell(t, c, row, TIMER_NEXT, STYLE_DIM, "-");
	} else {
		age_text(m->next_s > 0 ? m->next_s : 0, age, sizeof(age));
		snprintf(text, sizeof(text), "in %s", age);
		table_cell(t, c, row, TIMER_NEXT, STYLE_TEXT, text);
	}
	if (m->last_s == INT64_MIN) {
		table_cell(t, c, row, TIMER_LAST, STYLE_DIM, "never");
	} else {
		age_text(m->last_s < 0 ? -m->last_s : 0, age, sizeof(age));
		snprintf(text, sizeof(text), "%s ago", age);
		table_cell(t, c, row, TIMER_LAST, STYLE_TEXT, text);
	}
	table_cell(t, c, row, TIMER_UNIT, STYLE_DIM, m->unit);
}

static enum style
change_style(const char *state)
{
	if (str_eq(state, "ok"))
		return STYLE_TEXT;
	if (str_eq(state, "changed"))
		return STYLE_GOOD;
	return str_eq(state, "failed") || str_eq(state, "rolled-back") ||
		       str_eq(state, "rollback-failed")
		   ? STYLE_BAD
		   : STYLE_WARN;
}

static void
change_cells(const struct view *v, const struct host_change *x, const struct table *t,
    struct canvas *c, int row)
{
	char age[16];

	age_text((v->scene->wall_ms - x->start_ms) / 1000, age, sizeof(age));
	table_cell(t, c, row, CHANGE_RUN, STYLE_BOLD, x->alias);
	table_cell(t, c, row, CHANGE_STATE, change_style(x->state), x->state);
	table_cell(t, c, row, CHANGE_AGE, STYLE_DIM, age);
	table_cell(t, c, row, CHANGE_VERB, STYLE_TEXT, x->verb);
	table_cell(t, c, row, CHANGE_WHAT, STYLE_TEXT, x->what);
}

static void
paint_row(const struct view *v, const struct host_row *r, const struct table *t, struct canvas *c,
    int row)
{
	const struct hostview *h = v->state;
	const struct status *s = h->host->status;

	switch (r->kind) {
	case ROW_HEAD:
		canvas_print(c, row, 1, t->left[0] + 40, STYLE_HEAD, r->text);
		break;
	case ROW_UNIT:
		unit_cells(&s->units[r->at], row_name(r, t, WHOSE, s->units[r->at].name), t, c, row,
		    v->scene->ascii);
		break;
	case ROW_CONTAINER:
		container_cells(&s->containers[r->at],
		    row_name(r, t, CTR_WHOSE, s->containers[r->at].name), t, c, row,
		    v->scene->ascii);
		break;
	case ROW_FACT:
		table_cell(t, c, row, FACT_NAME, STYLE_HEAD, h->facts[r->at].name);
		table_cell(t, c, row, FACT_TEXT, STYLE_TEXT, h->facts[r->at].text);
		break;
	case ROW_DISK:
		disk_cells(&s->disks[r->at], t, c, row);
		break;
	case ROW_NET:
		net_cells(&s->nets[r->at], t, c, row);
		break;
	case ROW_TIMER:
		timer_cells(&s->timers[r->at], t, c, row);
		break;
	case ROW_CHANGE:
		change_cells(v, &h->changes[r->at], t, c, row);
		break;
	}
}

/* Columns that hold nothing here give their room away. */
static size_t
chosen_columns(const struct hostview *h, struct table_column to[TABLE_COLUMNS])
{
	size_t n = tabs[h->tab].count;

	memcpy(to, tabs[h->tab].columns, n * sizeof(*to));
	if (!h->has_users && h->tab == HOST_UNITS)
		to[WHOSE] = (struct table_column){ .title = "", .drop = 1 };
	if (!h->has_users && h->tab == HOST_CONTAINERS)
		to[CTR_WHOSE] = (struct table_column){ .title = "", .drop = 1 };
	return n;
}

static const char *
nothing_text(const struct hostview *h)
{
	if (h->tab == HOST_CHANGES)
		return "nothing is recorded of this host";
	if (h->host->age_ms < 0)
		return "nothing is known of this host yet";
	return h->host->from_ledger ? "the host has not been asked yet" : "none";
}

static void
paint_list(const struct view *v, struct canvas *c, const struct host_box *box)
{
	const struct hostview *h = v->state;
	const struct list *l = &h->list[h->tab];
	struct table_column columns[TABLE_COLUMNS];
	struct table t;
	int height = box->bottom - box->top - 1;
	size_t first = list_top(l, height), n = chosen_columns(h, columns);

	table_lay(&t, columns, n, box->left + MARGIN, box->width - MARGIN);
	table_head(&t, c, box->top);
	if (!h->row_count)
		canvas_print(
		    c, box->top + 1, MARGIN, box->width - MARGIN, STYLE_DIM, nothing_text(h));
	for (int i = 0; i < height && first + (size_t)i < h->row_count; i++) {
		size_t at = first + (size_t)i;
		int row = box->top + 1 + i;

		paint_row(v, &h->rows[at], &t, c, row);
		if (at == l->cursor && h->rows[at].id) {
			canvas_select(c, row, box->left, box->width);
			c->cursor_row = row;
			c->cursor_col = box->left + MARGIN;
		}
	}
}

static void
paint_tabs(const struct hostview *h, struct canvas *c, int row)
{
	bool narrow = c->cols < 80;
	int col = 1;

	for (int i = 0; i < HOST_TABS; i++) {
		bool on = i == (int)h->tab;
		size_t n = host_tab_count(h, (enum host_tab)i);
		char label[40];

		if (n && !narrow)
			snprintf(label, sizeof(label), "%s(%zu)", tabs[i].title, n);
		else
			snprintf(label, sizeof(label), "%s", tabs[i].title);
		if (narrow && !on)
			label[4] = '\0';
		col += canvas_printf(c, row, col, c->cols - col, on ? STYLE_TAB_ON : STYLE_TAB,
		    on ? "[%s]" : " %s ", label);
	}
	if (h->of_one)
		canvas_printf(c, row, col + 1, c->cols - col - 1, STYLE_WARN, "units of %s",
		    h->scope[0] ? h->scope : "the system");
}

static void
rule(struct canvas *c, const struct host_box *box, const char *title)
{
	canvas_fill(c, box->top, box->left, box->width, STYLE_HEAD, '-');
	canvas_printf(c, box->top, box->left + 1, box->width - 2, STYLE_HEAD, "%s", title);
}

static void
paint_text(const struct hostview *h, struct canvas *c, int top, int bottom)
{
	struct host_box box = { .top = top, .width = c->cols };
	char place[32];

	rule(c, &box, h->title);
	text_place(&h->text, place, sizeof(place));
	canvas_print_right(c, top, c->cols - 16, 15, STYLE_HEAD, place);
	text_paint(&h->text, c, top + 1, bottom, 1, c->cols - 2);
	c->cursor_row = top + 1;
	c->cursor_col = 0;
}

static void
paint_wide(const struct view *v, struct canvas *c, int top, int bottom)
{
	const struct hostview *h = v->state;
	int left = h->zoom ? 0 : h->tab != HOST_DISKS ? c->cols * 46 / 100 : c->cols;
	int foot = bottom - 3;
	struct host_box list = { .top = top + 1, .bottom = foot, .width = left };
	struct host_box detail = { .top = top + 1,
		.bottom = foot,
		.left = left + (left > 0),
		.width = c->cols - left - (left > 0) };

	if (left)
		paint_list(v, c, &list);
	for (int row = top + 1; left && left < c->cols && row < foot; row++)
		canvas_print(c, row, left, 1, STYLE_HEAD, "|");
	if (detail.width > 0)
		host_detail(v, c, &detail);
	rule(c, &(struct host_box){ .top = foot, .width = c->cols }, "Facts");
	host_strip(v, c, foot + 1);
}

/* Why the host is not reached, in full: what is under it was true once. Returns the row after it. */
static int
paint_why(const struct hostview *h, struct canvas *c, int row, int bottom)
{
	int lines = (bottom - row) / 3;
	char why[640], text[700];

	if (h->host->link != LINK_DOWN || !h->host->err.text[0])
		return row;
	glance_note(h->host, why, sizeof(why));
	snprintf(text, sizeof(text), "unreachable: %s", why);
	lines = lines < WHY_LINES ? lines : WHY_LINES;
	return canvas_wrap(c, row, 1, c->cols - 2, row + lines - 1, STYLE_BAD, text);
}

void
host_paint(const struct view *v, struct canvas *c, int top, int bottom)
{
	const struct hostview *h = v->state;

	if (!h->host) {
		canvas_printf(
		    c, top + 1, 2, c->cols - 3, STYLE_WARN, "%s is not in the inventory", h->name);
		return;
	}
	if (h->reading) {
		paint_text(h, c, top, bottom);
		return;
	}
	paint_tabs(h, c, top);
	top = paint_why(h, c, top + 1, bottom) - 1;
	struct host_box all = { .top = top + 1, .bottom = bottom, .width = c->cols };
	if (c->cols >= HOST_WIDE && bottom - top >= 12)
		paint_wide(v, c, top, bottom);
	else if (h->zoom && c->cols >= HOST_BARE)
		host_detail(v, c, &all);
	else
		paint_list(v, c, &all);
}
