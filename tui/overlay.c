#include "tui/overlay.h"

#include "base/mem.h"
#include "base/str.h"
#include "tui/canvas.h"
#include "tui/key.h"

#include <stdio.h>
#include <string.h>

/* What it holds is gone, and what stood behind it comes. */
void
overlay_close(struct overlay *o)
{
	struct overlay *behind = o->behind;

	free(o->title);
	free(o->text);
	free(o->typed);
	explicit_bzero(o->input, sizeof(o->input));
	*o = behind ? *behind : (struct overlay){ 0 };
	free(behind);
}

/* A place for a new one: in front, or behind the question that is being answered. */
static struct overlay *
place(struct overlay *o)
{
	if (o->kind != OVERLAY_QUESTION) {
		overlay_close(o);
		return o;
	}
	if (o->behind)
		overlay_close(o->behind);
	else
		o->behind = xcalloc(1, sizeof(*o));
	return o->behind;
}

void
overlay_help(struct overlay *o, const struct view *v, const struct action *global)
{
	o = place(o);
	o->kind = OVERLAY_HELP;
	o->view_actions = v->class->actions;
	o->view_title = v->class->title;
	o->global = global;
}

struct overlay *
overlay_confirm(struct overlay *o, const char *title, const char *text, const char *typed,
    void (*yes)(void *user, const char *input), void *user)
{
	o = place(o);
	o->kind = OVERLAY_CONFIRM;
	o->title = xstrdup(title);
	o->text = xstrdup(text);
	o->typed = typed ? xstrdup(typed) : NULL;
	o->yes = yes;
	o->user = user;
	return o;
}

struct overlay *
overlay_prompt(struct overlay *o, const char *title, const char *preset,
    void (*yes)(void *user, const char *input), void *user)
{
	o = place(o);
	o->kind = OVERLAY_PROMPT;
	o->title = xstrdup(title);
	str_copy(o->input, sizeof(o->input), preset ? preset : "");
	o->yes = yes;
	o->user = user;
	return o;
}

void
overlay_question(struct overlay *o, const char *title, const char *text, const char *typed,
    void (*yes)(void *user, const char *input), void *user)
{
	overlay_close(o);
	o->kind = OVERLAY_QUESTION;
	o->title = xstrdup(title);
	o->text = text ? xstrdup(text) : NULL;
	o->typed = typed ? xstrdup(typed) : NULL;
	o->yes = yes;
	o->user = user;
}

/* Any answer but yes. */
static void
decline(struct overlay *o)
{
	void (*no)(void *user) = o->no;
	void *user = o->user;

	overlay_close(o);
	if (no)
		no(user);
}

static void
answer(struct overlay *o)
{
	struct overlay was = *o;

	/* All but what stands behind is the answer's for the call. */
	*o = was.behind ? *was.behind : (struct overlay){ 0 };
	free(take(was.behind));
	was.yes(was.user, was.input);
	overlay_close(&was);
}

static void
edit(struct overlay *o, const char *key, bool printable)
{
	size_t len = strlen(o->input);

	if (str_eq(key, "backspace")) {
		while (len && (o->input[len - 1] & 0xc0) == 0x80)
			len--;
		if (len)
			len--;
		o->input[len] = '\0';
	} else if (str_eq(key, "ctrl-u")) {
		o->input[0] = '\0';
	} else if (printable) {
		const char *text = str_eq(key, "space") ? " " : key;

		if (len + strlen(text) < sizeof(o->input))
			memcpy(o->input + len, text, strlen(text) + 1);
	}
}

static void
confirm_key(struct overlay *o, const char *key, bool printable)
{
	if (!o->typed) {
		if (str_eq(key, "y"))
			answer(o);
		else if (str_eq(key, "n") || str_eq(key, "enter") || str_eq(key, "q"))
			decline(o);
		return;
	}
	if (!str_eq(key, "enter")) {
		edit(o, key, printable);
		return;
	}
	if (str_eq(o->input, o->typed))
		answer(o);
	else
		decline(o);
}

static void
question_key(struct overlay *o, const char *key, bool printable)
{
	if (!str_eq(key, "enter"))
		edit(o, key, printable);
	else if (o->typed ? str_eq(o->input, o->typed) : o->empty || o->input[0])
		answer(o);
	else
		decline(o);
}

static void
prompt_key(struct overlay *o, const char *key, bool printable)
{
	if (str_eq(key, "enter")) {
		if (o->input[0] || o->empty)
			answer(o);
		else
			decline(o);
		return;
	}
	edit(o, key, printable);
	if (o->changed)
		o->changed(o->user, o->input);
}

