/* One host: its units, containers and facts; the detail follows the cursor. */
#include "base/clock.h"
#include "base/mem.h"
#include "base/str.h"
#include "tui/canvas.h"
#include "tui/glance.h"
#include "tui/list.h"
#include "tui/view.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum tab { TAB_UNITS, TAB_CONTAINERS, TAB_FACTS, TAB_COUNT };

#define FACT_ROWS 12

struct hostview {
	char *name;
	const struct scene_host *host; /* NULL when it left the inventory */
	enum tab tab;
	struct list list[TAB_COUNT];
	size_t *order; /* units: the failed on top, then by name */
	size_t order_count;
	char facts[FACT_ROWS][128];
	char fact_ids[FACT_ROWS][24];
	size_t fact_count;
};

static const struct scene_host *
find(const struct scene *s, const char *name)
{
	for (size_t i = 0; i < s->count; i++) {
		if (str_eq(s->hosts[i].name, name))
			return &s->hosts[i];
	}
	return NULL;
}

static const char *
unit_id(const void *user, size_t i)
{
	const struct hostview *h = user;

	return h->host->status->units[h->order[i]].name;
}

static const char *
container_id(const void *user, size_t i)
{
	const struct hostview *h = user;

	return h->host->status->containers[i].name;
}

static const char *
fact_id(const void *user, size_t i)
{
	const struct hostview *h = user;

	return h->fact_ids[i];
}

static const char *(*const id_of[TAB_COUNT])(const void *user, size_t i) = {
	[TAB_UNITS] = unit_id,
	[TAB_CONTAINERS] = container_id,
	[TAB_FACTS] = fact_id,
};

static int
unit_rank(const struct unit_status *u)
{
	if (str_eq(u->active, "failed"))
		return 0;
	if (u->owned)
		return 1;
	return str_eq(u->active, "active") ? 3 : 2;
}

static int
by_worst(const void *a, const void *b, void *user)
{
	const struct status *s = user;
	const struct unit_status *x = &s->units[*(const size_t *)a],
				 *y = &s->units[*(const size_t *)b];
	int d = unit_rank(x) - unit_rank(y);

	return d ? d : str_natural(x->name, y->name);
}

static void
sort_units(struct hostview *h)
{
	const struct status *s = h->host->status;

	h->order = xrealloc(h->order, s->unit_count, sizeof(*h->order));
	h->order_count = s->unit_count;
	for (size_t i = 0; i < s->unit_count; i++)
		h->order[i] = i;
	if (s->unit_count)
		qsort_r(h->order, s->unit_count, sizeof(*h->order), by_worst, (void *)(uintptr_t)s);
}

__attribute__((format(printf, 3, 4))) static void
fact(struct hostview *h, const char *id, const char *fmt, ...)
{
	va_list ap;

	if (h->fact_count == FACT_ROWS)
		return;
	str_copy(h->fact_ids[h->fact_count], sizeof(h->fact_ids[0]), id);
	va_start(ap, fmt);
	vsnprintf(h->facts[h->fact_count++], sizeof(h->facts[0]), fmt, ap);
	va_end(ap);
}

static void
collect_facts(struct hostview *h)
{
	const struct status *s = h->host->status;
	char up[16] = "-";

	if (s->uptime_s >= 0)
		clock_short(s->uptime_s * 1000, up, sizeof(up));
	h->fact_count = 0;
	fact(h, "os", "%s", s->os);
	fact(h, "kernel", "%s %s", s->kernel, s->arch);
	fact(h, "cpus", "%d", s->cpus);
	fact(h, "memory", "%lld MiB", (long long)(s->mem_kib / 1024));
	fact(h, "uptime", "%s", up);
	fact(h, "load", "%s", s->load);
	fact(h, "systemd", "%s", s->systemd);
	fact(h, "podman", "%s", s->podman);
	fact(h, "machine-id", "%s", s->machine_id);
	fact(h, "boot-id", "%s", s->boot_id);
	fact(h, "kind", "%s", h->host->pet ? "pet" : "cattle");
	fact(h, "group", "%s", h->host->group ? h->host->group : "-");
}

