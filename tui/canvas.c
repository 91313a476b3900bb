#include "tui/canvas.h"

#include "base/buf.h"
#include "base/mem.h"
#include "base/utf8.h"

#include <stdarg.h>
#include <string.h>

#define LINE_MAX_BYTES 4096

struct canvas *
canvas_new(int rows, int cols)
{
	struct canvas *c = xcalloc(1, sizeof(*c));

	canvas_resize(c, rows, cols);
	return c;
}

void
canvas_free(struct canvas *c)
{
	if (!c)
		return;
	free(c->cells);
	free(c);
}

void
canvas_resize(struct canvas *c, int rows, int cols)
{
	c->rows = rows < 1 ? 1 : rows;
	c->cols = cols < 1 ? 1 : cols;
	c->cells = xrealloc(c->cells, (size_t)(c->rows * c->cols), sizeof(*c->cells));
	canvas_clear(c);
}

void
canvas_clear(struct canvas *c)
{
	for (int i = 0; i < c->rows * c->cols; i++)
		c->cells[i] = (struct cell){ .text = " ", .width = 1 };
	c->cursor_row = c->cursor_col = 0;
	c->target_count = 0;
}

static struct cell *
cell_at(const struct canvas *c, int row, int col)
{
	if (row < 0 || row >= c->rows || col < 0 || col >= c->cols)
		return NULL;
	return &c->cells[row * c->cols + col];
}

/* Half of a wide character is about to be written over: the other half becomes a blank. */
static void
cut_wide(struct canvas *c, int row, int col)
{
	struct cell *cell = cell_at(c, row, col), *left, *right;

	if (!cell || cell->width == 1)
		return;
	left = cell_at(c, row, cell->width ? col : col - 1);
	right = cell_at(c, row, cell->width ? col + 1 : col);
	for (int i = 0; i < 2; i++) {
		struct cell *half = i ? right : left;

		if (half)
			*half = (struct cell){ .text = " ",
				.style = half->style,
				.width = 1,
				.selected = half->selected };
	}
}

/* Put one character; col may lie outside. A wide one that would be cut becomes a blank. */
static void
put(struct canvas *c, int row, int col, enum style style, const char *text, size_t len, int width)
{
	struct cell *cell = cell_at(c, row, col);

	if (!cell)
		return;
	struct cell *right = width == 2 ? cell_at(c, row, col + 1) : NULL;
	cut_wide(c, row, col);
	if (right)
		cut_wide(c, row, col + 1);
	bool selected = cell->selected;
	*cell = (struct cell){ .style = (uint8_t)style, .width = 1, .selected = selected };
	if (width == 2 && !right) {
		cell->text[0] = ' ';
		return;
	}
	memcpy(cell->text, text, len < sizeof(cell->text) ? len : sizeof(cell->text) - 1);
	cell->width = (uint8_t)width;
	if (right)
		*right = (struct cell){ .style = (uint8_t)style, .selected = selected };
}

/* A combining mark joins the character before it as long as there is room. */
static void
join(struct canvas *c, int row, int col, const char *text, size_t len)
{
	struct cell *cell = cell_at(c, row, col);

	if (cell && cell->width == 0)
		cell = cell_at(c, row, col - 1);
	if (!cell || strlen(cell->text) + len >= sizeof(cell->text))
		return;
	memcpy(cell->text + strlen(cell->text), text, len);
}

static int
print_clean(struct canvas *c, int row, int col, int width, enum style style, const struct buf *b)
{
	const char *p = buf_text(b), *end = p + b->len;
	int used = 0;

	while (p < end) {
		uint32_t ch;
		size_t n = utf8_decode(p, (size_t)(end - p), &ch);

		if (n == 0)
			break; /* cut off by the ceiling of the line */
		int w = utf8_width(ch);
		if (used + w > width)
			break;
		if (w == 0 && used > 0)
			join(c, row, col + used - 1, p, n);
		else if (w > 0)
			put(c, row, col + used, style, p, n, w);
		used += w;
		p += n;
	}
	return used;
}

int
canvas_print(struct canvas *c, int row, int col, int width, enum style style, const char *text)
{
	autobuf b = BUF_INIT(LINE_MAX_BYTES);
	size_t len = strlen(text);

	if (width <= 0)
		return 0;
	if (col + width > c->cols)
		width = c->cols - col;
	utf8_clean_line(&b, text, len < LINE_MAX_BYTES ? len : LINE_MAX_BYTES);
	return print_clean(c, row, col, width, style, &b);
}

int
canvas_print_part(struct canvas *c, int row, int col, int width, enum style style, const char *text,
    size_t len, int skip)
{
	/* What is cleaned takes at least a byte a column, and at most this many to be passed over. */
	size_t most = ((size_t)skip + (size_t)(width > 0 ? width : 0)) * 16 + 64;
	autobuf b = BUF_INIT(most * 12);
	size_t cut;
	int passed;

	if (width <= 0)
		return 0;
	if (col + width > c->cols)
		width = c->cols - col;
	utf8_clean_line(&b, text, len < most ? len : most);
	cut = utf8_cut(buf_text(&b), b.len, skip, &passed);
	struct buf rest = { .data = b.data + cut, .len = b.len - cut, .max = b.max };
	return cut < b.len ? print_clean(c, row, col, width, style, &rest) : 0;
}

int
canvas_printf(struct canvas *c, int row, int col, int width, enum style style, const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return canvas_print(c, row, col, width, style, text);
}

