/* The lines of a pane as text. */
#include "tui/pane.h"

#include "base/buf.h"
#include "base/mem.h"
#include "tui/canvas.h"
#include "tui/finder.h"

#include <string.h>

/* One line without the blanks at its end. */
static void
add_text(const struct pane *p, int64_t line, struct cell *cells, int cols, struct buf *to)
{
	size_t start = to->len;

	pane_line(p, line, cells, cols);
	for (int i = 0; i < cols; i++) {
		if (cells[i].width)
			buf_adds(to, cells[i].text);
	}
	while (to->len > start && to->data[to->len - 1] == ' ')
		to->data[--to->len] = '\0';
}

/* Lines that left when the pane was wider are longer than it is. */
static struct cell *
wide_row(const struct pane *p, int *ret_cols)
{
	struct pane_state s;

	pane_get(p, &s);
	*ret_cols = s.cols > 400 ? s.cols : 400;
	return xcalloc((size_t)*ret_cols, sizeof(struct cell));
}

char *
pane_text(const struct pane *p, int64_t from, int64_t to, size_t max)
{
	struct buf all = BUF_INIT(SIZE_MAX);
	struct pane_state s;
	int cols;
	autofree struct cell *cells = wide_row(p, &cols);

	pane_get(p, &s);
	from = from < s.first ? s.first : from;
	to = to > s.top + s.rows ? s.top + s.rows : to;
	for (int64_t line = from; line < to; line++) {
		add_text(p, line, cells, cols, &all);
		buf_addc(&all, '\n');
		if (all.len > 2 * max + 1)
			buf_drop(&all, all.len - max - 1);
	}
	if (all.len > max) {
		const char *end = memchr(all.data + (all.len - max - 1), '\n', max + 1);

		buf_drop(&all, end ? (size_t)(end - all.data) + 1 : all.len);
	}
	if (!all.len)
		return xstrdup("");
	return buf_detach(&all, NULL);
}

int64_t
pane_find(const struct pane *p, const struct finder *f, int64_t from, bool back)
{
	struct pane_state s;
	int cols;
	autofree struct cell *cells = wide_row(p, &cols);
	autobuf text = BUF_INIT(SIZE_MAX);
	size_t at, len;

	pane_get(p, &s);
	for (int64_t line = from; line >= s.first && line < s.top + s.rows; line += back ? -1 : 1) {
		buf_clear(&text);
		add_text(p, line, cells, cols, &text);
		if (finder_find(f, buf_text(&text), text.len, 0, &at, &len))
			return line;
	}
	return -1;
}
