#include "tui/linear.h"

#include "tui/announce.h"
#include "tui/canvas.h"
#include "tui/console.h"
#include "tui/frame.h"
#include "tui/key.h"
#include "tui/keymap.h"
#include "tui/picker.h"
#include "tui/pointer.h"
#include "tui/term.h"

#include "base/buf.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/utf8.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

struct linear {
	struct console *c;
	struct announcer *news;
	struct buf in;
	const struct view_class *class; /* of the screen read out last */
	int depth;
	char *title; /* of the overlay read out last; NULL: none */
	char flash[512];
	int rows[TERM_LINES_ROWS]; /* where the numbered lines are on the canvas */
	size_t count;
	bool read_all, read_row, prompted, silent;
};

bool
linear_wanted(bool option)
{
	static const char *const names[] = { "ACCESSIBLE", "DROVER_ACCESSIBLE", "DROVER_LINEAR" };
	const char *term = getenv("TERM");

	for (size_t i = 0; i < countof(names); i++) {
		const char *said = getenv(names[i]);

		option |= said && *said && !str_eq(said, "0");
	}
	return option || !term || !*term || str_eq(term, "dumb");
}

struct linear *
linear_new(struct console *c)
{
	struct linear *l = xcalloc(1, sizeof(*l));

	l->c = c;
	l->news = announce_new();
	buf_init(&l->in, 65536);
	l->read_all = true;
	puts("drover in lines. A number goes to a line; the name or key of an action does it, the "
	     "name\n"
	     "of a screen opens it, Enter alone reads all again, ? lists what there is, Q leaves.");
	return l;
}

/* What a password is typed into is not to be seen. */
static void
set_echo(struct linear *l, bool on)
{
	struct termios t;

	if (l->silent != on || tcgetattr(STDIN_FILENO, &t) < 0)
		return;
	l->silent = !on;
	t.c_lflag = on ? t.c_lflag | ECHO : t.c_lflag & ~(tcflag_t)ECHO;
	tcsetattr(STDIN_FILENO, TCSADRAIN, &t);
}

void
linear_free(struct linear *l)
{
	if (!l)
		return;
	set_echo(l, true);
	announce_free(l->news);
	buf_fini(&l->in);
	free(l->title);
	free(l);
}

/* One line, cleaned, in what the terminal can show. */
static void
put_line(struct linear *l, const char *text)
{
	autobuf b = BUF_INIT(16384), out = BUF_INIT(16384);

	utf8_clean_line(&b, text, strlen(text));
	for (size_t i = 0; i < b.len;) {
		uint32_t ch;
		size_t n = utf8_decode(b.data + i, b.len - i, &ch);

		if (!n || (ch >= 0x80 && !term_is_utf8(l->c->term)))
			buf_addc(&out, '?');
		else
			buf_add(&out, b.data + i, n);
		i += n ? n : 1;
	}
	if (l->prompted)
		putchar('\n'); /* what is half typed stays as it is */
	l->prompted = false;
	puts(buf_text(&out));
}

static void
put_lines(struct linear *l, const char *text)
{
	while (*text) {
		size_t n = strcspn(text, "\n");
		autofree char *line = xmemdup0(text, n);

		put_line(l, line);
		text += n + (text[n] == '\n');
	}
}

static void
on_news(void *user, const char *line)
{
	put_line(user, line);
}

/* A row of the canvas as words: without what is drawn, with two blanks between columns. */
static bool
row_words(const struct canvas *c, int row, struct buf *to)
{
	autobuf raw = BUF_INIT(4096);
	size_t blanks = 0;

	for (int col = 0; col < c->cols; col++)
		buf_adds(&raw, c->cells[row * c->cols + col].text);
	const char *p = buf_text(&raw);
	while (*p) {
		size_t run = strspn(p, "-") > 2 ? strspn(p, "-") : strspn(p, "=");

		if (run > 2 || *p == ' ' || *p == '|') {
			p += run > 2 ? run : 1;
			blanks += run > 2 || p[-1] == '|' ? 2 : 1;
			continue;
		}
		if (to->len && blanks)
			buf_adds(to, blanks > 1 ? "  " : " ");
		blanks = 0;
		buf_addc(to, *p++);
	}
	return to->len > 0;
}

/* The line under the cursor alone, or all with their numbers. */
static void
read_screen(struct linear *l, bool all)
{
	const struct canvas *c = l->c->canvas;
	int here = canvas_selected(c, -1);
	size_t number = 0;

	for (int row = FRAME_TOP; row < c->rows - FRAME_BOTTOM; row++) {
		autobuf words = BUF_INIT(4096);

		if (!row_words(c, row, &words))
			continue;
		l->rows[number++] = row;
		autofree char *line =
		    xasprintf("%zu. %s%s", number, row == here ? "here: " : "", buf_text(&words));
		if (all || row == here)
			put_line(l, line);
	}
	l->count = number;
}

