#include "tui/table.h"

/* What the columns still there take at least. */
static int
least(const struct table *t)
{
	int sum = 0;

	for (size_t i = 0; i < t->count; i++)
		sum += t->width[i] ? t->width[i] + 1 : 0;
	return sum ? sum - 1 : 0;
}

/* False when none may go. */
static bool
drop_one(struct table *t)
{
	size_t worst = t->count;

	for (size_t i = 0; i < t->count; i++) {
		if (!t->width[i] || !t->columns[i].drop)
			continue;
		if (worst == t->count || t->columns[i].drop < t->columns[worst].drop)
			worst = i;
	}
	if (worst == t->count)
		return false;
	t->width[worst] = 0;
	return true;
}

static void
share(struct table *t, int spare)
{
	int weights = 0, given = 0;
	size_t last = t->count;

	for (size_t i = 0; i < t->count; i++)
		weights += t->width[i] ? t->columns[i].weight : 0;
	for (size_t i = 0; weights && i < t->count; i++) {
		int more = spare * t->columns[i].weight / weights;

		if (!t->width[i] || !t->columns[i].weight)
			continue;
		t->width[i] += more;
		given += more;
		last = i;
	}
	if (last < t->count)
		t->width[last] += spare - given;
}

void
table_lay(struct table *t, const struct table_column *columns, size_t count, int left, int width)
{
	*t = (struct table){ .columns = columns,
		.count = count < TABLE_COLUMNS ? count : TABLE_COLUMNS };
	for (size_t i = 0; i < t->count; i++)
		t->width[i] = columns[i].min;
	while (least(t) > width && drop_one(t))
		;
	if (width > least(t))
		share(t, width - least(t));
	for (size_t i = 0; i < t->count; i++) {
		t->left[i] = left;
		left += t->width[i] ? t->width[i] + 1 : 0;
	}
}

void
table_cell(const struct table *t, struct canvas *c, int row, size_t column, enum style style,
    const char *text)
{
	if (column >= t->count || !t->width[column])
		return;
	if (t->columns[column].right)
		canvas_print_right(c, row, t->left[column], t->width[column], style, text);
	else
		canvas_print(c, row, t->left[column], t->width[column], style, text);
}

void
table_head(const struct table *t, struct canvas *c, int row)
{
	for (size_t i = 0; i < t->count; i++)
		table_cell(t, c, row, i, STYLE_HEAD, t->columns[i].title);
}
