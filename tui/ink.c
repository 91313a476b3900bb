#include "tui/ink.h"

#include "base/mem.h"
#include "base/str.h"
#include "base/utf8.h"
#include "tui/canvas.h"

#include <ncurses.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#define TONE_SLOTS 8192 /* twice as many as there are ever tones */
#define TONE_MOST  4096
#define TONE_REST  60 /* frames between two times that all tones are given up */

struct ink {
	bool colour, utf8, own; /* own: the terminal's own colours can be asked for */
	int rows, cols;         /* of last; 0: nothing is known of the screen */
	struct cell *last;
	struct tone_slot {          /* the pairs of STYLE_PANE: those of a tone, by its colours */
		short fg, bg, pair; /* pair 0: free */
	} * tones;
	int tone_count;
	bool crowded; /* there was no pair for a tone of this frame */
	int rested;   /* frames since the tones were given up */
};

static const struct {
	short fg;       /* -1: the terminal's own */
	attr_t with;    /* with colours */
	attr_t without; /* without */
} looks[STYLE_COUNT] = {
	[STYLE_TEXT] = { -1, A_NORMAL, A_NORMAL },
	[STYLE_DIM] = { -1, A_DIM, A_NORMAL },
	[STYLE_BOLD] = { -1, A_BOLD, A_BOLD },
	[STYLE_BAR] = { -1, A_REVERSE, A_REVERSE },
	[STYLE_ENV] = { COLOR_RED, A_REVERSE | A_BOLD, A_REVERSE | A_BOLD },
	[STYLE_TAB] = { -1, A_DIM, A_NORMAL },
	[STYLE_TAB_ON] = { -1, A_BOLD, A_BOLD },
	[STYLE_HEAD] = { COLOR_CYAN, A_NORMAL, A_UNDERLINE },
	[STYLE_KEY] = { COLOR_CYAN, A_BOLD, A_BOLD },
	[STYLE_HINT] = { -1, A_NORMAL, A_NORMAL },
	[STYLE_HINT_OFF] = { -1, A_DIM, A_DIM },
	[STYLE_GOOD] = { COLOR_GREEN, A_NORMAL, A_NORMAL },
	[STYLE_WARN] = { COLOR_YELLOW, A_NORMAL, A_NORMAL },
	[STYLE_BAD] = { COLOR_RED, A_BOLD, A_BOLD },
	[STYLE_UNKNOWN] = { -1, A_DIM, A_DIM },
	[STYLE_ADD] = { COLOR_GREEN, A_NORMAL, A_NORMAL },
	[STYLE_REMOVE] = { COLOR_RED, A_NORMAL, A_NORMAL },
	[STYLE_FOUND] = { COLOR_YELLOW, A_REVERSE, A_REVERSE | A_BOLD },
	[STYLE_PANE] = { -1, A_NORMAL, A_NORMAL },
};

static short
tint_of(const char *name)
{
	static const struct {
		const char *name;
		short colour;
	} tints[] = {
		{ "red", COLOR_RED },
		{ "yellow", COLOR_YELLOW },
		{ "green", COLOR_GREEN },
		{ "blue", COLOR_BLUE },
		{ "magenta", COLOR_MAGENTA },
		{ "cyan", COLOR_CYAN },
		{ "white", COLOR_WHITE },
	};

	for (size_t i = 0; name && i < countof(tints); i++) {
		if (str_eq(tints[i].name, name))
			return tints[i].colour;
	}
	return COLOR_RED;
}

/* The terminal's own background where it has a word for it. */
static bool
make_pairs(const char *tint)
{
	bool own = use_default_colors() == OK;

	for (short i = 0; i < STYLE_COUNT; i++) {
		short fg = i == STYLE_ENV ? tint_of(tint) : looks[i].fg;

		if (fg < 0 && !own)
			fg = COLOR_WHITE;
		init_pair((short)(i + 1), fg, own ? -1 : COLOR_BLACK);
	}
	return own;
}

struct ink *
ink_new(bool colour, bool utf8, const char *tint)
{
	struct ink *ink = xcalloc(1, sizeof(*ink));

	ink->colour = colour;
	ink->utf8 = utf8;
	if (colour) {
		ink->own = make_pairs(tint);
		ink->tones = xcalloc(TONE_SLOTS, sizeof(*ink->tones));
	}
	return ink;
}

void
ink_free(struct ink *ink)
{
	if (!ink)
		return;
	free(ink->last);
	free(ink->tones);
	free(ink);
}

void
ink_forget(struct ink *ink)
{
	ink->rows = ink->cols = 0;
}

void
ink_resize(struct ink *ink, int rows, int cols)
{
	resizeterm(rows, cols);
	clearok(curscr, FALSE);
	redrawwin(stdscr);
	ink_forget(ink);
}

/* The cell as ncurses wants it, into room for CCHARW_MAX + 1. False: it cannot be shown, because of
 * the locale or because the C library has another width for it. */
