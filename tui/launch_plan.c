/* What the console plans and applies: a playbook on hosts, its plan, and the answer to it. */
#include "base/buf.h"
#include "base/clock.h"
#include "base/diag.h"
#include "base/err.h"
#include "base/loop.h"
#include "base/mem.h"
#include "cli/kept_plan.h"
#include "engine/herd.h"
#include "engine/progress.h"
#include "inventory/inventory.h"
#include "inventory/set.h"
#include "ledger/ledger.h"
#include "playbooks/apply.h"
#include "playbooks/kept.h"
#include "playbooks/plan.h"
#include "playbooks/playbook.h"
#include "playbooks/rollout.h"
#include "tui/launch.h"
#include "tui/launch_inner.h"
#include "tui/planned.h"

#include <pwd.h>

#define SLICE_MS 4 /* of work at once */

/* All mistakes of a file in one text, as the command line prints them. */
static int
fail_with(struct diag *d, struct err *err)
{
	autobuf text = BUF_INIT(4096);

	diag_sort(d);
	for (int i = 0; i < d->count; i++) {
		autofree char *line = diag_line(d, i);

		buf_addf(&text, "%s%s", text.len ? "; " : "", line);
	}
	diag_fini(d);
	return err_set(err, OUTCOME_INPUT, "%s", buf_text(&text));
}

static const char *
fact_of(void *user, const struct host *h, const char *key)
{
	return herd_fact(herd_of(user, h), key);
}

static int
choose_hosts(struct launch *l, struct err *err)
{
	const struct set_lookup lookup = { .fact = fact_of, .user = l->config.herd };
	const char *expr = playbook_hosts(l->playbook);
	struct set set;

	if (set_eval(herd_inventory(l->config.herd), expr ? expr : "@all", &lookup, &set, err) < 0)
		return -1;
	l->hosts = xcalloc(set.count, sizeof(struct herd_host *));
	l->host_count = set.count;
	for (size_t i = 0; i < set.count; i++)
		l->hosts[i] = herd_of(l->config.herd, set.hosts[i]);
	set_fini(&set);
	return 0;
}

/* Why a host that was looked at is not acted on, whatever its plan says. */
static const char *
why_not(const struct launch *l, const struct plan *plan, const char *host)
{
	const struct progress_row *row = progress_find(&l->progress, host);

	if (plan && plan->refused)
		return plan->refused;
	if (plan && plan->failed)
		return plan->failed;
	if (plan)
		return NULL;
	return row && row->last && *row->last ? row->last : "it was not reached";
}

static void
plan_is_whole(struct launch *l)
{
	struct planned *p = l->planned;
	char rollout[256];

	rollout_words(playbook_rollout(l->playbook), rollout, sizeof(rollout));
	p->rollout = xstrdup(rollout);
	for (size_t i = 0; i < l->host_count && !p->needs; i++)
		p->needs = herd_host_of(l->hosts[i])->become;
	p->made_ms = clock_wall_ms();
	p->state = apply_changing(l->apply) && !p->drift ? PLANNED_WAITS : PLANNED_NOTHING;
	if (p->state == PLANNED_NOTHING)
		apply_leave(l->apply, OUTCOME_OK);
	l->config.changed(l->config.user);
}

/* Many plans are folded a few at a time: keys are answered in between. */
static void
fold_some(void *user)
{
	struct launch *l = user;
	int64_t until = clock_mono_ms() + SLICE_MS;

	if (!l->apply || !l->folding || l->planned->state != PLANNED_LOOKING)
		return;
	while (l->planned->hosts < l->host_count && clock_mono_ms() < until) {
		size_t i = l->planned->hosts;
		const struct host *h = herd_host_of(l->hosts[i]);
		const struct plan *plan = apply_plan(l->apply, i);

		planned_add(
		    l->planned, h->name, h->kind == HOST_PET, plan, why_not(l, plan, h->name));
	}
	if (l->planned->hosts < l->host_count) {
		loop_soon(herd_loop(l->config.herd), fold_some, l);
		return;
	}
	l->folding = false;
	plan_is_whole(l);
}

static void
on_planned(void *user, struct apply *a)
{
	struct launch *l = user;

	(void)a;
	l->folding = true;
	fold_some(l);
}

static int
begin_apply(struct launch *l, const char *path, bool drift, bool limited, struct err *err)
{
	autofree const char **names = xcalloc(l->host_count, sizeof(*names));
	const struct passwd *pw = getpwuid(getuid());
	const char *verb = drift ? "diff" : "apply";
	struct diag diag;

	for (size_t i = 0; i < l->host_count; i++)
		names[i] = herd_host_of(l->hosts[i])->name;
	diag_init(&diag);
	l->apply = apply_new(&(struct apply_config){ .herd = l->config.herd,
				 .playbook = l->playbook,
				 .hosts = l->hosts,
				 .count = l->host_count,
				 .who = pw ? pw->pw_name : "?",
				 .drift = drift,
				 .late = true,
				 .planned = on_planned,
				 .done = launch_done,
				 .user = l },
	    &diag);
	if (!l->apply)
		return fail_with(&diag, err);
	diag_fini(&diag);
	autofree char *set = names_fold(names, l->host_count);
	const char *argv[] = { verb, path, "--limit", set };
	if (launch_begin(l, verb, argv, limited ? 4 : 2, names, l->host_count, err) < 0)
		return -1;
	l->last_playbook = xstrdup(playbook_path(l->playbook));
	apply_start(l->apply, l->run);
	return 0;
}

