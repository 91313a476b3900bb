/* How overlays look. */
#include "tui/overlay.h"

#include "base/mem.h"
#include "base/str.h"
#include "tui/canvas.h"
#include "tui/picker.h"

#include <stdio.h>
#include <string.h>

/* A frame of height x width in the middle; gives its first inner cell. */
static void
box(struct canvas *c, int height, int width, const char *title, int *ret_row, int *ret_col)
{
	int top = (c->rows - height) / 2, left = (c->cols - width) / 2;

	if (top < 0)
		top = 0;
	if (left < 0)
		left = 0;
	canvas_cover(c);
	for (int row = top; row < top + height; row++) {
		canvas_fill(c, row, left, width, STYLE_TEXT, ' ');
		canvas_fill(c, row, left, 1, STYLE_HEAD, '|');
		canvas_fill(c, row, left + width - 1, 1, STYLE_HEAD, '|');
	}
	canvas_fill(c, top, left, width, STYLE_HEAD, '-');
	canvas_fill(c, top + height - 1, left, width, STYLE_HEAD, '-');
	canvas_printf(c, top, left + 2, width - 4, STYLE_BOLD, " %s ", title);
	*ret_row = top + 1;
	*ret_col = left + 2;
}

static void
paint_picker(const struct overlay *o, struct canvas *c)
{
	int width = c->cols < 110 ? c->cols : 110, row, col;
	int height = (int)o->picker->count + 4;
	bool help = o->kind == OVERLAY_HELP;

	height = height < c->rows ? height : c->rows;
	box(c, height, width, o->title, &row, &col);
	int last = row + height - 3;
	int at = picker_paint(o->picker, c, row, last, col, width - 4);
	if (!o->picker->shown_count)
		canvas_print(c, row, col, width - 4, STYLE_DIM, "nothing matches");
	int used = canvas_print(c, last, col, width - 4, STYLE_DIM,
	    help ? "filter: " : "Enter or its key chooses, Esc leaves");
	if (help) {
		used += canvas_print(c, last, col + used, width - 4 - used, STYLE_BOLD, o->input);
		canvas_print_right(c, last, col + used + 1, width - 5 - used, STYLE_DIM,
		    "Enter runs it, Esc leaves");
		at = -1;
	}
	c->cursor_row = at < 0 ? last : at;
	c->cursor_col = at < 0 ? col + used : col;
}

/* At the bottom, over the flash and the hints: the screen stays in sight. */
static void
paint_palette(const struct overlay *o, struct canvas *c)
{
	int rows = (int)o->picker->shown_count, most = c->rows / 2;
	int line = c->rows - 1, width = c->cols, w = canvas_width(o->input);
	int room = width - 3, used;

	canvas_cover(c);
	rows = rows < most ? rows : most;
	for (int row = line - rows - (rows > 0); row <= line; row++)
		canvas_fill(c, row, 0, width, STYLE_TEXT, ' ');
	if (rows > 0) {
		canvas_fill(c, line - rows - 1, 0, width, STYLE_HEAD, '-');
		canvas_print(c, line - rows - 1, 2, width - 4, STYLE_BOLD,
		    " Tab completes, Up recalls, Enter runs ");
		picker_paint(o->picker, c, line - rows, line, 1, width - 2);
	}
	used = canvas_print(c, line, 0, 2, STYLE_KEY, ":");
	used += canvas_print(
	    c, line, used, room, STYLE_BOLD, w > room ? o->input + (w - room) : o->input);
	c->cursor_row = line;
	c->cursor_col = used < width ? used : width - 1;
}

static int
count_lines(const char *text, int width)
{
	int n = 0;

	width = width > 0 ? width : 1;
	for (; text && *text; text += strcspn(text, "\n"), text += *text == '\n')
		n += 1 + (int)strcspn(text, "\n") / width;
	return n;
}

