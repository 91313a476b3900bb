#include "engine/stray.h"

#include "base/event.h"
#include "engine/herd.h"
#include "engine/run.h"
#include "inventory/inventory.h"
#include "ledger/ledger.h"

static void
tell(struct run *r, const struct host *h, const char *value, const char *why)
{
	autoevent e = { .count = 0 };

	event_init(&e, EVENT_FACT);
	event_set_text(&e, FIELD_HOST, h->name);
	event_set_text(&e, FIELD_NAME, "strayed");
	event_set_text(&e, FIELD_VALUE, value);
	event_set_text(&e, FIELD_TEXT, why);
	run_emit(r, &e);
}

void
stray_mark(struct run *r, const struct host *h, const char *why)
{
	if (h->kind == HOST_CATTLE)
		tell(r, h, "true", why);
}

void
stray_clear(struct run *r, struct herd *herd, const struct host *h)
{
	struct ledger *l = herd_ledger(herd);
	struct ledger_host known;

	if (l && ledger_host(l, inventory_fleet(herd_inventory(herd)), h->name, &known) &&
	    known.strayed)
		tell(r, h, "false", "from what this playbook says, and by hand");
}
