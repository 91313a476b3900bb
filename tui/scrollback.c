#include "tui/scrollback.h"

#include "base/mem.h"
#include "base/utf8.h"
#include "tui/canvas.h"

#include <string.h>

/* So many cells of one tone. */
struct run {
	uint16_t cells;
	struct tone tone;
};

struct line {
	uint32_t text_len;
	uint32_t run_count; /* 0: all of it has the tone of nothing */
	struct run runs[];  /* then the text */
};

struct scrollback {
	struct line **lines; /* a ring of max; first is the oldest */
	size_t first, count, max;
	size_t bytes, bytes_max;
	uint64_t forgotten;
};

#define OVERHEAD 16 /* what malloc keeps of a block, about */

struct scrollback *
scrollback_new(size_t lines, size_t bytes)
{
	struct scrollback *s = xcalloc(1, sizeof(*s));

	s->max = lines ? lines : 1;
	s->bytes_max = bytes;
	return s;
}

void
scrollback_free(struct scrollback *s)
{
	if (!s)
		return;
	scrollback_clear(s);
	free(s->lines);
	free(s);
}

static size_t
size_of(const struct line *l)
{
	return sizeof(*l) + l->run_count * sizeof(l->runs[0]) + l->text_len + OVERHEAD;
}

static struct line **
place(const struct scrollback *s, size_t i)
{
	return &s->lines[(s->first + i) % s->max];
}

static void
forget_oldest(struct scrollback *s)
{
	struct line **at = place(s, 0);

	s->bytes -= size_of(*at);
	free(take(*at));
	s->first = (s->first + 1) % s->max;
	s->count--;
	s->forgotten++;
}

void
scrollback_clear(struct scrollback *s)
{
	while (s->count)
		forget_oldest(s);
}

static bool
same_tone(const struct tone *a, const struct tone *b)
{
	return a->fg == b->fg && a->bg == b->bg && a->attr == b->attr;
}

/* Columns up to the last that shows anything. */
static int
used_columns(const struct cell *cells, int cols)
{
	const struct tone none = { 0 };

	while (cols > 0 && cells[cols - 1].width == 1 && cells[cols - 1].text[0] == ' ' &&
	       cells[cols - 1].text[1] == '\0' && same_tone(&cells[cols - 1].tone, &none))
		cols--;
	return cols;
}

static struct line *
pack(const struct cell *cells, int cols)
{
	const struct tone none = { 0 };
	size_t text = 0, runs = 0;
	bool plain = true;

	for (int i = 0; i < cols; i++) {
		text += cells[i].width ? strlen(cells[i].text) : 0;
		runs += !i || !same_tone(&cells[i].tone, &cells[i - 1].tone);
		plain = plain && same_tone(&cells[i].tone, &none);
	}
	runs = plain ? 0 : runs;
	struct line *l = xcalloc(1, sizeof(*l) + runs * sizeof(l->runs[0]) + text);
	char *to = (char *)(l->runs + runs);
	l->run_count = (uint32_t)runs;
	l->text_len = (uint32_t)text;
	struct run *run = l->runs - 1;
	for (int i = 0; i < cols; i++) {
		size_t n = cells[i].width ? strlen(cells[i].text) : 0;

		memcpy(to, cells[i].text, n);
		to += n;
		if (plain)
			continue;
		if (!i || !same_tone(&cells[i].tone, &cells[i - 1].tone))
			(++run)->tone = cells[i].tone;
		run->cells++;
	}
	return l;
}

void
scrollback_push(struct scrollback *s, const struct cell *cells, int cols)
{
	struct line *l = pack(cells, used_columns(cells, cols < UINT16_MAX ? cols : UINT16_MAX));

	if (!s->lines)
		s->lines = xcalloc(s->max, sizeof(struct line *));
	while (s->count && (s->count == s->max || s->bytes + size_of(l) > s->bytes_max))
		forget_oldest(s);
	*place(s, s->count++) = l;
	s->bytes += size_of(l);
}

static void
blank(struct cell *cells, int from, int cols)
{
	for (int i = from; i < cols; i++)
		cells[i] = (struct cell){ .text = " ", .width = 1, .style = STYLE_PANE };
}

/* The tone of column col. */
static const struct tone *
tone_at(const struct line *l, int col)
{
	static const struct tone none;
	int from = 0;

	for (uint32_t i = 0; i < l->run_count; i++) {
		from += l->runs[i].cells;
		if (col < from)
			return &l->runs[i].tone;
	}
	return &none;
}

/* One character from p on, with what combines with it, at column col. Returns its bytes. */
static size_t
unpack_one(const char *p, size_t n, struct cell *cells, int col, int cols)
{
	struct cell *cell = &cells[col];
	uint32_t c = ' ';
	size_t len = utf8_decode(p, n, &c);

	*cell = (struct cell){ .style = STYLE_PANE, .width = utf8_width(c) == 2 ? 2 : 1 };
	len = len ? len : 1;
	while (len < n) {
		size_t more = utf8_decode(p + len, n - len, &c);

		if (!more || utf8_width(c) != 0)
			break;
		len += more;
	}
	if (cell->width == 2 && col + 1 == cols) {
		blank(cells, col, cols);
		return len;
	}
	memcpy(cell->text, p, len < sizeof(cell->text) ? len : sizeof(cell->text) - 1);
	if (cell->width == 2)
		cells[col + 1] = (struct cell){ .style = STYLE_PANE };
	return len;
}

static void
unpack(const struct line *l, struct cell *cells, int cols)
{
	const char *p = (const char *)(l->runs + l->run_count), *end = p + l->text_len;
	int col = 0;

	while (p < end && col < cols) {
		p += unpack_one(p, (size_t)(end - p), cells, col, cols);
		col += cells[col].width;
	}
	blank(cells, col, cols);
	for (int i = 0; l->run_count && i < col; i++)
		cells[i].tone = *tone_at(l, i);
}

bool
scrollback_pop(struct scrollback *s, struct cell *cells, int cols)
{
	if (!s->count)
		return false;
	struct line **at = place(s, s->count - 1);
	unpack(*at, cells, cols);
	s->bytes -= size_of(*at);
	s->count--;
	free(take(*at));
	return true;
}

size_t
scrollback_count(const struct scrollback *s)
{
	return s->count;
}

uint64_t
scrollback_forgotten(const struct scrollback *s)
{
	return s->forgotten;
}

size_t
scrollback_memory(const struct scrollback *s)
{
	return s->bytes + sizeof(*s) + (s->lines ? s->max * sizeof(struct line *) : 0);
}

void
scrollback_get(const struct scrollback *s, size_t i, struct cell *cells, int cols)
{
	if (i < s->count)
		unpack(*place(s, i), cells, cols);
	else
		blank(cells, 0, cols);
}
