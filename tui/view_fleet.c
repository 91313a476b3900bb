/* The fleet: pets one row each, cattle folded into herds of equals, the worst on top. */
#include "base/clock.h"
#include "base/mem.h"
#include "base/str.h"
#include "inventory/set.h"
#include "tui/canvas.h"
#include "tui/glance.h"
#include "tui/list.h"
#include "tui/view.h"

#include <stdio.h>
#include <string.h>

struct row {
	char *heading; /* a section's title; no host then */
	const struct scene_host *host;
	char *name; /* the host, or the folded set */
	size_t members;
	enum glance glance;
	int cpu[2], mem[2], disk[2]; /* least and most of the members */
	char key[256];               /* what makes members equal */
};

struct fleet {
	struct list list;
	struct row *rows;
	size_t count, cap;
	bool unfolded, faults;
	size_t pets, cattle, herds;
};

static void
clear_rows(struct fleet *f)
{
	for (size_t i = 0; i < f->count; i++) {
		free(f->rows[i].heading);
		free(f->rows[i].name);
	}
	f->count = 0;
	f->pets = f->cattle = f->herds = 0;
}

static const char *
row_id(const void *user, size_t i)
{
	const struct fleet *f = user;

	return f->rows[i].heading ? NULL : f->rows[i].name;
}

static struct row *
add_row(struct fleet *f)
{
	mem_grow(f->rows, f->count, f->cap);
	f->rows[f->count] = (struct row){ 0 };
	return &f->rows[f->count++];
}

static void
units_text(const struct scene_host *h, char *to, size_t size)
{
	const struct status *s = h->status;

	if (h->age_ms < 0 || (h->link == LINK_DOWN && h->from_ledger))
		snprintf(to, size, "?");
	else if (s->units_failed)
		snprintf(to, size, "%zu FAIL", s->units_failed);
	else
		snprintf(to, size, "ok");
}

static void
containers_text(const struct scene_host *h, char *to, size_t size)
{
	if (h->age_ms < 0)
		snprintf(to, size, "?");
	else
		snprintf(
		    to, size, "%zu/%zu", h->status->containers_running, h->status->container_count);
}

static void
span(int to[2], int value)
{
	if (value < 0)
		return;
	if (to[0] < 0 || value < to[0])
		to[0] = value;
	if (value > to[1])
		to[1] = value;
}

static void
join(struct row *r, const struct scene_host *h)
{
	span(r->cpu, h->status->cpu_pct);
	span(r->mem, h->status->mem_pct);
	span(r->disk, h->status->disk_pct);
	r->members++;
}

static void
fill(struct row *r, const struct scene_host *h)
{
	char units[24], ctrs[24], note[128];

	*r = (struct row){ 0 };
	units_text(h, units, sizeof(units));
	containers_text(h, ctrs, sizeof(ctrs));
	glance_note(h, note, sizeof(note));
	r->host = h;
	r->glance = glance_of(h);
	for (int i = 0; i < 2; i++)
		r->cpu[i] = r->mem[i] = r->disk[i] = -1;
	snprintf(r->key, sizeof(r->key), "%d|%.40s|%.40s|%s|%s|%.80s", (int)r->glance,
	    h->group ? h->group : "", h->status->os, units, ctrs, note);
	join(r, h);
}

static int
by_glance(const void *a, const void *b)
{
	const struct row *x = a, *y = b;

	if (x->glance != y->glance)
		return x->glance > y->glance ? -1 : 1;
	return str_natural(x->host->name, y->host->name);
}

/* The rows from `first` on are one kind's hosts: fold equals, name them, sort. */
static void
finish_section(struct fleet *f, size_t first, const struct scene *s, bool pets)
{
	for (size_t i = first; i < f->count; i++) {
		struct row *r = &f->rows[i];
		const char **names = xcalloc(s->count, sizeof(*names));
		size_t n = 0;

		for (size_t j = 0; j < s->count && r->members > 1; j++) {
			struct row other;

			if (s->hosts[j].pet != pets)
				continue;
			fill(&other, &s->hosts[j]);
			if (str_eq(other.key, r->key))
				names[n++] = s->hosts[j].name;
		}
		r->name = n > 1 ? names_fold(names, n) : xstrdup(r->host->name);
		free(names);
	}
	qsort(f->rows + first, f->count - first, sizeof(*f->rows), by_glance);
}

