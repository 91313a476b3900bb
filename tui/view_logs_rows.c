/* From the lines of a book to the rows of a screen, forwards from a line or back from one. */
#include "base/mem.h"
#include "base/str.h"
#include "inventory/fold.h"
#include "tui/view_logs.h"

#include <string.h>

#define LOOK_US    30000 /* for lines that were not looked at; then the screen waits for the slices */
#define FOLD_MOST  4000  /* lines in one row */
#define TEXT_LEAST 65536 /* so much of a text is kept, and more where it was moved far sideways */
#define HOSTS_MOST 512   /* named in a row */

static bool
same(struct logbook_place a, struct logbook_place b)
{
	return logbook_compare(a, b) == 0;
}

/* What is directly before a place: the next one behind it is the place itself. */
static struct logbook_place
before(struct logbook_place p)
{
	if (p.where == 0)
		return (struct logbook_place){ p.time_us - 1, UINT32_MAX };
	return (struct logbook_place){ p.time_us, p.where - 1 };
}

void
logs_rows_clear(struct logs_view *l)
{
	for (size_t i = 0; i < l->row_count; i++) {
		free(l->rows[i].hosts);
		free(l->rows[i].text);
	}
	l->row_count = 0;
}

static enum logbook_found
next(struct logs_view *l, struct logbook_place from, bool back, struct logbook_line *line)
{
	enum logbook_found found = logbook_next(
	    l->book, &(struct logbook_step){ .from = from, .back = back, .us = LOOK_US }, line);

	l->later |= found == LOGBOOK_LATER;
	return found;
}

static void
row_of(const struct logs_view *l, const struct logbook_line *line, struct logs_row *row)
{
	size_t most = TEXT_LEAST + (size_t)l->left * 16;

	*row = (struct logs_row){ .first = line->place,
		.last = line->place,
		.source = line->source,
		.level = line->level,
		.marked = line->marked,
		.hit = line->hit,
		.count = 1,
		.len = line->len < most ? line->len : most };
	row->text = xmemdup0(line->text, row->len);
}

/* The hosts of a row, each once. */
struct members {
	uint16_t source[HOSTS_MOST];
	size_t count;
};

static void
join(struct members *m, size_t source)
{
	for (size_t i = 0; i < m->count; i++) {
		if (m->source[i] == source)
			return;
	}
	if (m->count < HOSTS_MOST)
		m->source[m->count++] = (uint16_t)source;
}

static void
name_hosts(const struct logs_view *l, const struct members *m, struct logs_row *row)
{
	const char *names[HOSTS_MOST];

	if (m->count < 2)
		return;
	for (size_t i = 0; i < m->count; i++) {
		struct logs_host h;

		l->source->host(l->feed, m->source[i], &h);
		names[i] = h.name;
	}
	row->hosts = names_fold(names, m->count);
}

static bool
is_apart(const struct logs_view *l, struct logbook_place p)
{
	return logbook_compare(l->apart_from, p) <= 0 && logbook_compare(p, l->apart_to) <= 0;
}

/* Take in the equal neighbours on that side. */
static void
fold(struct logs_view *l, struct logs_row *row, uint32_t hash, size_t len, bool back)
{
	struct members m = { { (uint16_t)row->source }, 1 };
	struct logbook_line line;

	while (row->count < FOLD_MOST &&
	       next(l, back ? row->first : row->last, back, &line) == LOGBOOK_FOUND) {
		if (is_apart(l, line.place) || line.hash != hash || line.len != len ||
		    memcmp(line.text, row->text, row->len) != 0)
			break;
		*(back ? &row->first : &row->last) = line.place;
		row->count++;
		row->marked |= line.marked;
		row->hit |= line.hit;
		if (line.level < row->level)
			row->level = line.level;
		join(&m, line.source);
	}
	name_hosts(l, &m, row);
}

/* The row that begins (back: ends) next to a place. */
static bool
make_row(struct logs_view *l, struct logbook_place from, bool back, struct logs_row *row)
{
	struct logbook_line line;

	if (next(l, from, back, &line) != LOGBOOK_FOUND)
		return false;
	uint32_t hash = line.hash;
	size_t len = line.len;
	row_of(l, &line, row);
	if (l->fold && !is_apart(l, row->first))
		fold(l, row, hash, len, back);
	return true;
}

static void
add_row(struct logs_view *l, const struct logs_row *row)
{
	mem_grow(l->rows, l->row_count, l->row_cap);
	l->rows[l->row_count++] = *row;
}

static void
make_down(struct logs_view *l, struct logbook_place from, size_t count)
{
	struct logs_row row;

	while (l->row_count < count && make_row(l, from, false, &row)) {
		add_row(l, &row);
		from = row.last;
	}
}

