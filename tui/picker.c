#include "tui/picker.h"

#include "base/mem.h"
#include "base/str.h"
#include "tui/key.h"
#include "tui/keymap.h"
#include "tui/match.h"

#include <stdio.h>
#include <string.h>

#define KEYS_WIDTH 14
#define PAGE       10

struct picker *
picker_new(void)
{
	return xcalloc(1, sizeof(struct picker));
}

static void
free_item(struct picker_item *i)
{
	free(i->key);
	free(i->text);
	free(i->note);
	free(i->why);
	free(i->value);
}

void
picker_free(struct picker *p)
{
	if (!p)
		return;
	for (size_t i = 0; i < p->count; i++)
		free_item(&p->items[i]);
	free(p->items);
	free(p->shown);
	free(p);
}

static char *
dup_or_null(const char *s)
{
	return s ? xstrdup(s) : NULL;
}

void
picker_add(struct picker *p, const struct picker_item *item)
{
	mem_grow(p->items, p->count, p->cap);
	struct picker_item *to = &p->items[p->count];
	*to = *item;
	to->key = dup_or_null(item->key);
	to->text = xstrdup(item->text);
	to->note = dup_or_null(item->note);
	to->why = dup_or_null(item->why);
	to->value = dup_or_null(item->value);
	snprintf(to->id, sizeof(to->id), "%zu", p->count++);
}

void
picker_head(struct picker *p, const char *text)
{
	picker_add(p, &(struct picker_item){ .text = (char *)(uintptr_t)text, .head = true });
}

static const char *
row_id(const void *user, size_t i)
{
	const struct picker *p = user;
	const struct picker_item *item = &p->items[p->shown[i]];

	return item->head ? NULL : item->id;
}

static bool
lets_through(const struct match *m, const struct picker_item *i)
{
	autofree char *all =
	    xasprintf("%s %s %s", i->key ? i->key : "", i->text, i->note ? i->note : "");

	return match_row(m, all, NULL, NULL);
}

void
picker_filter(struct picker *p, const char *typed)
{
	struct match m = { 0 };
	size_t head = p->count;

	match_init(&m, typed);
	p->shown = xrealloc(p->shown, p->count + 1, sizeof(*p->shown));
	p->shown_count = 0;
	for (size_t i = 0; i < p->count; i++) {
		if (p->items[i].head) {
			head = i;
			continue;
		}
		if (!lets_through(&m, &p->items[i]))
			continue;
		if (head < p->count)
			p->shown[p->shown_count++] = head;
		head = p->count;
		p->shown[p->shown_count++] = i;
	}
	match_fini(&m);
	p->list.id[0] = '\0';
	p->list.cursor = 0;
	list_update(&p->list, p->shown_count, row_id, p);
}

bool
picker_key(struct picker *p, const char *key)
{
	if (!str_eq(key, "up") && !str_eq(key, "down") && !str_eq(key, "page-up") &&
	    !str_eq(key, "page-down"))
		return false;
	p->list.height = PAGE;
	return list_key(&p->list, key, row_id, p);
}

const struct picker_item *
picker_current(const struct picker *p)
{
	if (p->list.cursor >= p->shown_count)
		return NULL;
	const struct picker_item *i = &p->items[p->shown[p->list.cursor]];
	return i->head ? NULL : i;
}

const struct picker_item *
picker_by_key(const struct picker *p, const char *key)
{
	for (size_t i = 0; i < p->count; i++) {
		if (p->items[i].key && key_matches(p->items[i].key, key))
			return &p->items[i];
	}
	return NULL;
}

/* The columns the keys take: none where no item has one. */
static int
keys_width(const struct picker *p, int width)
{
	for (size_t i = 0; i < p->count; i++) {
		if (p->items[i].key)
			return width > 40 ? KEYS_WIDTH : 6;
	}
	return 0;
}

static void
paint_item(const struct picker_item *i, struct canvas *c, int row, int left, int width, int keys)
{
	char label[64] = "";
	int text = left + keys, room = width - keys, used;

	if (i->head) {
		canvas_print(c, row, left, width, STYLE_HEAD, i->text);
		return;
	}
	if (i->key)
		keymap_label(i->key, label, sizeof(label));
	canvas_print(
	    c, row, left, keys > 0 ? keys - 1 : 0, i->why ? STYLE_HINT_OFF : STYLE_KEY, label);
	used = canvas_print(c, row, text, room, i->why ? STYLE_HINT_OFF : STYLE_TEXT, i->text);
	if (i->why)
		used +=
		    canvas_printf(c, row, text + used, room - used, STYLE_WARN, "  (%s)", i->why);
	if (!i->note || room - used < 12)
		return;
	/* At its own column where there is one, else behind the text. */
	int at = used + 2 > 38 || room < 70 ? used + 2 : 38;
	canvas_print(c, row, text + at, room - at, STYLE_DIM, i->note);
}

int
picker_paint(const struct picker *p, struct canvas *c, int top, int bottom, int left, int width)
{
	size_t height = bottom > top ? (size_t)(bottom - top) : 0, first = 0;
	int keys = keys_width(p, width), found = -1;

	if (p->list.cursor > height / 2)
		first = p->list.cursor - height / 2;
	if (first + height > p->shown_count)
		first = p->shown_count > height ? p->shown_count - height : 0;
	for (size_t i = first; i < p->shown_count && i < first + height; i++) {
		int row = top + (int)(i - first);

		paint_item(&p->items[p->shown[i]], c, row, left, width, keys);
		if (p->clicked && p->items[p->shown[i]].key)
			canvas_target(c, row, left, width, p->items[p->shown[i]].key);
		if (i != p->list.cursor || p->items[p->shown[i]].head)
			continue;
		canvas_select(c, row, left, width);
		found = row;
	}
	return found;
}
