#include "engine/poll.h"

#include "base/clock.h"
#include "base/digest.h"
#include "base/loop.h"
#include "base/mem.h"
#include "base/str.h"
#include "engine/herd.h"
#include "engine/watch.h"
#include "inventory/inventory.h"
#include "ledger/ledger.h"

#include <string.h>

#define PERIOD_MS      3000
#define SLOW_PERIOD_MS 30000
#define FULL_MS        30000  /* all there is, of a host in sight */
#define FEW_FULL_MS    9000   /* of the only ones in sight */
#define REST_FULL_MS   300000 /* of the others */
#define RETRY_MS       5000   /* then twice as long each time */
#define RETRY_MAX_MS   120000
#define ANSWER_MS      20000
#define SLICE_MS       250 /* what is due within one is asked at once: fewer wake-ups */
#define FIRST_MS       20  /* the first paint says what is in sight */

struct polled {
	struct poll *poll;
	size_t index;
	struct herd_host *host;
	struct watch *watch;
	struct status status;
	struct err err;
	enum poll_link link;
	int64_t taken_wall_ms; /* when the status was true; 0: never */
	int64_t due_ms;        /* when to ask; busy: until when it must have answered */
	int64_t full_ms;       /* when all was asked last; 0: never */
	int failures;          /* in a row */
	char stamp[32];        /* of the last full answer */
	bool in_sight, preferred, busy, full, from_ledger;
};

struct poll {
	struct herd *herd;
	struct polled *hosts;
	size_t count, sight;
	struct loop_timer *timer;
	int64_t armed_ms; /* when the timer fires; 0: it does not */
	int out;          /* questions under way */
	bool hold;
	void (*changed)(void *user, size_t host);
	void *user;
};

static int64_t
now_ms(const struct poll *p)
{
	return loop_now_ms(herd_loop(p->herd));
}

/* The timer fires then, or before. */
static void
arm(struct poll *p, int64_t at_ms)
{
	int64_t now = now_ms(p);

	if (p->hold || (p->armed_ms && p->armed_ms <= at_ms))
		return;
	p->armed_ms = at_ms > now ? at_ms : now;
	loop_timer_start(p->timer, p->armed_ms - now);
}

static void
due(struct polled *h, int64_t after_ms)
{
	h->due_ms = now_ms(h->poll) + after_ms;
	arm(h->poll, h->due_ms);
}

static int64_t
plain_period(const struct polled *h)
{
	return h->in_sight ? PERIOD_MS : SLOW_PERIOD_MS;
}

/* With a tenth of jitter, so that a thousand hosts do not answer in one beat. */
static int64_t
with_jitter(int64_t ms)
{
	uint16_t noise;

	digest_random(&noise, sizeof(noise));
	return ms - ms / 20 + (int64_t)noise % (ms / 10);
}

static void
ended(struct polled *h, int64_t next_ms)
{
	struct poll *p = h->poll;

	/* Somebody may wait for this place. */
	if (p->out == POLL_PARALLEL)
		arm(p, 0);
	p->out -= h->busy;
	h->busy = false;
	due(h, next_ms);
}

static void
failed(struct polled *h, const struct err *err)
{
	int64_t wait = RETRY_MS;
	bool told = h->link == POLL_DOWN && str_eq(h->err.text, err->text);

	for (int i = 0; i < h->failures && wait < RETRY_MAX_MS; i++)
		wait *= 2;
	if (wait > RETRY_MAX_MS)
		wait = RETRY_MAX_MS;
	if (h->in_sight && wait > SLOW_PERIOD_MS)
		wait = SLOW_PERIOD_MS;
	h->failures++;
	h->link = POLL_DOWN;
	h->err = *err;
	h->full_ms = 0;
	ended(h, with_jitter(wait));
	if (!told)
		h->poll->changed(h->poll->user, h->index);
}

/* Does what is shown differ in more than its numbers? */
static bool
differs(const struct polled *h, const struct status *fresh)
{
	const struct status *old = &h->status;

	return h->link != POLL_UP || h->from_ledger || old->units_failed != fresh->units_failed ||
	       old->unit_count != fresh->unit_count ||
	       old->containers_running != fresh->containers_running ||
	       old->container_count != fresh->container_count ||
	       (h->full && !str_eq(h->stamp, fresh->stamp));
}

