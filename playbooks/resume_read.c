#include "base/arena.h"
#include "base/err.h"
#include "base/event.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/work.h"
#include "ledger/ledger.h"
#include "playbooks/comeback.h"
#include "playbooks/resume.h"
#include "playbooks/resume_inner.h"

#include <stdlib.h>
#include <string.h>

static struct resume_asked *
host_of(struct resume *r, const char *name)
{
	size_t at;

	return name && strmap_find(&r->by_name, name, &at) ? &r->host[at] : NULL;
}

static void
take_hosts(struct resume *r, const struct event *e)
{
	const char *list = event_text(e, FIELD_HOSTS);
	struct err err;
	autojson *j = list ? json_parse(list, strlen(list), 64U << 20, &err) : NULL;
	size_t n = json_count(j);

	r->host = xcalloc(n + 1, sizeof(*r->host));
	for (size_t i = 0; i < n; i++) {
		const char *name = json_text(json_at(j, i), NULL);

		if (!name || strmap_find(&r->by_name, name, NULL))
			continue;
		r->host[r->count].resume = r;
		r->host[r->count].name = xstrdup(name);
		strmap_add(&r->by_name, r->host[r->count].name, r->count, NULL);
		r->count++;
	}
}

static void
take_step(struct resume_asked *h, const struct event *e)
{
	const char *id = event_text(e, FIELD_STEP), *name = event_text(e, FIELD_NAME);
	const char *note = event_text(e, FIELD_VALUE);

	mem_grow(h->step, h->steps, h->step_cap);
	h->step[h->steps++] = (struct resume_step){ xstrdup(id ? id : "?"),
		xstrdup(name ? name : "?"), note ? xstrdup(note) : NULL, false, false };
}

static void
take_told(struct resume_asked *h, const struct event *e)
{
	const char *id = event_text(e, FIELD_STEP), *state = event_text(e, FIELD_STATE);
	enum outcome o;
	bool good = state && outcome_parse(state, &o) && outcome_is_good(o);

	for (size_t i = 0; i < h->steps; i++) {
		if (!str_eq(h->step[i].id, id))
			continue;
		h->step[i].told = true;
		h->step[i].done = h->step[i].done || good;
	}
	h->reboots = false;
}

bool
resume_is_reboot(const char *id)
{
	return id && str_starts(id, "reboot ");
}

static bool
take_event(void *user, const struct event *e)
{
	struct resume *r = user;
	struct resume_asked *h = host_of(r, event_text(e, FIELD_HOST));

	if (e->kind == EVENT_RUN_START && !r->host)
		take_hosts(r, e);
	else if (h && e->kind == EVENT_PLAN_STEP)
		take_step(h, e);
	else if (h && e->kind == EVENT_ACT_SENT)
		h->sent = true;
	else if (h && e->kind == EVENT_STEP_START)
		h->reboots = resume_is_reboot(event_text(e, FIELD_STEP));
	else if (h && e->kind == EVENT_STEP_END)
		take_told(h, e);
	else if (h && e->kind == EVENT_HOST_END)
		h->ended = outcome_parse(event_text(e, FIELD_STATE), &h->outcome);
	return true;
}

struct resume *
resume_new(struct ledger *l, const char *uuid, struct err *err)
{
	struct resume *r = xcalloc(1, sizeof(*r));

	r->arena = arena_new();

	str_copy(r->uuid, sizeof(r->uuid), uuid);
	ledger_events(l, uuid, take_event, r);
	if (!r->host) {
		resume_free(r);
		err_set(err, OUTCOME_USAGE, "run %s has no hosts in the ledger", uuid);
		return NULL;
	}
	r->open = xcalloc(r->count + 1, sizeof(*r->open));
	for (size_t i = 0; i < r->count; i++) {
		struct resume_asked *h = &r->host[i];

		if (!h->ended || h->outcome == OUTCOME_UNKNOWN)
			r->open[r->open_count++] = h;
	}
	return r;
}

void
resume_free(struct resume *r)
{
	if (!r)
		return;
	for (size_t i = 0; i < r->count; i++) {
		struct resume_asked *h = &r->host[i];

		for (size_t k = 0; k < h->steps; k++) {
			free(h->step[k].id);
			free(h->step[k].name);
			free(h->step[k].note);
		}
		free(h->step);
		free(h->name);
		free(h->command);
		free(h->item);
		landfall_free(h->landfall);
		follow_free(h->follow);
		comeback_free(h->comeback);
	}
	strmap_fini(&r->by_name);
	work_free(r->work);
	arena_free(r->arena);
	free(r->host);
	free(r->open);
	free(r);
}

size_t
resume_count(const struct resume *r)
{
	return r->open_count;
}

bool
resume_sent(const struct resume *r, size_t i)
{
	return r->open[i]->sent;
}

const char *
resume_host(const struct resume *r, size_t i)
{
	return r->open[i]->name;
}

void
resume_others(const struct resume *r, void (*each)(void *user, enum outcome o), void *user)
{
	for (size_t i = 0; i < r->count; i++) {
		if (r->host[i].ended && r->host[i].outcome != OUTCOME_UNKNOWN)
			each(user, r->host[i].outcome);
	}
}
