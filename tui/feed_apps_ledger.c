#include "tui/feed_apps_ledger.h"

#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/uuid.h"
#include "ledger/ledger.h"
#include "tui/apps_source.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#define KNOWN      64   /* runs whose names are remembered */
#define RUNS       200  /* the newest that are looked through for releases */
#define EVENTS_MAX 5000 /* in all: the screen waits for it */
#define RELEASES   20

struct known_run {
	char uuid[UUID_TEXT], alias[24]; /* alias "": this ledger does not have it */
};

struct apps_ledger {
	struct ledger *ledger;
	char *fleet;
	struct known_run run[KNOWN];
	size_t runs;
};

struct apps_ledger *
apps_ledger_new(struct ledger *l, const char *fleet)
{
	struct apps_ledger *a = xcalloc(1, sizeof(*a));

	a->ledger = l;
	a->fleet = xstrdup(fleet);
	return a;
}

void
apps_ledger_free(struct apps_ledger *a)
{
	if (!a)
		return;
	free(a->fleet);
	free(a);
}

void
apps_ledger_forget(struct apps_ledger *a)
{
	a->runs = 0;
}

static int64_t
time_of(const char *uuid)
{
	char hex[13];

	memcpy(hex, uuid, 8);
	memcpy(hex + 8, uuid + 9, 4);
	hex[12] = '\0';
	return (int64_t)strtoull(hex, NULL, 16);
}

static const struct known_run *
know(struct apps_ledger *a, const char *uuid)
{
	struct ledger_row row;
	struct known_run *k;
	struct err err;

	for (size_t i = 0; i < a->runs; i++)
		if (str_eq(a->run[i].uuid, uuid))
			return &a->run[i];
	if (a->runs == KNOWN)
		a->runs = 0;
	k = &a->run[a->runs++];
	str_copy(k->uuid, sizeof(k->uuid), uuid);
	k->alias[0] = '\0';
	if (a->ledger && ledger_find_run(a->ledger, uuid, &row, &err) && row.alias)
		str_copy(k->alias, sizeof(k->alias), row.alias);
	return k;
}

bool
apps_ledger_run(struct apps_ledger *a, const char *uuid, char *alias, size_t size, int64_t *ret_ms)
{
	const struct known_run *k;

	*ret_ms = 0;
	if (!uuid_is(uuid))
		return false;
	*ret_ms = time_of(uuid);
	k = know(a, uuid);
	if (!k->alias[0])
		return false;
	str_copy(alias, size, k->alias);
	return true;
}

/* Runs that may have changed the app, with what is read of each. */
struct search {
	const char *playbook, *app;
	struct apps_release *to;
	char uuid[RELEASES][UUID_TEXT];
	size_t count, max;
	struct apps_release *now;
	int events;
	bool found;
};

/* The playbook's name, as its own file or a host's journal says it. */
static bool
is_of(const char *path, const char *playbook)
{
	const char *name = strrchr(path, '/');
	size_t n = strlen(playbook);

	name = name ? name + 1 : path;
	return strncmp(name, playbook, n) == 0 &&
	       (!name[n] || str_eq(name + n, ".yaml") || str_eq(name + n, ".yml"));
}

static bool
take_run(void *user, const struct ledger_row *row)
{
	struct search *s = user;
	struct apps_release *r;
	bool undo = row->verb && (str_eq(row->verb, "undo") || str_eq(row->verb, "rollback"));

	if (!row->verb || row->changed + row->failed == 0 ||
	    (!undo && !str_eq(row->verb, "apply")) ||
	    (!undo && (!row->playbook || !is_of(row->playbook, s->playbook))))
		return true;
	r = &s->to[s->count];
	*r = (struct apps_release){
		.when_ms = row->start_ms, .hosts = row->hosts, .changed = row->changed
	};
	str_copy(r->alias, sizeof(r->alias), row->alias ? row->alias : row->uuid);
	str_copy(r->verb, sizeof(r->verb), row->verb);
	str_copy(r->who, sizeof(r->who), row->seat ? row->seat : "");
	str_copy(r->state, sizeof(r->state), row->state ? row->state : "");
	str_copy(s->uuid[s->count], sizeof(s->uuid[0]), row->uuid);
	return ++s->count < s->max;
}

/* A step's title speaks of the app: "shop-0.service", a file of /etc/drover/apps/shop/, or the unit. */
static bool
speaks_of(const char *title, const char *app)
{
	autofree char *dir = xasprintf("/drover/apps/%s/", app);
	size_t n = strlen(app);

	if (str_eq(title, app) || strstr(title, dir))
		return true;
	return strncmp(title, app, n) == 0 && title[n] == '-' &&
	       isdigit((unsigned char)title[n + 1]) && str_ends(title, ".service");
}

static bool
take_event(void *user, const struct event *e)
{
	struct search *s = user;
	const char *name = event_text(e, FIELD_NAME), *digest = event_text(e, FIELD_DIGEST);

	if (e->kind == EVENT_RUN_START && digest)
		str_copy(s->now->release, sizeof(s->now->release), digest);
	else if (e->kind == EVENT_PLAN_STEP || e->kind == EVENT_STEP_END)
		s->found = name && speaks_of(name, s->app);
	return !s->found && ++s->events < EVENTS_MAX;
}

size_t
apps_ledger_releases(struct apps_ledger *a, const char *playbook, const char *app,
    struct apps_release *to, size_t max)
{
	struct search s = {
		.playbook = playbook, .app = app, .to = to, .max = max < RELEASES ? max : RELEASES
	};
	size_t n = 0;

	if (!a->ledger || !max)
		return 0;
	ledger_runs(a->ledger, a->fleet, RUNS, take_run, &s);
	for (size_t i = 0; i < s.count; i++) {
		s.now = &to[i];
		s.found = false;
		ledger_events(a->ledger, s.uuid[i], take_event, &s);
		if (s.found)
			to[n++] = to[i];
	}
	return n;
}
