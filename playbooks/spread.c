#include "playbooks/spread.h"

#include "base/mem.h"

struct domain {
	size_t all, up, waiting, taken;
	size_t next; /* the host to look at first for one that waits */
};

/* How many more of it may go with this batch. */
static size_t
room(const struct domain *d, bool alone)
{
	size_t most = alone || d->all == 1 ? d->waiting : d->up > 0 ? d->up - 1 : 0;

	if (most > d->waiting)
		most = d->waiting;
	return most > d->taken ? most - d->taken : 0;
}

/* The one least burdened; of those the one with most before it. n: none has room. */
static size_t
best(const struct domain *domain, size_t n, bool alone)
{
	size_t found = n;

	for (size_t i = 0; i < n; i++) {
		const struct domain *d = &domain[i], *b = found < n ? &domain[found] : NULL;

		if (room(d, alone) == 0)
			continue;
		if (!b || d->taken < b->taken ||
		    (d->taken == b->taken && d->waiting - d->taken > b->waiting - b->taken))
			found = i;
	}
	return found;
}

static size_t
next_of(const struct spread_host *host, struct domain *domain, size_t which)
{
	struct domain *d = &domain[which];

	while (host[d->next].domain != which || !host[d->next].waits)
		d->next++;
	d->taken++;
	return d->next++;
}

/* Where any would be the last that is up, it is of the domain that has most. */
static size_t
least_harm(const struct domain *domain, size_t n)
{
	size_t found = n;

	for (size_t i = 0; i < n; i++)
		if (domain[i].waiting && (found == n || domain[i].up > domain[found].up))
			found = i;
	return found;
}

size_t
spread_pick(const struct spread_host *host, size_t n, size_t want, size_t *ret)
{
	size_t got = 0, domains = 0, at, most = n + 1;
	autofree struct domain *domain = xcalloc(most, sizeof(*domain));

	for (size_t i = 0; i < n; i++) {
		struct domain *d = &domain[host[i].domain];

		if (!host[i].there)
			continue;
		domains += d->all++ == 0;
		d->up += host[i].up;
		d->waiting += host[i].waits;
	}
	while (got < want) {
		at = best(domain, most, domains == 1);
		if (at == most)
			break;
		ret[got++] = next_of(host, domain, at);
	}
	at = got == 0 && want > 0 ? least_harm(domain, most) : most;
	if (at < most)
		ret[got++] = next_of(host, domain, at);
	return got;
}