void
overlay_key(struct overlay *o, const char *key, bool printable)
{
	if (str_eq(key, "esc") || str_eq(key, "ctrl-c")) {
		decline(o);
		return;
	}
	switch (o->kind) {
	case OVERLAY_NONE:
		break;
	case OVERLAY_HELP:
		if (str_eq(key, "j") || str_eq(key, "down"))
			o->scroll++;
		else if ((str_eq(key, "k") || str_eq(key, "up")) && o->scroll > 0)
			o->scroll--;
		else if (str_eq(key, "q") || str_eq(key, "?") || str_eq(key, "enter"))
			overlay_close(o);
		break;
	case OVERLAY_CONFIRM:
		confirm_key(o, key, printable);
		break;
	case OVERLAY_PROMPT:
		prompt_key(o, key, printable);
		break;
	case OVERLAY_QUESTION:
		question_key(o, key, printable);
		break;
	}
}

/* A frame of height x width in the middle; gives its first inner cell. */
static void
box(struct canvas *c, int height, int width, const char *title, int *ret_row, int *ret_col)
{
	int top = (c->rows - height) / 2, left = (c->cols - width) / 2;

	if (top < 0)
		top = 0;
	if (left < 0)
		left = 0;
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

static int
count_rows(const struct action *a)
{
	int n = 0;

	for (; a->key; a++)
		n++;
	return n;
}

static int
paint_actions(
    const struct action *a, struct canvas *c, int row, int col, int width, int skip, int last)
{
	char keys[64], label[24];

	for (; a->key; a++) {
		if (skip-- > 0)
			continue;
		if (row > last)
			break;
		key_label(a->key, label, sizeof(label));
		const char *more = strchr(a->key, '|');
		if (more && more != a->key && more[1])
			snprintf(keys, sizeof(keys), "%s %.12s", label, more + 1);
		else
			snprintf(keys, sizeof(keys), "%s", label);
		canvas_print(c, row, col, 15, STYLE_KEY, keys);
		canvas_print(c, row, col + 16, width - 16, STYLE_TEXT, a->summary);
		row++;
	}
	return row;
}

static void
paint_help(const struct overlay *o, struct canvas *c)
{
	int rows = count_rows(o->view_actions) + count_rows(o->global) + 3;
	int height = rows + 2 < c->rows ? rows + 2 : c->rows;
	int width = c->cols < 76 ? c->cols : 76, row, col;
	char title[64];

	snprintf(title, sizeof(title), "Help: %s", o->view_title);
	box(c, height, width, title, &row, &col);
	int last = row + height - 3;
	row = paint_actions(o->view_actions, c, row, col, width - 4, o->scroll, last);
	if (row <= last)
		canvas_print(c, row++, col, width - 4, STYLE_HEAD, "everywhere");
	int skipped = o->scroll - count_rows(o->view_actions);
	paint_actions(o->global, c, row, col, width - 4, skipped > 0 ? skipped : 0, last);
}

/* Text in lines of at most width columns, cut at blanks where there are any. */
static int
paint_wrapped(struct canvas *c, int row, int col, int width, int last, const char *text)
{
	while (*text && row <= last) {
		size_t len = strcspn(text, "\n");

		if ((int)len > width) {
			len = (size_t)width;
			for (size_t i = len; i > len / 2; i--) {
				if (text[i] == ' ') {
					len = i;
					break;
				}
			}
		}
		autofree char *line = xmemdup0(text, len);
		canvas_print(c, row++, col, width, STYLE_TEXT, line);
		text += len;
		text += *text == '\n' || *text == ' ';
	}
	return row;
}

static void
paint_confirm(const struct overlay *o, struct canvas *c)
{
	int width = c->cols < 72 ? c->cols : 72, row, col;
	int height = c->rows < 14 ? c->rows : 14;

	box(c, height, width, o->title, &row, &col);
	int last = row + height - 3;
	paint_wrapped(c, row + 1, col, width - 4, last - 2, o->text);
	if (!o->typed) {
		canvas_print(c, last, col, width - 4, STYLE_KEY, "y yes    n no (also Enter, Esc)");
		c->cursor_row = last;
		c->cursor_col = col;
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

static int
count_lines(const char *text, int width)
{
	int n = 0;

	for (; text && *text; text += strcspn(text, "\n"), text += *text == '\n')
		n += 1 + (int)strcspn(text, "\n") / width;
	return n;
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
		paint_wrapped(c, row + 1, col, room, last - 2, o->text);
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
		paint_help(o, c);
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