static void
read_head(struct linear *l)
{
	const struct view *v = console_view(l->c);
	const struct scene *s = &l->c->scene;
	autobuf words = BUF_INIT(1024), line = BUF_INIT(2048);
	char status[128] = "";

	row_words(l->c->canvas, 0, &words);
	if (v->class->status)
		v->class->status(v, status, sizeof(status));
	put_line(l, buf_text(&words));
	buf_addf(&line, "Screen %s%s%s.%s", v->class->title, *status ? ", " : "", status,
	    s->writable ? "" : " Read-only.");
	put_line(l, buf_text(&line));
}

static void
read_item(struct linear *l, const struct picker_item *item, size_t number)
{
	autobuf line = BUF_INIT(2048);
	char keys[64];

	if (item->head) {
		put_line(l, item->text);
		return;
	}
	buf_addf(&line, "%zu. ", number);
	if (item->key && *item->key)
		buf_addf(&line, "%s, ", keymap_label(item->key, keys, sizeof(keys)));
	buf_addf(&line, "%s", item->text);
	if (item->note && *item->note)
		buf_addf(&line, "; %s", item->note);
	if (item->why)
		buf_addf(&line, " (not now: %s)", item->why);
	put_line(l, buf_text(&line));
}

static void
read_items(struct linear *l, const struct picker *p)
{
	size_t number = 0;

	for (size_t i = 0; i < p->shown_count; i++) {
		const struct picker_item *item = &p->items[p->shown[i]];

		number += !item->head;
		read_item(l, item, number);
	}
}

/* What stands there under this number; NULL: nothing. */
static const struct picker_item *
item_number(const struct picker *p, int64_t n)
{
	for (size_t i = 0; i < p->shown_count; i++) {
		const struct picker_item *item = &p->items[p->shown[i]];

		if (!item->head && --n == 0)
			return item;
	}
	return NULL;
}

static void
read_overlay(struct linear *l)
{
	const struct overlay *o = &l->c->overlay;

	put_line(l, o->title ? o->title : "Command");
	if (o->text)
		put_lines(l, o->text);
	if (o->kind == OVERLAY_HELP || o->kind == OVERLAY_MENU)
		read_items(l, o->picker);
	if (o->kind == OVERLAY_HELP || o->kind == OVERLAY_MENU)
		put_line(l, "Type a number to choose; Enter alone leaves.");
	else if (o->typed)
		put_line(l, "To go on, type this, and Enter; Enter alone leaves:");
	if (o->typed)
		put_line(l, o->typed);
	if (o->kind == OVERLAY_CONFIRM && !o->typed)
		put_line(l, "Type y and Enter for yes; Enter alone is no.");
	if (o->kind == OVERLAY_PROMPT && o->input[0]) {
		put_line(l, "Enter alone takes:");
		put_line(l, o->input);
	}
}

static void
say_overlay(struct linear *l)
{
	const struct overlay *o = &l->c->overlay;
	const char *title = o->kind == OVERLAY_NONE ? NULL : o->title ? o->title : "Command";

	if (title && (!l->title || !str_eq(l->title, title)))
		read_overlay(l);
	if (!title && l->title && l->class == console_view(l->c)->class)
		l->read_row = true; /* back on the screen */
	free(l->title);
	l->title = title ? xstrdup(title) : NULL;
	set_echo(l, !(o->kind == OVERLAY_QUESTION && o->secret));
}

void
linear_say(struct linear *l)
{
	struct console *c = l->c;

	announce_take(l->news, &c->scene, on_news, l);
	if (c->flash[0] && !str_eq(c->flash, l->flash))
		put_line(l, c->flash);
	str_copy(l->flash, sizeof(l->flash), c->flash);
	if (l->class != console_view(c)->class || l->depth != c->depth)
		l->read_all = true;
	say_overlay(l);
	if (c->overlay.kind == OVERLAY_NONE) {
		if (l->read_all)
			read_head(l);
		if (l->read_all || l->read_row)
			read_screen(l, l->read_all);
		l->class = console_view(c)->class;
		l->depth = c->depth;
		l->read_all = l->read_row = false;
	}
	if (!l->prompted)
		fputs("> ", stdout);
	l->prompted = true;
	fflush(stdout);
}

static void
type(struct console *c, const char *text)
{
	while (*text) {
		char name[KEY_NAME] = "";
		uint32_t ch;
		size_t n = utf8_decode(text, strlen(text), &ch);

		memcpy(name, text, n ? n : 1);
		if (n)
			keys_press(c, ch == ' ' ? "space" : name, true);
		text += n ? n : 1;
	}
}

/* The item of this number is walked to, as with the keys. */
static void
choose(struct linear *l, const char *text)
{
	struct console *c = l->c;
	const struct picker *p = c->overlay.picker;
	int64_t n;

	if (!*text) {
		keys_press(c, "esc", false);
		return;
	}
	if (!str_int(text, 1, (int64_t)p->shown_count, &n)) {
		type(c, text);
		free(take(l->title)); /* what is left is read again */
		return;
	}
	const struct picker_item *item = item_number(p, n);
	if (!item || item->why) {
		put_line(l, item ? item->why : "There is no line of this number.");
		return;
	}
	keys_press(c, "home", false);
	for (size_t i = 0; i < p->shown_count && picker_current(p) != item; i++)
		keys_press(c, "up", false);
	for (size_t i = 0; i < p->shown_count && picker_current(p) != item; i++)
		keys_press(c, "down", false);
	if (picker_current(p) == item)
		keys_press(c, "enter", false);
	l->read_all = true;
}