/* hosts NULL: those of the playbook. */
static int
plan_hosts(struct launch *l, const char *path, bool drift, const size_t *hosts, size_t count,
    struct err *err)
{
	struct diag diag;

	if (l->live)
		return err_set(err, OUTCOME_LOCKED, "%s",
		    launch_asks(l) ? "a plan waits: apply it or leave it" : "a run is at work");
	launch_drop(l);
	l->drift = drift;
	diag_init(&diag);
	l->playbook = playbook_load(path, l->config.vars, &diag);
	if (!l->playbook)
		return fail_with(&diag, err);
	diag_fini(&diag);
	if (hosts)
		launch_take_hosts(l, hosts, count);
	else if (choose_hosts(l, err) < 0)
		return -1;
	if (begin_apply(l, path, drift, hosts != NULL, err) < 0)
		return -1;
	planned_free(l->planned);
	l->planned = planned_new(path, drift);
	l->left = false;
	return 0;
}

int
launch_plan(struct launch *l, const char *path, bool drift, struct err *err)
{
	return plan_hosts(l, path, drift, NULL, 0, err);
}

int
launch_plan_on(
    struct launch *l, const char *path, const size_t *hosts, size_t count, struct err *err)
{
	/* It is the last run's own, which goes when another begins. */
	autofree char *kept = xstrdup(path);

	return plan_hosts(l, kept, false, hosts, count, err);
}

const struct planned *
launch_planned(const struct launch *l)
{
	return l->planned;
}

int
launch_leave_host(struct launch *l, size_t host, bool out, struct err *err)
{
	if (!launch_asks(l))
		return err_set(err, OUTCOME_HELD, "this plan does not wait any more: P plans anew");
	if (l->planned->host[host].why)
		return err_set(err, OUTCOME_HELD, "%s is not acted on: %s",
		    l->planned->host[host].name, l->planned->host[host].why);
	l->planned->host[host].out = out;
	apply_leave_out(l->apply, host, out);
	return 0;
}

int
launch_leave_step(struct launch *l, size_t step, bool out, struct err *err)
{
	struct planned_step *s = &l->planned->step[step];
	struct err ignored;

	if (!launch_asks(l))
		return err_set(err, OUTCOME_HELD, "this plan does not wait any more: P plans anew");
	for (size_t i = 0; i < s->parts; i++) {
		for (size_t k = 0; k < s->part[i].count; k++) {
			if (l->planned->host[s->part[i].host[k]].why ||
			    apply_leave_out_step(l->apply, s->part[i].host[k], s->id, out, err) ==
				0)
				continue;
			/* As it was, on those that took it. */
			for (size_t n = 0; n < l->host_count; n++)
				apply_leave_out_step(l->apply, n, s->id, s->out, &ignored);
			return -1;
		}
	}
	s->out = out;
	return 0;
}

static bool
is_out(void *user, size_t host)
{
	return ((const struct launch *)user)->planned->host[host].out;
}

int
launch_keep(struct launch *l, const char *path, struct err *err)
{
	const struct ledger *ledger = herd_ledger(l->config.herd);
	const struct passwd *pw = getpwuid(getuid());
	struct kept k = { .fleet = inventory_fleet(herd_inventory(l->config.herd)),
		.seat = ledger ? ledger_seat(ledger) : "-",
		.who = pw ? pw->pw_name : "?",
		.vars = l->config.vars };

	if (!launch_asks(l))
		return err_set(err, OUTCOME_HELD, "this plan does not wait any more: P plans anew");
	for (size_t i = 0; i < l->planned->steps; i++) {
		if (l->planned->step[i].out)
			return err_set(err, OUTCOME_HELD,
			    "a kept plan is of whole hosts: take %s in again",
			    l->planned->step[i].title);
	}
	k.path = playbook_path(l->playbook);
	k.digest = playbook_digest(l->playbook);
	return kept_plan_write(path, &k, l->apply, is_out, l, err);
}

void
launch_answer(struct launch *l, bool yes)
{
	if (!launch_asks(l))
		return;
	l->planned->state = yes ? PLANNED_APPLIED : PLANNED_LEFT;
	l->left = !yes;
	if (yes)
		apply_go(l->apply);
	else
		apply_leave(l->apply, OUTCOME_HELD);
}
