#include "engine/sweep.h"

#include "base/clock.h"
#include "base/err.h"
#include "base/event.h"
#include "base/loop.h"
#include "base/mem.h"
#include "engine/herd.h"
#include "engine/run.h"
#include "inventory/inventory.h"

#define PARALLEL 64

enum turn { TURN_WAITS, TURN_WORKS, TURN_OVER };

struct sweep {
	struct sweep_spec spec;
	enum turn *turn;
	int64_t *began_ms;
	size_t next, working, over;
	int stops;
	bool filling, told;
};

static void fill(struct sweep *s);

static void
tell_done(void *user)
{
	struct sweep *s = user;

	s->spec.done(s->spec.user);
}

static void
end_host(struct sweep *s, size_t i, const struct err *err)
{
	bool begun = s->turn[i] == TURN_WORKS;
	autoevent e = { .count = 0 };

	event_init(&e, EVENT_HOST_END);
	event_set_text(&e, FIELD_HOST, herd_host_of(s->spec.hosts[i])->name);
	event_set_text(&e, FIELD_STATE, outcome_name(err->kind));
	if (err->kind != OUTCOME_OK) {
		event_set_text(&e, FIELD_PHASE, err->phase[0] ? err->phase : NULL);
		event_set_text(&e, FIELD_TEXT, herd_reason(s->spec.hosts[i], err));
	}
	if (begun)
		event_set_int(&e, FIELD_MS, clock_mono_ms() - s->began_ms[i]);
	s->turn[i] = TURN_OVER;
	s->working -= begun;
	s->over++;
	run_emit(s->spec.run, &e);
	herd_disconnect(s->spec.hosts[i]);
	fill(s);
}

static void
begin_host(struct sweep *s, size_t i)
{
	const struct host *host = herd_host_of(s->spec.hosts[i]);
	autoevent e = { .count = 0 };

	s->turn[i] = TURN_WORKS;
	s->began_ms[i] = clock_mono_ms();
	s->working++;
	event_init(&e, EVENT_HOST_START);
	event_set_text(&e, FIELD_HOST, host->name);
	event_set_text(&e, FIELD_KIND, host_kind_name(host->kind));
	event_set_text(&e, FIELD_ADDRESS, host->address ? host->address : host->name);
	event_set_int(&e, FIELD_ATTEMPT, 1);
	run_emit(s->spec.run, &e);
	s->spec.begin(s->spec.user, s->spec.hosts[i]);
}

static void
fill(struct sweep *s)
{
	size_t limit = s->spec.parallel > 0 ? (size_t)s->spec.parallel : PARALLEL;
	struct err untried;

	if (s->filling)
		return;
	s->filling = true;
	err_set(&untried, OUTCOME_UNTRIED, "stopped before it");
	while (s->next < s->spec.count && (s->stops > 0 || s->working < limit)) {
		if (s->stops > 0)
			end_host(s, s->next++, &untried);
		else
			begin_host(s, s->next++);
	}
	s->filling = false;
	if (s->over == s->spec.count && !s->told) {
		s->told = true;
		loop_soon(herd_loop(s->spec.herd), tell_done, s);
	}
}

struct sweep *
sweep_start(const struct sweep_spec *spec)
{
	struct sweep *s = xcalloc(1, sizeof(*s));

	s->spec = *spec;
	s->turn = xcalloc(spec->count, sizeof(*s->turn));
	s->began_ms = xcalloc(spec->count, sizeof(*s->began_ms));
	fill(s);
	return s;
}

static size_t
index_of(const struct sweep *s, const struct herd_host *hh)
{
	size_t i = 0;

	while (i < s->spec.count && s->spec.hosts[i] != hh)
		i++;
	return i;
}

bool
sweep_wants(const struct sweep *s, const struct herd_host *hh)
{
	size_t i = index_of(s, hh);

	return i < s->spec.count && s->turn[i] == TURN_WORKS;
}

void
sweep_host_done(struct sweep *s, struct herd_host *hh, const struct err *err)
{
	size_t i = index_of(s, hh);

	if (i < s->spec.count && s->turn[i] == TURN_WORKS)
		end_host(s, i, err);
}

void
sweep_stop(struct sweep *s)
{
	struct err cut;

	s->stops++;
	fill(s);
	if (s->stops < 2)
		return;
	err_set(&cut, OUTCOME_UNKNOWN, "cut before it answered");
	for (size_t i = 0; i < s->spec.count; i++) {
		if (s->turn[i] != TURN_WORKS)
			continue;
		if (s->spec.cut)
			s->spec.cut(s->spec.user, s->spec.hosts[i]);
		else
			end_host(s, i, &cut);
	}
}

void
sweep_free(struct sweep *s)
{
	if (!s)
		return;
	free(s->turn);
	free(s->began_ms);
	free(s);
}
