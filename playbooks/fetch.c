#include "playbooks/fetch.h"

#include "base/arena.h"
#include "base/diag.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/strmap.h"
#include "playbooks/follow.h"
#include "playbooks/landfall.h"
#include "playbooks/playbook.h"
#include "playbooks/resource.h"

#include <stdio.h>
#include <string.h>

struct claim {
	char *place, *host, *id;
};

struct fetch_claims {
	struct strmap by_place;
	struct claim *claim;
	size_t count, cap;
};

struct fetch_claims *
fetch_claims_new(void)
{
	return xcalloc(1, sizeof(struct fetch_claims));
}

void
fetch_claims_free(struct fetch_claims *c)
{
	if (!c)
		return;
	strmap_fini(&c->by_place);
	for (size_t i = 0; i < c->count; i++) {
		free(c->claim[i].place);
		free(c->claim[i].host);
		free(c->claim[i].id);
	}
	free(c->claim);
	free(c);
}

static char *
place_of(const struct fetch *f)
{
	return xasprintf("%s/%s", strcmp(f->base, "/") == 0 ? "" : f->base, f->path);
}

static bool
claim(struct fetch_claims *c, const struct resource *r, const char *host, struct diag *diag)
{
	autofree char *place = place_of(r->detail);
	size_t at;

	if (strmap_find(&c->by_place, place, &at)) {
		const struct claim *other = &c->claim[at];

		if (str_eq(other->host, host) && str_eq(other->id, r->id))
			return true;
		if (str_eq(other->host, host))
			diag_error(diag, r->mark,
			    "fetch: dest: %.300s is fetched twice from host %s", place, host);
		else
			diag_error(diag, r->mark,
			    "fetch: dest: %.300s comes from host %s too: put {{ host }} into it",
			    place, other->host);
		return false;
	}
	mem_grow(c->claim, c->count, c->cap);
	c->claim[c->count] = (struct claim){ take(place), xstrdup(host), xstrdup(r->id) };
	strmap_add(&c->by_place, c->claim[c->count].place, c->count, NULL);
	c->count++;
	return true;
}

bool
fetch_claim(struct fetch_claims *c, const struct desired *d, const char *host, struct diag *diag)
{
	bool good = true;

	for (size_t i = 0; i < d->count; i++) {
		const struct resource *r = d->item[i];

		if (r->kind == RESOURCE_FETCH && !((const struct fetch *)r->detail)->later)
			good = claim(c, r, host, diag) && good;
	}
	return good;
}

char *
fetch_note(struct arena *a, const struct resource *r)
{
	const struct fetch *f = r->detail;
	bool top;

	if (r->kind != RESOURCE_FETCH || !f)
		return NULL;
	top = strcmp(f->base, "/") == 0;
	return arena_printf(a, "%04o %llu %s %zu %s/%s", f->mode, (unsigned long long)f->max,
	    f->secret ? "secret" : "shown", top ? (size_t)0 : strlen(f->base), top ? "" : f->base,
	    f->path);
}

static bool
take_note(struct arena *a, const char *note, struct landfall_item *ret, bool *ret_secret)
{
	unsigned long long max;
	size_t base;
	unsigned mode;
	char word[8];
	int n = 0;

	if (sscanf(note, "%o %llu %7s %zu %n", &mode, &max, word, &base, &n) != 4 || n == 0 ||
	    base >= strlen(note + n) || note[(size_t)n + base] != '/')
		return false;
	ret->mode = mode & 0777;
	ret->max = max;
	ret->base = base ? arena_printf(a, "%.*s", (int)base, note + n) : "/";
	ret->path = arena_strdup(a, note + (size_t)n + base + 1);
	*ret_secret = str_eq(word, "secret");
	return true;
}

/* "SIZE DIGEST" */
static bool
take_record(const char *text, struct landfall_item *ret)
{
	const char *blank = strchr(text, ' ');
	int64_t size;

	if (!blank || strlen(blank + 1) != 64 || strspn(blank + 1, "0123456789abcdef") != 64)
		return false;
	autofree char *digits = xmemdup0(text, (size_t)(blank - text));
	if (!str_int(digits, 0, (int64_t)ret->max, &size))
		return false;
	ret->max = (uint64_t)size;
	str_copy(ret->digest, sizeof(ret->digest), blank + 1);
	return true;
}

bool
fetch_item(
    struct arena *a, const char *note, const struct follow_record *r, struct landfall_item *ret)
{
	bool secret;

	*ret = (struct landfall_item){ .step = r->step };
	if (!note || r->kind != FOLLOW_STEP || r->state != OUTCOME_CHANGED ||
	    !take_note(a, note, ret, &secret))
		return false;
	ret->broken = !secret && !take_record(r->text ? r->text : "", ret);
	return true;
}
