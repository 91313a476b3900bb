#include "cli/retention.h"

#include "base/clock.h"
#include "base/err.h"
#include "base/str.h"
#include "cli/call.h"
#include "cli/out.h"
#include "inventory/inventory.h"
#include "ledger/ledger.h"
#include "ledger/prune.h"

void
retention_apply(struct call *c)
{
	const struct retention *r = c->inventory ? inventory_retention(c->inventory) : NULL;
	struct pruned pruned;
	struct err err;
	char bytes[16];

	if (!r || !c->ledger || (!r->keep_ms && !r->most))
		return;
	const struct prune what = { .transcripts = true,
		.before_ms = r->keep_ms ? clock_wall_ms() - r->keep_ms : 0,
		.most = r->most,
		.fleet = inventory_fleet(c->inventory) };
	if (ledger_prune(c->ledger, &what, &pruned, &err) < 0) {
		if (err.kind != OUTCOME_LOCKED) /* else the next run of terminals sees to it */
			out_note(c->out, "old transcripts are still here: %s", err.text);
		return;
	}
	if (!pruned.contents)
		return;
	str_bytes((uint64_t)pruned.bytes, bytes, sizeof(bytes));
	out_note(c->out, "the transcripts of %lld old run%s are not kept any longer: %s",
	    (long long)pruned.runs, pruned.runs == 1 ? "" : "s", bytes);
}
