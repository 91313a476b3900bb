#include "tui/feed_apps.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/diag.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "cli/call.h"
#include "cli/known_playbook.h"
#include "engine/herd.h"
#include "engine/probe.h"
#include "inventory/inventory.h"
#include "inventory/set.h"
#include "playbooks/playbook.h"
#include "playbooks/roster.h"
#include "playbooks/sighting.h"
#include "playbooks/wanted.h"
#include "tui/apps_source.h"
#include "tui/console.h"
#include "tui/feed_apps_ledger.h"

#include <string.h>

#define PARALLEL  32   /* looks at once */
#define REMAKE_MS 1000 /* polls alone make the roster anew no more often */
#define SOON_MS   200  /* nor do looks that come one after another */
#define AGAIN_MS  5000 /* a host whose units changed is looked at again */

struct seen {
	struct apps_feed *feed;
	struct herd_host *hh;
	struct sighting now, next; /* next: came since the roster was made of now */
	bool came, has_next, out, due;
	int64_t at_ms, asked_ms; /* 0: never */
	char why[160];           /* it could not be looked at */
};

struct apps_feed {
	struct console *console;
	struct apps_source source;
	struct seen *seen;
	size_t count, out;
	char path[512]; /* of the playbook; "": none */
	char *mistake;
	struct playbook *playbook;
	struct wanted *wanted;
	struct roster *roster;
	struct roster_host *host;
	int64_t made_ms;
	bool loaded, dirty;
	char first[512]; /* the playbook that the console named before anybody did */
	struct apps_ledger *ledger;
};

static void next_looks(struct apps_feed *f);

static const char *
fact_of(void *user, const struct host *h, const char *key)
{
	return herd_fact(herd_of(user, h), key);
}

static void
say_mistakes(struct apps_feed *f, struct diag *d)
{
	diag_sort(d);
	free(take(f->mistake));
	f->mistake = d->count ? diag_line(d, 0) : xstrdup("the playbook cannot be read");
}

static void
want(struct apps_feed *f)
{
	const struct set_lookup lookup = { .fact = fact_of, .user = f->console->herd };
	const char *expr = playbook_hosts(f->playbook);
	struct set set = { 0 };
	struct diag diag;
	struct err err;

	if (set_eval(f->console->call->inventory, expr ? expr : "@all", &lookup, &set, &err) < 0) {
		f->mistake = xstrdup(err.text);
		return;
	}
	diag_init(&diag);
	f->wanted = wanted_new(&(struct wanted_spec){ .playbook = f->playbook,
				   .hosts = set.hosts,
				   .count = set.count,
				   .fact = fact_of,
				   .user = f->console->herd },
	    &diag);
	if (!f->wanted)
		say_mistakes(f, &diag);
	diag_fini(&diag);
	set_fini(&set);
}

/* The roster borrows from what is wanted: it goes first. */
static void
drop(struct apps_feed *f)
{
	roster_free(take(f->roster));
	wanted_free(take(f->wanted));
	playbook_free(take(f->playbook));
	free(take(f->mistake));
}

/* The playbook named last is the one that is meant. */
static void
know_playbook(struct apps_feed *f)
{
	const char *path = known_playbook(f->console->call);

	if (!str_eq(f->first, f->console->playbook))
		path = f->console->playbook;
	str_copy(f->path, sizeof(f->path), path ? path : "");
}

/* What views hold of the last roster is good until they ask again: only here it goes. */
static void
load(struct apps_feed *f)
{
	struct diag diag;

	if (f->loaded)
		return;
	drop(f);
	know_playbook(f);
	apps_ledger_forget(f->ledger);
	f->loaded = f->dirty = true;
	if (!*f->path)
		return;
	diag_init(&diag);
	f->playbook =
	    playbook_load(f->path, (const char *const *)f->console->call->globals.vars.item, &diag);
	if (f->playbook)
		want(f);
	else
		say_mistakes(f, &diag);
	diag_fini(&diag);
}

