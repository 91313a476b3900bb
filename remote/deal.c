#include "remote/deal.h"

#include "base/mem.h"
#include "base/str.h"

struct suspect {
	char *host;
	uint32_t group;
	unsigned deaths;     /* that it took part in */
	bool culprit, named; /* named: in the list that is being dealt */
};

struct deal {
	struct suspect *suspects; /* few, and rarely any */
	size_t count, cap;
	uint32_t last_group;
};

struct deal *
deal_new(void)
{
	return xcalloc(1, sizeof(struct deal));
}

void
deal_free(struct deal *d)
{
	if (!d)
		return;
	for (size_t i = 0; i < d->count; i++)
		free(d->suspects[i].host);
	free(d->suspects);
	free(d);
}

static struct suspect *
find(const struct deal *d, const char *host)
{
	for (size_t i = 0; i < d->count; i++) {
		if (str_eq(d->suspects[i].host, host))
			return &d->suspects[i];
	}
	return NULL;
}

uint32_t
deal_group(const struct deal *d, const char *host)
{
	const struct suspect *s = find(d, host);

	return s ? s->group : 0;
}

bool
deal_is_culprit(const struct deal *d, const char *host)
{
	const struct suspect *s = find(d, host);

	return s && s->culprit;
}

static void
name(struct deal *d, const char *host, size_t *ret_count)
{
	struct suspect *s = find(d, host);

	if (!s) {
		mem_grow(d->suspects, d->count, d->cap);
		s = &d->suspects[d->count++];
		*s = (struct suspect){ .host = xstrdup(host) };
	}
	if (s->named)
		return;
	s->named = true;
	++*ret_count;
}

void
deal_died(struct deal *d, const char *const *hosts, size_t n)
{
	size_t held = 0, dealt = 0;

	for (size_t i = 0; i < n; i++)
		name(d, hosts[i], &held);
	for (size_t i = 0; i < d->count; i++) {
		struct suspect *s = &d->suspects[i];

		if (!s->named)
			continue;
		s->named = false;
		s->culprit |= held == 1 && s->deaths > 0;
		s->deaths++;
		s->group = d->last_group + (2 * dealt++ < held ? 1 : 2);
	}
	d->last_group += 2;
}

void
deal_clear(struct deal *d, const char *host)
{
	struct suspect *s = find(d, host);

	if (!s || s->culprit)
		return;
	free(s->host);
	*s = d->suspects[--d->count];
}
