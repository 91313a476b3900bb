#include "playbooks/diff.h"

#include "base/buf.h"
#include "base/mem.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define CONTEXT  3
#define COST_MAX 1024 /* edits looked for before the rest counts as replaced whole */

struct line {
	const char *text;
	size_t len; /* with its newline */
	uint64_t hash;
};

struct lines {
	struct line *line;
	size_t count, cap;
};

/* What becomes of each line: true where it is dropped from `a`, added in `b`. */
struct edit {
	size_t context;
	struct lines a, b;
	bool *dropped, *added;
};

static void
split(struct lines *l, struct diff_text t)
{
	const char *p = t.text ? t.text : "", *end = t.text ? t.text + t.len : p;

	mem_grow(l->line, l->count, l->cap);
	while (p < end) {
		const char *newline = memchr(p, '\n', (size_t)(end - p));
		const char *next = newline ? newline + 1 : end;
		uint64_t hash = 14695981039346656037U;

		for (const char *c = p; c < next; c++)
			hash = (hash ^ (unsigned char)*c) * 1099511628211U;
		mem_grow(l->line, l->count, l->cap);
		l->line[l->count++] =
		    (struct line){ .text = p, .len = (size_t)(next - p), .hash = hash };
		p = next;
	}
}

static bool
same(const struct line *a, const struct line *b)
{
	return a->hash == b->hash && a->len == b->len && memcmp(a->text, b->text, a->len) == 0;
}

/* One part of both texts, without what they have in common at its ends. */
struct part {
	const struct line *a, *b;
	int64_t na, nb;
	bool *dropped, *added;
};

/* Walk back through the kept frontiers from (na, nb) and mark the edits. */
static void
trace_back(const struct part *p, int64_t *const *frontier, int64_t cost)
{
	int64_t x = p->na, y = p->nb;

	for (int64_t d = cost; d > 0; d--) {
		const int64_t *v = frontier[d - 1] + d; /* v[k] for -(d-1) <= k <= d-1, padded */
		int64_t k = x - y;
		bool down = k == -d || (k != d && v[k - 1] < v[k + 1]);
		int64_t from_k = down ? k + 1 : k - 1;
		int64_t from_x = v[from_k], from_y = from_x - from_k;

		if (down)
			p->added[from_y] = true;
		else
			p->dropped[from_x] = true;
		x = from_x;
		y = from_y;
	}
}

/* Furthest x on each diagonal after d edits, from what d-1 edits reached. */
static bool
advance(const struct part *p, const int64_t *before, int64_t *now, int64_t d)
{
	for (int64_t k = -d; k <= d; k += 2) {
		int64_t x, y;

		if (d == 0)
			x = 0;
		else if (k == -d || (k != d && before[k - 1] < before[k + 1]))
			x = before[k + 1];
		else
			x = before[k - 1] + 1;
		y = x - k;
		while (x < p->na && y < p->nb && x >= 0 && y >= 0 && same(&p->a[x], &p->b[y])) {
			x++;
			y++;
		}
		now[k] = x;
		if (x >= p->na && y >= p->nb)
			return true;
	}
	return false;
}

/* False when more than COST_MAX edits are needed. */
static bool
shortest_edit(const struct part *p)
{
	int64_t *frontier[COST_MAX + 1];
	int64_t d = 0;
	bool found = false;

	for (; d <= COST_MAX && !found; d++) {
		frontier[d] = xcalloc((size_t)(2 * d + 3), sizeof(**frontier));
		found = advance(p, d ? frontier[d - 1] + d : NULL, frontier[d] + d + 1, d);
	}
	if (found)
		trace_back(p, frontier, d - 1);
	while (d > 0)
		free(frontier[--d]);
	return found;
}

static void
compare(struct edit *e)
{
	size_t head = 0, tail = 0, na = e->a.count, nb = e->b.count;

	while (head < na && head < nb && same(&e->a.line[head], &e->b.line[head]))
		head++;
	while (tail < na - head && tail < nb - head &&
	       same(&e->a.line[na - 1 - tail], &e->b.line[nb - 1 - tail]))
		tail++;
	struct part middle = { .a = e->a.line + head,
		.b = e->b.line + head,
		.na = (int64_t)(na - head - tail),
		.nb = (int64_t)(nb - head - tail),
		.dropped = e->dropped + head,
		.added = e->added + head };
	if (middle.na && middle.nb && shortest_edit(&middle))
		return;
	memset(middle.dropped, true, (size_t)middle.na);
	memset(middle.added, true, (size_t)middle.nb);
}

static void
put_line(struct buf *out, char sign, const struct line *l, size_t *shown)
{
	buf_addc(out, sign);
	buf_add(out, l->text, l->len);
	(*shown)++;
	if (l->text[l->len - 1] != '\n') {
		buf_adds(out, "\n\\ No newline at end of file\n");
		(*shown)++;
	}
}