static void
add_host(struct fleet *f, size_t first, const struct scene_host *h, bool fold)
{
	struct row made;

	fill(&made, h);
	for (size_t i = first; fold && i < f->count; i++) {
		if (str_eq(f->rows[i].key, made.key)) {
			join(&f->rows[i], h);
			return;
		}
	}
	struct row *r = add_row(f);
	made.heading = made.name = NULL;
	*r = made;
}

static void
add_section(struct fleet *f, const struct scene *s, bool pets)
{
	size_t heading = f->count, hosts = 0;

	for (size_t i = 0; i < s->count; i++)
		hosts += s->hosts[i].pet == pets;
	if (!hosts)
		return;
	add_row(f);
	for (size_t i = 0; i < s->count; i++) {
		const struct scene_host *h = &s->hosts[i];

		if (h->pet == pets && (!f->faults || glance_of(h) >= GLANCE_WARN))
			add_host(f, heading + 1, h, !pets && !f->unfolded);
	}
	size_t rows = f->count - heading - 1;
	if (pets)
		f->rows[heading].heading = xasprintf("PETS (%zu)", hosts);
	else if (rows == hosts)
		f->rows[heading].heading = xasprintf("CATTLE (%zu)", hosts);
	else
		f->rows[heading].heading = xasprintf(
		    "CATTLE (%zu in %zu herds): identical members fold, odd ones stay visible",
		    hosts, rows);
	finish_section(f, heading + 1, s, pets);
}

static void
fleet_refresh(struct view *v)
{
	struct fleet *f = v->state;

	clear_rows(f);
	add_section(f, v->scene, true);
	add_section(f, v->scene, false);
	list_update(&f->list, f->count, row_id, f);
	f->list.height = v->height - 2;
}

/* Columns, in order; those with a smaller rank go first when the screen is narrow. */
enum column {
	COL_GROUP,
	COL_OS,
	COL_UNITS,
	COL_CTRS,
	COL_CPU,
	COL_MEM,
	COL_DISK,
	COL_RTT,
	COL_AGE
};
static const struct {
	const char *title;
	int width, rank;
	bool right;
} columns[] = {
	[COL_GROUP] = { "GROUP", 6, 2, false },
	[COL_OS] = { "OS", 10, 5, false },
	[COL_UNITS] = { "UNITS", 7, 9, false },
	[COL_CTRS] = { "CTRS", 6, 8, true },
	[COL_CPU] = { "CPU%", 6, 4, true },
	[COL_MEM] = { "MEM%", 6, 6, true },
	[COL_DISK] = { "DISK%", 6, 7, true },
	[COL_RTT] = { "RTT", 5, 1, true },
	[COL_AGE] = { "AGE", 5, 3, true },
};

#define NAME_COL   5
#define NAME_WIDTH 16
#define NOTE_WIDTH 16

/* The least rank that still leaves the note its room. */
static int
least_rank(int cols)
{
	for (int rank = 0; rank < 10; rank++) {
		int used = NAME_COL + NAME_WIDTH + 1 + NOTE_WIDTH;

		for (size_t i = 0; i < countof(columns); i++)
			used += columns[i].rank >= rank ? columns[i].width + 1 : 0;
		if (used <= cols)
			return rank;
	}
	return 10;
}

static void
span_text(const int span_of[2], char *to, size_t size)
{
	if (span_of[0] < 0)
		snprintf(to, size, "-");
	else if (span_of[0] == span_of[1])
		snprintf(to, size, "%d", span_of[0]);
	else
		snprintf(to, size, "%d-%d", span_of[0], span_of[1]);
}

