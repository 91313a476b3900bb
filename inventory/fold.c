#include "inventory/fold.h"

#include "base/buf.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/strmap.h"
#include "inventory/nodeset.h"

#include <ctype.h>
#include <stdint.h>
#include <string.h>

#define NUMBER_MAX 17     /* digits; longer ones stay text */
#define HOLE       '\001' /* in a shape, where a number was */

/* A number in a name, or the ranges that took its place. */
struct part {
	const char *text;
	int len;
	int64_t value;
	char *ranges; /* owned; NULL while it is one number */
};

/* A name taken apart: web1n02 is the shape web_n_ with two parts. */
struct entry {
	struct part *part;
	int dim; /* the dimension being folded, for comparing */
	const char *name;
	bool gone; /* folded into another */
};

/* All entries of one shape. */
struct shape {
	char *text;
	int parts;
	struct entry *entry;
	size_t count, cap;
};

struct folder {
	struct shape *shape;
	size_t count, cap;
	struct strmap map;
};

static int
digits(const char *s)
{
	size_t n = strspn(s, "0123456789");

	return n > NUMBER_MAX ? 0 : (int)n;
}

/* The shape into `to`, the numbers into part; returns how many. */
static int
take_apart(const char *name, struct buf *to, struct part *part)
{
	int parts = 0;

	for (const char *p = name; *p;) {
		int n = digits(p);

		if (n) {
			part[parts] = (struct part){ .text = p, .len = n };
			for (int i = 0; i < n; i++)
				part[parts].value = part[parts].value * 10 + (p[i] - '0');
			parts++;
			buf_addc(to, HOLE);
			p += n;
			continue;
		}
		do {
			buf_addc(to, *p++);
		} while (isdigit((unsigned char)p[-1]) && isdigit((unsigned char)*p));
	}
	return parts;
}

static struct shape *
new_shape(struct folder *f, const char *text, int parts)
{
	mem_grow(f->shape, f->count, f->cap);
	f->shape[f->count] = (struct shape){ .text = xstrdup(text), .parts = parts };
	return &f->shape[f->count++];
}

static struct shape *
shape_of(struct folder *f, const char *text, int parts)
{
	size_t at;

	if (strmap_find(&f->map, text, &at))
		return &f->shape[at];
	struct shape *s = new_shape(f, text, parts);
	strmap_add(&f->map, s->text, f->count - 1, NULL);
	return s;
}

static void
add_name(struct folder *f, const char *name, struct buf *scratch)
{
	struct part part[128];
	struct shape *s;
	int parts = 0;

	/* What can be no host's name is kept as it is, alone. */
	if (strlen(name) > 253 || strchr(name, HOLE)) {
		s = new_shape(f, name, 0);
	} else {
		buf_clear(scratch);
		parts = take_apart(name, scratch, part);
		s = shape_of(f, buf_text(scratch), parts);
	}
	mem_grow(s->entry, s->count, s->cap);
	s->entry[s->count++] = (struct entry){
		.part = parts ? (void *)xmemdup0(part, sizeof(*part) * (size_t)parts) : NULL,
		.name = name,
	};
}

/* By length first: padded numbers stay together, behind the shorter ones. */
static int
compare_parts(const void *a, const void *b)
{
	const struct entry *ea = a, *eb = b;
	const struct part *x = &ea->part[ea->dim], *y = &eb->part[eb->dim];

	if (x->len != y->len)
		return x->len < y->len ? -1 : 1;
	return (x->value > y->value) - (x->value < y->value);
}

/* May y stand behind x in the range that began at first? */
static bool
follows(const struct part *first, const struct part *x, const struct part *y)
{
	bool padded = first->len > 1 && first->text[0] == '0';

	if (y->value != x->value + 1)
		return false;
	return padded ? y->len == first->len : y->text[0] != '0';
}

/* The numbers of entries [0..n), which agree in all other parts, as 1-3,7. */
static char *
ranges_of(void **entry, size_t n, int dim)
{
	autobuf b = BUF_INIT(SIZE_MAX);

	for (size_t i = 0, k; i < n; i = k) {
		const struct part *first = &((struct entry *)entry[i])->part[dim], *last = first;

		for (k = i + 1; k < n; k++) {
			const struct part *next = &((struct entry *)entry[k])->part[dim];

			if (!follows(first, last, next))
				break;
			last = next;
		}
		buf_addf(&b, "%s%.*s", i ? "," : "", first->len, first->text);
		if (last != first)
			buf_addf(&b, "-%.*s", last->len, last->text);
	}
	return buf_detach(&b, NULL);
}