/* A line for what stands above the screen. */
static void
answer(struct linear *l, const char *text)
{
	struct console *c = l->c;
	const struct overlay *o = &c->overlay;

	if (o->kind == OVERLAY_HELP || o->kind == OVERLAY_MENU) {
		choose(l, text);
		return;
	}
	if (o->kind == OVERLAY_CONFIRM && !o->typed) {
		keys_press(c, str_eq(text, "y") || str_eq(text, "yes") ? "y" : "n", true);
		return;
	}
	if (*text) {
		keys_press(c, "ctrl-u", false);
		type(c, text);
	} else if (o->typed) {
		keys_press(c, "esc", false);
		return;
	}
	keys_press(c, "enter", false);
}

static bool
is_key(const struct console *c, const char *text)
{
	static const char *const names[] = { "up", "down", "left", "right", "home", "end",
		"page-up", "page-down", "enter", "esc", "tab", "shift-tab", "space", "backspace",
		NULL };
	uint32_t ch;
	const struct view_class *class = console_view((struct console *)(uintptr_t)c)->class;

	if (utf8_decode(text, strlen(text), &ch) == strlen(text))
		return true;
	for (size_t i = 0; names[i]; i++) {
		if (str_eq(names[i], text))
			return true;
	}
	return keymap_find(c->keymap, class, KEYMAP_VIEW, text) ||
	       keymap_find(c->keymap, class, KEYMAP_GLOBAL, text);
}

/* An action or a screen by its name. */
static const struct keymap_row *
by_name(struct console *c, const char *text)
{
	size_t count;
	const struct keymap_row *rows = keymap_rows(c->keymap, &count);

	for (size_t i = 0; i < count; i++) {
		const struct keymap_row *r = &rows[i];
		const char *name = r->kind == KEYMAP_SCREEN ? r->class->name : r->action->name;

		if (r->kind == KEYMAP_VIEW && r->class != console_view(c)->class)
			continue;
		if (strcasecmp(name, text) == 0)
			return r;
	}
	return NULL;
}

static bool
move_to_number(struct linear *l, const char *text)
{
	int64_t n;

	if (!isdigit((unsigned char)*text) || !str_int(text, 0, INT32_MAX, &n))
		return false;
	if (n < 1 || (size_t)n > l->count) {
		put_line(l, "There is no line of this number.");
		return true;
	}
	pointer_move(l->c, l->rows[n - 1], -1);
	l->read_row = true;
	return true;
}

static void
obey(struct linear *l, const char *text)
{
	struct console *c = l->c;
	const struct keymap_row *r;

	if (*text == ':' && text[1]) {
		keys_press(c, ":", true);
		type(c, text + 1);
		keys_press(c, "enter", false);
	} else if (!*text) {
		l->read_all = true;
	} else if (move_to_number(l, text)) {
		return;
	} else if (is_key(c, text)) {
		const struct view_class *was = console_view(c)->class;
		bool moves = keymap_find(c->keymap, was, KEYMAP_MOVE, text) != NULL;

		keys_press(c, str_eq(text, " ") ? "space" : text, !text[1]);
		l->read_row |= moves;
		l->read_all |= !moves && c->overlay.kind == OVERLAY_NONE && !c->flash[0];
	} else if ((r = by_name(c, text)) != NULL) {
		c->pressed = text;
		c->flash[0] = '\0';
		keys_run(c, r);
	} else {
		put_line(l, "There is no key or action of this name; ? lists them.");
	}
}

static void
take_line(struct linear *l, const char *text)
{
	l->prompted = false; /* Enter ended its line */
	l->flash[0] = l->c->flash[0] = '\0';
	if (l->c->overlay.kind == OVERLAY_NONE)
		obey(l, text);
	else
		answer(l, text);
	console_dirty(l->c);
}

bool
linear_read(struct linear *l)
{
	char bytes[4096], *end;
	ssize_t n = read(STDIN_FILENO, bytes, sizeof(bytes));

	if (n <= 0)
		return n < 0 && (errno == EINTR || errno == EAGAIN);
	buf_add(&l->in, bytes, (size_t)n);
	while (!l->c->leaving && l->in.len && (end = memchr(l->in.data, '\n', l->in.len))) {
		size_t len = (size_t)(end - l->in.data);
		autofree char *line = xmemdup0(l->in.data, len);

		if (len && line[len - 1] == '\r')
			line[len - 1] = '\0';
		buf_drop(&l->in, len + 1);
		take_line(l, line);
		console_compose(l->c);
	}
	return true;
}