static size_t
tab_count(const struct hostview *h, enum tab t)
{
	switch (t) {
	case TAB_UNITS:
		return h->host->status->unit_count;
	case TAB_CONTAINERS:
		return h->host->status->container_count;
	case TAB_FACTS:
	case TAB_COUNT:
		break;
	}
	return h->fact_count;
}

static void
host_refresh(struct view *v)
{
	struct hostview *h = v->state;

	h->host = find(v->scene, h->name);
	if (!h->host)
		return;
	sort_units(h);
	collect_facts(h);
	for (int t = 0; t < TAB_COUNT; t++) {
		h->list[t].height = v->height - 5;
		list_update(&h->list[t], tab_count(h, (enum tab)t), id_of[t], h);
	}
}

static void
host_open(struct view *v, const char *subject)
{
	struct hostview *h = v->state;

	h->name = xstrdup(subject ? subject : (v->scene->count ? v->scene->hosts[0].name : ""));
	host_refresh(v);
}

static void
host_close(struct view *v)
{
	struct hostview *h = v->state;

	free(h->name);
	free(h->order);
}

static const struct unit_status *
current_unit(const struct view *v)
{
	const struct hostview *h = v->state;

	if (!h->host || h->tab != TAB_UNITS || h->list[TAB_UNITS].cursor >= h->order_count)
		return NULL;
	return &h->host->status->units[h->order[h->list[TAB_UNITS].cursor]];
}

static void
since_text(int64_t s, char *to, size_t size)
{
	if (s < 0)
		snprintf(to, size, "-");
	else
		clock_short(s * 1000, to, size);
}

static void
paint_unit(const struct unit_status *u, struct canvas *c, int row, int width, bool ascii)
{
	char age[16];

	since_text(u->since_s, age, sizeof(age));
	canvas_print(
	    c, row, 3, 1, glance_unit_style(u->active), glance_unit_glyph(u->active, ascii));
	canvas_print(c, row, 6, width - 23, u->owned ? STYLE_BOLD : STYLE_TEXT, u->name);
	canvas_print(c, row, width - 16, 9, glance_unit_style(u->active), u->sub);
	canvas_print_right(c, row, width - 6, 5, STYLE_DIM, age);
}

static void
paint_container(const struct container_status *k, struct canvas *c, int row, int width, bool ascii)
{
	canvas_print(c, row, 3, 1, glance_unit_style(k->state), glance_unit_glyph(k->state, ascii));
	canvas_print(c, row, 6, width - 17, STYLE_TEXT, k->name);
	canvas_print(c, row, width - 10, 10, glance_unit_style(k->state), k->state);
}

static void
paint_item(const struct view *v, struct canvas *c, int row, int width, size_t i)
{
	const struct hostview *h = v->state;

	switch (h->tab) {
	case TAB_UNITS:
		paint_unit(&h->host->status->units[h->order[i]], c, row, width, v->scene->ascii);
		break;
	case TAB_CONTAINERS:
		paint_container(&h->host->status->containers[i], c, row, width, v->scene->ascii);
		break;
	case TAB_FACTS:
		canvas_print(c, row, 3, 12, STYLE_HEAD, h->fact_ids[i]);
		canvas_print(c, row, 16, c->cols - 17, STYLE_TEXT, h->facts[i]);
		break;
	case TAB_COUNT:
		break;
	}
}

