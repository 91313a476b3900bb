#include "tui/onlook.h"

#include "base/mem.h"
#include "base/str.h"
#include "ledger/ledger.h"

#include <string.h>

#define RUNS   64  /* followed at once */
#define EVENTS 256 /* of one run, in one look */

struct onlook {
	struct ledger *ledger;
	struct onlook_run *run[RUNS];
	size_t count;
	const char *own; /* for the time of one look */
	bool moved;
};

struct onlook *
onlook_new(struct ledger *l)
{
	struct onlook *f = xcalloc(1, sizeof(*f));

	f->ledger = l;
	return f;
}

static void
run_free(struct onlook_run *r)
{
	free(r->uuid);
	free(r->alias);
	free(r->verb);
	free(r->who);
	free(r->argv);
	free(r->playbook);
	progress_fini(&r->progress);
	free(r);
}

void
onlook_free(struct onlook *f)
{
	if (!f)
		return;
	for (size_t i = 0; i < f->count; i++)
		run_free(f->run[i]);
	free(f);
}

static struct onlook_run *
find(struct onlook *f, const char *uuid)
{
	for (size_t i = 0; i < f->count; i++) {
		if (str_eq(f->run[i]->uuid, uuid))
			return f->run[i];
	}
	return NULL;
}

static bool
on_open(void *user, const struct ledger_row *row)
{
	struct onlook *f = user;

	if (!str_eq(row->state, "running") || (f->own && str_eq(row->uuid, f->own)))
		return true;
	struct onlook_run *r = find(f, row->uuid);
	if (r) {
		r->seen = true;
		return true;
	}
	if (f->count == RUNS)
		return false;
	r = xcalloc(1, sizeof(*r));
	*r = (struct onlook_run){ .uuid = xstrdup(row->uuid),
		.alias = xstrdup(row->alias),
		.verb = xstrdup(row->verb),
		.who = xmemdup0(row->seat, strcspn(row->seat, "@")),
		.argv = xstrdup(row->argv),
		.playbook = xstrdup(row->playbook),
		.hosts = (size_t)row->hosts,
		.start_ms = row->start_ms,
		.seen = true };
	progress_init(&r->progress);
	f->run[f->count++] = r;
	f->moved = true;
	return true;
}

static void
drop_the_gone(struct onlook *f)
{
	size_t n = 0;

	for (size_t i = 0; i < f->count; i++) {
		if (f->run[i]->seen) {
			f->run[n++] = f->run[i];
			continue;
		}
		run_free(f->run[i]);
		f->moved = true;
	}
	f->count = n;
}

struct told {
	struct onlook_run *run;
	int n;
};

static bool
on_event(void *user, const struct event *e)
{
	struct told *t = user;

	progress_event(&t->run->progress, e);
	t->n++;
	return true;
}

bool
onlook_look(struct onlook *f, const char *own, bool *ret_more)
{
	*ret_more = false;
	f->moved = false;
	f->own = own;
	for (size_t i = 0; i < f->count; i++)
		f->run[i]->seen = false;
	ledger_open_runs(f->ledger, RUNS * 4, on_open, f);
	f->own = NULL;
	drop_the_gone(f);
	for (size_t i = 0; i < f->count; i++) {
		struct told t = { .run = f->run[i] };

		t.run->seq =
		    ledger_events_after(f->ledger, t.run->uuid, t.run->seq, EVENTS, on_event, &t);
		f->moved |= t.n > 0;
		*ret_more |= t.n == EVENTS;
	}
	return f->moved;
}

size_t
onlook_count(const struct onlook *f)
{
	return f->count;
}

const struct onlook_run *
onlook_at(const struct onlook *f, size_t i)
{
	return f->run[i];
}
