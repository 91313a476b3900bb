#include "ledger/roll.h"

#include "base/buf.h"
#include "base/mem.h"
#include "base/str.h"

#include <stdint.h>
#include <string.h>

#define NAMED 6 /* of the hosts that share an id; the rest are counted */

struct member {
	char *host, *machine_id;
	bool cattle;
};

/* Open addressing; slot holds an index into member + 1. */
struct roll {
	struct member *member;
	size_t count, cap;
	size_t *slot, slots;
};

struct roll *
roll_new(void)
{
	struct roll *r = xcalloc(1, sizeof(*r));

	r->slots = 64;
	r->slot = xcalloc(r->slots, sizeof(*r->slot));
	return r;
}

void
roll_free(struct roll *r)
{
	if (!r)
		return;
	for (size_t i = 0; i < r->count; i++) {
		free(r->member[i].host);
		free(r->member[i].machine_id);
	}
	free(r->member);
	free(r->slot);
	free(r);
}

static size_t
hash(const char *s)
{
	uint64_t h = 14695981039346656037ULL;

	for (; *s; s++)
		h = (h ^ (unsigned char)*s) * 1099511628211ULL;
	return (size_t)h;
}

static size_t *
slot_of(const struct roll *r, const char *host)
{
	size_t i = hash(host) % r->slots;

	while (r->slot[i] && !str_eq(r->member[r->slot[i] - 1].host, host))
		i = (i + 1) % r->slots;
	return &r->slot[i];
}

static void
widen(struct roll *r)
{
	free(r->slot);
	r->slots *= 2;
	r->slot = xcalloc(r->slots, sizeof(*r->slot));
	for (size_t i = 0; i < r->count; i++)
		*slot_of(r, r->member[i].host) = i + 1;
}

static struct member *
enrol(struct roll *r, const char *host)
{
	size_t *slot = slot_of(r, host);

	if (*slot)
		return &r->member[*slot - 1];
	mem_grow(r->member, r->count, r->cap);
	r->member[r->count] = (struct member){ .host = xstrdup(host) };
	*slot = ++r->count;
	if (r->count * 2 > r->slots)
		widen(r);
	return &r->member[r->count - 1];
}

void
roll_kind(struct roll *r, const char *host, bool cattle)
{
	enrol(r, host)->cattle = cattle;
}

bool
roll_is_cattle(const struct roll *r, const char *host)
{
	const size_t *slot = slot_of(r, host);

	return *slot && r->member[*slot - 1].cattle;
}

bool
roll_machine(struct roll *r, const char *host, const char *machine_id)
{
	struct member *m = enrol(r, host);

	if (m->machine_id && str_eq(m->machine_id, machine_id))
		return false;
	free(m->machine_id);
	m->machine_id = xstrdup(machine_id);
	return true;
}

static int
by_machine(const void *a, const void *b)
{
	const struct member *const *x = a, *const *y = b;
	int order = strcmp((*x)->machine_id, (*y)->machine_id);

	return order ? order : str_natural((*x)->host, (*y)->host);
}

static void
name_group(struct buf *to, const struct member *const *group, size_t n)
{
	buf_addf(to, "%sone machine-id (%.8s...) answers on ", to->len ? "; " : "",
	    group[0]->machine_id);
	for (size_t i = 0; i < n && i < NAMED; i++)
		buf_addf(to, "%s%s", i ? ", " : "", group[i]->host);
	if (n > NAMED)
		buf_addf(to, " and %zu more", n - NAMED);
}

bool
roll_doubles(struct roll *r, struct buf *to)
{
	autofree const struct member **list = xcalloc(r->count, sizeof(*list));
	size_t n = 0;

	for (size_t i = 0; i < r->count; i++)
		if (r->member[i].machine_id)
			list[n++] = &r->member[i];
	qsort(list, n, sizeof(*list), by_machine);
	for (size_t i = 0, end; i < n; i = end) {
		for (end = i + 1; end < n; end++)
			if (!str_eq(list[i]->machine_id, list[end]->machine_id))
				break;
		if (end - i > 1)
			name_group(to, list + i, end - i);
	}
	return to->len > 0;
}
