#include "tui/plot.h"

#include "base/clock.h"
#include "base/mem.h"

#include <stdio.h>
#include <string.h>

#define LEVELS      8
#define RULER_CELLS 12 /* between two times of a ruler, at least */

static const char *const blocks[LEVELS] = { "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█" };
static const char *const plain[LEVELS] = { "_", ".", ":", "-", "=", "+", "*", "#" };

bool
plot_range(const struct plot_series *s, int32_t *ret_least, int32_t *ret_most)
{
	bool any = false;

	for (size_t i = 0; i < s->count; i++) {
		int32_t v = s->values[i];

		if (v == PLOT_GAP)
			continue;
		if (!any || v < *ret_least)
			*ret_least = v;
		if (!any || v > *ret_most)
			*ret_most = v;
		any = true;
	}
	return any;
}

/* 0 to LEVELS-1; a value off the scale is at its end. */
static int
level(int32_t v, int32_t low, int32_t high)
{
	int64_t span = (int64_t)high - low, up = (int64_t)v - low;

	if (span <= 0)
		return v > 0 ? LEVELS / 2 - 1 : 0; /* all are the same */
	if (up < 0)
		up = 0;
	if (up > span)
		up = span;
	return (int)((up * (LEVELS - 1) + span / 2) / span);
}

static int32_t
most_of(const int32_t *values, size_t from, size_t to)
{
	int32_t most = PLOT_GAP;

	for (size_t i = from; i < to; i++) {
		if (values[i] > most)
			most = values[i];
	}
	return most;
}

static void
add(char *to, size_t size, size_t *used, const char *text)
{
	size_t n = strlen(text);

	if (*used + n >= size)
		return;
	memcpy(to + *used, text, n + 1);
	*used += n;
}

void
plot_spark(const struct plot_series *s, int width, bool ascii, char *to, size_t size)
{
	int32_t low = s->low, high = s->high;
	size_t cells = width > 0 ? (size_t)width : 0, used = 0;
	size_t shown = s->count < cells ? s->count : cells;

	if (!size)
		return;
	to[0] = '\0';
	if (low == high && !plot_range(s, &low, &high))
		shown = 0;
	for (size_t i = shown; i < cells; i++)
		add(to, size, &used, " ");
	for (size_t i = 0; i < shown; i++) {
		int32_t v = most_of(s->values, i * s->count / shown, (i + 1) * s->count / shown);

		add(to, size, &used,
		    v == PLOT_GAP ? " " : (ascii ? plain : blocks)[level(v, low, high)]);
	}
}

void
plot_bar(int percent, int width, char *to, size_t size)
{
	int cells = width > 0 ? width : 0, full = 0;
	size_t used = 0;

	if (!size)
		return;
	to[0] = '\0';
	if (percent > 0)
		full = percent >= 100 ? cells : (percent * cells + 50) / 100;
	add(to, size, &used, "[");
	for (int i = 0; i < cells; i++)
		add(to, size, &used, i < full ? "#" : ".");
	if (percent < 0)
		snprintf(to + used, size - used, "]   -");
	else
		snprintf(to + used, size - used, "] %2d%%", percent);
}

enum style
plot_style(int percent)
{
	if (percent < 0)
		return STYLE_DIM;
	return percent >= 90 ? STYLE_BAD : percent >= 75 ? STYLE_WARN : STYLE_GOOD;
}

/* The cell that a moment falls into; a moment outside is outside. */
static int64_t
cell_of(const struct plot_time *t, int64_t ms, int width)
{
	int64_t span = t->to_ms - t->from_ms;

	if (ms < t->from_ms)
		return -1;
	if (ms >= t->to_ms)
		return width;
	return (int64_t)((double)(ms - t->from_ms) * width / (double)span);
}

void
plot_timeline(const struct plot_time *t, struct canvas *c, int row, int col, int width)
{
	if (width <= 0)
		return;
	canvas_fill(c, row, col, width, STYLE_DIM, '.');
	for (size_t i = 0; i < t->count && t->to_ms > t->from_ms; i++) {
		const struct plot_span *s = &t->spans[i];
		int64_t first = cell_of(t, s->from_ms, width), last = cell_of(t, s->to_ms, width);

		if (s->to_ms < t->from_ms || first >= width)
			continue;
		if (first < 0)
			first = 0;
		/* What took no time at all is seen too. */
		if (last <= first)
			last = first + 1;
		canvas_fill(c, row, col + (int)first, (int)(last - first), s->style, s->glyph);
	}
}

void
plot_ruler(const struct plot_time *t, struct canvas *c, int row, int col, int width)
{
	int marks = width / RULER_CELLS;
	char text[16];

	if (t->to_ms <= t->from_ms)
		return;
	for (int i = 0; i < marks; i++) {
		clock_spent((t->to_ms - t->from_ms) * i / marks, text, sizeof(text));
		canvas_print(c, row, col + i * width / marks, RULER_CELLS - 1, STYLE_DIM, text);
	}
	clock_spent(t->to_ms - t->from_ms, text, sizeof(text));
	if (marks)
		canvas_print_right(c, row, col + width - 6, 6, STYLE_DIM, text);
}