static void
column_text(const struct row *r, enum column col, char *to, size_t size)
{
	const struct scene_host *h = r->host;

	switch (col) {
	case COL_GROUP:
		snprintf(to, size, "%s", h->group ? h->group : "-");
		return;
	case COL_OS:
		snprintf(to, size, "%s", h->status->os[0] ? h->status->os : "-");
		return;
	case COL_UNITS:
		units_text(h, to, size);
		return;
	case COL_CTRS:
		containers_text(h, to, size);
		return;
	case COL_CPU:
		span_text(r->cpu, to, size);
		return;
	case COL_MEM:
		span_text(r->mem, to, size);
		return;
	case COL_DISK:
		span_text(r->disk, to, size);
		return;
	case COL_RTT:
		if (h->rtt_ms >= 0)
			snprintf(to, size, "%dms", (int)h->rtt_ms);
		else
			snprintf(to, size, "-");
		return;
	case COL_AGE:
		if (h->age_ms >= 0)
			clock_short(h->age_ms, to, size);
		else
			snprintf(to, size, "-");
		return;
	}
}

static void
paint_row(const struct fleet *f, const struct row *r, struct canvas *c, int row, bool ascii)
{
	enum style style = r->glance == GLANCE_FAIL ? STYLE_BAD : STYLE_TEXT;
	int col = NAME_COL, rank = least_rank(c->cols);
	char text[128];

	if (r->host->age_ms > GLANCE_STALE_MS || r->host->link == LINK_DOWN)
		style = STYLE_DIM;
	if (r->members > 1)
		canvas_print(c, row, 1, 1, STYLE_DIM, "+");
	canvas_print(c, row, 3, 1, glance_style(r->glance), glance_glyph(r->glance, ascii));
	canvas_print(c, row, col, NAME_WIDTH, r->host->pet ? STYLE_BOLD : STYLE_TEXT, r->name);
	col += NAME_WIDTH + 1;
	for (size_t i = 0; i < countof(columns); i++) {
		if (columns[i].rank < rank)
			continue;
		column_text(r, (enum column)i, text, sizeof(text));
		if (columns[i].right)
			canvas_print_right(c, row, col, columns[i].width, style, text);
		else
			canvas_print(c, row, col, columns[i].width, style, text);
		col += columns[i].width + 1;
	}
	glance_note(r->host, text, sizeof(text));
	canvas_print(c, row, col, c->cols - col - 1, glance_style(r->glance), text);
	(void)f;
}

static void
paint_head(struct canvas *c, int row)
{
	int col = NAME_COL, rank = least_rank(c->cols);

	canvas_print(c, row, 3, 1, STYLE_HEAD, "S");
	canvas_print(c, row, col, NAME_WIDTH, STYLE_HEAD, "HOST");
	col += NAME_WIDTH + 1;
	for (size_t i = 0; i < countof(columns); i++) {
		if (columns[i].rank < rank)
			continue;
		if (columns[i].right)
			canvas_print_right(
			    c, row, col, columns[i].width, STYLE_HEAD, columns[i].title);
		else
			canvas_print(c, row, col, columns[i].width, STYLE_HEAD, columns[i].title);
		col += columns[i].width + 1;
	}
	canvas_print(c, row, col, c->cols - col, STYLE_HEAD, "NOTE");
}

static void
paint_heading(const struct row *r, struct canvas *c, int row)
{
	canvas_fill(c, row, 3, c->cols - 4, STYLE_HEAD, '-');
	canvas_print(c, row, 5, c->cols - 8, STYLE_HEAD, r->heading);
}

static void
paint_foot(const struct row *r, struct canvas *c, int row)
{
	const struct scene_host *h = r->host;
	const struct status *s = h->status;
	char up[16] = "-";

	if (s->uptime_s >= 0)
		clock_short(s->uptime_s * 1000, up, sizeof(up));
	canvas_fill(c, row - 1, 0, c->cols, STYLE_HEAD, '-');
	canvas_printf(c, row, 1, c->cols - 2, STYLE_TEXT,
	    "%s  %s  podman %s  systemd %s  up %s  load %s", r->name, s->os[0] ? s->os : "-",
	    s->podman[0] ? s->podman : "-", s->systemd[0] ? s->systemd : "-", up,
	    s->load[0] ? s->load : "-");
}

