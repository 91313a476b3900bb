/* The numbers of a host now and in the last time: the strip of facts, and plots of their own. */
#include "tui/view_host.h"

#include "base/clock.h"
#include "base/mem.h"
#include "base/str.h"
#include "ledger/samples.h"
#include "tui/plot.h"

#include <stdio.h>
#include <string.h>

#define STRIP_BAR   6
#define STRIP_SPARK 8
#define PLOT_MOST   144

static bool
last(const struct view *v, enum sample_metric metric, enum sample_span span, int32_t *to, size_t n)
{
	const struct hostview *h = v->state;
	const struct sample_asked asked = {
		.host = h->name, .metric = metric, .span = span, .now_ms = v->scene->wall_ms
	};

	return v->services->samples && samples_last(v->services->samples, &asked, to, n);
}

static void
spark(const struct view *v, enum sample_metric metric, char *to, size_t size)
{
	int32_t values[PLOT_MOST];
	struct plot_series s = { .values = values, .count = samples_size(SAMPLE_QUARTER) };

	to[0] = '\0';
	if (metric != SAMPLE_LOAD)
		s.high = 100;
	if (last(v, metric, SAMPLE_QUARTER, values, s.count))
		plot_spark(&s, STRIP_SPARK, v->scene->ascii, to, size);
}

/* What does not fit is left out whole. */
static bool
put(struct canvas *c, int row, int *col, enum style style, const char *text)
{
	if (*col + canvas_width(text) > c->cols - 1)
		return false;
	*col += canvas_print(c, row, *col, c->cols - *col, style, text);
	return true;
}

static bool
meter(struct canvas *c, int row, int *col, const char *name, int pct)
{
	char bar[PLOT_TEXT(STRIP_BAR)], text[64];

	plot_bar(pct, STRIP_BAR, bar, sizeof(bar));
	snprintf(text, sizeof(text), "%.24s %.30s", name, bar);
	if (*col + canvas_width(text) > c->cols - 1)
		return false;
	*col += canvas_printf(c, row, *col, c->cols - *col, STYLE_DIM, "%.24s ", name);
	return put(c, row, col, plot_style(pct), bar);
}

static void
with_spark(const struct view *v, struct canvas *c, int row, int *col, enum sample_metric metric)
{
	char text[PLOT_TEXT(STRIP_SPARK)];

	spark(v, metric, text, sizeof(text));
	*col += 1;
	if (text[0])
		put(c, row, col, STYLE_DIM, text);
	*col += 2;
}

static void
strip_facts(const struct view *v, struct canvas *c, int row)
{
	const struct hostview *h = v->state;
	const struct status *s = h->host->status;
	char size[16], up[16] = "-";

	str_bytes((uint64_t)(s->mem_kib > 0 ? s->mem_kib : 0) * 1024, size, sizeof(size));
	if (s->uptime_s >= 0)
		clock_short(s->uptime_s * 1000, up, sizeof(up));
	canvas_printf(c, row, 1, c->cols - 2, STYLE_TEXT,
	    "%s %s %s %dcpu %s | podman %s | systemd %s | tz %s | up %s", s->os[0] ? s->os : "-",
	    s->kernel, s->arch, s->cpus, size, s->podman[0] ? s->podman : "-",
	    s->systemd[0] ? s->systemd : "-", s->zone[0] ? s->zone : "-", up);
}

/* The fullest file system that is not the root's. */
static const struct disk_status *
fullest(const struct status *s)
{
	const struct disk_status *most = NULL;

	for (size_t i = 0; i < s->disk_count; i++) {
		const struct disk_status *d = &s->disks[i];

		if (!str_eq(d->mount, "/") && (!most || d->pct > most->pct))
			most = d;
	}
	return most;
}

void
host_strip(const struct view *v, struct canvas *c, int row)
{
	const struct hostview *h = v->state;
	const struct status *s = h->host->status;
	const struct disk_status *other = fullest(s);
	char load[48];
	int col = 1;

	strip_facts(v, c, row);
	snprintf(load, sizeof(load), "load %s", s->load[0] ? s->load : "-");
	put(c, row + 1, &col, STYLE_TEXT, load);
	with_spark(v, c, row + 1, &col, SAMPLE_LOAD);
	if (meter(c, row + 1, &col, "cpu", s->cpu_pct))
		with_spark(v, c, row + 1, &col, SAMPLE_CPU);
	if (meter(c, row + 1, &col, "mem", s->mem_pct))
		with_spark(v, c, row + 1, &col, SAMPLE_MEMORY);
	if (meter(c, row + 1, &col, "/", s->disk_pct))
		col += 2;
	if (other)
		meter(c, row + 1, &col, other->mount, other->pct);
}

static const struct {
	const char *name;
	enum sample_metric metric;
	bool load;
} plotted[] = { { "cpu", SAMPLE_CPU, false }, { "memory", SAMPLE_MEMORY, false },
	{ "disk /", SAMPLE_DISK, false }, { "load", SAMPLE_LOAD, true } };

static void
range_text(const struct plot_series *s, bool load, char *to, size_t size)
{
	int32_t least = 0, most = 0;

	to[0] = '\0';
	if (!plot_range(s, &least, &most))
		return;
	if (load)
		snprintf(to, size, "%d.%02d to %d.%02d", least / 100, least % 100, most / 100,
		    most % 100);
	else
		snprintf(to, size, "%d%% to %d%%", least, most);
}

void
host_plots(const struct view *v, struct canvas *c, const struct host_box *box)
{
	static const char *const spans[SAMPLE_SPANS] = { "last 15 minutes", "last 2 hours",
		"last day" };
	int32_t values[PLOT_MOST];
	char text[PLOT_TEXT(PLOT_MOST)], range[48];
	int row = box->top, width = box->width - 2 < PLOT_MOST ? box->width - 2 : PLOT_MOST;

	for (size_t span = 0; span < SAMPLE_SPANS && row + 1 < box->bottom; span++) {
		canvas_print(c, row++, box->left + 1, width, STYLE_HEAD, spans[span]);
		for (size_t i = 0; i < countof(plotted) && row + 1 < box->bottom; i++) {
			size_t n = samples_size((enum sample_span)span);
			struct plot_series s = {
				.values = values, .count = n, .high = plotted[i].load ? 0 : 100
			};

			if (!last(v, plotted[i].metric, (enum sample_span)span, values, n))
				s.count = 0;
			range_text(&s, plotted[i].load, range, sizeof(range));
			plot_spark(&s, width - 27, v->scene->ascii, text, sizeof(text));
			canvas_print(c, row, box->left + 1, 7, STYLE_DIM, plotted[i].name);
			canvas_print(c, row, box->left + 8, width - 27, STYLE_GOOD, text);
			canvas_print(c, row++, box->left + width - 18, 19, STYLE_DIM,
			    range[0] ? range : "nothing yet");
		}
	}
}
