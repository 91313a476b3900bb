#include "engine/run.h"

#include "base/clock.h"
#include "base/loop.h"
#include "base/mem.h"
#include "base/str.h"
#include "ledger/ledger.h"

#include <string.h>

#define SINKS    8
#define STOPS    4
#define COUNTERS 12

struct run {
	struct loop *loop;
	struct ledger *ledger;
	struct ledger_run *record;
	char uuid[UUID_TEXT];
	struct event start; /* a copy, for sinks that come later */
	int64_t seq, start_ms;
	struct event_sink sink[SINKS];
	int sinks;
	struct {
		void (*stop)(void *user, int signum);
		void *user;
	} stop[STOPS];
	int stops;
	struct {
		const char *name;
		int64_t n;
	} counter[COUNTERS];
	int counters;
	int asked, signum; /* how often to stop; the first signal */
	bool finished;
	struct run_counts counts;
	struct event *added; /* by the ledger, not yet told */
	size_t added_count, added_cap;
};

/* The ledger saw something of its own in an event: told in the order of seq, with that event. */
static void
on_added(void *user, const struct event *e)
{
	struct run *r = user;

	mem_grow(r->added, r->added_count, r->added_cap);
	event_copy(&r->added[r->added_count++], e);
}

static struct run *
run_make(const struct run_spec *spec)
{
	struct run *r = xcalloc(1, sizeof(*r));

	r->loop = spec->loop;
	r->ledger = spec->ledger;
	r->start_ms = clock_mono_ms();
	r->counts.hosts = spec->host_count;
	event_init(&r->start, EVENT_RUN_START);
	return r;
}

struct run *
run_new(const struct run_spec *spec, struct err *err)
{
	struct run *r = run_make(spec);

	if (spec->ledger) {
		r->record = ledger_run_begin(spec->ledger, spec->start, err);
		if (!r->record) {
			run_free(r);
			return NULL;
		}
		str_copy(r->uuid, sizeof(r->uuid), ledger_run_uuid(r->record));
		ledger_run_listen(r->record, on_added, r);
	} else {
		uuid_v7(clock_wall_ms(), r->uuid);
		str_copy(spec->start->run, sizeof(spec->start->run), r->uuid);
		spec->start->seq = ++r->seq;
	}
	event_fini(&r->start);
	event_copy(&r->start, spec->start);
	return r;
}

struct run *
run_adopt(const struct run_spec *spec, const char *uuid, struct err *err)
{
	struct run *r = run_make(spec);

	r->record = ledger_run_adopt(spec->ledger, uuid, err);
	if (!r->record) {
		run_free(r);
		return NULL;
	}
	str_copy(r->uuid, sizeof(r->uuid), uuid);
	ledger_run_listen(r->record, on_added, r);
	if (spec->start) {
		event_fini(&r->start);
		event_copy(&r->start, spec->start);
	}
	str_copy(r->start.run, sizeof(r->start.run), uuid);
	return r;
}

void
run_free(struct run *r)
{
	if (!r)
		return;
	if (r->record)
		ledger_run_end(r->record);
	event_fini(&r->start);
	free(r->added);
	free(r);
}

const char *
run_uuid(const struct run *r)
{
	return r->uuid;
}

const char *
run_alias(const struct run *r)
{
	return r->record ? ledger_run_alias(r->record) : "-";
}

struct ledger_run *
run_ledger(const struct run *r)
{
	return r->record;
}

void
run_add_sink(struct run *r, const struct event_sink *sink)
{
	if (r->sinks == SINKS)
		mem_abort("bug: too many listen to one run");
	r->sink[r->sinks++] = *sink;
	if (r->start.count > 0)
		sink->event(sink->user, &r->start);
}

void
run_remove_sink(struct run *r, const void *user)
{
	for (int i = 0; i < r->sinks; i++) {
		if (r->sink[i].user == user) {
			memmove(&r->sink[i], &r->sink[i + 1],
			    (size_t)(r->sinks - i - 1) * sizeof(r->sink[0]));
			r->sinks--;
			return;
		}
	}
}

static void
count_host(struct run *r, const struct event *e)
{
	const char *state = event_text(e, FIELD_STATE);
	enum outcome o;

	if (!state || !outcome_parse(state, &o))
		mem_abort("bug: a host ended in no known state");
	r->counts.by_outcome[o]++;
	r->counts.ended++;
}

static void
tell(struct run *r, const struct event *e)
{
	for (int i = 0; i < r->sinks; i++)
		r->sink[i].event(r->sink[i].user, e);
}

static void
tell_added(struct run *r, int64_t before_seq)
{
	size_t n = 0;

	for (; n < r->added_count && r->added[n].seq < before_seq; n++) {
		tell(r, &r->added[n]);
		event_fini(&r->added[n]);
	}
	memmove(r->added, r->added + n, (r->added_count - n) * sizeof(*r->added));
	r->added_count -= n;
}

