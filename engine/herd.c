#include "engine/herd.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/loop.h"
#include "base/mem.h"
#include "base/str.h"
#include "engine/factbook.h"
#include "inventory/inventory.h"
#include "ledger/ledger.h"

#include <string.h>

struct waiter {
	struct waiter *next;
	void (*ready)(void *user, struct session *s, const struct err *err);
	void (*slow)(void *user); /* NULL: does not care, or was told */
	void *user;
};

struct herd_host {
	struct herd *herd;
	const struct host *host;
	struct session *session;
	bool up, leave, was_up, needs_terminal;
	int holds;
	struct herd_guest *guests;
	int64_t held_ms;            /* since when there is one */
	unsigned sessions, retries; /* how many there were */
	struct waiter *waiting, **waiting_tail;
	struct factbook facts; /* that this program asked for */
	struct session_counters closed;
};

struct herd {
	struct herd_config config;
	struct herd_host *hosts;
	size_t count;
	struct herd_job *jobs;
	struct passwords *passwords;
};

struct herd *
herd_new(const struct herd_config *config)
{
	struct herd *h = xcalloc(1, sizeof(*h));

	h->config = *config;
	h->passwords = passwords_new(&config->passwords);
	h->count = inventory_count(config->inventory);
	h->hosts = xcalloc(h->count, sizeof(*h->hosts));
	for (size_t i = 0; i < h->count; i++) {
		struct herd_host *hh = &h->hosts[i];

		hh->herd = h;
		hh->host = inventory_host(config->inventory, i);
		hh->waiting_tail = &hh->waiting;
	}
	return h;
}

static void
close_session(struct herd_host *hh)
{
	struct session_counters c;

	if (!hh->session)
		return;
	session_counters(hh->session, &c);
	hh->closed.logins += c.logins;
	hh->closed.execs += c.execs;
	hh->closed.bytes_in += c.bytes_in;
	hh->closed.bytes_out += c.bytes_out;
	session_close(hh->session);
	hh->session = NULL;
	hh->up = hh->leave = false;
}

void
herd_free(struct herd *h)
{
	if (!h)
		return;
	for (size_t i = 0; i < h->count; i++) {
		struct herd_host *hh = &h->hosts[i];

		close_session(hh);
		while (hh->waiting) {
			struct waiter *w = hh->waiting;

			hh->waiting = w->next;
			free(w);
		}
		factbook_fini(&hh->facts);
	}
	while (h->jobs) {
		struct herd_job *job = h->jobs;

		herd_remove_job(job);
		job->drop(job);
	}
	passwords_free(h->passwords);
	free(h->hosts);
	free(h);
}

void
herd_add_job(struct herd *h, struct herd_job *job)
{
	job->next = h->jobs;
	job->link = &h->jobs;
	if (job->next)
		job->next->link = &job->next;
	h->jobs = job;
}

void
herd_remove_job(struct herd_job *job)
{
	*job->link = job->next;
	if (job->next)
		job->next->link = job->link;
}

struct loop *
herd_loop(const struct herd *h)
{
	return h->config.loop;
}

struct ledger *
herd_ledger(const struct herd *h)
{
	return h->config.ledger;
}

const struct inventory *
herd_inventory(const struct herd *h)
{
	return h->config.inventory;
}

struct passwords *
herd_passwords(const struct herd *h)
{
	return h->passwords;
}

size_t
herd_count(const struct herd *h)
{
	return h->count;
}

struct herd_host *
herd_at(struct herd *h, size_t i)
{
	return &h->hosts[i];
}

struct herd_host *
herd_of(struct herd *h, const struct host *host)
{
	return &h->hosts[host->index];
}

const struct host *
herd_host_of(const struct herd_host *hh)
{
	return hh->host;
}

struct herd *
herd_host_herd(const struct herd_host *hh)
{
	return hh->herd;
}

const char *
herd_reason(const struct herd_host *hh, const struct err *err)
{
	size_t n = strlen(hh->host->name);

	if (str_starts(err->text, hh->host->name) && str_starts(err->text + n, ": "))
		return err->text + n + 2;
	return err->text;
}

bool
herd_connected(const struct herd_host *hh)
{
	return hh->up;
}

static void open_session(struct herd_host *hh);

/* Tell all who wait; they may ask again from inside. */
static void
tell(struct herd_host *hh, struct session *s, const struct err *err)
{
	struct waiter *list = hh->waiting;

	hh->waiting = NULL;
	hh->waiting_tail = &hh->waiting;
	while (list) {
		struct waiter *w = list;

		list = w->next;
		/* One of them may have let go of the session that the others were promised. */
		if (s && hh->session != s) {
			w->next = NULL;
			*hh->waiting_tail = w;
			hh->waiting_tail = &w->next;
			continue;
		}
		w->ready(w->user, s, err);
		free(w);
	}
	if (hh->waiting && !hh->session)
		open_session(hh);
}

static void
on_up(void *user, struct session *s)
{
	struct herd_host *hh = user;

	hh->up = hh->was_up = true;
	tell(hh, s, NULL);
}

static void
on_down(void *user, struct session *s, const struct err *err)
{
	struct herd_host *hh = user;
	struct err why = *err;

	(void)s;
	close_session(hh);
	tell(hh, NULL, &why);
}

/* Told, they may forget themselves: look anew each time. */
static void
on_slow(void *user, struct session *s)
{
	struct herd_host *hh = user;

	(void)s;
	for (struct waiter *w = hh->waiting; w;) {
		if (!w->slow) {
			w = w->next;
			continue;
		}
		take(w->slow)(w->user);
		w = hh->waiting;
	}
}

void
herd_on_slow(struct herd_host *hh, void (*slow)(void *user), void *user)
{
	for (struct waiter *w = hh->waiting; w; w = w->next) {
		if (w->user == user)
			w->slow = slow;
	}
}

