#include "cli/owed.h"

#include "base/buf.h"
#include "base/err.h"
#include "base/event.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/str.h"
#include "cli/call.h"
#include "cli/converge.h"
#include "cli/globals.h"
#include "cli/out.h"
#include "inventory/inventory.h"
#include "inventory/set.h"
#include "ledger/ledger.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

struct owing {
	struct call *call;
	char only[PATH_MAX]; /* the playbook that was asked for; empty: any */
	char *playbook;      /* the one that is owed */
	struct buf others;   /* those beside it */
	struct set set;
	size_t cap;
};

static void
take_owed(void *user, const char *host, const char *playbook, const char *run)
{
	struct owing *o = user;
	const struct host *h = inventory_find(o->call->inventory, host);

	(void)run;
	if (o->only[0] && !str_eq(o->only, playbook))
		return;
	if (!o->playbook)
		o->playbook = xstrdup(playbook);
	if (!str_eq(o->playbook, playbook)) {
		buf_addf(&o->others, " %s", playbook);
		return;
	}
	if (!h) {
		out_note(o->call->out, "%.200s is owed %s, and no longer in the inventory", host,
		    playbook);
		return;
	}
	mem_grow(o->set.hosts, o->set.count, o->cap);
	o->set.hosts[o->set.count++] = h;
}

/* The newest run of the playbook: what it was, and with which variables. */
struct newest {
	const char *playbook;
	char uuid[UUID_TEXT], alias[24], digest[65];
	char *argv;
};

static bool
take_newest(void *user, const struct ledger_row *row)
{
	struct newest *n = user;

	if (!str_eq(row->verb, "apply") || !str_eq(row->playbook, n->playbook))
		return true;
	str_copy(n->uuid, sizeof(n->uuid), row->uuid);
	str_copy(n->alias, sizeof(n->alias), row->alias);
	n->argv = xstrdup(row->argv);
	return false;
}

static bool
take_digest(void *user, const struct event *e)
{
	struct newest *n = user;
	const char *digest = event_text(e, FIELD_DIGEST);

	str_copy(n->digest, sizeof(n->digest), digest ? digest : "");
	return false;
}

/* One word of the newest run's command line; next: the one behind it, or NULL. */
static void
take_change(struct globals *g, const char *word, const char *next)
{
	static const char *const names[] = { "--set", "--offset", "--as" };
	const char *value = NULL;
	size_t which = 0;

	for (size_t i = 0; i < countof(names) && !value; i++) {
		size_t n = strlen(names[i]);

		which = i;
		if (str_starts(word, names[i]) && (!word[n] || word[n] == '='))
			value = word[n] ? word + n + 1 : next;
	}
	if (!value)
		return;
	if (which == 0) {
		g->sets.item = xrealloc(g->sets.item, g->sets.count + 2, sizeof(*g->sets.item));
		g->sets.item[g->sets.count++] = value;
		g->sets.item[g->sets.count] = NULL;
	} else if (which == 1) {
		str_int(value, 1, 65535, &g->offset);
	} else {
		g->as = value;
	}
}

/* What the newest run changed in the playbook holds for those that missed it, unless something is given now. */
static void
take_changes(struct call *c, const struct newest *n, const struct json *j)
{
	struct globals *g = &c->globals;

	if (g->sets.count || g->offset || g->as)
		return;
	for (size_t i = 0; i < json_count(j); i++) {
		const char *word = json_text(json_at(j, i), NULL);

		if (word)
			take_change(g, word, json_text(json_at(j, i + 1), NULL));
	}
	if (g->sets.count || g->offset || g->as)
		out_note(c->out,
		    "%s changed the playbook by --set, --offset or --as, and so does this",
		    n->alias);
}

/* Variables of the command line are not in the playbook: who gave them must give them again. */
static void
note_variables(struct call *c, const struct newest *n, const struct json *j)
{
	autobuf line = BUF_INIT(64U << 10);
	bool given = false;

	for (size_t i = 0; i < json_count(j); i++) {
		const char *word = json_text(json_at(j, i), NULL);

		if (!word)
			continue;
		given = given || (str_starts(word, "-e") && !str_starts(word, "--"));
		buf_addc(&line, ' ');
		str_shell_quote(&line, word);
	}
	if (given && c->globals.vars.count == 0)
		out_note(c->out, "%s was%s: if its variables are meant again, say them", n->alias,
		    buf_text(&line));
}

static int
carry_out(struct call *c, struct converge *spec, struct owing *o)
{
	struct newest n = { .playbook = o->playbook };
	char *operand[] = { o->playbook, NULL };
	int code;

	ledger_runs(c->ledger, inventory_fleet(c->inventory), 100000, take_newest, &n);
	struct err err;
	autojson *j = n.argv && *n.argv ? json_parse(n.argv, strlen(n.argv), 1U << 20, &err) : NULL;

	if (n.uuid[0]) {
		ledger_events(c->ledger, n.uuid, take_digest, &n);
		note_variables(c, &n, j);
		take_changes(c, &n, j);
	}
	spec->set = &o->set;
	spec->before = n.alias;
	spec->before_digest = n.digest;
	c->argv = operand;
	c->argc = 1;
	code = converge(c, spec);
	free(n.argv);
	return code;
}

int
owed_apply(struct call *c, struct converge *spec)
{
	struct owing o = { .call = c };
	int code;

	if (!call_inventory(c) || !call_ledger(c))
		return c->exit;
	if (c->argc > 0 && !realpath(c->argv[0], o.only)) {
		struct err err;

		err_errno(&err, "%s", c->argv[0]);
		err.kind = OUTCOME_INPUT;
		return call_fail(c, &err);
	}
	buf_init(&o.others, 4096);
	ledger_owed(c->ledger, inventory_fleet(c->inventory), take_owed, &o);
	if (o.others.len) {
		code = call_usage(c, "more than one playbook is owed, say which: %s%s", o.playbook,
		    buf_text(&o.others));
	} else if (!o.set.count) {
		out_note(c->out, "no host is owed %s", o.only[0] ? c->argv[0] : "anything");
		code = 0;
	} else {
		code = carry_out(c, spec, &o);
	}
	buf_fini(&o.others);
	set_fini(&o.set);
	free(o.playbook);
	return code;
}
