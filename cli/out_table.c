#include "cli/out.h"

#include "base/digest.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "cli/out_inner.h"

#include <ctype.h>
#include <string.h>

struct table {
	char **names;
	size_t columns;
	char **cells; /* rows of `columns`, a NULL where there is no value */
	size_t rows, cap;
};

void
out_table(struct out *o, const char *const *columns, size_t n)
{
	struct table *t = xcalloc(1, sizeof(*t));

	t->names = xcalloc(n, sizeof(*t->names));
	t->columns = n;
	for (size_t i = 0; i < n; i++)
		t->names[i] = xstrdup(columns[i]);
	o->table = t;
}

static void
add_key(struct buf *b, const char *name, const char *suffix)
{
	buf_adds(b, ",\"");
	for (const char *c = name; *c; c++)
		buf_addc(b, *c == ' ' ? '_' : (char)tolower((unsigned char)*c));
	buf_addf(b, "%s\":\"", suffix);
}

static void
add_string(struct buf *b, const char *s)
{
	for (; *s; s++) {
		unsigned char c = (unsigned char)*s;

		if (c == '"' || c == '\\')
			buf_addf(b, "\\%c", c);
		else if (c < 0x20 || c == 0x7f)
			buf_addf(b, "\\u%04x", c);
		else
			buf_addc(b, *s);
	}
	buf_addc(b, '"');
}

static void
json_row(struct out *o, const struct table *t, const char *const *cells)
{
	autobuf b = BUF_INIT(SIZE_MAX);

	buf_adds(&b, "{\"v\":1");
	for (size_t i = 0; i < t->columns; i++) {
		if (!cells[i])
			continue;
		if (utf8_valid(cells[i], strlen(cells[i]))) {
			add_key(&b, t->names[i], "");
			add_string(&b, cells[i]);
		} else {
			autofree char *raw = digest_base64(cells[i], strlen(cells[i]));

			add_key(&b, t->names[i], "_b64");
			add_string(&b, raw);
		}
	}
	buf_adds(&b, "}\n");
	out_text(o, buf_text(&b), b.len);
}

void
out_row(struct out *o, const char *const *cells)
{
	struct table *t = o->table;

	if (o->json) {
		json_row(o, t, cells);
		return;
	}
	if (t->rows >= t->cap) {
		t->cap = t->cap ? t->cap * 2 : 16;
		t->cells = xrealloc(t->cells, t->cap * t->columns, sizeof(*t->cells));
	}
	for (size_t i = 0; i < t->columns; i++) {
		autobuf clean = BUF_INIT(4096);

		if (cells[i])
			utf8_clean_line(&clean, cells[i], strlen(cells[i]));
		t->cells[t->rows * t->columns + i] = xstrdup(clean.len ? buf_text(&clean) : "-");
	}
	t->rows++;
}

static void
print_row(struct out *o, const struct table *t, char *const *cells, const int *widths, bool head)
{
	autobuf line = BUF_INIT(SIZE_MAX);

	for (size_t i = 0; i < t->columns; i++) {
		int used = utf8_columns(cells[i], strlen(cells[i]));

		for (const char *c = cells[i]; *c; c++)
			buf_addc(&line, head ? (char)toupper((unsigned char)*c) : *c);
		if (i + 1 < t->columns)
			buf_addf(&line, "%*s", widths[i] - used + 2, "");
	}
	if (head && o->colour)
		out_line(o, "\033[1m%s\033[0m", buf_text(&line));
	else
		out_line(o, "%s", buf_text(&line));
}

void
out_table_end(struct out *o)
{
	struct table *t = o->table;

	if (!t)
		return;
	autofree int *widths = xcalloc(t->columns, sizeof(*widths));
	for (size_t i = 0; i < t->columns; i++)
		widths[i] = utf8_columns(t->names[i], strlen(t->names[i]));
	for (size_t i = 0; i < t->rows * t->columns; i++) {
		int used = utf8_columns(t->cells[i], strlen(t->cells[i]));

		if (used > widths[i % t->columns])
			widths[i % t->columns] = used;
	}
	if (!o->json)
		print_row(o, t, t->names, widths, true);
	for (size_t r = 0; r < t->rows; r++)
		print_row(o, t, t->cells + r * t->columns, widths, false);
	for (size_t i = 0; i < t->rows * t->columns; i++)
		free(t->cells[i]);
	for (size_t i = 0; i < t->columns; i++)
		free(t->names[i]);
	free(t->cells);
	free(t->names);
	free(t);
	o->table = NULL;
}