/* The focus is told by its brackets too, and by the cursor. */
static void
paint_buttons(const struct overlay *o, struct canvas *c, int row, int col, int width)
{
	static const char *const words[] = { "n Cancel", "y Yes" };
	int at = col;

	c->cursor_row = row;
	for (int i = 0; i < 2; i++) {
		bool on = o->on_yes == (i == 1);
		int used;

		if (on)
			c->cursor_col = at + 2;
		used = canvas_printf(c, row, at, width - (at - col), on ? STYLE_TAB_ON : STYLE_KEY,
		    on ? "[ %s ]" : "  %s  ", words[i]);
		if (on)
			canvas_select(c, row, at, used);
		canvas_target(c, row, at, used, i ? "y" : "n");
		at += used + 2;
	}
	canvas_print(
	    c, row, at + 1, width - (at + 1 - col), STYLE_DIM, "Tab moves, Enter takes it");
}

static void
paint_confirm(const struct overlay *o, struct canvas *c)
{
	int width = c->cols < 72 ? c->cols : 72, row, col;
	int height = count_lines(o->text, width - 4) + 7;

	height = height < c->rows ? height : c->rows;
	box(c, height, width, o->title, &row, &col);
	int last = row + height - 3;
	canvas_wrap(c, row + 1, col, width - 4, last - 2, STYLE_TEXT, o->text);
	if (!o->typed) {
		paint_buttons(o, c, last, col, width - 4);
		return;
	}
	int used = canvas_printf(
	    c, last - 1, col, width - 4, STYLE_WARN, "type %s to go on, Esc to leave: ", o->typed);
	used += canvas_print(c, last - 1, col + used, width - 4 - used, STYLE_BOLD, o->input);
	c->cursor_row = last - 1;
	c->cursor_col = col + used;
}

static void
paint_prompt(const struct overlay *o, struct canvas *c)
{
	int width = c->cols < 72 ? c->cols : 72, row, col;

	box(c, 5, width, o->title, &row, &col);
	int room = width - 5, w = canvas_width(o->input);
	const char *tail = w > room ? o->input + (w - room) : o->input;
	int used = o->secret ? 0 : canvas_print(c, row + 1, col, room, STYLE_BOLD, tail);
	c->cursor_row = row + 1;
	c->cursor_col = col + used;
	canvas_print(c, row + 2, col, room, STYLE_DIM, "Enter goes on, Esc leaves");
}

static void
paint_question(const struct overlay *o, struct canvas *c)
{
	int width = c->cols < 76 ? c->cols : 76, row, col, room = width - 4;
	int lines = count_lines(o->text, room), height = lines + 5 + (lines > 0);
	char head[200];

	if (o->more)
		snprintf(head, sizeof(head), "%.150s (%zu more wait%s)", o->title, o->more,
		    o->more == 1 ? "s" : "");
	else
		snprintf(head, sizeof(head), "%.190s", o->title);
	box(c, height < c->rows ? height : c->rows, width, head, &row, &col);
	int last = row + (height < c->rows ? height : c->rows) - 3;
	if (o->text)
		canvas_wrap(c, row + 1, col, room, last - 2, STYLE_TEXT, o->text);
	int w = canvas_width(o->input), used = 0;
	if (o->typed)
		used = canvas_printf(c, last - 1, col, room, STYLE_WARN, "type %s: ", o->typed);
	if (!o->secret)
		used += canvas_print(c, last - 1, col + used, room - used, STYLE_BOLD,
		    w > room - used - 1 ? o->input + (w - room + used + 1) : o->input);
	c->cursor_row = last - 1;
	c->cursor_col = col + used;
	canvas_print(c, last, col, room, STYLE_DIM,
	    o->typed ? "anything else, and Esc, is a no" : "Enter goes on, Esc refuses");
}

void
overlay_paint(const struct overlay *o, struct canvas *c)
{
	switch (o->kind) {
	case OVERLAY_NONE:
		break;
	case OVERLAY_HELP:
	case OVERLAY_MENU:
		paint_picker(o, c);
		break;
	case OVERLAY_PALETTE:
		paint_palette(o, c);
		break;
	case OVERLAY_CONFIRM:
		paint_confirm(o, c);
		break;
	case OVERLAY_PROMPT:
		paint_prompt(o, c);
		break;
	case OVERLAY_QUESTION:
		paint_question(o, c);
		break;
	}
}