static void
fold_equal(void **entry, size_t n, int dim)
{
	struct entry *first;

	if (n < 2)
		return;
	for (size_t i = 0; i < n; i++)
		((struct entry *)entry[i])->dim = dim;
	nodeset_sort(entry, n, compare_parts);
	first = entry[0];
	first->part[dim].ranges = ranges_of(entry, n, dim);
	for (size_t i = 1; i < n; i++)
		((struct entry *)entry[i])->gone = true;
}

struct bucket {
	void **entry;
	size_t count, cap;
	char *key;
};

/* All parts of an entry but one, as a text. */
static void
key_of(const struct entry *e, int parts, int dim, struct buf *to)
{
	buf_clear(to);
	for (int i = 0; i < parts; i++) {
		if (i == dim)
			continue;
		if (e->part[i].ranges)
			buf_adds(to, e->part[i].ranges);
		else
			buf_add(to, e->part[i].text, (size_t)e->part[i].len);
		buf_addc(to, HOLE);
	}
}

/* Fold along one dimension: entries that agree in all others become one. */
static void
fold_dimension(struct shape *s, int dim)
{
	struct bucket *bucket = NULL;
	size_t count = 0, cap = 0, at;
	autostrmap map = STRMAP_INIT;
	autobuf key = BUF_INIT(SIZE_MAX);

	for (size_t i = 0; i < s->count; i++) {
		if (s->entry[i].gone)
			continue;
		key_of(&s->entry[i], s->parts, dim, &key);
		if (!strmap_find(&map, buf_text(&key), &at)) {
			mem_grow(bucket, count, cap);
			at = count++;
			bucket[at] = (struct bucket){ .key = xstrdup(buf_text(&key)) };
			strmap_add(&map, bucket[at].key, at, NULL);
		}
		struct bucket *b = &bucket[at];
		mem_grow(b->entry, b->count, b->cap);
		b->entry[b->count++] = &s->entry[i];
	}
	for (size_t i = 0; i < count; i++) {
		fold_equal(bucket[i].entry, bucket[i].count, dim);
		free(bucket[i].entry);
		free(bucket[i].key);
	}
	free(bucket);
}

static void
write_entry(const struct shape *s, const struct entry *e, struct buf *to)
{
	int dim = 0;

	if (to->len)
		buf_addc(to, ',');
	if (!s->parts) {
		buf_adds(to, s->text);
		return;
	}
	for (const char *p = s->text; *p; p++) {
		if (*p != HOLE) {
			buf_addc(to, *p);
			continue;
		}
		const struct part *part = &e->part[dim++];
		if (part->ranges)
			buf_addf(to, "[%s]", part->ranges);
		else
			buf_add(to, part->text, (size_t)part->len);
	}
}

static int
compare_names(const void *a, const void *b)
{
	return str_natural(a, b);
}

static int
compare_shapes(const void *a, const void *b)
{
	const struct shape *x = a, *y = b;
	int by_text = strcmp(x->text, y->text);

	return by_text ? by_text : x->parts - y->parts;
}

static void
fini_shape(struct shape *s)
{
	for (size_t i = 0; i < s->count; i++) {
		for (int k = 0; k < s->parts; k++)
			free(s->entry[i].part[k].ranges);
		free(s->entry[i].part);
	}
	free(s->entry);
	free(s->text);
}

char *
names_fold(const char *const *name, size_t n)
{
	struct folder f = { 0 };
	autobuf out = BUF_INIT(SIZE_MAX), scratch = BUF_INIT(SIZE_MAX);
	autofree void **sorted = xcalloc(n + 1, sizeof(*sorted));

	memcpy(sorted, name, n * sizeof(*sorted));
	nodeset_sort(sorted, n, compare_names);
	for (size_t i = 0; i < n; i++) {
		if (!i || strcmp(sorted[i], sorted[i - 1]) != 0)
			add_name(&f, sorted[i], &scratch);
	}
	if (f.count > 1)
		qsort(f.shape, f.count, sizeof(*f.shape), compare_shapes);
	for (size_t i = 0; i < f.count; i++) {
		struct shape *s = &f.shape[i];

		for (int dim = s->parts - 1; dim >= 0; dim--)
			fold_dimension(s, dim);
		for (size_t k = 0; k < s->count; k++) {
			if (!s->entry[k].gone)
				write_entry(s, &s->entry[k], &out);
		}
		fini_shape(s);
	}
	free(f.shape);
	strmap_fini(&f.map);
	return out.len ? buf_detach(&out, NULL) : xstrdup("");
}
