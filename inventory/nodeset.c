#include "inventory/nodeset.h"

#include "base/err.h"
#include "base/mem.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define DIMENSIONS 16

struct range {
	int64_t from, to, step;
	int width; /* 0: as many digits as it takes */
};

/* Literal text, then the ranges behind it (none behind the last). */
struct piece {
	const char *text;
	size_t len;
	struct range *range;
	size_t count, cap;
};

struct pattern {
	struct piece piece[DIMENSIONS + 1];
	int count;
	int (*each)(void *user, const char *name, struct err *err);
	void *user;
	struct err *err;
	char name[NODESET_NAME_MAX];
};

static bool
read_number(const char **p, const char *end, int64_t *ret, int *ret_len)
{
	const char *s = *p;
	int64_t n = 0;

	while (s < end && *s >= '0' && *s <= '9' && s - *p < 18)
		n = n * 10 + (*s++ - '0');
	*ret_len = (int)(s - *p);
	*ret = n;
	*p = s;
	return *ret_len > 0;
}

/* One of the ranges between brackets, up to its comma: 7, 01-20 or 1-9/2. */
static int
read_range(const char *s, const char *end, struct range *r, struct err *err)
{
	const char *p = s;
	int width, width_to, ignored;
	int size = (int)(end - s);

	*r = (struct range){ .step = 1 };
	if (!read_number(&p, end, &r->from, &width))
		return err_set(err, OUTCOME_USAGE,
		    "\"%.*s\" is no range: brackets hold numbers, as in [01-20] or [1,3-5]", size,
		    s);
	r->to = r->from;
	width_to = width;
	if (p < end && *p == '-') {
		p++;
		if (!read_number(&p, end, &r->to, &width_to))
			p = s;
		else if (p < end && *p == '/') {
			p++;
			if (!read_number(&p, end, &r->step, &ignored) || r->step < 1)
				p = s;
		}
	}
	if (p != end)
		return err_set(err, OUTCOME_USAGE, "\"%.*s\" is no range", size, s);
	if (r->to < r->from)
		return err_set(err, OUTCOME_USAGE, "the range %.*s runs backwards", size, s);
	bool padded = *s == '0' && width > 1, padded_to = end[-width_to] == '0' && width_to > 1;
	if ((padded && width != width_to) || (padded_to && width != width_to))
		return err_set(err, OUTCOME_USAGE,
		    "the numbers of the range %.*s differ in their padding", size, s);
	r->width = padded ? width : 0;
	return 0;
}

static int
read_ranges(struct piece *piece, const char *s, const char *end, struct err *err)
{
	for (const char *stop; s <= end; s = stop + 1) {
		stop = memchr(s, ',', (size_t)(end - s));
		if (!stop)
			stop = end;
		mem_grow(piece->range, piece->count, piece->cap);
		if (read_range(s, stop, &piece->range[piece->count], err) < 0)
			return -1;
		piece->count++;
	}
	return 0;
}

static int
read_pattern(struct pattern *p, const char *s, size_t len)
{
	const char *end = s + len;

	while (p->count <= DIMENSIONS) {
		struct piece *piece = &p->piece[p->count++];
		const char *open = memchr(s, '[', (size_t)(end - s));

		piece->text = s;
		piece->len = (size_t)((open ? open : end) - s);
		if (memchr(s, ']', piece->len))
			return err_set(p->err, OUTCOME_USAGE, "a ] without its [");
		if (!open)
			return 0;
		const char *shut = memchr(open, ']', (size_t)(end - open));
		if (!shut)
			return err_set(p->err, OUTCOME_USAGE, "a [ without its ]");
		if (read_ranges(piece, open + 1, shut, p->err) < 0)
			return -1;
		s = shut + 1;
	}
	return err_set(p->err, OUTCOME_USAGE, "more than %d ranges in one name", DIMENSIONS);
}

/* Refuse before any work what would give too many names. */
static int
check_size(const struct pattern *p)
{
	int64_t total = 1;

	for (int i = 0; i < p->count; i++) {
		int64_t here = 0;

		for (size_t k = 0; k < p->piece[i].count && here <= NODESET_MAX; k++) {
			const struct range *r = &p->piece[i].range[k];

			here += (r->to - r->from) / r->step + 1;
		}
		if (here)
			total *= here < NODESET_MAX + 1 ? here : NODESET_MAX + 1;
		if (total > NODESET_MAX)
			return err_set(p->err, OUTCOME_USAGE, "more than %d names", NODESET_MAX);
	}
	return 0;
}