void
run_emit(struct run *r, struct event *e)
{
	if (r->record && !event_is_passing(e->kind)) {
		ledger_append(r->record, e);
	} else {
		str_copy(e->run, sizeof(e->run), r->uuid);
		if (!r->record)
			e->seq = ++r->seq;
	}
	if (e->kind == EVENT_HOST_END)
		count_host(r, e);
	if (r->added_count)
		tell_added(r, e->seq);
	tell(r, e);
	if (r->added_count)
		tell_added(r, INT64_MAX);
}

struct sync_wait {
	void (*done)(void *user, const struct err *err);
	void *user;
};

static void
synced_without_ledger(void *user)
{
	autofree struct sync_wait *w = user;

	w->done(w->user, NULL);
}

void
run_progress(struct run *r, const char *host, uint64_t bytes, uint64_t total)
{
	autoevent e = { .count = 0 };

	event_init(&e, EVENT_HOST_PROGRESS);
	event_set_text(&e, FIELD_HOST, host);
	event_set_int(&e, FIELD_BYTES, (int64_t)bytes);
	event_set_int(&e, FIELD_TOTAL, total == UINT64_MAX ? -1 : (int64_t)total);
	run_emit(r, &e);
}

void
run_sync(struct run *r, void (*done)(void *user, const struct err *err), void *user)
{
	struct sync_wait *w;

	if (r->record) {
		ledger_sync(r->record, done, user);
		return;
	}
	w = xcalloc(1, sizeof(*w));
	*w = (struct sync_wait){ done, user };
	loop_soon(r->loop, synced_without_ledger, w);
}

void
run_stop(struct run *r, int signum)
{
	if (r->asked++ == 0 || r->signum == 0)
		r->signum = signum;
	for (int i = 0; i < r->stops; i++)
		r->stop[i].stop(r->stop[i].user, signum);
}

bool
run_stopping(const struct run *r)
{
	return r->asked > 0;
}

void
run_on_stop(struct run *r, void (*stop)(void *user, int signum), void *user)
{
	if (r->stops == STOPS)
		mem_abort("bug: too many wait for one run to stop");
	r->stop[r->stops].stop = stop;
	r->stop[r->stops++].user = user;
}

const struct run_counts *
run_counts(const struct run *r)
{
	return &r->counts;
}

void
run_count_earlier(struct run *r, enum outcome o)
{
	r->counts.hosts++;
	r->counts.by_outcome[o]++;
	r->counts.ended++;
}

void
run_counter(struct run *r, const char *name, int64_t n)
{
	for (int i = 0; i < r->counters; i++) {
		if (str_eq(r->counter[i].name, name)) {
			r->counter[i].n += n;
			return;
		}
	}
	if (r->counters == COUNTERS)
		mem_abort("bug: too many counters of one run");
	r->counter[r->counters].name = name;
	r->counter[r->counters++].n = n;
}

static enum outcome
worst(const struct run *r, enum outcome extra)
{
	enum outcome o = extra;
	struct err err;

	for (int i = 0; i < OUTCOME_COUNT; i++) {
		if (r->counts.by_outcome[i] > 0)
			o = outcome_worse(o, (enum outcome)i);
	}
	if (r->ledger && ledger_failed(r->ledger, &err))
		o = outcome_worse(o, err.kind);
	if (r->asked > 0)
		o = outcome_worse(o, r->signum ? OUTCOME_CANCELLED : OUTCOME_TIMEOUT);
	return o;
}

int
run_finish(struct run *r, enum outcome extra)
{
	const size_t *by = r->counts.by_outcome;
	enum outcome o = worst(r, extra);
	int code = o == OUTCOME_CANCELLED ? 128 + r->signum : outcome_exit(o);
	autoevent e = { .count = 0 };

	if (r->finished)
		mem_abort("bug: a run ended twice");
	r->finished = true;
	event_init(&e, EVENT_RUN_END);
	event_set_text(&e, FIELD_STATE, outcome_name(o));
	event_set_int(&e, FIELD_EXIT, code);
	event_set_int(&e, FIELD_OK, (int64_t)by[OUTCOME_OK]);
	event_set_int(&e, FIELD_CHANGED, (int64_t)by[OUTCOME_CHANGED]);
	event_set_int(&e, FIELD_FAILED,
	    (int64_t)(r->counts.ended - by[OUTCOME_OK] - by[OUTCOME_CHANGED] -
		      by[OUTCOME_UNREACHABLE] - by[OUTCOME_UNTRIED] - by[OUTCOME_UNKNOWN]));
	event_set_int(&e, FIELD_UNREACHABLE, (int64_t)by[OUTCOME_UNREACHABLE]);
	event_set_int(&e, FIELD_UNTRIED, (int64_t)by[OUTCOME_UNTRIED]);
	event_set_int(&e, FIELD_UNKNOWN, (int64_t)by[OUTCOME_UNKNOWN]);
	event_set_int(&e, FIELD_MS, clock_mono_ms() - r->start_ms);
	for (int i = 0; i < r->counters; i++)
		event_map_int(&e, FIELD_COUNTERS, r->counter[i].name, r->counter[i].n);
	run_emit(r, &e);
	return code;
}

bool
run_finished(const struct run *r)
{
	return r->finished;
}