static void
put_range(struct buf *out, char sign, size_t first, size_t count)
{
	buf_addf(out, " %c%zu", sign, count ? first + 1 : first);
	if (count != 1)
		buf_addf(out, ",%zu", count);
}

/* The end of the hunk that starts with a change at (x, y): where more than two contexts of equal
 * lines follow, or where the texts end. */
static void
hunk_end(const struct edit *e, size_t *x, size_t *y)
{
	size_t equal = 0;

	while (*x < e->a.count || *y < e->b.count) {
		if (*x < e->a.count && e->dropped[*x]) {
			(*x)++;
			equal = 0;
		} else if (*y < e->b.count && e->added[*y]) {
			(*y)++;
			equal = 0;
		} else {
			(*x)++;
			(*y)++;
			if (++equal > 2 * e->context)
				break;
		}
	}
	size_t back = equal > e->context ? equal - e->context : 0;

	*x -= back;
	*y -= back;
}

static size_t
put_hunk(const struct edit *e, size_t *from_x, size_t *from_y, struct buf *out)
{
	size_t lead = *from_x < e->context ? *from_x : e->context;
	size_t x = *from_x - lead, y = *from_y - lead, end_x = *from_x, end_y = *from_y, shown = 1;

	hunk_end(e, &end_x, &end_y);
	buf_adds(out, "@@");
	put_range(out, '-', x, end_x - x);
	put_range(out, '+', y, end_y - y);
	buf_adds(out, " @@\n");
	while (x < end_x || y < end_y) {
		if (x < end_x && e->dropped[x]) {
			put_line(out, '-', &e->a.line[x++], &shown);
		} else if (y < end_y && e->added[y]) {
			put_line(out, '+', &e->b.line[y++], &shown);
		} else {
			put_line(out, ' ', &e->a.line[x++], &shown);
			y++;
		}
	}
	*from_x = end_x;
	*from_y = end_y;
	return shown;
}

static size_t
unified(struct diff_text from, struct diff_text to, size_t context, struct buf *out)
{
	struct edit e = { .context = context };
	size_t x = 0, y = 0, shown = 0;

	split(&e.a, from);
	split(&e.b, to);
	e.dropped = xcalloc(e.a.count + 1, sizeof(bool));
	e.added = xcalloc(e.b.count + 1, sizeof(bool));
	compare(&e);
	while (x < e.a.count || y < e.b.count) {
		if ((x < e.a.count && e.dropped[x]) || (y < e.b.count && e.added[y])) {
			shown += put_hunk(&e, &x, &y, out);
		} else {
			x++;
			y++;
		}
	}
	free(e.a.line);
	free(e.b.line);
	free(e.dropped);
	free(e.added);
	return shown;
}

size_t
diff_unified(struct diff_text from, struct diff_text to, struct buf *out)
{
	return unified(from, to, CONTEXT, out);
}

/* Keep the first max lines and say how many were left out. */
static void
cut(struct buf *b, size_t lines, size_t max)
{
	size_t at = 0;

	if (lines <= max)
		return;
	for (size_t i = 0; i < max; i++)
		at = (size_t)((const char *)memchr(b->data + at, '\n', b->len - at) - b->data) + 1;
	b->len = at;
	b->data[at] = '\0';
	buf_addf(b, "... %zu more line%s\n", lines - max, lines - max == 1 ? "" : "s");
}

static bool
is_text(struct diff_text t)
{
	return t.len == 0 || !memchr(t.text, '\0', t.len);
}

char *
diff_file(const char *name, struct diff_text from, struct diff_text to, int max_lines)
{
	return diff_file_about(name, from, to, CONTEXT, max_lines);
}

char *
diff_file_about(
    const char *name, struct diff_text from, struct diff_text to, size_t context, int max_lines)
{
	autobuf b = BUF_INIT(SIZE_MAX / 2);
	size_t lines = 2;

	if (!from.text == !to.text && from.len == to.len &&
	    (!from.text || memcmp(from.text, to.text, to.len) == 0))
		return NULL;
	while (*name == '/')
		name++;
	if (from.text)
		buf_addf(&b, "--- a/%s\n", name);
	else
		buf_adds(&b, "--- /dev/null\n");
	if (to.text)
		buf_addf(&b, "+++ b/%s\n", name);
	else
		buf_adds(&b, "+++ /dev/null\n");
	if (!is_text(from) || !is_text(to))
		buf_addf(&b, "binary contents, %zu -> %zu bytes\n", from.len, to.len);
	else
		lines += unified(from, to, context, &b);
	cut(&b, lines, max_lines > 0 ? (size_t)max_lines : lines);
	return buf_detach(&b, NULL);
}
