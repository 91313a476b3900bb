#include "tui/text.h"

#include "base/mem.h"
#include "base/str.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SIDEWAYS 8 /* columns a key moves */

void
text_fini(struct text *t)
{
	free(t->bytes);
	free(t->line);
	match_fini(&t->search);
	*t = (struct text){ 0 };
}

static size_t
last_top(const struct text *t)
{
	size_t height = t->height > 0 ? (size_t)t->height : 1;

	return t->lines > height ? t->lines - height : 0;
}

/* It is this text already, but for the NULs that end its lines. */
static bool
holds(const struct text *t, const char *bytes, size_t len)
{
	if (!t->bytes || t->len != len)
		return false;
	for (size_t i = 0; i < len; i++) {
		if (t->bytes[i] != (bytes[i] == '\n' ? '\0' : bytes[i]))
			return false;
	}
	return true;
}

void
text_set(struct text *t, const char *bytes, size_t len)
{
	bool at_end = t->lines > 0 && t->top > 0 && t->top >= last_top(t);

	if (holds(t, bytes, len))
		return;
	free(t->bytes);
	t->bytes = xmemdup0(bytes, len);
	t->len = len;
	t->lines = 0;
	for (size_t at = 0; at < len;) {
		char *nl = memchr(t->bytes + at, '\n', len - at);

		mem_grow(t->line, t->lines, t->line_cap);
		t->line[t->lines++] = at;
		at = nl ? (size_t)(nl - t->bytes) + 1 : len;
		if (nl)
			*nl = '\0';
	}
	t->found = t->lines;
	if (at_end || t->top > last_top(t))
		t->top = last_top(t);
}

void
text_height(struct text *t, int height)
{
	t->height = height;
	if (t->top > last_top(t) && !t->wrap)
		t->top = last_top(t);
}

static void
move(struct text *t, long by)
{
	size_t most = t->wrap ? (t->lines ? t->lines - 1 : 0) : last_top(t);

	if (by < 0)
		t->top = t->top > (size_t)-by ? t->top - (size_t)-by : 0;
	else
		t->top = most - (t->top < most ? t->top : most) > (size_t)by ? t->top + (size_t)by
									     : most;
}

/* The next line that has it, from `from` on or back; lines: none. */
static size_t
search_from(const struct text *t, size_t from, bool back)
{
	size_t at, len;

	for (size_t i = 0; i < t->lines; i++) {
		size_t line = back ? (from + 2 * t->lines - i) % t->lines : (from + i) % t->lines;

		if (match_find(&t->search, t->bytes + t->line[line], 0, &at, &len))
			return line;
	}
	return t->lines;
}

static void
go_to(struct text *t, size_t line)
{
	size_t height = t->height > 0 ? (size_t)t->height : 1;

	t->found = line;
	if (line < t->lines && (line < t->top || line >= t->top + height))
		t->top = line > height / 3 ? line - height / 3 : 0;
	if (t->top > last_top(t))
		t->top = last_top(t);
}

bool
text_search(struct text *t, const char *typed)
{
	match_fini(&t->search);
	match_init(&t->search, typed);
	t->found = t->lines;
	if (!match_on(&t->search) || !t->lines)
		return !match_on(&t->search);
	go_to(t, search_from(t, t->top, false));
	return t->found < t->lines;
}

static void
next(struct text *t, bool back)
{
	size_t from = t->found < t->lines ? t->found : t->top;

	if (t->lines && match_on(&t->search))
		go_to(t, search_from(t, back ? from + t->lines - 1 : from + 1, back));
}

bool
text_key(struct text *t, const char *key)
{
	long page = t->height > 1 ? t->height - 1 : 1, all = (long)t->lines;
	const struct {
		const char *key;
		long by;
	} moves[] = { { "j", 1 }, { "down", 1 }, { "k", -1 }, { "up", -1 }, { "page-down", page },
		{ "page-up", -page }, { "ctrl-d", (page + 1) / 2 }, { "ctrl-u", -(page + 1) / 2 },
		{ "home", -all }, { "g", -all }, { "end", all }, { "G", all } };

	for (size_t i = 0; i < countof(moves); i++) {
		if (str_eq(key, moves[i].key)) {
			move(t, moves[i].by);
			return true;
		}
	}
	if (str_eq(key, "right"))
		t->left += t->wrap ? 0 : SIDEWAYS;
	else if (str_eq(key, "left"))
		t->left = t->left > SIDEWAYS ? t->left - SIDEWAYS : 0;
	else if (str_eq(key, "w"))
		t->wrap = !t->wrap;
	else if (str_eq(key, "n") || str_eq(key, "N"))
		next(t, *key == 'N');
	else
		return false;
	if (t->wrap)
		t->left = 0;
	return true;
}

static enum style
style_of(const struct text *t, size_t line)
{
	const char *s = t->bytes + t->line[line];

	if (line == t->found)
		return STYLE_BOLD;
	if (!t->diff)
		return STYLE_TEXT;
	if (s[0] == '+')
		return STYLE_ADD;
	if (s[0] == '-')
		return STYLE_REMOVE;
	return s[0] == '@' ? STYLE_HEAD : STYLE_TEXT;
}

void
text_paint(const struct text *t, struct canvas *c, int top, int bottom, int left, int width)
{
	int row = top, skip = t->left;

	for (size_t line = t->top; row < bottom && line < t->lines; row++) {
		const char *s = t->bytes + t->line[line];
		size_t len = strlen(s);
		int used = canvas_print_part(c, row, left, width, style_of(t, line), s, len, skip);

		if (t->wrap && used > 0 && canvas_width(s) > skip + used) {
			skip += used;
			continue;
		}
		skip = t->left;
		line++;
	}
}

void
text_place(const struct text *t, char *to, size_t size)
{
	snprintf(to, size, "%zu/%zu", t->lines ? t->top + 1 : 0, t->lines);
}
