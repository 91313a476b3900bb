/* The Fleet screen painted: columns, sections, the strip of the row under the cursor. */
#include "base/clock.h"
#include "base/mem.h"
#include "base/str.h"
#include "inventory/set.h"
#include "ledger/samples.h"
#include "tui/canvas.h"
#include "tui/plot.h"
#include "tui/table.h"
#include "tui/view_fleet.h"

#include <stdio.h>
#include <string.h>

#define LEFT      3 /* of the columns */
#define NAMES     5
#define SPARK     15 /* columns, a minute each */
#define SPARK_OF  32 /* hosts of a herd that are looked at */
#define STRIP_MIN 22 /* rows of the view that leave room for the strip */

static const struct table_column columns[] = {
	[FLEET_HEALTH] = { "S", 1, 0, 0, false },
	[FLEET_HOST] = { "HOST", 13, 2, 0, false },
	[FLEET_GROUP] = { "GROUP", 5, 0, 4, false },
	[FLEET_OS] = { "OS", 9, 0, 3, false },
	[FLEET_UNITS] = { "UNITS", 6, 0, 10, false },
	[FLEET_CTRS] = { "CTRS", 5, 0, 8, true },
	[FLEET_CPU] = { "CPU%", 5, 0, 6, true },
	[FLEET_MEM] = { "MEM%", 5, 0, 7, true },
	[FLEET_DISK] = { "DISK%", 5, 0, 9, true },
	[FLEET_RTT] = { "RTT", 5, 0, 2, true },
	[FLEET_AGE] = { "AGE", 4, 0, 5, true },
	[FLEET_NOTE] = { "NOTE", 14, 3, 0, false },
	[FLEET_SPARK] = { "CPU 15 MIN", SPARK, 0, 1, false },
};

const char *
fleet_column_title(enum fleet_column column)
{
	return column == FLEET_HEALTH ? "HEALTH" : columns[column].title;
}

static bool
has_strip(const struct view *v)
{
	return v->height >= STRIP_MIN;
}

static bool
has_job(const struct view *v)
{
	return v->scene->run_live && v->scene->run && v->height > 6;
}

int
fleet_height(const struct view *v)
{
	return v->height - 1 - (has_strip(v) ? 2 : 0) - (has_job(v) ? 1 : 0);
}

/* Nothing but its inventory is known of it. */
static bool
unknown(const struct scene_host *h)
{
	return h->age_ms < 0 || (h->from_ledger && !h->status->units);
}

static void
span_text(const struct fleet_span *s, char *to, size_t size)
{
	if (s->least < 0)
		snprintf(to, size, "-");
	else if (s->least == s->most)
		snprintf(to, size, "%d", (int)s->least);
	else
		snprintf(to, size, "%d-%d", (int)s->least, (int)s->most);
}

/* The processor in the last time; of a herd the mean of those that are known. */
static void
spark(const struct view *v, const struct fleet_row *r, char *to, size_t size)
{
	const struct fleet *f = v->state;
	int32_t sum[SPARK] = { 0 }, known[SPARK] = { 0 }, one[SPARK];
	const struct plot_series series = { .values = sum, .count = SPARK, .high = 100 };

	to[0] = '\0';
	for (size_t i = 0; v->services->samples && i < r->count && i < SPARK_OF; i++) {
		const struct sample_asked asked = {
			.host = v->scene->hosts[f->member[r->first + i]].name,
			.metric = SAMPLE_CPU,
			.span = SAMPLE_TWO_HOURS,
			.now_ms = v->scene->wall_ms,
		};

		if (!samples_last(v->services->samples, &asked, one, SPARK))
			continue;
		for (int k = 0; k < SPARK; k++) {
			sum[k] += one[k] == SAMPLE_NONE ? 0 : one[k];
			known[k] += one[k] != SAMPLE_NONE;
		}
	}
	for (int k = 0; k < SPARK; k++)
		sum[k] = known[k] ? sum[k] / known[k] : PLOT_GAP;
	if (v->services->samples)
		plot_spark(&series, SPARK, v->scene->ascii, to, size);
}

