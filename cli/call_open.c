#include "cli/call.h"

#include "base/buf.h"
#include "base/diag.h"
#include "base/err.h"
#include "base/loop.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/utf8.h"
#include "cli/ask.h"
#include "cli/login_ask.h"
#include "cli/marking.h"
#include "cli/out.h"
#include "engine/herd.h"
#include "inventory/inventory.h"
#include "inventory/set.h"
#include "ledger/ledger.h"
#include "remote/remote.h"

#include <string.h>

static void
close_all(struct call *c)
{
	herd_free(c->herd);
	remote_free(c->remote);
	ask_free(c->ask);
	login_ask_free(c->login);
	ledger_close(c->ledger);
	inventory_free(c->inventory);
	if (c->diag)
		diag_fini(c->diag);
	free(c->diag);
	if (c->loop)
		loop_free(c->loop);
}

struct loop *
call_loop(struct call *c)
{
	struct err err;

	if (c->loop)
		return c->loop;
	c->close = close_all;
	c->loop = loop_new(&err);
	if (!c->loop)
		call_fail(c, &err);
	return c->loop;
}

void
call_print_diag(struct call *c, const struct diag *d)
{
	for (int i = 0; i < d->count; i++) {
		autofree char *line = diag_line(d, i);
		autobuf clean = BUF_INIT(8192);

		utf8_clean_line(&clean, line, strlen(line));
		out_note(c->out, "%s", buf_text(&clean));
	}
	if (d->errors + d->warnings > d->count)
		out_note(c->out, "and %d more", d->errors + d->warnings - d->count);
}

const struct inventory *
call_inventory(struct call *c)
{
	struct err err = { .kind = OUTCOME_OK };

	if (c->inventory)
		return c->inventory;
	c->close = close_all;
	c->diag = xcalloc(1, sizeof(*c->diag));
	diag_init(c->diag);
	c->inventory =
	    inventory_load(c->globals.inventory.item, c->globals.inventory.count, c->diag, &err);
	diag_sort(c->diag);
	call_print_diag(c, c->diag);
	if (c->inventory)
		return c->inventory;
	if (c->diag->errors > 0)
		c->exit = outcome_exit(OUTCOME_INPUT);
	else
		call_fail(c, &err);
	return NULL;
}

struct ledger *
call_ledger(struct call *c)
{
	struct err err;

	if (c->ledger || !call_loop(c))
		return c->ledger;
	c->ledger = ledger_open(c->loop, c->globals.ledger, false, &err);
	if (!c->ledger)
		call_fail(c, &err);
	return c->ledger;
}

/* The screen has no room for it: drover config host tells there. */
static void
on_note(void *user, bool matters, const char *text)
{
	struct call *c = user;
	autobuf clean = BUF_INIT(4096);

	if (c->console_state || (!matters && c->globals.verbose == 0) || c->globals.quiet)
		return;
	utf8_clean_line(&clean, text, strlen(text));
	out_note(c->out, "drover: %s", buf_text(&clean));
}

static bool
on_find(void *user, const char *name, struct target *ret)
{
	const struct call *c = user;

	return herd_find(c->inventory, name, ret);
}

static struct remote *
open_remote(struct call *c)
{
	struct err err;
	struct remote_config config = {
		.loop = c->loop,
		.workers = (int)c->globals.workers,
		.connect_timeout_ms = c->globals.connect_timeout_ms,
		.ssh_config = c->globals.ssh_config,
		.known_hosts = inventory_known_hosts(c->inventory),
		.trust_file = c->globals.trust_file,
		.note = on_note,
		.find = on_find,
	};

	login_ask_configure(c, &config);
	c->remote = remote_new(&config, &err);
	if (!c->remote)
		call_fail(c, &err);
	return c->remote;
}

struct herd *
call_herd(struct call *c)
{
	if (c->herd)
		return c->herd;
	if (!call_inventory(c) || !call_ledger(c) || !login_ask_password(c) || !open_remote(c))
		return NULL;
	struct herd_config config = {
		.loop = c->loop,
		.inventory = c->inventory,
		.remote = c->remote,
		.ledger = c->ledger,
	};
	char *secret = NULL;
	if (!call_passwords(c, &config.passwords, &secret))
		return NULL;
	c->herd = herd_new(&config);
	if (secret)
		explicit_bzero(secret, strlen(secret));
	free(secret);
	return c->herd;
}

/* The ledger is opened when the first fact is asked for; most sets ask for none. */
static const char *
look_up(void *user, const struct host *h, const char *key)
{
	struct call *c = user;
	struct ledger_host known;

	if (c->exit || !call_ledger(c))
		return NULL;
	if (str_eq(key, "state")) {
		bool seen = ledger_host(c->ledger, inventory_fleet(c->inventory), h->name, &known);

		return seen && known.strayed ? "strayed" : "";
	}
	if (str_eq(key, "cordoned"))
		return str_eq(marking_of(c, h, "cordoned"), "true") ? "true" : "false";
	return ledger_fact(c->ledger, inventory_fleet(c->inventory), h->name, key);
}

bool
call_set(struct call *c, const char *expr, struct set *ret)
{
	struct set_lookup lookup = { .fact = look_up, .user = c, .known_only = c->globals.known };
	struct err err;
	int failed;

	if (!call_inventory(c))
		return false;
	failed = set_eval(c->inventory, expr, &lookup, ret, &err);
	if (c->exit) {
		if (failed == 0)
			set_fini(ret);
		return false;
	}
	if (failed < 0) {
		call_fail(c, &err);
		return false;
	}
	return true;
}

static bool
is_named(const struct call *c, const char *host)
{
	size_t n = strlen(host);

	for (size_t i = 0; i < c->globals.pets.count; i++) {
		for (const char *p = c->globals.pets.item[i]; *p;) {
			size_t len = strcspn(p, ",");

			if (len == n && strncmp(p, host, n) == 0)
				return true;
			p += len + (p[len] == ',');
		}
	}
	return false;
}

bool
call_pets_named(struct call *c, const struct set *s, const char *verb)
{
	autobuf missing = BUF_INIT(4096);
	struct err err;

	for (size_t i = 0; i < s->count; i++) {
		if (s->hosts[i]->kind == HOST_PET && !is_named(c, s->hosts[i]->name))
			buf_addf(&missing, "%s%s", missing.len ? "," : "", s->hosts[i]->name);
	}
	if (missing.len == 0)
		return true;
	err_set(&err, OUTCOME_HELD,
	    "held: %s changes pets that are not named; if it is meant: --pet %.200s", verb,
	    buf_text(&missing));
	call_fail(c, &err);
	return false;
}