static void
make_up(struct logs_view *l, struct logbook_place from, size_t count)
{
	struct logs_row row;

	while (l->row_count < count && make_row(l, from, true, &row)) {
		add_row(l, &row);
		from = row.first;
	}
	for (size_t i = 0; i < l->row_count / 2; i++) {
		struct logs_row swap = l->rows[i];

		l->rows[i] = l->rows[l->row_count - 1 - i];
		l->rows[l->row_count - 1 - i] = swap;
	}
}

static bool
holds(const struct logs_row *row, struct logbook_place p)
{
	return logbook_compare(row->first, p) <= 0 && logbook_compare(p, row->last) <= 0;
}

/* The row of the cursor, or the one that took the place of it. */
static bool
find_cursor(struct logs_view *l)
{
	for (size_t i = 0; i < l->row_count; i++) {
		if (holds(&l->rows[i], l->cursor)) {
			l->cursor_row = i;
			return true;
		}
	}
	return false;
}

static void
stand_on(struct logs_view *l, size_t row)
{
	l->cursor_row = row;
	l->at_line = l->row_count > 0;
	if (l->at_line)
		l->cursor = l->rows[row].first;
}

/* The line under the cursor may be filtered out: the nearest that is left. Where its row ends. */
static struct logbook_place
settle_cursor(struct logs_view *l)
{
	struct logbook_place end = l->cursor;
	struct logbook_line line;
	struct logs_row row;

	if (make_row(l, before(l->cursor), false, &row)) {
		free(row.text);
		free(row.hosts);
		if (!holds(&row, l->cursor))
			l->cursor = row.first;
		end = row.last;
	} else if (next(l, l->cursor, true, &line) == LOGBOOK_FOUND) {
		l->cursor = end = line.place;
	}
	return end;
}

void
logs_rows_make(struct logs_view *l, int height)
{
	size_t count = height > 0 ? (size_t)height : 1;

	l->later = false;
	logs_rows_clear(l);
	if (l->follow || !l->at_line) {
		make_up(l, logbook_end, count);
		if (l->row_count)
			stand_on(l, l->row_count - 1);
		l->top = l->row_count ? l->rows[0].first : logbook_end;
		return;
	}
	struct logbook_place end = settle_cursor(l);
	if (logbook_compare(l->cursor, l->top) < 0)
		l->top = l->cursor;
	make_down(l, before(l->top), count);
	if (!find_cursor(l)) {
		logs_rows_clear(l);
		make_up(l, (struct logbook_place){ end.time_us, end.where + 1 }, count);
	}
	if (l->row_count < count && l->row_count) {
		/* The end is in sight: fill the screen from there. */
		logs_rows_clear(l);
		make_up(l, logbook_end, count);
	}
	if (!find_cursor(l) && l->row_count)
		stand_on(l, l->row_count - 1);
	if (l->row_count)
		l->top = l->rows[0].first;
}

void
logs_rows_last(struct logs_view *l)
{
	l->follow = true;
}

void
logs_rows_first(struct logs_view *l)
{
	struct logbook_line line;

	l->follow = false;
	if (next(l, (struct logbook_place){ INT64_MIN, 0 }, false, &line) != LOGBOOK_FOUND)
		return;
	l->cursor = l->top = line.place;
	l->at_line = true;
}

bool
logs_rows_move(struct logs_view *l, long by)
{
	struct logbook_place at = l->cursor;
	long n = by < 0 ? -by : by;
	struct logs_row row;

	if (!l->row_count)
		return false;
	l->cursor_row = l->cursor_row < l->row_count ? l->cursor_row : l->row_count - 1;
	struct logbook_place from =
	    by < 0 ? l->rows[l->cursor_row].first : l->rows[l->cursor_row].last;
	while (n-- > 0 && make_row(l, from, by < 0, &row)) {
		free(row.text);
		free(row.hosts);
		l->cursor = row.first;
		from = by < 0 ? row.first : row.last;
	}
	return !same(at, l->cursor);
}

void
logs_rows_seek(struct logs_view *l)
{
	struct logbook_step step = {
		.from = l->cursor, .back = l->seek < 0, .hit = true, .us = LOOK_US
	};
	struct logbook_line line;

	if (!l->at_line)
		step.from = l->seek < 0 ? logbook_end : (struct logbook_place){ INT64_MIN, 0 };
	enum logbook_found found = logbook_next(l->book, &step, &line);
	if (found == LOGBOOK_LATER)
		return;
	if (found == LOGBOOK_NONE) {
		/* Once round. */
		step.from = l->seek < 0 ? logbook_end : (struct logbook_place){ INT64_MIN, 0 };
		found = logbook_next(l->book, &step, &line);
		if (found == LOGBOOK_LATER)
			return;
	}
	l->seek = 0;
	l->not_found = found == LOGBOOK_NONE;
	if (found == LOGBOOK_FOUND) {
		l->follow = false;
		l->at_line = true;
		l->cursor = line.place;
	}
}