static void
on_look(void *user, struct herd_host *hh, const struct probe_answer *answer, const struct err *err)
{
	struct seen *s = user;
	struct apps_feed *f = s->feed;
	struct err verdict = *err;
	struct sighting seen = { 0 };

	s->out = false;
	f->out--;
	if (err->kind == OUTCOME_OK &&
	    sighting_parse(&seen, answer->body, answer->len, &verdict) == 0) {
		if (s->has_next)
			sighting_fini(&s->next);
		s->next = seen;
		s->has_next = true;
		s->at_ms = clock_mono_ms();
		s->why[0] = '\0';
	} else {
		sighting_fini(&seen);
		str_copy(s->why, sizeof(s->why), herd_reason(hh, &verdict));
	}
	f->dirty = true;
	next_looks(f);
	console_stale(f->console);
}

static void
look_at(struct seen *s)
{
	struct apps_feed *f = s->feed;
	autofree char *units = wanted_names(f->wanted, herd_host_of(s->hh)->name);
	const struct probe_spec spec = { .program = host_apps_sh,
		.input = units,
		.input_len = strlen(units),
		.max = SIGHTING_MAX,
		.done = on_look,
		.user = s };

	s->due = false;
	s->out = true;
	s->asked_ms = clock_mono_ms();
	f->out++;
	probe_start(s->hh, &spec);
}

/* Only over sessions that are up: who is away is looked at when it is back. */
static void
next_looks(struct apps_feed *f)
{
	for (size_t i = 0; i < f->count && f->out < PARALLEL && !f->console->held; i++)
		if (f->seen[i].due && !f->seen[i].out && herd_connected(f->seen[i].hh))
			look_at(&f->seen[i]);
}

/* What the roster is made of from here on: nothing of the last one is looked at any more. */
static void
take_looks(struct apps_feed *f)
{
	roster_free(take(f->roster));
	for (size_t i = 0; i < f->count; i++) {
		struct seen *s = &f->seen[i];

		if (!s->has_next)
			continue;
		if (s->came)
			sighting_fini(&s->now);
		s->now = s->next;
		s->next = (struct sighting){ 0 };
		s->came = true;
		s->has_next = false;
	}
}

static const char *
why_unseen(const struct seen *s, const struct scene_host *h)
{
	if (h->link == LINK_DOWN)
		return h->err.text;
	if (s->why[0])
		return s->why;
	return h->link == LINK_UP ? "being looked at" : "not connected yet";
}

static void
fill_host(const struct apps_feed *f, size_t i, const struct scene_host *h)
{
	const struct seen *s = &f->seen[i];
	int64_t age = s->came ? clock_mono_ms() - s->at_ms : INT64_MAX;
	bool told = h->age_ms >= 0 && h->age_ms < 60000 && h->link == LINK_UP && !h->from_ledger;

	f->host[i] = (struct roster_host){ .name = h->name,
		.sight = s->came && h->link == LINK_UP ? &s->now : NULL,
		.why = why_unseen(s, h),
		.status = told ? h->status : NULL,
		.status_newer = told && h->age_ms < age };
}

/* A unit is in another state than it was at the look: what goes with that is looked at too. */
static void
look_again(struct apps_feed *f)
{
	int64_t now = clock_mono_ms();

	for (size_t i = 0; i < f->roster->count; i++) {
		for (size_t k = 0; k < f->roster->app[i].count; k++) {
			const struct roster_instance *x = &f->roster->app[i].item[k];
			struct seen *s = &f->seen[x->index];
			const struct sighting_unit *u =
			    s->came ? sighting_unit(&s->now, x->unit) : NULL;
			bool other = u && (!str_eq(u->active, x->active) ||
					      (x->restarts >= 0 && u->restarts != x->restarts));

			if (other && now - s->asked_ms > AGAIN_MS)
				s->due = true;
		}
	}
}

