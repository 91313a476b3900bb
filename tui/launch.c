#include "tui/launch.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/diag.h"
#include "base/err.h"
#include "base/loop.h"
#include "base/mem.h"
#include "base/str.h"
#include "cli/kept_plan.h"
#include "engine/errand.h"
#include "engine/fanout.h"
#include "engine/herd.h"
#include "engine/progress.h"
#include "engine/run.h"
#include "inventory/inventory.h"
#include "inventory/set.h"
#include "ledger/ledger.h"
#include "playbooks/apply.h"
#include "playbooks/kept.h"
#include "playbooks/plan.h"
#include "playbooks/playbook.h"
#include "playbooks/rollout.h"
#include "tui/planned.h"

#include <pwd.h>
#include <signal.h>
#include <string.h>

#define SLICE_MS 4 /* of work at once */

struct launch {
	struct launch_config config;
	struct run *run;
	struct fanout *fanout;
	char *command;
	struct playbook *playbook;
	struct apply *apply;
	struct herd_host **hosts; /* of the command or the playbook */
	size_t host_count;
	struct planned *planned;
	bool rolling; /* one host after another, until one fails */
	bool drift;
	bool left; /* answered no: its hosts have ended, the run has not yet */
	struct progress progress;
	char alias[32];
	bool any, live, paused, folding;
	int stops;
	char *last_command, *last_playbook;
	enum launch_how last_how;
};

struct launch *
launch_new(const struct launch_config *config)
{
	struct launch *l = xcalloc(1, sizeof(*l));

	l->config = *config;
	progress_init(&l->progress);
	return l;
}

static void
drop_run(struct launch *l)
{
	fanout_free(l->fanout);
	l->fanout = NULL;
	apply_free(l->apply);
	l->apply = NULL;
	run_free(l->run);
	l->run = NULL;
	free(l->command);
	l->command = NULL;
	playbook_free(l->playbook);
	l->playbook = NULL;
	free(l->hosts);
	l->hosts = NULL;
	l->host_count = 0;
	l->drift = false;
	l->rolling = false;
}

static bool
asks(const struct launch *l)
{
	return l->apply && l->planned && l->planned->state == PLANNED_WAITS;
}

void
launch_free(struct launch *l)
{
	if (!l)
		return;
	/* Asked and not answered: nothing was changed. A run at work stays unfinished; resume ends it. */
	if (l->live && (asks(l) || l->left))
		run_finish(l->run, OUTCOME_HELD);
	drop_run(l);
	planned_free(l->planned);
	free(l->last_command);
	free(l->last_playbook);
	progress_fini(&l->progress);
	free(l);
}

/* A host of a rolling command ended, and not well: no other begins. */
static bool
breaks(const struct launch *l, const struct event *e)
{
	const char *state = e->kind == EVENT_HOST_END ? event_text(e, FIELD_STATE) : NULL;
	enum outcome o;

	return l->rolling && l->fanout && state &&
	       (!outcome_parse(state, &o) || !outcome_is_good(o)) && o != OUTCOME_UNTRIED;
}

static void
on_event(void *user, const struct event *e)
{
	struct launch *l = user;

	progress_event(&l->progress, e);
	if (breaks(l, e)) {
		l->rolling = false;
		fanout_stop(l->fanout);
	}
	l->config.changed(l->config.user);
}

static void
reap(void *user)
{
	struct launch *l = user;

	drop_run(l);
	l->config.ended(l->config.user);
}

static void
on_done(void *user)
{
	struct launch *l = user;

	run_finish(l->run, OUTCOME_OK);
	l->live = false;
	l->folding = false;
	if (l->apply && l->planned->state == PLANNED_LOOKING)
		l->planned->state = PLANNED_STOPPED;
	loop_soon(herd_loop(l->config.herd), reap, l);
}

/* Start a run that is recorded as `verb argv` on the command line would be. */
static int
begin(struct launch *l, const char *verb, const char *const *argv, size_t argc,
    const char *const *hosts, size_t host_count, struct err *err)
{
	autoevent start = { .count = 0 };

	event_init(&start, EVENT_RUN_START);
	event_set_text(&start, FIELD_VERB, verb);
	event_set_list(&start, FIELD_ARGV, argv, argc);
	event_set_text(&start, FIELD_SOURCE, "console");
	event_set_text(&start, FIELD_FLEET, inventory_fleet(herd_inventory(l->config.herd)));
	event_set_list(&start, FIELD_HOSTS, hosts, host_count);
	event_set_text(&start, FIELD_INVENTORY, inventory_path(herd_inventory(l->config.herd)));
	if (l->playbook) {
		event_set_text(&start, FIELD_PLAYBOOK, playbook_path(l->playbook));
		event_set_text(&start, FIELD_DIGEST, playbook_digest(l->playbook));
	}
	if (l->drift)
		event_set_int(&start, FIELD_DRY_RUN, true);
	l->run = run_new(&(struct run_spec){ .loop = herd_loop(l->config.herd),
			     .ledger = herd_ledger(l->config.herd),
			     .start = &start,
			     .host_count = host_count },
	    err);
	if (!l->run)
		return -1;
	progress_fini(&l->progress);
	l->any = l->live = true;
	l->paused = false;
	l->stops = 0;
	free(take(l->last_command));
	free(take(l->last_playbook));
	str_copy(l->alias, sizeof(l->alias), run_alias(l->run));
	run_add_sink(l->run, &(struct event_sink){ .event = on_event, .user = l });
	return 0;
}