static void
fleet_paint(const struct view *v, struct canvas *c, int top, int bottom)
{
	const struct fleet *f = v->state;
	int height = bottom - top - 3;

	paint_head(c, top);
	if (!f->count)
		canvas_print(c, top + 2, 5, c->cols - 6, STYLE_DIM, "nothing to show");
	size_t first = list_top(&f->list, height);
	for (int i = 0; i < height && first + (size_t)i < f->count; i++) {
		const struct row *r = &f->rows[first + (size_t)i];
		int row = top + 1 + i;

		if (r->heading) {
			paint_heading(r, c, row);
			continue;
		}
		paint_row(f, r, c, row, v->scene->ascii);
		if (first + (size_t)i == f->list.cursor) {
			canvas_select(c, row, 0, c->cols);
			c->cursor_row = row;
			c->cursor_col = NAME_COL;
		}
	}
	if (f->list.cursor < f->count && !f->rows[f->list.cursor].heading)
		paint_foot(&f->rows[f->list.cursor], c, bottom - 1);
}

static const struct row *
current(const struct view *v)
{
	const struct fleet *f = v->state;

	if (f->list.cursor >= f->count || f->rows[f->list.cursor].heading)
		return NULL;
	return &f->rows[f->list.cursor];
}

static bool
fleet_key(struct view *v, const char *key)
{
	struct fleet *f = v->state;

	f->list.height = v->height - 3;
	return list_key(&f->list, key, row_id, f);
}

static void
do_open(struct view *v)
{
	struct fleet *f = v->state;
	const struct row *r = current(v);

	if (r->members > 1) {
		f->unfolded = true;
		str_copy(f->list.id, sizeof(f->list.id), r->host->name);
		fleet_refresh(v);
		return;
	}
	v->services->open(v->services->user, "host", r->host->name);
}

static void
do_fold(struct view *v)
{
	struct fleet *f = v->state;

	f->unfolded = !f->unfolded;
	fleet_refresh(v);
}

static void
do_faults(struct view *v)
{
	struct fleet *f = v->state;

	f->faults = !f->faults;
	fleet_refresh(v);
}

static const char *
fleet_lacks(const struct view *v, unsigned needs)
{
	const struct row *r = current(v);

	if ((needs & NEEDS_ROW) && !r)
		return "no host is under the cursor";
	return NULL;
}

static void
fleet_status(const struct view *v, char *to, size_t size)
{
	const struct fleet *f = v->state;

	snprintf(to, size, "sort HEALTH%s%s", f->faults ? "  faults only" : "",
	    f->unfolded ? "  unfolded" : "");
}

static void
fleet_close(struct view *v)
{
	struct fleet *f = v->state;

	clear_rows(f);
	free(f->rows);
}

static const struct action actions[] = {
	{ .key = "enter",
	    .name = "open",
	    .summary = "open the host under the cursor; a herd unfolds",
	    .needs = NEEDS_ROW,
	    .hint = true,
	    .run = do_open },
	{ .key = "=",
	    .name = "fold",
	    .summary = "fold and unfold identical cattle",
	    .hint = true,
	    .run = do_fold },
	{ .key = "f",
	    .name = "faults",
	    .summary = "show only hosts that are not ok",
	    .hint = true,
	    .run = do_faults,
	    .command = "drover hosts" },
	{ 0 },
};

const struct view_class view_fleet = {
	.name = "fleet",
	.title = "Fleet",
	.digit = '1',
	.actions = actions,
	.state_size = sizeof(struct fleet),
	.close = fleet_close,
	.refresh = fleet_refresh,
	.paint = fleet_paint,
	.key = fleet_key,
	.status = fleet_status,
	.lacks = fleet_lacks,
};
