/* Bytes onto screens, in slices; what is due. */
#include "tui/terms_inner.h"

#include "tui/terms.h"

#include "base/mem.h"
#include "tui/pane.h"

#define CHUNK ((size_t)16384)

static int64_t
now(const struct terms *t)
{
	return t->link->now_ms(t->link->user);
}

static size_t
left(const struct terms_pane *p)
{
	return p->raw.len - p->taken;
}

/* At most so much of it. Returns how much it was. */
static size_t
feed(struct terms_pane *p, size_t most)
{
	size_t n = left(p) < most ? left(p) : most;

	if (!n)
		return 0;
	pane_feed(p->pane, p->raw.data + p->taken, n);
	p->taken += n;
	if (p->taken == p->raw.len) {
		buf_clear(&p->raw);
		p->taken = 0;
	} else if (p->taken > TERMS_RAW_LOW) {
		buf_drop(&p->raw, p->taken);
		p->taken = 0;
	}
	if (p->paused && left(p) < TERMS_RAW_LOW && p->line) {
		p->paused = false;
		p->terms->link->pause(p->line, false);
	}
	return n;
}

void
terms_feed_all(struct terms_pane *p)
{
	while (feed(p, CHUNK))
		continue;
}

/* In how many ms it may have more; 0: now. */
static int64_t
due(struct terms_pane *p, int64_t at)
{
	int64_t every = p->seen ? TERMS_FRAME_MS : TERMS_HIDDEN_MS;

	if (at - p->frame_ms >= every) {
		p->frame_ms = at;
		p->fed = 0;
	}
	if (p->fed < TERMS_FRAME_RAW && (p->seen || p->fed == 0 || p->frame_ms == at))
		return 0;
	return p->frame_ms + every - at;
}

/* One turn: each pane a chunk, beginning with another each time, as long as the slice lasts. */
static void
feed_slice(struct terms *t)
{
	size_t budget = TERMS_SLICE;
	bool more = true, fed = false;
	int64_t at = now(t), soonest = -1;

	while (more && budget >= CHUNK) {
		more = false;
		for (size_t i = 0; i < t->count && budget >= CHUNK; i++) {
			struct terms_pane *p = t->panes[(t->turn + i) % t->count];

			if (!left(p) || due(p, at) > 0)
				continue;
			size_t n = feed(p, CHUNK);
			p->fed += n;
			budget -= n;
			more = fed = true;
		}
		t->turn = t->count ? (t->turn + 1) % t->count : 0;
	}
	for (size_t i = 0; i < t->count; i++) {
		int64_t wait = left(t->panes[i]) ? due(t->panes[i], at) : -1;

		if (wait >= 0 && (soonest < 0 || wait < soonest))
			soonest = wait;
	}
	if (soonest >= 0)
		t->link->wake(t->link->user, soonest);
	if (fed)
		t->link->changed(t->link->user);
}

/* Since when what was typed waits. */
static void
look_at_lag(struct terms *t)
{
	bool waits = false;

	for (size_t i = 0; i < t->count; i++) {
		struct terms_pane *p = t->panes[i];
		size_t n = p->line ? t->link->pending(p->line) : 0;
		bool was = p->lag_ms && now(t) - p->lag_ms >= TERMS_LAG_MS;

		if (!n)
			p->lag_ms = 0;
		else if (!p->lag_ms)
			p->lag_ms = now(t);
		waits = waits || n;
		if (was != (p->lag_ms && now(t) - p->lag_ms >= TERMS_LAG_MS))
			t->link->changed(t->link->user);
	}
	if (waits)
		t->link->wake(t->link->user, TERMS_LAG_MS);
}

/* Panes are compared once nothing comes any more, or when that lasts too long. */
static void
compare_if_quiet(struct terms *t)
{
	int64_t at = now(t), last = t->entered_ms, wait;
	bool all_in = true;

	if (!t->stale && !t->entered_ms)
		return;
	for (size_t i = 0; i < t->count; i++) {
		last = t->panes[i]->data_ms > last ? t->panes[i]->data_ms : last;
		all_in = all_in && !left(t->panes[i]);
	}
	wait = last + TERMS_QUIET_MS - at;
	if (at - (t->entered_ms ? t->entered_ms : t->compared_ms) >= TERMS_LATE_MS)
		wait = 0;
	else if (!all_in && wait < TERMS_FRAME_MS)
		wait = TERMS_FRAME_MS;
	if (wait > 0) {
		t->link->wake(t->link->user, wait);
		return;
	}
	terms_compare(t);
}

static void
look_at_idle(struct terms *t)
{
	if (t->mode == BROADCAST_OFF)
		return;
	if (broadcast_is_idle(&t->rules, t->mode, t->typed_ms, now(t))) {
		terms_set_mode(t, BROADCAST_OFF);
		t->link->say(t->link->user, false,
		    "nothing was typed for long: what is typed goes to one again");
		t->link->changed(t->link->user);
	} else if (t->rules.idle_ms) {
		t->link->wake(t->link->user, t->typed_ms + t->rules.idle_ms - now(t));
	}
}

void
terms_work(struct terms *t)
{
	feed_slice(t);
	terms_slow_go(t);
	look_at_lag(t);
	compare_if_quiet(t);
	look_at_idle(t);
}
