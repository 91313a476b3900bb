#include "cli/marking.h"

#include "base/err.h"
#include "base/event.h"
#include "base/mem.h"
#include "cli/call.h"
#include "cli/command.h"
#include "inventory/inventory.h"
#include "ledger/ledger.h"

struct marking {
	struct call *call;
	struct ledger_run *run;
	size_t ok, changed;
};

struct marking *
marking_begin(struct call *c, const char *verb, const struct host *const *hosts, size_t count)
{
	autofree const char **names = xcalloc(count + 1, sizeof(*names));
	autoevent start = { .count = 0 };
	struct marking *m = xcalloc(1, sizeof(*m));
	autofree const char **words = xcalloc((size_t)c->argc + 1, sizeof(*words));
	struct err err;

	for (size_t i = 0; i < count; i++)
		names[i] = hosts[i]->name;
	/* The values of variables are nobody's business: operands only. */
	words[0] = c->command->name;
	for (int i = 0; i < c->argc; i++)
		words[i + 1] = c->argv[i];
	event_init(&start, EVENT_RUN_START);
	event_set_text(&start, FIELD_VERB, verb);
	event_set_list(&start, FIELD_ARGV, words, (size_t)c->argc + 1);
	event_set_text(&start, FIELD_FLEET, inventory_fleet(c->inventory));
	event_set_list(&start, FIELD_HOSTS, names, count);
	m->call = c;
	m->run = ledger_run_begin(c->ledger, &start, &err);
	if (m->run)
		return m;
	call_fail(c, &err);
	free(m);
	return NULL;
}

void
marking_fact(struct marking *m, const struct host *h, const char *name, const char *value)
{
	autoevent e = { .count = 0 };

	event_init(&e, EVENT_FACT);
	event_set_text(&e, FIELD_HOST, h->name);
	event_set_text(&e, FIELD_NAME, name);
	event_set_text(&e, FIELD_VALUE, value);
	ledger_append(m->run, &e);
}

void
marking_host(struct marking *m, const struct host *h, bool changed)
{
	autoevent e = { .count = 0 };

	event_init(&e, EVENT_HOST_END);
	event_set_text(&e, FIELD_HOST, h->name);
	event_set_text(&e, FIELD_STATE, outcome_name(changed ? OUTCOME_CHANGED : OUTCOME_OK));
	ledger_append(m->run, &e);
	m->ok += !changed;
	m->changed += changed;
}

int
marking_end(struct marking *m)
{
	autofree struct marking *own = m;
	autoevent e = { .count = 0 };
	struct err err;

	event_init(&e, EVENT_RUN_END);
	event_set_text(&e, FIELD_STATE, outcome_name(own->changed ? OUTCOME_CHANGED : OUTCOME_OK));
	event_set_int(&e, FIELD_EXIT, 0);
	event_set_int(&e, FIELD_OK, (int64_t)own->ok);
	event_set_int(&e, FIELD_CHANGED, (int64_t)own->changed);
	ledger_append(own->run, &e);
	ledger_run_end(own->run);
	return ledger_failed(own->call->ledger, &err) ? call_fail(own->call, &err) : 0;
}

const char *
marking_of(const struct call *c, const struct host *h, const char *name)
{
	const char *said = ledger_fact(c->ledger, inventory_fleet(c->inventory), h->name, name);

	return said ? said : "";
}
