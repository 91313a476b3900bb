/* Lines that left a pane: moved in, searched, copied. */
#include "tui/view_terms.h"

#include "base/mem.h"
#include "base/str.h"
#include "tui/finder.h"
#include "tui/pane.h"

#include <stdio.h>
#include <string.h>

#define COPY_MOST ((size_t)60000)

static void
enter(struct view *v)
{
	struct terms_view *tv = v->state;
	struct pane_state s;

	if (tv->mode == TERMS_SCROLL)
		return;
	pane_get(terms_view_focus(v)->pane, &s);
	tv->mode = TERMS_SCROLL;
	tv->top = s.top;
	tv->cursor = s.top + s.cursor_row;
	tv->anchor = -1;
}

/* The cursor within the lines there are, and on the screen. */
static void
settle(struct view *v)
{
	struct terms_view *tv = v->state;
	struct pane_state s;
	int64_t end;

	pane_get(terms_view_focus(v)->pane, &s);
	end = s.top + s.rows;
	tv->cursor = tv->cursor < s.first ? s.first : tv->cursor >= end ? end - 1 : tv->cursor;
	if (tv->top > tv->cursor)
		tv->top = tv->cursor;
	if (tv->cursor >= tv->top + s.rows)
		tv->top = tv->cursor - s.rows + 1;
	tv->top = tv->top > s.top ? s.top : tv->top < s.first ? s.first : tv->top;
}

void
terms_view_scroll(struct view *v, long by)
{
	struct terms_view *tv = v->state;

	enter(v);
	tv->cursor += by;
	settle(v);
}

bool
terms_view_scroll_key(struct view *v, const char *key)
{
	struct terms_view *tv = v->state;
	struct pane_state s;

	pane_get(terms_view_focus(v)->pane, &s);
	const struct {
		const char *key;
		int64_t by;
	} moves[] = { { "j", 1 }, { "down", 1 }, { "k", -1 }, { "up", -1 }, { "page-down", s.rows },
		{ "page-up", -s.rows }, { "ctrl-d", (s.rows + 1) / 2 },
		{ "ctrl-u", -(s.rows + 1) / 2 }, { "g", -PANE_LINES - s.rows },
		{ "home", -PANE_LINES - s.rows }, { "G", PANE_LINES + s.rows },
		{ "end", PANE_LINES + s.rows } };

	if (str_eq(key, "esc") || str_eq(key, "q") || str_eq(key, "enter")) {
		tv->mode = TERMS_TYPING;
		return true;
	}
	for (size_t i = 0; i < countof(moves); i++) {
		if (!str_eq(key, moves[i].key))
			continue;
		tv->cursor += moves[i].by;
		settle(v);
		return true;
	}
	return false;
}

void
terms_view_do_scroll(struct view *v)
{
	struct terms_view *tv = v->state;

	if (tv->mode == TERMS_SCROLL)
		tv->mode = TERMS_TYPING;
	else
		terms_view_scroll(v, 0);
}

static void
find(struct view *v, int64_t from, bool back)
{
	struct terms_view *tv = v->state;
	struct finder f;
	char text[300];

	finder_init(&f, tv->search);
	int64_t line = pane_find(terms_view_focus(v)->pane, &f, from, back);
	finder_fini(&f);
	if (line < 0) {
		snprintf(text, sizeof(text), "no line %s has it: %s", back ? "above" : "below",
		    tv->search);
		terms_view_say(v, true, text);
		return;
	}
	enter(v);
	tv->cursor = line;
	settle(v);
}

static void
search_typed(struct view *v, const char *input)
{
	struct terms_view *tv = v->state;

	if (!terms_view_focus(v))
		return;
	str_copy(tv->search, sizeof(tv->search), input);
	enter(v);
	find(v, tv->cursor, true);
}

void
terms_view_do_search(struct view *v)
{
	const struct terms_view *tv = v->state;

	v->services->prompt(
	    v->services->user, &(struct view_prompt){ .title = "Search upwards (n and N go on)",
				   .preset = tv->search,
				   .yes = search_typed });
}

bool
terms_view_again(struct view *v, bool back)
{
	struct terms_view *tv = v->state;

	if (tv->mode != TERMS_SCROLL)
		return false;
	if (tv->search[0])
		find(v, tv->cursor + (back ? -1 : 1), back);
	else
		terms_view_do_search(v);
	return true;
}

void
terms_view_do_select(struct view *v)
{
	struct terms_view *tv = v->state;

	enter(v);
	tv->anchor = tv->anchor < 0 ? tv->cursor : -1;
}

/* The selected lines, or that of the cursor; where nothing is scrolled, the screen. */
void
terms_view_do_copy(struct view *v)
{
	struct terms_view *tv = v->state;
	const struct pane *p = terms_view_focus(v)->pane;
	struct pane_state s;
	int64_t from, to;

	pane_get(p, &s);
	from = s.top;
	to = s.top + s.rows;
	if (tv->mode == TERMS_SCROLL) {
		int64_t other = tv->anchor < 0 ? tv->cursor : tv->anchor;

		from = other < tv->cursor ? other : tv->cursor;
		to = (other < tv->cursor ? tv->cursor : other) + 1;
	}
	autofree char *text = pane_text(p, from, to, COPY_MOST);
	size_t n = strlen(text);
	while (n && text[n - 1] == '\n')
		text[--n] = '\0';
	v->services->copy(v->services->user, text);
	tv->mode = TERMS_TYPING;
}
