#include "engine/merge.h"

#include "base/mem.h"

#include <string.h>

struct line {
	struct line *next;
	int64_t time_us, came_ms;
	size_t len;
	char text[];
};

struct queue {
	struct line *first, **end;
	size_t lines, bytes;
	bool quiet;
};

struct merge {
	struct queue *queues;
	size_t count, last,
	    expected; /* expected: sources that are not quiet and have nothing here */
	int64_t hold_ms;
	size_t *heap; /* sources with lines, the earliest first */
	size_t heaped;
	struct line *out; /* what the last call gave */
};

struct merge *
merge_new(size_t sources, int64_t hold_ms, size_t last)
{
	struct merge *m = xcalloc(1, sizeof(*m));

	m->queues = xcalloc(sources + 1, sizeof(*m->queues));
	m->heap = xcalloc(sources + 1, sizeof(*m->heap));
	m->count = m->expected = sources;
	m->hold_ms = hold_ms;
	m->last = last;
	for (size_t i = 0; i < sources; i++)
		m->queues[i].end = &m->queues[i].first;
	return m;
}

static struct line *
take_first(struct queue *q)
{
	struct line *l = q->first;

	q->first = l->next;
	if (!q->first)
		q->end = &q->first;
	q->lines--;
	q->bytes -= l->len;
	return l;
}

void
merge_free(struct merge *m)
{
	if (!m)
		return;
	for (size_t i = 0; i < m->count; i++) {
		while (m->queues[i].first)
			free(take_first(&m->queues[i]));
	}
	free(m->out);
	free(m->queues);
	free(m->heap);
	free(m);
}

static bool
is_before(const struct merge *m, size_t a, size_t b)
{
	int64_t x = m->queues[a].first->time_us, y = m->queues[b].first->time_us;

	return x != y ? x < y : a < b;
}

static void
swap(struct merge *m, size_t i, size_t k)
{
	size_t source = m->heap[i];

	m->heap[i] = m->heap[k];
	m->heap[k] = source;
}

static void
sift_up(struct merge *m, size_t i)
{
	for (; i > 0 && is_before(m, m->heap[i], m->heap[(i - 1) / 2]); i = (i - 1) / 2)
		swap(m, i, (i - 1) / 2);
}

static void
sift_down(struct merge *m, size_t i)
{
	for (;;) {
		size_t least = i, left = 2 * i + 1;

		for (size_t k = left; k < left + 2 && k < m->heaped; k++)
			least = is_before(m, m->heap[k], m->heap[least]) ? k : least;
		if (least == i)
			return;
		swap(m, i, least);
		i = least;
	}
}

/* Others need not wait for what it may still bring. */
static bool
is_known(const struct merge *m, const struct queue *q)
{
	return q->quiet || (q->first && !m->last);
}

static void
push(struct merge *m, size_t source)
{
	m->heap[m->heaped++] = source;
	sift_up(m, m->heaped - 1);
}

/* Only the last so many of a source that has not ended: it stands in no heap. */
static void
add_last(struct merge *m, struct queue *q)
{
	while (q->lines > m->last)
		free(take_first(q));
}

void
merge_add(struct merge *m, size_t source, int64_t time_us, int64_t now_ms, const void *p, size_t n)
{
	struct queue *q = &m->queues[source];
	struct line *l = xcalloc(1, sizeof(*l) + n + 1);
	bool first = !q->first;

	l->time_us = time_us;
	l->came_ms = now_ms;
	l->len = n;
	memcpy(l->text, p, n);
	m->expected -= !is_known(m, q);
	*q->end = l;
	q->end = &l->next;
	q->lines++;
	q->bytes += n;
	m->expected += !is_known(m, q);
	if (m->last && !q->quiet)
		add_last(m, q);
	else if (first)
		push(m, source);
}

void
merge_quiet(struct merge *m, size_t source, bool quiet)
{
	struct queue *q = &m->queues[source];

	if (q->quiet == quiet)
		return;
	m->expected -= !is_known(m, q);
	q->quiet = quiet;
	m->expected += !is_known(m, q);
	if (quiet && m->last && q->first)
		push(m, source);
}

bool
merge_next(struct merge *m, int64_t now_ms, struct merge_line *ret)
{
	struct queue *q;

	free(take(m->out));
	if (m->heaped == 0)
		return false;
	q = &m->queues[m->heap[0]];
	if (m->expected && (m->hold_ms < 0 || now_ms - q->first->came_ms < m->hold_ms))
		return false;
	ret->source = m->heap[0];
	m->out = take_first(q);
	m->expected += !is_known(m, q);
	if (!q->first)
		m->heap[0] = m->heap[--m->heaped];
	sift_down(m, 0);
	ret->text = m->out->text;
	ret->len = m->out->len;
	return true;
}

size_t
merge_bytes(const struct merge *m, size_t source)
{
	return m->queues[source].bytes;
}

bool
merge_is_empty(const struct merge *m)
{
	return m->heaped == 0;
}