static void
on_answer(void *user, const struct probe_answer *answer)
{
	struct polled *h = user;
	struct status fresh;
	struct err why;
	bool stamped, tell;

	if (!h->busy)
		return;
	status_init(&fresh);
	if (status_parse(&fresh, answer->body, answer->len, &h->status, &why) < 0) {
		status_fini(&fresh);
		failed(h, &why);
		return;
	}
	status_carry(&fresh, &h->status);
	/* What came or went is asked for at once. */
	stamped = h->full || str_eq(fresh.stamp, h->stamp);
	tell = differs(h, &fresh);
	if (h->full)
		str_copy(h->stamp, sizeof(h->stamp), fresh.stamp);
	status_fini(&h->status);
	h->status = fresh;
	h->link = POLL_UP;
	h->err = (struct err){ 0 };
	h->from_ledger = false;
	h->failures = 0;
	h->taken_wall_ms = clock_wall_ms();
	if (!stamped)
		h->full_ms = 0;
	ended(h, stamped ? with_jitter(plain_period(h)) : 0);
	if (tell)
		h->poll->changed(h->poll->user, h->index);
}

static void
on_end(void *user, const struct err *err)
{
	struct polled *h = user;

	h->watch = NULL;
	if (err->kind != OUTCOME_OK)
		failed(h, err);
	else if (h->busy)
		ended(h, 0);
}

static bool
wants_all(const struct polled *h)
{
	int64_t every = REST_FULL_MS;

	if (h->in_sight)
		every = h->poll->sight <= 2 ? FEW_FULL_MS : FULL_MS;
	return !h->full_ms || now_ms(h->poll) - h->full_ms >= every;
}

static void
ask(struct polled *h)
{
	struct poll *p = h->poll;
	const struct watch_spec spec = {
		.host = h->host, .answer = on_answer, .end = on_end, .user = h
	};

	h->busy = true;
	p->out++;
	h->full = !h->watch || wants_all(h);
	if (h->full)
		h->full_ms = now_ms(p);
	h->due_ms = now_ms(p) + ANSWER_MS;
	if (h->link == POLL_IDLE)
		h->link = POLL_CONNECTING;
	if (!h->watch) {
		h->watch = watch_start(&spec);
	}
	if (h->watch)
		watch_ask(h->watch, h->full);
}

/* What has not answered in time is asked anew, by another program. */
static void
give_up(struct polled *h)
{
	struct err err;

	/* A login has limits of its own, and may wait for a person. */
	if (!herd_connected(h->host)) {
		h->due_ms = now_ms(h->poll) + ANSWER_MS;
		return;
	}
	err_set(&err, OUTCOME_UNREACHABLE, "no answer in %d s", ANSWER_MS / 1000);
	watch_free(take(h->watch));
	failed(h, &err);
}

static int
rank(const struct polled *h)
{
	return h->in_sight ? 0 : h->preferred ? 1 : 2;
}

static void
on_timer(void *user)
{
	struct poll *p = user;
	int64_t now = now_ms(p), next = INT64_MAX;

	p->armed_ms = 0;
	for (int r = 0; r < 3; r++) {
		for (size_t i = 0; i < p->count; i++) {
			struct polled *h = &p->hosts[i];

			if (rank(h) != r || h->due_ms > now + SLICE_MS / 2)
				continue;
			if (h->busy && h->due_ms <= now)
				give_up(h);
			else if (!h->busy && p->out < POLL_PARALLEL)
				ask(h);
		}
	}
	/* Where no more may be out, the next answer goes on. */
	for (size_t i = 0; i < p->count; i++) {
		const struct polled *h = &p->hosts[i];

		if (h->due_ms < next && (h->busy || p->out < POLL_PARALLEL))
			next = h->due_ms;
	}
	if (next < INT64_MAX)
		arm(p, next > now + SLICE_MS ? next : now + SLICE_MS);
}

static struct polled *
of_name(struct poll *p, const char *name)
{
	const struct host *host = inventory_find(herd_inventory(p->herd), name);

	return host ? &p->hosts[host->index] : NULL;
}

static void
remember_host(void *user, const struct ledger_host *known)
{
	struct polled *h = of_name(user, known->name);

	if (!h || !known->seen_ms)
		return;
	h->from_ledger = true;
	h->taken_wall_ms = known->seen_ms;
}