int
canvas_width(const char *text)
{
	autobuf b = BUF_INIT(LINE_MAX_BYTES);

	utf8_clean_line(&b, text, strlen(text));
	return utf8_columns(buf_text(&b), b.len);
}

int
canvas_print_right(
    struct canvas *c, int row, int col, int width, enum style style, const char *text)
{
	int w = canvas_width(text);
	int pad = w < width ? width - w : 0;

	return canvas_print(c, row, col + pad, width - pad, style, text);
}

/* Bytes of text that are one line. */
static size_t
line_length(const char *text, int width)
{
	size_t len = strcspn(text, "\n");

	if (len <= (size_t)width)
		return len;
	len = (size_t)width;
	for (size_t i = len; i > len / 2; i--) {
		if (text[i] == ' ')
			return i;
	}
	return len;
}

int
canvas_wrap(
    struct canvas *c, int row, int col, int width, int last, enum style style, const char *text)
{
	while (width > 0 && *text && row <= last) {
		size_t len = line_length(text, width);

		if (c)
			canvas_print_part(c, row, col, width, style, text, len, 0);
		row++;
		text += len;
		text += *text == '\n' || *text == ' ';
	}
	return row;
}

void
canvas_fill(struct canvas *c, int row, int col, int width, enum style style, char ch)
{
	for (int i = 0; i < width; i++)
		put(c, row, col + i, style, &ch, 1, 1);
}

void
canvas_put(struct canvas *c, int row, int col, const struct cell *cell)
{
	if (cell->width == 0)
		return;
	put(c, row, col, cell->style, cell->text, strlen(cell->text), cell->width);
	for (int i = 0; i < cell->width; i++) {
		struct cell *at = cell_at(c, row, col + i);

		if (at)
			at->tone = cell->tone;
	}
}

void
canvas_restyle(struct canvas *c, int row, int col, int width, enum style style)
{
	for (int i = 0; i < width; i++) {
		struct cell *cell = cell_at(c, row, col + i);

		if (cell)
			cell->style = (uint8_t)style;
	}
}

void
canvas_select(struct canvas *c, int row, int col, int width)
{
	struct cell *first = cell_at(c, row, col);

	if (first && first->text[0] == ' ')
		first->text[0] = '>'; /* seen without reverse video too */
	for (int i = 0; i < width; i++) {
		struct cell *cell = cell_at(c, row, col + i);

		if (cell)
			cell->selected = true;
	}
}

void
canvas_target(struct canvas *c, int row, int col, int width, const char *binding)
{
	struct canvas_target *t = &c->targets[c->target_count];
	size_t len = strcspn(binding, "|");

	len = len ? len : 1; /* the key "|" itself */
	if (c->target_count == CANVAS_TARGETS || len >= sizeof(t->key))
		return;
	*t = (struct canvas_target){ .row = row, .col = col, .width = width };
	memcpy(t->key, binding, len);
	c->target_count++;
}

void
canvas_cover(struct canvas *c)
{
	c->target_count = 0;
}

const char *
canvas_target_at(const struct canvas *c, int row, int col)
{
	for (size_t i = c->target_count; i > 0; i--) {
		const struct canvas_target *t = &c->targets[i - 1];

		if (t->row == row && col >= t->col && col < t->col + t->width)
			return t->key;
	}
	return NULL;
}

int
canvas_selected(const struct canvas *c, int col)
{
	int from = col < 0 ? 0 : col, to = col < 0 ? c->cols : col + 1;

	for (int row = 0; row < c->rows; row++) {
		for (int at = from; at < to; at++) {
			const struct cell *cell = cell_at(c, row, at);

			if (cell && cell->selected)
				return row;
		}
	}
	return -1;
}

static char
style_letter(const struct cell *cell)
{
	static const char letters[STYLE_COUNT] = ".dbBEtThkf-gwxu+_*.";
	const struct tone *t = &cell->tone;

	if (cell->selected)
		return '>';
	if (cell->style == STYLE_PANE && (t->attr & TONE_REVERSE))
		return 'R';
	if (cell->style == STYLE_PANE && (t->fg || t->bg))
		return (char)('0' + ((t->fg ? t->fg : t->bg) - 1) % 8);
	if (cell->style == STYLE_PANE && t->attr)
		return t->attr & TONE_BOLD ? 'b' : 'i';
	return letters[cell->style];
}

static void
add_line(struct buf *b, const char *line, size_t len)
{
	while (len && (line[len - 1] == ' ' || line[len - 1] == '.'))
		len--;
	buf_add(b, line, len);
	buf_addc(b, '\n');
}

char *
canvas_text(const struct canvas *c, bool styles)
{
	autobuf b = BUF_INIT((size_t)c->rows * (size_t)c->cols * 16 + 64);

	for (int row = 0; row < c->rows; row++) {
		size_t start = b.len;

		for (int col = 0; col < c->cols; col++)
			buf_adds(&b, cell_at(c, row, col)->text);
		while (b.len > start && b.data[b.len - 1] == ' ')
			b.data[--b.len] = '\0';
		buf_addc(&b, '\n');
	}
	for (int row = 0; styles && row < c->rows; row++) {
		autobuf line = BUF_INIT((size_t)c->cols);

		for (int col = 0; col < c->cols; col++)
			buf_addc(&line, style_letter(cell_at(c, row, col)));
		add_line(&b, buf_text(&line), line.len);
	}
	return buf_detach(&b, NULL);
}