static void
take_hosts(struct launch *l, const size_t *hosts, size_t count)
{
	l->hosts = xcalloc(count + 1, sizeof(struct herd_host *));
	l->host_count = count;
	for (size_t i = 0; i < count; i++)
		l->hosts[i] = herd_at(l->config.herd, hosts[i]);
}

/* The login is not root somewhere, and the inventory says how to become it. */
static bool
becomes(const struct launch *l)
{
	for (size_t i = 0; i < l->host_count; i++) {
		if (errand_becomes(l->hosts[i]))
			return true;
	}
	return false;
}

int
launch_command(struct launch *l, const size_t *hosts, size_t count, const char *command,
    enum launch_how how, struct err *err)
{
	autofree const char **names = xcalloc(count, sizeof(*names));
	const char *argv[8];
	size_t n = 0;

	if (l->live)
		return err_set(err, OUTCOME_LOCKED, "a run is at work");
	drop_run(l);
	take_hosts(l, hosts, count);
	for (size_t i = 0; i < count; i++)
		names[i] = herd_host_of(l->hosts[i])->name;
	autofree char *set = names_fold(names, count);
	if (how == LAUNCH_ROLLING) {
		argv[n++] = "-P";
		argv[n++] = "1";
	}
	argv[n++] = "run";
	if (how != LAUNCH_TYPED && becomes(l))
		argv[n++] = "-B";
	argv[n++] = set;
	argv[n++] = "--";
	argv[n++] = command;
	if (begin(l, "run", argv, n, names, count, err) < 0)
		return -1;
	l->rolling = how == LAUNCH_ROLLING;
	l->last_how = how;
	l->command = xstrdup(command);
	l->last_command = xstrdup(command);
	l->fanout = fanout_start(&(struct fanout_spec){ .herd = l->config.herd,
	    .run = l->run,
	    .hosts = l->hosts,
	    .count = count,
	    .parallel = l->rolling ? 1 : 0,
	    .who = how == LAUNCH_TYPED ? ERRAND_LOGIN : ERRAND_OWN,
	    .command = l->command,
	    .keep = true,
	    .done = on_done,
	    .user = l });
	return 0;
}

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
				 .done = on_done,
				 .user = l },
	    &diag);
	if (!l->apply)
		return fail_with(&diag, err);
	diag_fini(&diag);
	autofree char *set = names_fold(names, l->host_count);
	const char *argv[] = { verb, path, "--limit", set };
	if (begin(l, verb, argv, limited ? 4 : 2, names, l->host_count, err) < 0)
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
		    asks(l) ? "a plan waits: apply it or leave it" : "a run is at work");
	drop_run(l);
	l->drift = drift;
	diag_init(&diag);
	l->playbook = playbook_load(path, l->config.vars, &diag);
	if (!l->playbook)
		return fail_with(&diag, err);
	diag_fini(&diag);
	if (hosts)
		take_hosts(l, hosts, count);
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

enum launch_how
launch_last_how(const struct launch *l)
{
	return l->last_how;
}

const char *
launch_last_command(const struct launch *l)
{
	return l->last_command;
}

const char *
launch_last_playbook(const struct launch *l)
{
	return l->last_playbook;
}

int
launch_pause(struct launch *l, bool on, struct err *err)
{
	if (!l->live || l->stops)
		return err_set(err, OUTCOME_HELD, "no run is at work");
	if (!l->apply || l->planned->state != PLANNED_APPLIED)
		return err_set(err, OUTCOME_HELD, "only an apply has batches");
	l->paused = on;
	apply_pause(l->apply, on);
	return 0;
}

bool
launch_paused(const struct launch *l)
{
	return l->live && l->paused;
}

const struct planned *
launch_planned(const struct launch *l)
{
	return l->planned;
}

int
launch_leave_host(struct launch *l, size_t host, bool out, struct err *err)
{
	if (!asks(l))
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

	if (!asks(l))
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

	if (!asks(l))
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
	if (!asks(l))
		return;
	l->planned->state = yes ? PLANNED_APPLIED : PLANNED_LEFT;
	l->left = !yes;
	if (yes)
		apply_go(l->apply);
	else
		apply_leave(l->apply, OUTCOME_HELD);
}

int
launch_stop(struct launch *l)
{
	if (!l->live)
		return 0;
	l->paused = false;
	if (asks(l))
		launch_answer(l, false);
	else if (l->fanout)
		fanout_stop(l->fanout);
	else
		run_stop(l->run, SIGINT);
	return ++l->stops;
}

bool
launch_live(const struct launch *l)
{
	return l->live;
}

const struct progress *
launch_progress(const struct launch *l)
{
	return l->any ? &l->progress : NULL;
}

const char *
launch_alias(const struct launch *l)
{
	return l->alias;
}