static void
paint_detail(const struct view *v, struct canvas *c, int top, int left)
{
	const struct hostview *h = v->state;
	const struct unit_status *u = current_unit(v);
	int width = c->cols - left - 1;

	if (u) {
		canvas_print(c, top, left, width, STYLE_BOLD, u->name);
		canvas_printf(c, top + 1, left, width, glance_unit_style(u->active), "%s %s (%s)",
		    glance_unit_glyph(u->active, v->scene->ascii), u->active, u->sub);
		canvas_print(c, top + 2, left, width, STYLE_TEXT, u->description);
		canvas_print(c, top + 3, left, width, STYLE_DIM,
		    u->owned ? "a unit of /etc/systemd/system" : "a unit of the distribution");
		canvas_printf(
		    c, top + 5, left, width, STYLE_DIM, "drover logs %s %s", h->name, u->name);
	} else if (h->tab == TAB_CONTAINERS && h->host->status->container_count) {
		const struct container_status *k =
		    &h->host->status->containers[h->list[TAB_CONTAINERS].cursor];

		canvas_print(c, top, left, width, STYLE_BOLD, k->name);
		canvas_print(c, top + 1, left, width, glance_unit_style(k->state), k->status);
		canvas_printf(c, top + 2, left, width, STYLE_TEXT, "image  %s", k->image);
	}
}

static void
paint_tabs(const struct hostview *h, struct canvas *c, int row)
{
	static const char *const titles[TAB_COUNT] = { "Units", "Containers", "Facts" };
	int col = 1;

	for (int t = 0; t < TAB_COUNT; t++) {
		col += canvas_printf(c, row, col, c->cols - col,
		    t == (int)h->tab ? STYLE_TAB_ON : STYLE_TAB,
		    t == (int)h->tab ? "[%s %zu]" : " %s %zu ", titles[t],
		    tab_count(h, (enum tab)t));
		col++;
	}
}

static void
meter(struct canvas *c, int row, int *col, const char *name, int pct)
{
	char bar[11];
	enum style style = pct >= 90 ? STYLE_BAD : pct >= 75 ? STYLE_WARN : STYLE_GOOD;

	*col += canvas_print(c, row, *col, 8, STYLE_DIM, name);
	if (pct < 0) {
		*col += canvas_print(c, row, *col, 4, STYLE_DIM, " -  ");
		return;
	}
	for (int i = 0; i < 10; i++)
		bar[i] = i < (pct + 5) / 10 ? '#' : '.';
	bar[10] = '\0';
	*col += canvas_printf(c, row, *col, 20, style, " [%s] %d%%  ", bar, pct);
}

static void
paint_foot(const struct view *v, struct canvas *c, int row)
{
	const struct hostview *h = v->state;
	const struct status *s = h->host->status;
	int col = 1;
	char note[128];

	canvas_fill(c, row, 0, c->cols, STYLE_HEAD, '-');
	canvas_printf(c, row + 1, 1, c->cols - 2, STYLE_TEXT,
	    "%s  %s  %s  %dcpu  podman %s  systemd %s", s->os[0] ? s->os : "-", s->kernel, s->arch,
	    s->cpus, s->podman[0] ? s->podman : "-", s->systemd[0] ? s->systemd : "-");
	meter(c, row + 2, &col, "cpu", s->cpu_pct);
	meter(c, row + 2, &col, "mem", s->mem_pct);
	meter(c, row + 2, &col, "disk", s->disk_pct);
	glance_note(h->host, note, sizeof(note));
	canvas_print(c, row + 2, col, c->cols - col - 1, STYLE_DIM, note);
}

static void
host_paint(const struct view *v, struct canvas *c, int top, int bottom)
{
	const struct hostview *h = v->state;
	int foot = bottom - 3, height = foot - top - 2;
	bool wide = h->tab != TAB_FACTS && c->cols >= 76;
	int width = wide ? c->cols * 11 / 20 : c->cols;

	if (!h->host) {
		canvas_printf(
		    c, top + 1, 2, c->cols - 3, STYLE_WARN, "%s is not in the inventory", h->name);
		return;
	}
	const struct list *l = &h->list[h->tab];
	paint_tabs(h, c, top);
	if (!l->count)
		canvas_print(c, top + 2, 6, c->cols - 7, STYLE_DIM,
		    h->host->age_ms < 0 ? "nothing is known of this host yet" : "none");
	size_t first = list_top(l, height);
	for (int i = 0; i < height && first + (size_t)i < l->count; i++) {
		int row = top + 2 + i;

		paint_item(v, c, row, width, first + (size_t)i);
		if (first + (size_t)i == l->cursor) {
			canvas_select(c, row, 0, wide ? width - 1 : c->cols);
			c->cursor_row = row;
			c->cursor_col = 6;
		}
	}
	if (wide)
		paint_detail(v, c, top + 2, width + 1);
	paint_foot(v, c, foot);
}