static bool
wide_text(const struct ink *ink, const struct cell *cell, wchar_t *to)
{
	size_t len = strlen(cell->text), n = 0;

	for (size_t i = 0; i < len && n < CCHARW_MAX;) {
		uint32_t c;
		size_t used = utf8_decode(cell->text + i, len - i, &c);

		if (!used || (c >= 0x80 && !ink->utf8))
			return false;
		i += used;
		if (wcwidth((wchar_t)c) == (n ? 0 : cell->width))
			to[n++] = (wchar_t)c;
		else if (!n)
			return false;
	}
	to[n] = L'\0';
	return n > 0;
}

/* The pair of two colours that the terminal has; -1: its own. When there is none left, that of the text's colour
 * alone, or none. */
static short
tone_pair(struct ink *ink, short fg, short bg)
{
	int most =
	    COLOR_PAIRS - 1 - STYLE_COUNT < TONE_MOST ? COLOR_PAIRS - 1 - STYLE_COUNT : TONE_MOST;
	uint32_t at = ((uint32_t)(fg + 1) * 257 + (uint32_t)(bg + 1)) * 2654435761U >> 19;
	struct tone_slot *slot = &ink->tones[at];

	for (; slot->pair; slot = &ink->tones[++at % TONE_SLOTS]) {
		if (slot->fg == fg && slot->bg == bg)
			return slot->pair;
	}
	if (ink->tone_count >= most) {
		ink->crowded = true;
		return bg >= 0 ? tone_pair(ink, fg, -1) : 0;
	}
	short pair = (short)(STYLE_COUNT + 1 + ink->tone_count++);
	*slot = (struct tone_slot){ fg, bg, pair };
	init_pair(
	    pair, fg < 0 && !ink->own ? COLOR_WHITE : fg, bg < 0 && !ink->own ? COLOR_BLACK : bg);
	return pair;
}

/* What a program asked for, as far as the terminal has it. */
static attr_t
tone_look(struct ink *ink, const struct tone *t, short *ret_pair)
{
	attr_t attr = (t->attr & TONE_BOLD ? A_BOLD : A_NORMAL) |
		      (t->attr & TONE_UNDERLINE ? A_UNDERLINE : A_NORMAL) |
		      (t->attr & TONE_REVERSE ? A_REVERSE : A_NORMAL) |
		      (t->attr & TONE_ITALIC ? A_ITALIC : A_NORMAL);
	bool bright = false;

	*ret_pair = 0;
	if (!ink->colour)
		return attr;
	short fg = (short)tone_nearest(t->fg, COLORS, &bright);
	short bg = (short)tone_nearest(t->bg, COLORS, &(bool){ false });
	*ret_pair = tone_pair(ink, fg, bg);
	return bright ? attr | A_BOLD : attr;
}

/* All pairs of tones are free again, but not too often: every cell is written anew then. */
static void
give_up_tones(struct ink *ink)
{
	if (!ink->crowded || ++ink->rested < TONE_REST)
		return;
	memset(ink->tones, 0, TONE_SLOTS * sizeof(*ink->tones));
	ink->tone_count = ink->rested = 0;
	ink->crowded = false;
	ink_forget(ink);
}

static void
put_cell(struct ink *ink, const struct cell *cell, int row, int col)
{
	attr_t attr = ink->colour ? looks[cell->style].with : looks[cell->style].without;
	short pair = ink->colour ? (short)(cell->style + 1) : 0;
	wchar_t text[CCHARW_MAX + 1];
	cchar_t out;

	if (cell->style == STYLE_PANE)
		attr = tone_look(ink, &cell->tone, &pair);
	if (cell->selected) { /* one look for all of the row: it is read well, and takes few bytes */
		attr = A_REVERSE;
		pair = ink->colour ? STYLE_TEXT + 1 : 0;
	}
	bool shown = wide_text(ink, cell, text);
	setcchar(&out, shown ? text : L"?", attr, pair, NULL);
	mvwadd_wch(stdscr, row, col, &out);
	if (shown || cell->width < 2)
		return;
	setcchar(&out, L" ", attr, pair, NULL);
	mvwadd_wch(stdscr, row, col + 1, &out);
}

static bool
same(const struct cell *a, const struct cell *b)
{
	return a->style == b->style && a->width == b->width && a->selected == b->selected &&
	       a->tone.fg == b->tone.fg && a->tone.bg == b->tone.bg &&
	       a->tone.attr == b->tone.attr && memcmp(a->text, b->text, sizeof(a->text)) == 0;
}

size_t
ink_put(struct ink *ink, const struct canvas *c)
{
	int rows = getmaxy(stdscr), cols = getmaxx(stdscr);
	size_t changed = 0, size = (size_t)(c->rows * c->cols);

	give_up_tones(ink);
	bool known = ink->rows == c->rows && ink->cols == c->cols;

	for (int row = 0; row < c->rows && row < rows; row++) {
		for (int col = 0; col < c->cols && col < cols; col++) {
			size_t at = (size_t)(row * c->cols + col);

			if (known && same(&ink->last[at], &c->cells[at]))
				continue;
			changed++;
			if (c->cells[at].width)
				put_cell(ink, &c->cells[at], row, col);
		}
	}
	ink->last = xrealloc(ink->last, size, sizeof(*ink->last));
	memcpy(ink->last, c->cells, size * sizeof(*ink->last));
	ink->rows = c->rows;
	ink->cols = c->cols;
	return changed;
}
