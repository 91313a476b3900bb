/* The hosts as all screens see them: from the polls, the runs and the ledger. */
#include "tui/console.h"
#include "tui/feed_history.h"
#include "tui/launch.h"

#include "base/clock.h"
#include "base/mem.h"
#include "base/str.h"
#include "cli/call.h"
#include "engine/errand.h"
#include "engine/herd.h"
#include "engine/poll.h"
#include "inventory/inventory.h"
#include "ledger/ledger.h"

void
console_build_scene(struct console *c)
{
	const struct inventory *inv = c->call->inventory;

	c->scene.wall_ms = clock_wall_ms();
	c->scene.run = launch_progress(c->launch);
	c->scene.run_alias = launch_alias(c->launch);
	c->scene.run_live = launch_live(c->launch);
	c->scene.jobs = feed_history_jobs(c->history);
	for (size_t i = 0; i < c->scene.count; i++) {
		const struct host *h = inventory_host(inv, i);
		struct poll_view p;

		poll_get(c->poll, i, &p);
		c->hosts[i] = (struct scene_host){ .name = h->name,
			.group = h->groups[0],
			.pet = h->kind == HOST_PET,
			.becomes = errand_becomes(herd_at(c->herd, i)),
			.link = (enum link)p.link,
			.age_ms = p.age_ms,
			.rtt_ms = p.rtt_ms,
			.period_ms = p.period_ms,
			.from_ledger = p.from_ledger,
			.status = p.status,
			.strayed = c->hosts[i].strayed,
			.cordoned = c->hosts[i].cordoned,
			.marked = c->hosts[i].marked };
		if (p.link == POLL_DOWN)
			c->hosts[i].err = *p.err;
	}
}

static void
note_strayed(void *user, const struct ledger_host *known)
{
	struct console *c = user;
	const struct host *h = inventory_find(c->call->inventory, known->name);

	if (h)
		c->hosts[h->index].strayed = known->strayed;
}

static void
note_cordoned(void *user, const char *host, const char *key, const char *value)
{
	struct console *c = user;
	const struct host *h = inventory_find(c->call->inventory, host);

	(void)key;
	if (h)
		c->hosts[h->index].cordoned = str_eq(value, "true");
}

void
console_read_marks(struct console *c)
{
	const char *fleet = inventory_fleet(c->call->inventory);

	ledger_hosts(c->call->ledger, fleet, note_strayed, c);
	for (size_t i = 0; i < c->scene.count; i++)
		c->hosts[i].cordoned = false;
	ledger_hosts_facts(c->call->ledger, fleet, "cordoned", note_cordoned, c);
}