static bool
host_key(struct view *v, const char *key)
{
	struct hostview *h = v->state;

	if (!h->host)
		return false;
	h->list[h->tab].height = v->height - 5;
	return list_key(&h->list[h->tab], key, id_of[h->tab], h);
}

static void
next_tab(struct view *v)
{
	struct hostview *h = v->state;

	h->tab = (enum tab)((h->tab + 1) % TAB_COUNT);
}

static void
previous_tab(struct view *v)
{
	struct hostview *h = v->state;

	h->tab = (enum tab)((h->tab + TAB_COUNT - 1) % TAB_COUNT);
}

static void
unit_verb(struct view *v, const char *verb)
{
	const struct hostview *h = v->state;

	v->services->units(
	    v->services->user, verb, (const char *const[]){ h->name }, 1, current_unit(v)->name);
}

static void
do_restart(struct view *v)
{
	unit_verb(v, "restart");
}

static void
do_start(struct view *v)
{
	unit_verb(v, "start");
}

static void
do_stop(struct view *v)
{
	unit_verb(v, "stop");
}

static const char *
host_lacks(const struct view *v, unsigned needs)
{
	const struct hostview *h = v->state;

	if (!h->host)
		return "the host is not in the inventory";
	if ((needs & NEEDS_LINK) && h->host->link != LINK_UP)
		return "the host is not connected";
	if ((needs & NEEDS_ROW) && !current_unit(v))
		return "no unit is under the cursor";
	return NULL;
}

static void
host_status(const struct view *v, char *to, size_t size)
{
	const struct hostview *h = v->state;
	char age[16] = "-";

	if (!h->host) {
		snprintf(to, size, "< %s >", h->name);
		return;
	}
	if (h->host->age_ms >= 0)
		clock_short(h->host->age_ms, age, sizeof(age));
	snprintf(to, size, "< %s > %s  %s  fresh %s", h->name, h->host->pet ? "pet" : "cattle",
	    glance_word(glance_of(h->host)), age);
}

static void
host_sight(const struct view *v, bool *in)
{
	const struct hostview *h = v->state;

	if (h->host)
		in[h->host - v->scene->hosts] = true;
}

static const struct action actions[] = {
	{ .key = "]|tab",
	    .name = "next tab",
	    .summary = "units, containers, facts",
	    .hint = true,
	    .run = next_tab },
	{ .key = "[|shift-tab",
	    .name = "previous tab",
	    .summary = "the other way round",
	    .run = previous_tab },
	{ .key = "r",
	    .name = "restart",
	    .summary = "restart the unit under the cursor",
	    .needs = NEEDS_ROW | NEEDS_LINK | NEEDS_WRITE,
	    .hint = true,
	    .run = do_restart,
	    .command = "drover run HOST -- systemctl restart UNIT" },
	{ .key = "u",
	    .name = "start",
	    .summary = "start the unit under the cursor",
	    .needs = NEEDS_ROW | NEEDS_LINK | NEEDS_WRITE,
	    .hint = true,
	    .run = do_start,
	    .command = "drover run HOST -- systemctl start UNIT" },
	{ .key = "D",
	    .name = "stop",
	    .summary = "stop the unit under the cursor",
	    .needs = NEEDS_ROW | NEEDS_LINK | NEEDS_WRITE,
	    .hint = true,
	    .run = do_stop,
	    .command = "drover run HOST -- systemctl stop UNIT" },
	{ 0 },
};

const struct view_class view_host = {
	.name = "host",
	.title = "Host",
	.digit = '2',
	.actions = actions,
	.state_size = sizeof(struct hostview),
	.open = host_open,
	.close = host_close,
	.refresh = host_refresh,
	.paint = host_paint,
	.key = host_key,
	.status = host_status,
	.lacks = host_lacks,
	.sight = host_sight,
};
