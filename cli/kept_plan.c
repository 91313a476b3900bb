#include "cli/kept_plan.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/digest.h"
#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/str.h"
#include "cli/call.h"
#include "cli/out.h"
#include "inventory/inventory.h"
#include "playbooks/apply.h"
#include "playbooks/kept.h"
#include "playbooks/playbook.h"
#include "playbooks/request.h"

#include <string.h>

struct kept *
kept_plan_open(struct call *c, const char *path, struct arena *a, bool *ret_good)
{
	struct err err, wrong;
	size_t len = 0;
	autofree char *text = file_read(path, KEPT_SIZE_MAX, &len, &err);
	struct kept *k;

	/* What is no plan is told of by who reads playbooks. */
	*ret_good = !text || !kept_is(text, len);
	if (*ret_good)
		return NULL;
	k = kept_read(a, text, len, &err);
	if (!k) {
		err_set(&wrong, OUTCOME_INPUT, "%s:%s", path, err.text);
		call_fail(c, &wrong);
	}
	return k;
}

bool
kept_plan_fits(struct call *c, const char *path, const struct kept *k, const struct playbook *p)
{
	struct err err;
	char age[8], made[32];
	int64_t ms = clock_wall_ms() - k->made_ms;

	if (!str_eq(playbook_digest(p), k->digest)) {
		err_set(&err, OUTCOME_INPUT,
		    "%s:2:1: %s is not what this plan was made from: it, or a file it includes, "
		    "has "
		    "changed",
		    path, k->path);
		call_fail(c, &err);
		return false;
	}
	if (call_inventory(c) && !str_eq(inventory_fleet(c->inventory), k->fleet)) {
		err_set(&err, OUTCOME_INPUT,
		    "%s:2:1: a plan for the fleet %s; this inventory is of %s", path, k->fleet,
		    inventory_fleet(c->inventory));
		call_fail(c, &err);
		return false;
	}
	if (!c->inventory)
		return false;
	clock_rfc3339(k->made_ms, made, sizeof(made));
	clock_short(ms > 0 ? ms : 0, age, sizeof(age));
	out_note(c->out, "%s: a plan of %s (%s old) by %s at %s", path, made, age, k->who, k->seat);
	return true;
}

int
kept_plan_write(const char *path, struct kept *k, const struct apply *a,
    bool (*left)(void *user, size_t i), void *user, struct err *err)
{
	size_t n = apply_count(a);
	autofree struct kept_host *host = xcalloc(n + 1, sizeof(*host));
	autofree char(*hex)[DIGEST_HEX] = xcalloc(n + 1, sizeof(*hex));
	autobuf file = BUF_INIT(KEPT_SIZE_MAX);

	k->host = host;
	k->host_count = 0;
	for (size_t i = 0; i < n; i++) {
		bool there = apply_plan_digest(a, i, hex[i]);

		if (left && left(user, i))
			continue;
		host[k->host_count++] = (struct kept_host){ .name = apply_host_name(a, i),
			.digest = there ? hex[i] : NULL,
			.steps = there ? (int64_t)request_steps(apply_plan(a, i)) : 0 };
	}
	k->made_ms = clock_wall_ms();
	kept_write(k, &file);
	if (file_replace(path, file.data, file.len, 0600, err) == 0)
		return 0;
	err->kind = OUTCOME_STORAGE;
	return -1;
}

bool
kept_plan_save(struct call *c, const char *path, struct kept *k, const struct apply *a)
{
	struct err err;

	if (kept_plan_write(path, k, a, NULL, NULL, &err) < 0) {
		call_fail(c, &err);
		return false;
	}
	out_note(c->out, "the plan is kept in %s: drover apply %s", path, path);
	return true;
}
