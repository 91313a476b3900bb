#include "cli/record.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/digest.h"
#include "base/event.h"
#include "base/mem.h"
#include "base/str.h"
#include "cli/history_source.h"
#include "inventory/fold.h"

#include <string.h>

#define SLICE    128 /* events in one read */
#define SLICE_MS 6   /* reading in one refresh */
#define NONE     SIZE_MAX

void
record_init(struct record *r, const struct history_source *source, const char *uuid)
{
	*r = (struct record){ .source = source, .arena = arena_new() };
	str_copy(r->uuid, sizeof(r->uuid), uuid);
}

void
record_fini(struct record *r)
{
	if (!r->arena)
		return;
	strmap_fini(&r->host_of);
	strmap_fini(&r->change_of);
	strmap_fini(&r->step_of);
	free(r->hosts);
	free(r->changes);
	free(r->steps);
	arena_free(r->arena);
	*r = (struct record){ 0 };
}

static const char *
keep(struct record *r, const char *s)
{
	return s ? arena_strdup(r->arena, s) : NULL;
}

static bool
says(const struct event *e, enum event_field f, const char *word)
{
	const char *text = event_text(e, f);

	return text && str_eq(text, word);
}

static size_t
host_of(struct record *r, const char *name)
{
	size_t at;

	if (strmap_find(&r->host_of, name, &at))
		return at;
	mem_grow(r->hosts, r->host_count, r->host_cap);
	r->hosts[r->host_count] = (struct record_host){ .name = keep(r, name), .rc = -1 };
	strmap_add(&r->host_of, r->hosts[r->host_count].name, r->host_count, NULL);
	return r->host_count++;
}

/* What makes a step the same on two hosts. */
static void
key_of(const struct event *e, char hex[DIGEST_HEX])
{
	static const enum event_field fields[] = { FIELD_NAME, FIELD_CLASS, FIELD_WAS,
		FIELD_DIGEST };
	struct digest *d = digest_new();
	size_t len = 0;
	const char *diff = event_data(e, FIELD_DIFF, &len);

	for (size_t i = 0; i < countof(fields); i++) {
		const char *text = event_text(e, fields[i]);

		digest_add(d, text ? text : "", text ? strlen(text) + 1 : 1);
	}
	if (diff)
		digest_add(d, diff, len);
	digest_end(d, hex);
}

static size_t
change_of(struct record *r, const struct event *e)
{
	const char *class = event_text(e, FIELD_CLASS), *name = event_text(e, FIELD_NAME);
	char hex[DIGEST_HEX];
	size_t at, len = 0;
	const char *diff = event_data(e, FIELD_DIFF, &len);

	key_of(e, hex);
	if (strmap_find(&r->change_of, hex, &at))
		return at;
	if (!name)
		name = event_text(e, FIELD_STEP);
	mem_grow(r->changes, r->change_count, r->change_cap);
	r->changes[r->change_count] = (struct record_change){ .name = keep(r, name ? name : "?"),
		.class = keep(r, class ? class : ""),
		.was = keep(r, event_text(e, FIELD_WAS)),
		.now = keep(r, event_text(e, FIELD_DIGEST)),
		.path = keep(r, event_text(e, FIELD_PATH)),
		.diff = diff ? arena_memdup0(r->arena, diff, len) : NULL,
		.first = NONE,
		.last = NONE };
	strmap_add(&r->change_of, keep(r, hex), r->change_count, NULL);
	return r->change_count++;
}

/* The step of a host by its id there. */
static struct record_step *
step_of(struct record *r, const struct event *e, bool make)
{
	const char *id = event_text(e, FIELD_STEP), *host = event_text(e, FIELD_HOST);
	const char *name = event_text(e, FIELD_NAME);
	size_t at;

	if (!host)
		return NULL;
	autofree char *key = xasprintf("%s\n%s", host, id ? id : name ? name : "");
	if (strmap_find(&r->step_of, key, &at))
		return &r->steps[at];
	if (!make)
		return NULL;
	if (r->step_count >= RECORD_STEPS) {
		r->lost++;
		return NULL;
	}
	size_t change = change_of(r, e);
	struct record_change *c = &r->changes[change];
	at = r->step_count++;
	if (at >= r->step_cap) {
		r->step_cap = r->step_cap ? r->step_cap * 2 : 64;
		r->steps = xrealloc(r->steps, r->step_cap, sizeof(*r->steps));
	}
	r->steps[at] = (struct record_step){
		.host = host_of(r, host), .change = change, .next = NONE, .rc = -1
	};
	if (c->last == NONE)
		c->first = at;
	else
		r->steps[c->last].next = at;
	c->last = at;
	c->count++;
	strmap_add(&r->step_of, keep(r, key), at, NULL);
	return &r->steps[at];
}

static void
take_start(struct record *r, const struct event *e)
{
	r->start_ms = e->time_ms;
	r->inventory = keep(r, event_text(e, FIELD_INVENTORY));
	r->subject = keep(r, event_text(e, FIELD_NAME));
	r->who = keep(r, event_text(e, FIELD_TEXT));
	r->dry_run = event_int(e, FIELD_DRY_RUN, 0) != 0;
	r->partial = says(e, FIELD_CLASS, "partial");
	r->console = says(e, FIELD_SOURCE, "console");
}

static void
add_planned(void *user, const char *entry)
{
	if (entry)
		host_of(user, entry);
}