static void
remember_fact(void *user, const char *name, const char *key, const char *value)
{
	struct polled *h = of_name(user, name);

	if (!h || !h->from_ledger)
		return;
	const struct {
		const char *key;
		char *to;
		size_t size;
	} facts[] = {
		{ "os", h->status.os, sizeof(h->status.os) },
		{ "kernel", h->status.kernel, sizeof(h->status.kernel) },
		{ "arch", h->status.arch, sizeof(h->status.arch) },
		{ "podman", h->status.podman, sizeof(h->status.podman) },
		{ "systemd", h->status.systemd, sizeof(h->status.systemd) },
	};
	for (size_t i = 0; i < countof(facts); i++) {
		if (str_eq(key, facts[i].key))
			str_copy(facts[i].to, facts[i].size, value);
	}
}

/* What is shown until a host has answered. */
static void
remember(struct poll *p)
{
	const char *fleet = inventory_fleet(herd_inventory(p->herd));
	struct ledger *ledger = herd_ledger(p->herd);

	if (!ledger)
		return;
	ledger_hosts(ledger, fleet, remember_host, p);
	ledger_hosts_facts(ledger, fleet, "os kernel arch podman systemd", remember_fact, p);
}

struct poll *
poll_new(struct herd *herd, void (*changed)(void *user, size_t host), void *user)
{
	struct poll *p = xcalloc(1, sizeof(*p));

	p->herd = herd;
	p->changed = changed;
	p->user = user;
	p->count = herd_count(herd);
	p->hosts = xcalloc(p->count, sizeof(*p->hosts));
	p->timer = loop_timer_new(herd_loop(herd), on_timer, p);
	for (size_t i = 0; i < p->count; i++) {
		struct polled *h = &p->hosts[i];

		*h = (struct polled){ .poll = p, .index = i, .host = herd_at(herd, i) };
		status_init(&h->status);
		due(h, FIRST_MS);
	}
	remember(p);
	return p;
}

void
poll_free(struct poll *p)
{
	if (!p)
		return;
	for (size_t i = 0; i < p->count; i++) {
		watch_free(p->hosts[i].watch);
		status_fini(&p->hosts[i].status);
	}
	loop_timer_free(p->timer);
	free(p->hosts);
	free(p);
}

void
poll_get(const struct poll *p, size_t host, struct poll_view *ret)
{
	const struct polled *h = &p->hosts[host];

	*ret = (struct poll_view){ .status = &h->status,
		.link = h->link,
		.err = &h->err,
		.rtt_ms = herd_rtt_ms(h->host),
		.period_ms = plain_period(h),
		.from_ledger = h->from_ledger,
		.age_ms = h->taken_wall_ms ? clock_wall_ms() - h->taken_wall_ms : -1 };
}

/* What came into sight is as old as the slow period made it. */
void
poll_watch(struct poll *p, size_t host, bool in_sight)
{
	struct polled *h = &p->hosts[host];

	if (h->in_sight == in_sight)
		return;
	h->in_sight = in_sight;
	p->sight += in_sight;
	p->sight -= !in_sight;
	if (in_sight && !h->busy && h->link != POLL_DOWN && h->due_ms > now_ms(p))
		due(h, clock_wall_ms() - h->taken_wall_ms >= PERIOD_MS ? 0 : PERIOD_MS);
}

void
poll_prefer(struct poll *p, size_t host, bool preferred)
{
	p->hosts[host].preferred = preferred;
}

void
poll_now(struct poll *p, size_t host)
{
	struct polled *h = &p->hosts[host];

	h->failures = 0;
	h->full_ms = 0;
	if (!h->busy)
		due(h, 0);
}

/* Held, nothing runs on the hosts either: no link is kept awake by asking whether it lives. */
void
poll_hold(struct poll *p, bool hold)
{
	p->hold = hold;
	if (!hold) {
		for (size_t i = 0; i < p->count; i++)
			due(&p->hosts[i], 0);
		return;
	}
	loop_timer_stop(p->timer);
	p->armed_ms = 0;
	for (size_t i = 0; i < p->count; i++) {
		struct polled *h = &p->hosts[i];

		p->out -= h->busy;
		h->busy = false;
		watch_free(take(h->watch));
	}
}

size_t
poll_out(const struct poll *p)
{
	return (size_t)p->out;
}