static const struct roster *
get_roster(void *user, const struct scene *scene)
{
	struct apps_feed *f = user;
	int64_t now = clock_mono_ms();
	int64_t wait = f->dirty ? SOON_MS : REMAKE_MS;

	load(f);
	for (size_t i = 0; i < f->count; i++)
		if (!f->seen[i].came && !f->seen[i].asked_ms && herd_connected(f->seen[i].hh))
			f->seen[i].due = true;
	if (!f->roster || now - f->made_ms >= wait) {
		take_looks(f);
		for (size_t i = 0; i < f->count; i++)
			fill_host(f, i, &scene->hosts[i]);
		f->roster = roster_new(&(struct roster_input){
		    .host = f->host, .count = f->count, .wanted = f->wanted });
		f->made_ms = now;
		f->dirty = false;
		look_again(f);
	}
	next_looks(f);
	return f->roster;
}

static const char *
get_playbook(void *user)
{
	const struct apps_feed *f = user;

	return *f->path ? f->path : NULL;
}

static const char *
get_mistake(void *user)
{
	const struct apps_feed *f = user;

	return f->mistake;
}

static size_t
get_asking(void *user)
{
	const struct apps_feed *f = user;
	size_t n = f->out;

	for (size_t i = 0; i < f->count; i++)
		n += f->seen[i].due && herd_connected(f->seen[i].hh);
	return n;
}

static int64_t
get_age(void *user)
{
	const struct apps_feed *f = user;
	int64_t oldest = -1;

	for (size_t i = 0; i < f->count; i++)
		if (f->seen[i].came && (oldest < 0 || f->seen[i].at_ms < oldest))
			oldest = f->seen[i].at_ms;
	return oldest < 0 ? -1 : clock_mono_ms() - oldest;
}

static void
look(void *user)
{
	struct apps_feed *f = user;

	apps_feed_stale(f);
	next_looks(f);
}

static bool
get_run(void *user, const char *uuid, char *alias, size_t size, int64_t *ret_ms)
{
	struct apps_feed *f = user;

	return apps_ledger_run(f->ledger, uuid, alias, size, ret_ms);
}

static size_t
get_releases(void *user, const char *playbook, const char *app, struct apps_release *to, size_t max)
{
	struct apps_feed *f = user;

	return apps_ledger_releases(f->ledger, playbook, app, to, max);
}

void
apps_feed_stale(struct apps_feed *f)
{
	f->loaded = false;
	for (size_t i = 0; i < f->count; i++)
		f->seen[i].due = f->seen[i].due || f->seen[i].asked_ms;
}

struct apps_feed *
apps_feed_new(struct console *c)
{
	struct apps_feed *f = xcalloc(1, sizeof(*f));

	f->console = c;
	f->count = herd_count(c->herd);
	f->seen = xcalloc(f->count + 1, sizeof(*f->seen));
	f->host = xcalloc(f->count + 1, sizeof(*f->host));
	for (size_t i = 0; i < f->count; i++)
		f->seen[i] = (struct seen){ .feed = f, .hh = herd_at(c->herd, i) };
	f->ledger = apps_ledger_new(herd_ledger(c->herd), inventory_fleet(c->call->inventory));
	str_copy(f->first, sizeof(f->first), c->playbook);
	know_playbook(f);
	f->source = (struct apps_source){ .user = f,
		.roster = get_roster,
		.playbook = get_playbook,
		.mistake = get_mistake,
		.asking = get_asking,
		.age_ms = get_age,
		.look = look,
		.run = get_run,
		.releases = get_releases };
	return f;
}

void
apps_feed_free(struct apps_feed *f)
{
	if (!f)
		return;
	drop(f);
	for (size_t i = 0; i < f->count; i++) {
		sighting_fini(&f->seen[i].now);
		sighting_fini(&f->seen[i].next);
	}
	apps_ledger_free(f->ledger);
	free(f->seen);
	free(f->host);
	free(f);
}

const struct apps_source *
apps_feed_source(const struct apps_feed *f)
{
	return &f->source;
}
