#include "cli/history_known.h"

#include "base/event.h"
#include "base/mem.h"
#include "base/str.h"
#include "ledger/ledger.h"

#include <limits.h>
#include <string.h>

struct search {
	const char *host, *path;
	struct search_run {
		char *uuid, *who, *playbook;
	} * run;
	size_t runs, run_cap;
	struct known_version *found;
	size_t count, cap;
	/* of the run in hand: its step on the path */
	char *step;
	char was[65], digest[65];
	int64_t changed_ms; /* 0: it did not change it */
};

/* The newest comes first. */
static bool
keep_run(void *user, const struct ledger_row *row)
{
	struct search *s = user;
	const char *name = strrchr(row->playbook, '/');

	if (!str_eq(row->verb, "apply") && !str_eq(row->verb, "undo") &&
	    !str_eq(row->verb, "rollback"))
		return true;
	if (str_eq(row->state, "foreign"))
		return true;
	mem_grow(s->run, s->runs, s->run_cap);
	s->run[s->runs++] = (struct search_run){ .uuid = xstrdup(row->uuid),
		.who = xmemdup0(row->seat, strcspn(row->seat, "@")),
		.playbook = *row->playbook ? xstrdup(name ? name + 1 : row->playbook) : NULL };
	return true;
}

static void
take_step(struct search *s, const struct event *e)
{
	const char *digest = event_text(e, FIELD_DIGEST), *was = event_text(e, FIELD_WAS);
	const char *id = event_text(e, FIELD_STEP);
	size_t n = 0;
	const char *path = event_data(e, FIELD_PATH, &n);

	if (!path || n != strlen(s->path) || memcmp(path, s->path, n) != 0 || !digest || !id)
		return;
	free(s->step);
	s->step = xstrdup(id);
	str_copy(s->digest, sizeof(s->digest), digest);
	str_copy(s->was, sizeof(s->was), was ? was : "-");
	s->changed_ms = 0;
}

static bool
take_event(void *user, const struct event *e)
{
	struct search *s = user;

	if (!str_eq(event_text(e, FIELD_HOST) ? event_text(e, FIELD_HOST) : "", s->host))
		return true;
	if (e->kind == EVENT_PLAN_STEP)
		take_step(s, e);
	else if (e->kind == EVENT_STEP_END && s->step && event_text(e, FIELD_STEP) &&
		 str_eq(event_text(e, FIELD_STEP), s->step))
		s->changed_ms = str_eq(event_text(e, FIELD_STATE), "changed") ? e->time_ms : 0;
	else if (e->kind == EVENT_HOST_END && str_eq(event_text(e, FIELD_STATE), "rolled-back"))
		s->changed_ms = 0;
	return true;
}

static void
look_into(struct search *s, struct ledger *l, struct search_run *run)
{
	s->changed_ms = 0;
	ledger_events(l, run->uuid, take_event, s);
	free(take(s->step));
	if (!s->changed_ms)
		return;
	mem_grow(s->found, s->count, s->cap);
	struct known_version *v = &s->found[s->count++];
	*v = (struct known_version){ .run = take(run->uuid),
		.who = take(run->who),
		.playbook = take(run->playbook),
		.time_ms = s->changed_ms };
	str_copy(v->was, sizeof(v->was), s->was);
	str_copy(v->digest, sizeof(v->digest), s->digest);
}

struct known_version *
history_known(
    struct ledger *l, const char *fleet, const char *host, const char *path, size_t *ret_count)
{
	struct search s = { .host = host, .path = path };

	ledger_host_runs(l, fleet, host, INT_MAX, keep_run, &s);
	for (size_t i = s.runs; i > 0; i--) {
		look_into(&s, l, &s.run[i - 1]);
		free(s.run[i - 1].uuid);
		free(s.run[i - 1].who);
		free(s.run[i - 1].playbook);
	}
	free(s.run);
	*ret_count = s.count;
	return s.found;
}

void
history_known_free(struct known_version *v, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		free(v[i].run);
		free(v[i].who);
		free(v[i].playbook);
	}
	free(v);
}
