#include "cli/out.h"

#include "base/json.h"
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

/* A column's name as a key: lower case, no blanks. */
static char *
key_of(const char *name)
{
	char *key = xstrdup(name);

	for (char *c = key; *c; c++)
		*c = *c == ' ' ? '_' : (char)tolower((unsigned char)*c);
	return key;
}

static void
json_row(struct out *o, const struct table *t, const char *const *cells)
{
	autobuf b = BUF_INIT(SIZE_MAX);
	struct json_writer w;

	json_writer_init(&w, &b);
	json_open_object(&w, NULL);
	json_put_int(&w, "v", 1);
	for (size_t i = 0; i < t->columns; i++) {
		autofree char *key = key_of(t->names[i]);

		if (cells[i])
			json_put_data(&w, key, cells[i], strlen(cells[i]));
	}
	json_close(&w);
	buf_addc(&b, '\n');
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