static void
take_step_end(struct record *r, struct record_host *h, const struct event *e)
{
	const char *state = event_text(e, FIELD_STATE), *text = event_text(e, FIELD_TEXT);
	bool same =
	    !state || str_eq(state, "ok") || str_eq(state, "skipped") || str_eq(state, "same");
	struct record_step *s = step_of(r, e, !same);

	h->steps_done++;
	h->step = keep(r, event_text(e, FIELD_NAME));
	if (!s)
		return;
	s->state = same ? RECORD_SAME : str_eq(state, "changed") ? RECORD_CHANGED : RECORD_BAD;
	s->word = keep(r, state);
	s->text = text && *text ? keep(r, text) : NULL;
	s->rc = event_int(e, FIELD_RC, -1);
	s->ms = event_int(e, FIELD_MS, 0);
}

static void
take_host_end(struct record *r, struct record_host *h, const struct event *e)
{
	const char *state = event_text(e, FIELD_STATE);

	h->ended = true;
	h->end_ms = e->time_ms;
	h->outcome = OUTCOME_UNKNOWN;
	outcome_parse(state ? state : "", &h->outcome);
	if (!h->start_ms)
		h->start_ms = e->time_ms - event_int(e, FIELD_MS, 0);
	h->rc = event_int(e, FIELD_RC, -1);
	h->changed = event_int(e, FIELD_CHANGED, 0);
	h->signal = keep(r, event_text(e, FIELD_SIGNAL));
	h->phase = keep(r, event_text(e, FIELD_PHASE));
	h->text = keep(r, event_text(e, FIELD_TEXT));
}

static void
take_output(struct record *r, struct record_host *h, const struct event *e)
{
	struct record_output *o = says(e, FIELD_STREAM, "err") ? &h->err : &h->out;

	*o = (struct record_output){ .head = keep(r, event_text(e, FIELD_HEAD)),
		.tail = keep(r, event_text(e, FIELD_TAIL)),
		.bytes = event_int(e, FIELD_BYTES, 0) };
}

static void
take_of_host(struct record *r, struct record_host *h, const struct event *e)
{
	const char *class = event_text(e, FIELD_CLASS);

	if (e->kind == EVENT_HOST_START) {
		if (!h->started)
			h->start_ms = e->time_ms;
		h->started = true;
	} else if (e->kind == EVENT_HOST_OUTPUT) {
		take_output(r, h, e);
	} else if (e->kind == EVENT_PLAN_STEP && class && !str_eq(class, "same")) {
		h->steps++;
		step_of(r, e, true);
	} else if (e->kind == EVENT_STEP_START) {
		h->step = keep(r, event_text(e, FIELD_NAME));
	} else if (e->kind == EVENT_STEP_END) {
		take_step_end(r, h, e);
	} else if (e->kind == EVENT_HOST_END) {
		take_host_end(r, h, e);
	}
}

static void
take_note(struct record *r, const struct event *e)
{
	const char *text = event_text(e, FIELD_TEXT), *host = event_text(e, FIELD_HOST);

	if (!text || r->note_count >= RECORD_NOTES)
		return;
	r->notes[r->note_count++] = arena_printf(r->arena, "%s%s%s: %s", event_kind_name(e->kind),
	    host ? " " : "", host ? host : "", text);
}

static bool
on_event(void *to, const struct event *e)
{
	struct record *r = to;
	const char *host = event_text(e, FIELD_HOST);

	if (e->kind == EVENT_RUN_START) {
		take_start(r, e);
		event_list(e, FIELD_HOSTS, add_planned, r);
	} else if (e->kind == EVENT_RUN_END) {
		r->ended = true;
		r->end_ms = e->time_ms;
		r->exit = (int)event_int(e, FIELD_EXIT, 0);
	} else if (e->kind == EVENT_WARN || e->kind == EVENT_ROLLOUT || e->kind == EVENT_MACHINE ||
		   e->kind == EVENT_TRUST || e->kind == EVENT_PLAN_NOTE) {
		take_note(r, e);
	} else if (host) {
		size_t at = host_of(r, host);

		take_of_host(r, &r->hosts[at], e);
	}
	return true;
}

bool
record_refresh(struct record *r)
{
	uint64_t now = r->source->generation(r->source->user);
	int64_t until = clock_mono_ms() + SLICE_MS, before = -1, start = r->seq;

	if (r->whole && (r->ended || now == r->generation))
		return false;
	r->generation = now;
	while (r->seq != before && clock_mono_ms() < until) {
		before = r->seq;
		r->seq = r->source->events(r->source->user, r->uuid, r->seq, SLICE, on_event, r);
	}
	r->whole = r->seq == before;
	if (!r->whole)
		r->source->again(r->source->user);
	return r->seq != start;
}

bool
record_read_all(struct record *r, int64_t most)
{
	int64_t before = -1;

	while (r->seq != before && (!most || r->seq < most)) {
		before = r->seq;
		r->seq =
		    r->source->events(r->source->user, r->uuid, r->seq, SLICE * 8, on_event, r);
	}
	return r->whole = r->seq == before;
}

char *
record_hosts(const struct record *r, const struct record_change *c, enum record_state state,
    size_t *ret_count)
{
	autofree const char **names = xcalloc(c->count + 1, sizeof(*names));
	size_t n = 0;

	for (size_t i = c->first; i != NONE; i = r->steps[i].next) {
		if (r->steps[i].state == state)
			names[n++] = r->hosts[r->steps[i].host].name;
	}
	if (ret_count)
		*ret_count = n;
	return n ? names_fold(names, n) : NULL;
}