static void
cell_text(const struct view *v, const struct fleet_row *r, enum fleet_column column, char *to,
    size_t size)
{
	const struct scene_host *h = &v->scene->hosts[r->host];

	snprintf(to, size, "-");
	switch (column) {
	case FLEET_HOST:
		snprintf(to, size, "%s%s", r->member ? "  " : "", fleet_row_name(v, r));
		break;
	case FLEET_GROUP:
		snprintf(to, size, "%s", h->group ? h->group : "-");
		break;
	case FLEET_OS:
		snprintf(to, size, "%s", h->status->os[0] ? h->status->os : "-");
		break;
	case FLEET_UNITS:
		if (unknown(h))
			snprintf(to, size, "?");
		else if (h->status->units_failed)
			snprintf(to, size, "%zu FAIL", h->status->units_failed);
		else
			snprintf(to, size, "ok");
		break;
	case FLEET_CTRS:
		if (unknown(h))
			snprintf(to, size, "?/?");
		else
			snprintf(to, size, "%zu/%zu", r->running, r->containers);
		break;
	case FLEET_CPU:
		span_text(&r->cpu, to, size);
		break;
	case FLEET_MEM:
		span_text(&r->mem, to, size);
		break;
	case FLEET_DISK:
		span_text(&r->disk, to, size);
		break;
	case FLEET_RTT:
		if (r->rtt.most >= 0)
			snprintf(to, size, "%dms", (int)r->rtt.most);
		break;
	case FLEET_AGE:
		if (r->age.most >= 1000)
			clock_short(r->age.most, to, size);
		else if (r->age.most >= 0)
			snprintf(to, size, "0s");
		break;
	case FLEET_NOTE:
		fleet_note(v, r, to, size);
		break;
	case FLEET_SPARK:
		spark(v, r, to, size);
		break;
	case FLEET_HEALTH:
		snprintf(to, size, "%s", glance_glyph(r->glance, v->scene->ascii));
		break;
	case FLEET_COLUMNS:
		break;
	}
}

/* The first container of a whose image b has not, without its registry. */
static const char *
other_image(const struct status *a, const struct status *b)
{
	for (size_t i = 0; i < a->container_count; i++) {
		bool there = false;

		for (size_t k = 0; k < b->container_count && !there; k++)
			there = str_eq(a->containers[i].image, b->containers[k].image);
		if (!there) {
			const char *slash = strrchr(a->containers[i].image, '/');

			return slash ? slash + 1 : a->containers[i].image;
		}
	}
	return NULL;
}

/* What is wrong with it; where nothing is, what it has that its group has not. */
void
fleet_note(const struct view *v, const struct fleet_row *r, char *to, size_t size)
{
	const struct fleet *f = v->state;
	const struct scene_host *h = &v->scene->hosts[r->host], *norm = &v->scene->hosts[r->norm];
	const char *image;

	glance_note(h, to, size);
	if (*to || h->pet || unknown(h) || unknown(norm) || h == norm)
		return;
	image = other_image(h->status, norm->status);
	if (image && norm->status->container_count)
		snprintf(to, size, "differs: %.80s", image);
	else if (f->hosts[r->host].images != f->hosts[r->norm].images)
		snprintf(to, size, "differs: containers");
	else if (!str_eq(h->status->os, norm->status->os))
		snprintf(to, size, "differs: %.60s", h->status->os);
}

static enum style
cell_style(const struct scene_host *h, const struct fleet_row *r, enum fleet_column column)
{
	if (column == FLEET_HEALTH)
		return glance_style(r->glance);
	if (column == FLEET_NOTE)
		return r->glance == GLANCE_OK ? STYLE_WARN : glance_style(r->glance);
	if (column == FLEET_HOST)
		return h->pet ? STYLE_BOLD : STYLE_TEXT;
	if (glance_old(h))
		return STYLE_DIM;
	return r->glance == GLANCE_FAIL ? STYLE_BAD : STYLE_TEXT;
}

static void
paint_row(const struct view *v, const struct table *t, struct canvas *c, int row, size_t at)
{
	const struct fleet *f = v->state;
	const struct fleet_row *r = &f->rows[at];
	const struct scene_host *h = &v->scene->hosts[r->host];
	char text[512];
	size_t from, to;

	if (r->count > 1)
		canvas_print(c, row, 1, 1, STYLE_DIM, r->open ? "-" : "+");
	if (r->marked)
		canvas_print(
		    c, row, r->count > 1 ? 2 : 1, 1, STYLE_BOLD, r->marked == r->count ? "*" : "~");
	if (fleet_range(f, &from, &to) && at >= from && at <= to)
		canvas_print(c, row, 2, 1, STYLE_WARN, "|");
	for (enum fleet_column i = 0; i < FLEET_COLUMNS; i++) {
		if (!t->width[i])
			continue;
		cell_text(v, r, i, text, sizeof(text));
		table_cell(t, c, row, i, cell_style(h, r, i), text);
	}
}

