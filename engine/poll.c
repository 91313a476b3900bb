#include "engine/poll.h"

#include "base/clock.h"
#include "base/digest.h"
#include "base/loop.h"
#include "base/mem.h"
#include "base/str.h"
#include "engine/errand.h"
#include "engine/herd.h"
#include "engine/probe.h"
#include "inventory/inventory.h"
#include "ledger/ledger.h"

#include <string.h>

#define PERIOD_MS      3000
#define BECOME_MS      15000 /* each time is told to that host's journal */
#define SLOW_PERIOD_MS 30000
#define RETRY_MS       15000
#define ANSWER_MS      20000
#define ANSWER_MAX     (1 << 20)

struct polled {
	struct poll *poll;
	size_t index;
	struct herd_host *host;
	struct loop_timer *timer;
	struct status status;
	struct err err;
	enum poll_link link;
	int64_t taken_wall_ms; /* when the status was true; 0: never */
	bool in_sight, busy, from_ledger, wanted;
};

struct poll {
	struct herd *herd;
	struct polled *hosts;
	size_t count;
	int out; /* commands under way */
	bool hold;
	void (*changed)(void *user, size_t host);
	void *user;
};

static void ask(struct polled *h);

static void
schedule(struct polled *h, int64_t after_ms)
{
	if (!h->poll->hold)
		loop_timer_start(h->timer, after_ms);
}

static int64_t
plain_period(const struct polled *h)
{
	if (!h->in_sight)
		return SLOW_PERIOD_MS;
	return errand_becomes(h->host) ? BECOME_MS : PERIOD_MS;
}

/* A period with a tenth of jitter, so that a thousand hosts do not answer in one beat. */
static int64_t
period(const struct polled *h)
{
	uint16_t noise;
	int64_t ms = plain_period(h);

	digest_random(&noise, sizeof(noise));
	return ms - ms / 20 + (int64_t)noise % (ms / 10);
}

static void
next_waiting(struct poll *p)
{
	for (size_t i = 0; i < p->count && p->out < POLL_PARALLEL; i++) {
		if (p->hosts[i].wanted && !p->hosts[i].busy)
			ask(&p->hosts[i]);
	}
}

static void
ended(struct polled *h, int64_t next_ms)
{
	struct poll *p = h->poll;

	h->busy = false;
	p->out--;
	schedule(h, next_ms);
	p->changed(p->user, h->index);
	next_waiting(p);
}

static void
failed(struct polled *h, const struct err *err)
{
	h->link = POLL_DOWN;
	h->err = *err;
	ended(h, RETRY_MS);
}

static void
on_answer(
    void *user, struct herd_host *host, const struct probe_answer *answer, const struct err *err)
{
	struct polled *h = user;
	struct status fresh;
	struct err why;

	(void)host;
	if (err->kind != OUTCOME_OK) {
		failed(h, err);
		return;
	}
	status_init(&fresh);
	if (status_parse(&fresh, answer->body, answer->len, &h->status, &why) < 0) {
		status_fini(&fresh);
		failed(h, &why);
		return;
	}
	status_fini(&h->status);
	h->status = fresh;
	h->link = POLL_UP;
	h->err = (struct err){ 0 };
	h->from_ledger = false;
	h->taken_wall_ms = clock_wall_ms();
	ended(h, period(h));
}

static void
ask(struct polled *h)
{
	struct poll *p = h->poll;

	if (h->busy || p->hold)
		return;
	if (p->out >= POLL_PARALLEL) {
		h->wanted = true;
		return;
	}
	h->wanted = false;
	h->busy = true;
	p->out++;
	if (h->link == POLL_IDLE)
		h->link = POLL_CONNECTING;
	probe_start(h->host, &(struct probe_spec){ .program = host_status_sh,
				 .max = ANSWER_MAX,
				 .timeout_ms = ANSWER_MS,
				 .done = on_answer,
				 .user = h });
}

static void
on_timer(void *user)
{
	ask(user);
}

static void
remember(struct polled *h)
{
	const struct inventory *inv = herd_inventory(h->poll->herd);
	const struct host *host = herd_host_of(h->host);
	struct ledger *ledger = herd_ledger(h->poll->herd);
	struct ledger_host known;
	const struct {
		const char *fact;
		char *to;
		size_t size;
	} facts[] = {
		{ "os", h->status.os, sizeof(h->status.os) },
		{ "kernel", h->status.kernel, sizeof(h->status.kernel) },
		{ "arch", h->status.arch, sizeof(h->status.arch) },
		{ "podman", h->status.podman, sizeof(h->status.podman) },
		{ "systemd", h->status.systemd, sizeof(h->status.systemd) },
	};

	if (!ledger || !ledger_host(ledger, inventory_fleet(inv), host->name, &known) ||
	    !known.seen_ms)
		return;
	h->from_ledger = true;
	h->taken_wall_ms = known.seen_ms;
	for (size_t i = 0; i < countof(facts); i++) {
		const char *value = herd_fact(h->host, facts[i].fact);

		if (value)
			str_copy(facts[i].to, facts[i].size, value);
	}
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
	for (size_t i = 0; i < p->count; i++) {
		struct polled *h = &p->hosts[i];

		*h = (struct polled){ .poll = p, .index = i, .host = herd_at(herd, i) };
		status_init(&h->status);
		h->timer = loop_timer_new(herd_loop(herd), on_timer, h);
		remember(h);
		schedule(h, (int64_t)i * 5);
	}
	return p;
}

void
poll_free(struct poll *p)
{
	if (!p)
		return;
	for (size_t i = 0; i < p->count; i++) {
		loop_timer_free(p->hosts[i].timer);
		status_fini(&p->hosts[i].status);
	}
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

void
poll_watch(struct poll *p, size_t host, bool in_sight)
{
	struct polled *h = &p->hosts[host];

	if (h->in_sight == in_sight)
		return;
	h->in_sight = in_sight;
	if (in_sight && !h->busy)
		schedule(h, 0);
}

void
poll_now(struct poll *p, size_t host)
{
	ask(&p->hosts[host]);
}

void
poll_hold(struct poll *p, bool hold)
{
	p->hold = hold;
	for (size_t i = 0; i < p->count; i++) {
		if (hold)
			loop_timer_stop(p->hosts[i].timer);
		else if (!p->hosts[i].busy)
			schedule(&p->hosts[i], (int64_t)i * 5);
	}
}
