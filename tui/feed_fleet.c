#include "tui/feed_fleet.h"

#include "tui/console.h"
#include "tui/fleet_source.h"
#include "tui/foreground.h"

#include "base/clock.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "cli/call.h"
#include "engine/herd.h"
#include "inventory/inventory.h"
#include "inventory/set.h"
#include "ledger/ledger.h"

static const char *
label(void *user, size_t host, const char *key)
{
	struct console *c = user;
	const struct var *v = host_var(inventory_host(c->call->inventory, host), key);

	if (v)
		return v->is_json || var_opaque(v) ? NULL : v->value;
	return herd_fact(herd_at(c->herd, host), key);
}

/* As the command line looks facts up: cli/call_open.c. */
static const char *
fact(void *user, const struct host *h, const char *key)
{
	struct console *c = user;

	if (str_eq(key, "state"))
		return c->hosts[h->index].strayed ? "strayed" : "";
	return herd_fact(herd_of(c->herd, h), key);
}

static int
eval(void *user, const char *expr, bool *in, struct err *err)
{
	struct console *c = user;
	const struct set_lookup lookup = { .fact = fact, .user = c, .known_only = true };
	struct set set;

	if (set_eval(c->call->inventory, expr, &lookup, &set, err) < 0)
		return -1;
	for (size_t i = 0; i < set.count; i++)
		in[set.hosts[i]->index] = true;
	set_fini(&set);
	return 0;
}

struct saying {
	char *to;
	size_t size;
};

static bool
say_run(void *user, const struct ledger_row *row)
{
	const struct saying *s = user;
	char age[16];

	clock_short(clock_wall_ms() - row->start_ms, age, sizeof(age));
	snprintf(s->to, s->size, "%.16s %.16s %.12s %s ago", row->alias ? row->alias : "-",
	    row->verb ? row->verb : "-", row->state ? row->state : "-", age);
	return false;
}

static void
last_run(void *user, size_t host, char *to, size_t size)
{
	struct console *c = user;
	struct saying saying = { to, size };

	to[0] = '\0';
	ledger_host_runs(c->call->ledger, inventory_fleet(c->call->inventory), c->hosts[host].name,
	    1, say_run, &saying);
}

static void
shell(void *user, size_t host)
{
	foreground_shell(user, host);
}

struct fleet_source *
feed_fleet_new(struct console *c)
{
	struct fleet_source *s = xcalloc(1, sizeof(*s));

	*s = (struct fleet_source){
		.user = c, .label = label, .set = eval, .last_run = last_run, .shell = shell
	};
	return s;
}

void
feed_fleet_free(struct fleet_source *s)
{
	free(s);
}