static void
paint_head(const struct fleet *f, const struct table *t, struct canvas *c, int row)
{
	const char *mark = f->inverse ? "^" : "v";

	table_head(t, c, row);
	if (t->width[f->sort]) {
		table_cell(t, c, row, f->sort, STYLE_KEY, columns[f->sort].title);
		canvas_print(c, row, t->left[f->sort] + t->width[f->sort], 1, STYLE_KEY, mark);
	}
}

static void
paint_heading(const struct fleet_row *r, struct canvas *c, int row)
{
	canvas_fill(c, row, 3, c->cols - 4, STYLE_HEAD, '-');
	canvas_print(c, row, NAMES, c->cols - 8, STYLE_HEAD, r->text);
}

static void
marked_text(const struct view *v, char *to, size_t size)
{
	const struct scene *s = v->scene;
	autofree const char **names = xcalloc(s->marked + 1, sizeof(*names));
	size_t n = 0;

	for (size_t i = 0; i < s->count && n < s->marked; i++) {
		if (s->hosts[i].marked)
			names[n++] = s->hosts[i].name;
	}
	autofree char *set = names_fold(names, n);
	snprintf(to, size, "%zu marked: %.60s", n, set);
}

static void
paint_strip(const struct view *v, struct canvas *c, int row)
{
	const struct fleet *f = v->state;
	const struct fleet_row *r = fleet_current(v);
	char up[16] = "-", marked[96] = "";
	int room = c->cols - 2;

	canvas_fill(c, row - 1, 0, c->cols, STYLE_HEAD, '-');
	if (v->scene->marked) {
		marked_text(v, marked, sizeof(marked));
		room -= canvas_width(marked) + 2;
		canvas_print_right(c, row, c->cols - canvas_width(marked) - 1, canvas_width(marked),
		    STYLE_BOLD, marked);
	}
	if (!r)
		return;
	const struct scene_host *h = &v->scene->hosts[r->host];
	const struct status *s = h->status;
	if (r->count == 1 && h->link == LINK_DOWN && h->err.text[0]) {
		char why[640];

		glance_note(h, why, sizeof(why));
		canvas_printf(c, row, 1, room, STYLE_BAD, "%s unreachable: %s", h->name, why);
		return;
	}
	if (s->uptime_s >= 0)
		clock_short(s->uptime_s * 1000, up, sizeof(up));
	if (r->count > 1)
		canvas_printf(c, row, 1, room, STYLE_TEXT,
		    "%.60s  %zu hosts  %s  podman %s  systemd %s", fleet_row_name(v, r), r->count,
		    s->os[0] ? s->os : "-", s->podman[0] ? s->podman : "-",
		    s->systemd[0] ? s->systemd : "-");
	else
		canvas_printf(c, row, 1, room, STYLE_TEXT,
		    "%.60s  %s  podman %s  systemd %s  up %s  load %s%s%s", fleet_row_name(v, r),
		    s->os[0] ? s->os : "-", s->podman[0] ? s->podman : "-",
		    s->systemd[0] ? s->systemd : "-", up, s->load[0] ? s->load : "-",
		    f->last_run[0] ? "  last run " : "", f->last_run);
}

static void
paint_job(const struct view *v, struct canvas *c, int row)
{
	const struct progress *p = v->scene->run;
	char spent[16];

	clock_spent(v->scene->wall_ms - p->start_ms, spent, sizeof(spent));
	canvas_printf(c, row, 1, c->cols - 2, STYLE_BOLD, "job %s  %s  %zu/%zu hosts  %.60s  %s",
	    v->scene->run_alias ? v->scene->run_alias : "-", p->verb ? p->verb : "run", p->done,
	    p->count, p->note ? p->note : "", spent);
}

void
fleet_paint(const struct view *v, struct canvas *c, int top, int bottom)
{
	const struct fleet *f = v->state;
	int height = fleet_height(v), row = top + 1;
	struct table t;

	table_lay(&t, columns, countof(columns), LEFT, c->cols - LEFT - 1);
	paint_head(f, &t, c, top);
	if (!f->count)
		canvas_print(c, top + 2, NAMES, c->cols - 6, STYLE_DIM, "nothing to show");
	size_t first = list_top(&f->list, height);
	for (size_t at = first; at < f->count && row < top + 1 + height; at++, row++) {
		if (f->rows[at].heading) {
			paint_heading(&f->rows[at], c, row);
			continue;
		}
		paint_row(v, &t, c, row, at);
		if (at == f->list.cursor) {
			canvas_select(c, row, 0, c->cols);
			c->cursor_row = row;
			c->cursor_col = NAMES;
		}
	}
	if (has_job(v))
		paint_job(v, c, bottom - 1);
	if (has_strip(v))
		paint_strip(v, c, bottom - (has_job(v) ? 2 : 1));
}
