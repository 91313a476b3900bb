#include "tui/launch.h"

#include "base/err.h"
#include "base/loop.h"
#include "base/mem.h"
#include "base/str.h"
#include "engine/errand.h"
#include "engine/fanout.h"
#include "engine/herd.h"
#include "engine/progress.h"
#include "engine/run.h"
#include "inventory/inventory.h"
#include "inventory/set.h"
#include "playbooks/apply.h"
#include "playbooks/playbook.h"
#include "tui/launch_inner.h"
#include "tui/planned.h"

#include <signal.h>

struct launch *
launch_new(const struct launch_config *config)
{
	struct launch *l = xcalloc(1, sizeof(*l));

	l->config = *config;
	progress_init(&l->progress);
	return l;
}

void
launch_drop(struct launch *l)
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

bool
launch_asks(const struct launch *l)
{
	return l->apply && l->planned && l->planned->state == PLANNED_WAITS;
}

void
launch_free(struct launch *l)
{
	if (!l)
		return;
	/* Asked and not answered: nothing was changed. A run at work stays unfinished; resume ends it. */
	if (l->live && (launch_asks(l) || l->left))
		run_finish(l->run, OUTCOME_HELD);
	launch_drop(l);
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

	launch_drop(l);
	l->config.ended(l->config.user);
}

void
launch_done(void *user)
{
	struct launch *l = user;

	run_finish(l->run, OUTCOME_OK);
	l->live = false;
	l->folding = false;
	if (l->apply && l->planned->state == PLANNED_LOOKING)
		l->planned->state = PLANNED_STOPPED;
	loop_soon(herd_loop(l->config.herd), reap, l);
}

int
launch_begin(struct launch *l, const char *verb, const char *const *argv, size_t argc,
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

void
launch_take_hosts(struct launch *l, const size_t *hosts, size_t count)
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
	launch_drop(l);
	launch_take_hosts(l, hosts, count);
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
	if (launch_begin(l, "run", argv, n, names, count, err) < 0)
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
	    .done = launch_done,
	    .user = l });
	return 0;
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

int
launch_stop(struct launch *l)
{
	if (!l->live)
		return 0;
	l->paused = false;
	if (launch_asks(l))
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