void
herd_target(const struct host *host, struct target *ret)
{
	*ret = (struct target){
		.name = host->name,
		.address = host->address,
		.user = host->user,
		.identity = host->identity,
		.port = host->port,
		.connect_timeout_ms = host->connect_timeout_ms,
		.host_keys = host->host_keys,
		.trust_first_use = host->trust && str_eq(host->trust, "first-use"),
		.jump = host->jump,
		.proxy_command = host->proxy_command,
		.transport = host->transport,
		.refused = host->refused,
	};
}

bool
herd_find(const struct inventory *inventory, const char *name, struct target *ret)
{
	const struct host *host = inventory_find(inventory, name);

	if (host)
		herd_target(host, ret);
	return host;
}

static void
open_session(struct herd_host *hh)
{
	static const struct session_listener listener = {
		.up = on_up, .down = on_down, .slow = on_slow
	};
	struct target t;

	herd_target(hh->host, &t);
	hh->leave = false;
	hh->sessions++;
	hh->session = session_open(hh->herd->config.remote, &t, &listener, hh);
}

void
herd_session(struct herd_host *hh,
    void (*ready)(void *user, struct session *s, const struct err *err), void *user)
{
	struct waiter *w;

	if (hh->up) {
		ready(user, hh->session, NULL);
		return;
	}
	w = xcalloc(1, sizeof(*w));
	w->ready = ready;
	w->user = user;
	*hh->waiting_tail = w;
	hh->waiting_tail = &w->next;
	if (!hh->session)
		open_session(hh);
}

void
herd_forget(struct herd_host *hh, const void *user)
{
	struct waiter **at = &hh->waiting;

	while (*at) {
		struct waiter *w = *at;

		if (w->user != user) {
			at = &w->next;
			continue;
		}
		*at = w->next;
		free(w);
	}
	hh->waiting_tail = at;
}

static void
maybe_close(struct herd_host *hh)
{
	if (!hh->leave || hh->holds > 0 || hh->waiting)
		return;
	while (hh->guests) {
		struct herd_guest *g = hh->guests;

		hh->guests = g->next;
		g->leave(g->user);
	}
	close_session(hh);
}

void
herd_guest_come(struct herd_host *hh, struct herd_guest *g)
{
	g->next = hh->guests;
	hh->guests = g;
}

void
herd_guest_go(struct herd_host *hh, struct herd_guest *g)
{
	for (struct herd_guest **at = &hh->guests; *at; at = &(*at)->next) {
		if (*at == g) {
			*at = g->next;
			return;
		}
	}
}

void
herd_hold(struct herd_host *hh)
{
	if (hh->holds++ == 0)
		hh->held_ms = clock_mono_ms();
}

void
herd_release(struct herd_host *hh)
{
	hh->holds--;
	maybe_close(hh);
}

void
herd_disconnect(struct herd_host *hh)
{
	if (!hh->session)
		return;
	hh->leave = true;
	maybe_close(hh);
}

unsigned
herd_session_number(const struct herd_host *hh)
{
	return hh->session ? hh->sessions : 0;
}

void
herd_count_retry(struct herd_host *hh)
{
	hh->retries++;
}

void
herd_counters(const struct herd *h, struct herd_counters *ret)
{
	*ret = (struct herd_counters){ .guards = remote_guards(h->config.remote) };
	for (size_t i = 0; i < h->count; i++) {
		const struct herd_host *hh = &h->hosts[i];
		struct session_counters c = { 0 };

		if (hh->session)
			session_counters(hh->session, &c);
		ret->hosts += hh->was_up;
		ret->retries += hh->retries;
		ret->logins += hh->closed.logins + c.logins;
		ret->execs += hh->closed.execs + c.execs;
		ret->bytes_in += hh->closed.bytes_in + c.bytes_in;
		ret->bytes_out += hh->closed.bytes_out + c.bytes_out;
	}
}

void
herd_need_terminal(struct herd_host *hh)
{
	hh->needs_terminal = true;
}

bool
herd_needs_terminal(const struct herd_host *hh)
{
	return hh->needs_terminal;
}

int64_t
herd_silence_ms(const struct herd_host *hh)
{
	int64_t held = clock_mono_ms() - hh->held_ms, silence;

	if (!hh->up || hh->holds == 0)
		return -1;
	/* Before it was asked anything, it owed no answer. */
	silence = session_silence_ms(hh->session);
	return silence < held ? silence : held;
}

int64_t
herd_rtt_ms(const struct herd_host *hh)
{
	return hh->up ? session_rtt_ms(hh->session) : -1;
}

const char *
herd_fact(const struct herd_host *hh, const char *key)
{
	const char *said = factbook_find(&hh->facts, key);
	const struct herd_config *c = &hh->herd->config;

	if (said)
		return said;
	if ((hh->facts.asked_ms && !factbook_is_given(key)) || !c->ledger)
		return NULL;
	return ledger_fact(c->ledger, inventory_fleet(c->inventory), hh->host->name, key);
}

int64_t
herd_fact_age_ms(const struct herd_host *hh)
{
	const struct herd_config *c = &hh->herd->config;
	struct ledger_host known;
	int64_t seen = hh->facts.asked_ms;

	if (!seen && c->ledger &&
	    ledger_host(c->ledger, inventory_fleet(c->inventory), hh->host->name, &known))
		seen = known.seen_ms;
	return seen ? clock_wall_ms() - seen : -1;
}

void
herd_begin_facts(struct herd_host *hh)
{
	factbook_begin(&hh->facts, clock_wall_ms());
}

void
herd_set_fact(struct herd_host *hh, const char *key, const char *value)
{
	factbook_set(&hh->facts, key, value);
}
