#include "base/arena.h"
#include "base/diag.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "engine/herd.h"
#include "playbooks/apply_inner.h"
#include "playbooks/fetch.h"
#include "playbooks/playbook.h"

static const char *
fact_of(void *user, const char *key)
{
	return herd_fact(user, key);
}

static void
take_desired(struct apply_host *h, const struct desired *d)
{
	h->wanted = d->item;
	h->wanted_count = d->count;
	h->skipped = d->skipped;
	h->skipped_count = d->skipped_count;
	h->domain = d->domain;
}

bool
apply_desire(struct apply_host *h, struct diag *diag)
{
	struct facts facts = {
		.fact = fact_of, .user = h->hh, .unknown_ok = true, .used = &h->facts_used
	};

	struct desired wanted;
	bool good;

	h->arena = arena_new();
	if (h->ground->bidding)
		apply_bidding_desire(h);
	if (h->ground->undo || h->ground->returning || h->ground->bidding)
		return true;
	good = playbook_desire(
	    h->ground->playbook, herd_host_of(h->hh), &facts, h->arena, diag, &wanted);
	take_desired(h, &wanted);
	return fetch_claim(h->ground->claims, &wanted, h->name, diag) && good;
}

static bool
same_text(const char *a, const char *b)
{
	return a && b ? str_eq(a, b) : a == b;
}

/* What the host was asked for a is what it would be asked for b. */
static bool
same_question(const struct resource *a, const struct resource *b)
{
	bool same_place = a->kind == RESOURCE_IMAGE ||
			  (a->mark.line == b->mark.line && a->mark.col == b->mark.col &&
			      same_text(a->mark.file, b->mark.file));

	return a->kind == b->kind && same_place && str_eq(a->id, b->id) &&
	       same_text(a->path, b->path) && same_text(a->unit, b->unit) &&
	       same_text(a->image, b->image) && same_text(a->creates, b->creates) &&
	       same_text(a->unless, b->unless);
}

/* What was found of each that is wanted now, out of what was looked for; false when something was
 * not. */
static bool
match_found(struct apply_host *h, const struct desired *now)
{
	struct found *found = arena_alloc(h->arena, now->count * sizeof(*found) + 1);
	size_t at = 0, tried;

	for (size_t i = 0; i < now->count; i++) {
		for (tried = 0; tried < h->wanted_count; tried++, at++) {
			at = at < h->wanted_count ? at : 0;
			if (same_question(now->item[i], h->wanted[at]))
				break;
		}
		if (tried == h->wanted_count)
			return false;
		found[i] = h->seen->found[at++];
	}
	h->seen->found = found;
	h->seen->count = now->count;
	return true;
}

int
apply_desire_again(struct apply_host *h, struct err *err)
{
	struct facts facts = { .fact = fact_of, .user = h->hh };
	struct desired now;
	struct diag diag;
	bool good;

	if (!h->facts_used)
		return 0;
	diag_init(&diag);
	good = playbook_desire(
	    h->ground->playbook, herd_host_of(h->hh), &facts, h->arena, &diag, &now);
	good = good && fetch_claim(h->ground->claims, &now, h->name, &diag);
	if (!good) {
		autofree char *line = diag_line(&diag, 0);

		err_set(err, OUTCOME_FAILED, "%s", line);
	}
	diag_fini(&diag);
	if (!good)
		return -1;
	if (!match_found(h, &now))
		return err_set(err, OUTCOME_STALE,
		    "its facts are not those this seat remembered: it will have them next time");
	take_desired(h, &now);
	return 0;
}