static int
put_number(char *to, int64_t n, int width)
{
	char digit[24];
	int len = 0;

	do {
		digit[len++] = (char)('0' + n % 10);
		n /= 10;
	} while (n || len < width);
	for (int i = 0; i < len; i++)
		to[i] = digit[len - 1 - i];
	return len;
}

/* Write piece i and all behind it at pos: the first range turns slowest. */
static int
walk(struct pattern *p, int i, size_t pos)
{
	const struct piece *piece = &p->piece[i];

	if (pos + piece->len + 24 > sizeof(p->name))
		return err_set(
		    p->err, OUTCOME_USAGE, "a name is longer than %zu bytes", sizeof(p->name) - 24);
	memcpy(p->name + pos, piece->text, piece->len);
	pos += piece->len;
	if (!piece->count) {
		p->name[pos] = '\0';
		return p->each(p->user, p->name, p->err);
	}
	for (size_t k = 0; k < piece->count; k++) {
		const struct range *r = &piece->range[k];

		for (int64_t n = r->from; n <= r->to; n += r->step) {
			int len = put_number(p->name + pos, n, r->width);

			if (walk(p, i + 1, pos + (size_t)len) < 0)
				return -1;
		}
	}
	return 0;
}

int
nodeset_expand(const char *pattern, size_t len,
    int (*each)(void *user, const char *name, struct err *err), void *user, struct err *err)
{
	struct pattern *p = xcalloc(1, sizeof(*p));
	int rc = -1;

	p->each = each;
	p->user = user;
	p->err = err;
	if (read_pattern(p, pattern, len) == 0 && check_size(p) == 0)
		rc = walk(p, 0, 0);
	for (int i = 0; i < p->count; i++)
		free(p->piece[i].range);
	free(p);
	return rc;
}

const char *
nodeset_term_end(const char *s)
{
	bool inside = false;

	for (; *s; s++) {
		if (*s == '[' && inside)
			return NULL;
		if (*s == '[')
			inside = true;
		else if (*s == ']' && !inside)
			return NULL;
		else if (*s == ']')
			inside = false;
		else if (!inside && strchr(",!&^", *s))
			return s;
	}
	return inside ? NULL : s;
}

/* Merge two neighbouring sorted runs of from into to. */
static void
merge(
    void **from, void **to, size_t left, size_t right, int (*compare)(const void *a, const void *b))
{
	void **a = from, **b = from + left, **a_end = b, **b_end = b + right;

	if (right && compare(b[-1], b[0]) <= 0) {
		memcpy(to, from, (left + right) * sizeof(*to));
		return;
	}
	while (a < a_end && b < b_end)
		*to++ = compare(*a, *b) <= 0 ? *a++ : *b++;
	memcpy(to, a, (size_t)(a_end - a) * sizeof(*to));
	to += a_end - a;
	memcpy(to, b, (size_t)(b_end - b) * sizeof(*to));
}

void
nodeset_sort(void **item, size_t n, int (*compare)(const void *a, const void *b))
{
	size_t *run = NULL, runs = 0, cap = 0;
	autofree void **spare = NULL;
	void **from = item, **to;

	for (size_t i = 0, start = 0; i < n; i++) {
		if (i + 1 < n && compare(item[i], item[i + 1]) <= 0)
			continue;
		mem_grow(run, runs, cap);
		run[runs++] = i + 1 - start;
		start = i + 1;
	}
	if (runs > 1)
		spare = xcalloc(n, sizeof(*spare));
	to = spare;
	while (runs > 1) {
		size_t kept = 0, at = 0;

		for (size_t i = 0; i < runs; i += 2) {
			size_t right = i + 1 < runs ? run[i + 1] : 0;

			merge(from + at, to + at, run[i], right, compare);
			at += run[i] + right;
			run[kept++] = run[i] + right;
		}
		runs = kept;
		void **swap = from;
		from = to;
		to = swap;
	}
	if (from != item)
		memcpy(item, from, n * sizeof(*item));
	free(run);
}
