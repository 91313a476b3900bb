#include "tui/frame.h"

#include "base/str.h"
#include "inventory/inventory.h"
#include "tui/canvas.h"
#include "tui/glance.h"
#include "tui/key.h"
#include "tui/keymap.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

/* The worst first; what does not fit is left out whole. */
static void
identity_counts(const struct scene *s, char *to, size_t size)
{
	size_t by[GLANCE_COUNT] = { 0 }, used = 0;
	static const enum glance order[] = { GLANCE_FAIL, GLANCE_UNREACHABLE, GLANCE_STALE,
		GLANCE_WARN, GLANCE_OK, GLANCE_WAIT };

	for (size_t i = 0; i < s->count; i++)
		by[glance_of(&s->hosts[i])]++;
	to[0] = '\0';
	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
		char item[32];

		snprintf(item, sizeof(item), "%s%zu %s", used ? "  " : "", by[order[i]],
		    glance_word(order[i]));
		if (!by[order[i]] || used + strlen(item) + 1 > size)
			continue;
		used += (size_t)snprintf(to + used, size - used, "%s", item);
	}
}

static void
paint_identity(const struct scene *s, struct canvas *c)
{
	char counts[128], clock[16], right[64];
	time_t now = (time_t)(s->wall_ms / 1000);
	struct tm tm;
	int col = 1;

	canvas_fill(c, 0, 0, c->cols, STYLE_BAR, ' ');
	col += canvas_print(c, 0, col, c->cols - col, STYLE_BAR, "drover  ");
	if (s->environment && s->environment->name) {
		col += canvas_print(c, 0, col, 16, STYLE_ENV, s->environment->name);
		col += canvas_print(c, 0, col, 2, STYLE_BAR, "  ");
	}
	col += canvas_printf(
	    c, 0, col, 40, STYLE_BAR, "fleet %.30s  %zu hosts   ", s->fleet, s->count);
	gmtime_r(&now, &tm);
	strftime(clock, sizeof(clock), "%H:%M:%S", &tm);
	if (s->jobs)
		snprintf(right, sizeof(right), "jobs %d  %s  %sZ ", s->jobs,
		    s->writable ? "RW" : "RO", clock);
	else
		snprintf(right, sizeof(right), "%s  %sZ ", s->writable ? "RW" : "RO", clock);
	int room = c->cols - col - canvas_width(right) - 1;
	if (room > 0) {
		identity_counts(s, counts,
		    (size_t)room + 1 < sizeof(counts) ? (size_t)room + 1 : sizeof(counts));
		canvas_print(c, 0, col, room, STYLE_BAR, counts);
	}
	canvas_print_right(c, 0, c->cols - 30, 30, STYLE_BAR, right);
}

/* The columns of all tabs with their names, and so many between them. */
static int
tabs_width(const struct frame *f, int gap)
{
	int width = 1;

	for (size_t i = 0; f->tabs[i]; i++) {
		if (f->tabs[i]->digit || f->tabs[i] == f->view->class)
			width += canvas_width(f->tabs[i]->title) + 4 + gap;
	}
	return width;
}

/* Where there is no room for what the screen says of itself, tabs stand close, or the others are digits only. */
static void
paint_tabs(const struct frame *f, struct canvas *c)
{
	char status[128] = "";
	int col = 1, room;

	if (f->view->class->status)
		f->view->class->status(f->view, status, sizeof(status));
	room = c->cols - canvas_width(status) - 2;
	bool digits = tabs_width(f, 0) > room;
	int gap = digits || tabs_width(f, 1) <= room;
	for (size_t i = 0; f->tabs[i]; i++) {
		const struct view_class *t = f->tabs[i];
		bool on = t == f->view->class;
		char digit[] = { t->digit, '\0' };
		int from = col;

		if (!t->digit && !on)
			continue;
		if (digits && !on)
			col += canvas_printf(c, 1, col, c->cols - col, STYLE_TAB, " %c ", t->digit);
		else
			col +=
			    canvas_printf(c, 1, col, c->cols - col, on ? STYLE_TAB_ON : STYLE_TAB,
				on ? "[%c %s]" : " %c %s ", t->digit ? t->digit : ':', t->title);
		if (t->digit)
			canvas_target(c, 1, from, col - from, digit);
		col += gap;
	}
	canvas_print_right(c, 1, col, c->cols - col - 1, STYLE_DIM, status);
}

const char *
frame_lacks(const struct view *v, const struct action *a)
{
	if ((a->needs & NEEDS_RUN) && !v->scene->run)
		return "no run has been started from here";
	if (a->needs && v->class->lacks) {
		const char *why = v->class->lacks(v, a->needs);

		if (why)
			return why;
	}
	if ((a->needs & NEEDS_WRITE) && !v->scene->writable)
		return "read-only: press W first";
	return NULL;
}

/* The columns a hint takes with the blanks before the next; 0: it has no key. */
static int
hint_width(const struct view *v, const struct action *a)
{
	char label[24];
	const char *keys = keymap_keys(v->scene->keymap, a);

	if (!*keys)
		return 0;
	key_label(keys, label, sizeof(label));
	return canvas_width(label) + 1 + canvas_width(a->name) + 2;
}

static int
paint_hint(const struct view *v, const struct action *a, struct canvas *c, int col)
{
	char label[24];
	int row = c->rows - 1, from = col;
	const char *keys = keymap_keys(v->scene->keymap, a);
	bool off = frame_lacks(v, a) != NULL;

	key_label(keys, label, sizeof(label));
	col += canvas_print(c, row, col, c->cols - col, off ? STYLE_HINT_OFF : STYLE_KEY, label);
	col += 1;
	col += canvas_print(c, row, col, c->cols - col, off ? STYLE_HINT_OFF : STYLE_HINT, a->name);
	canvas_target(c, row, from, col - from, keys);
	return col + 2;
}

/* As many of a table as there is room for before column `end`. False: some had none. */
static bool
paint_table(const struct view *v, const struct action *a, struct canvas *c, int *col, int end)
{
	for (; a->key; a++) {
		int width = a->hint ? hint_width(v, a) : 0;

		if (!width)
			continue;
		if (*col + width - 2 > end)
			return false;
		*col = paint_hint(v, a, c, *col);
	}
	return true;
}

/* The screen's own first; help, the first of those of every screen, has its room in any case. */
static void
paint_hints(const struct frame *f, struct canvas *c)
{
	const struct action *help = f->global;
	int width = hint_width(f->view, help), col = 1;

	if (paint_table(f->view, f->view->class->actions, c, &col, c->cols - width))
		paint_table(f->view, f->global, c, &col, c->cols);
	else if (width && col + width - 2 <= c->cols)
		paint_hint(f->view, help, c, col);
}

void
frame_paint(const struct frame *f, struct canvas *c)
{
	paint_identity(f->view->scene, c);
	if (c->rows > FRAME_TOP)
		paint_tabs(f, c);
	if (f->flash && c->rows > FRAME_TOP + 1)
		canvas_print(c, c->rows - 2, 1, c->cols - 2, f->flash_bad ? STYLE_BAD : STYLE_TEXT,
		    f->flash);
	if (c->rows > FRAME_TOP + 2)
		paint_hints(f, c);
}
