#include "tui/feed_fleet.h"

#include "tui/console.h"
#include "tui/fleet_source.h"

#include "base/clock.h"
#include "base/err.h"
#include "base/loop.h"
#include "base/mem.h"
#include "base/str.h"
#include "cli/call.h"
#include "engine/herd.h"
#include "inventory/inventory.h"
#include "inventory/set.h"
#include "ledger/ledger.h"

#define FRESH_MS 10000 /* a fact is read again after it */

/* One fact of every host, read at once: a filter asks for it with every key. */
struct fleet_feed {
	struct fleet_source source;
	struct console *console;
	char key[64];
	char **value; /* as many as there are hosts */
	int64_t read_ms;
};

static void
forget(struct fleet_feed *f)
{
	for (size_t i = 0; i < f->console->scene.count; i++) {
		free(f->value[i]);
		f->value[i] = NULL;
	}
}

static void
take_fact(void *user, const char *host, const char *key, const char *value)
{
	struct fleet_feed *f = user;
	const struct host *h = inventory_find(f->console->call->inventory, host);

	(void)key;
	if (!h || !value)
		return;
	free(f->value[h->index]);
	f->value[h->index] = xstrdup(value);
}

static const char *
label(void *user, size_t host, const char *key)
{
	struct fleet_feed *f = user;
	struct call *call = f->console->call;
	const struct var *v = host_var(inventory_host(call->inventory, host), key);
	int64_t now = loop_now_ms(f->console->loop);

	if (v)
		return v->is_json || var_opaque(v) ? NULL : v->value;
	if (!str_eq(f->key, key) || now - f->read_ms > FRESH_MS) {
		forget(f);
		str_copy(f->key, sizeof(f->key), key);
		f->read_ms = now;
		ledger_hosts_facts(
		    call->ledger, inventory_fleet(call->inventory), f->key, take_fact, f);
	}
	return f->value[host];
}

/* As the command line looks facts up: cli/call_open.c. */
static const char *
fact(void *user, const struct host *h, const char *key)
{
	struct console *c = user;

	if (str_eq(key, "state"))
		return c->hosts[h->index].strayed ? "strayed" : "";
	if (str_eq(key, "cordoned"))
		return c->hosts[h->index].cordoned ? "true" : "false";
	return herd_fact(herd_of(c->herd, h), key);
}

static int
eval(void *user, const char *expr, bool *in, struct err *err)
{
	struct fleet_feed *f = user;
	struct console *c = f->console;
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
	struct fleet_feed *f = user;
	struct console *c = f->console;
	struct saying saying = { to, size };

	to[0] = '\0';
	ledger_host_runs(c->call->ledger, inventory_fleet(c->call->inventory), c->hosts[host].name,
	    1, say_run, &saying);
}

struct fleet_source *
feed_fleet_new(struct console *c)
{
	struct fleet_feed *f = xcalloc(1, sizeof(*f));

	f->console = c;
	f->value = xcalloc(c->scene.count + 1, sizeof(*f->value));
	f->source =
	    (struct fleet_source){ .user = f, .label = label, .set = eval, .last_run = last_run };
	return &f->source;
}

void
feed_fleet_free(struct fleet_source *s)
{
	struct fleet_feed *f = s ? s->user : NULL;

	if (!f)
		return;
	forget(f);
	free(f->value);
	free(f);
}
