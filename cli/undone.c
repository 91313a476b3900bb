#include "cli/undone.h"

#include "base/err.h"
#include "base/event.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/strmap.h"
#include "inventory/inventory.h"
#include "inventory/set.h"
#include "ledger/ledger.h"

#include <stdlib.h>
#include <string.h>

#define NEWEST_MAX 10000 /* runs looked at for the newest */

/* The hosts of a run, as they come. */
struct hosts {
	const struct inventory *inventory;
	const struct ledger *ledger;
	struct set set;
	size_t cap;
	struct strmap seen, settled, sent;
	bool told; /* by sent: the run is this seat's own */
	void (*gone)(void *user, const char *name);
	void *user;
};

/* What leaves for a host is written down before it does. */
static bool
take_sent(void *user, const struct event *e)
{
	struct hosts *h = user;
	const char *name = e->kind == EVENT_ACT_SENT ? event_text(e, FIELD_HOST) : NULL;
	const struct host *host = name ? inventory_find(h->inventory, name) : NULL;

	if (e->kind == EVENT_RUN_START && event_text(e, FIELD_SEAT))
		h->told = str_eq(event_text(e, FIELD_SEAT), ledger_seat(h->ledger));
	if (host)
		strmap_add(&h->sent, host->name, 0, NULL);
	return true;
}

static void
add_host(struct hosts *h, const char *name)
{
	const struct host *host = inventory_find(h->inventory, name);

	if (host && h->told && !strmap_find(&h->sent, host->name, NULL))
		return;
	if (host && (strmap_find(&h->settled, host->name, NULL) ||
			!strmap_add(&h->seen, host->name, 0, NULL)))
		return;
	if (!host) {
		if (h->gone)
			h->gone(h->user, name);
		return;
	}
	mem_grow(h->set.hosts, h->set.count, h->cap);
	h->set.hosts[h->set.count++] = host;
}

static bool
take_result(void *user, const struct ledger_result *r)
{
	static const char *const untouched[] = { "ok", "unreachable", "untried", "held", "locked" };
	struct hosts *h = user;
	const struct host *host = inventory_find(h->inventory, r->host);

	for (size_t i = 0; host && i < countof(untouched); i++) {
		if (str_eq(r->state, untouched[i]))
			strmap_add(&h->settled, host->name, 0, NULL);
	}
	add_host(h, r->host);
	return true;
}

static bool
take_start(void *user, const struct event *e)
{
	const char *list = e->kind == EVENT_RUN_START ? event_text(e, FIELD_HOSTS) : NULL;
	struct err err;
	autojson *j = list ? json_parse(list, strlen(list), 64U << 20, &err) : NULL;

	for (size_t i = 0; i < json_count(j); i++) {
		const char *name = json_text(json_at(j, i), NULL);

		if (name)
			add_host(user, name);
	}
	return false;
}

/* In the order of the inventory's own list. */
void
undone_hosts(const struct inventory *inv, struct ledger *l, const char *uuid, struct set *ret,
    void (*gone)(void *user, const char *name), void *user)
{
	struct hosts h = { .inventory = inv, .ledger = l, .gone = gone, .user = user };

	ledger_events(l, uuid, take_sent, &h);
	ledger_results(l, uuid, take_result, &h);
	ledger_events(l, uuid, take_start, &h);
	strmap_fini(&h.sent);
	strmap_fini(&h.seen);
	strmap_fini(&h.settled);
	*ret = h.set;
}

static bool
acts(const char *verb)
{
	static const char *const verbs[] = { "apply", "undo", "rollback", "start", "stop" };

	for (size_t i = 0; i < countof(verbs); i++)
		if (str_eq(verb, verbs[i]))
			return true;
	return false;
}

/* Runs that may have changed something, the newest first. */
struct newest {
	struct undone *run;
	size_t count, cap;
};

static bool
is_sent(void *user, const struct event *e)
{
	*(bool *)user = e->kind == EVENT_ACT_SENT;
	return e->kind != EVENT_ACT_SENT;
}

static bool
take_newest(void *user, const struct ledger_row *row)
{
	struct newest *n = user;
	struct undone *u;

	if (!acts(row->verb) || str_eq(row->state, "foreign") ||
	    (row->end_ms && row->changed + row->failed + row->unknown == 0))
		return true;
	mem_grow(n->run, n->count, n->cap);
	u = &n->run[n->count++];
	str_copy(u->uuid, sizeof(u->uuid), row->uuid);
	str_copy(u->alias, sizeof(u->alias), row->alias);
	return true;
}

static int
find_newest(struct ledger *l, struct undone *ret, struct err *err)
{
	struct newest n = { .count = 0 };
	bool sent = false;

	ledger_runs(l, NULL, NEWEST_MAX, take_newest, &n);
	/* One that only planned, or was refused everywhere, changed nothing. */
	for (size_t i = 0; i < n.count && !sent; i++) {
		*ret = n.run[i];
		ledger_events(l, ret->uuid, is_sent, &sent);
	}
	free(n.run);
	if (sent)
		return 0;
	return err_set(
	    err, OUTCOME_USAGE, "no run of this seat changed anything that an undo takes back");
}

int
undone_find(
    struct ledger *l, const char *name, struct undone *ret, bool *ret_unknown, struct err *err)
{
	struct ledger_row row;
	bool known = true;

	if (!str_eq(name, "last"))
		known = ledger_find_run(l, name, &row, err);
	if (ret_unknown)
		*ret_unknown = !known;
	if (!known)
		return -1;
	if (str_eq(name, "last"))
		return find_newest(l, ret, err);
	if (!acts(row.verb))
		return err_set(err, OUTCOME_USAGE,
		    "%s was a %.20s, which keeps nothing to put back", row.alias, row.verb);
	if (str_eq(row.state, "running"))
		return err_set(err, OUTCOME_LOCKED, "%s still runs", row.alias);
	str_copy(ret->uuid, sizeof(ret->uuid), row.uuid);
	str_copy(ret->alias, sizeof(ret->alias), row.alias);
	return 0;
}
