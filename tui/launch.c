#include "tui/launch.h"

#include "base/buf.h"
#include "base/err.h"
#include "base/loop.h"
#include "base/mem.h"
#include "base/str.h"
#include "engine/fanout.h"
#include "engine/herd.h"
#include "engine/progress.h"
#include "engine/run.h"
#include "inventory/inventory.h"

#include <string.h>

struct launch {
	struct launch_config config;
	struct run *run;
	struct fanout *fanout;
	struct herd_host *one[1]; /* the host of a unit action */
	char *command;            /* and what runs there */
	struct progress progress;
	char alias[32];
	bool any, live;
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
	run_free(l->run);
	l->run = NULL;
	free(l->command);
	l->command = NULL;
}

void
launch_free(struct launch *l)
{
	if (!l)
		return;
	drop_run(l);
	progress_fini(&l->progress);
	free(l);
}

static void
on_event(void *user, const struct event *e)
{
	struct launch *l = user;

	progress_event(&l->progress, e);
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
on_fanout_done(void *user)
{
	struct launch *l = user;

	run_finish(l->run, OUTCOME_OK);
	l->live = false;
	loop_soon(herd_loop(l->config.herd), reap, l);
}

/* Start a run that is recorded as `verb argv` on the command line would be. */
static int
begin(struct launch *l, const char *verb, const char *const *argv, size_t argc,
    const char *const *hosts, size_t host_count, struct err *err)
{
	autoevent start = { .count = 0 };

	if (l->live)
		return err_set(err, OUTCOME_LOCKED, "a run is at work");
	event_init(&start, EVENT_RUN_START);
	event_set_text(&start, FIELD_VERB, verb);
	event_set_list(&start, FIELD_ARGV, argv, argc);
	event_set_text(&start, FIELD_FLEET, inventory_fleet(herd_inventory(l->config.herd)));
	event_set_list(&start, FIELD_HOSTS, hosts, host_count);
	drop_run(l);
	l->run = run_new(&(struct run_spec){ .loop = herd_loop(l->config.herd),
			     .ledger = herd_ledger(l->config.herd),
			     .start = &start,
			     .host_count = host_count },
	    err);
	if (!l->run)
		return -1;
	progress_fini(&l->progress);
	l->any = l->live = true;
	str_copy(l->alias, sizeof(l->alias), run_alias(l->run));
	run_add_sink(l->run, &(struct event_sink){ .event = on_event, .user = l });
	return 0;
}

int
launch_unit(struct launch *l, size_t host, const char *verb, const char *unit, struct err *err)
{
	autobuf command = BUF_INIT(1024);

	l->one[0] = herd_at(l->config.herd, host);
	const char *name = herd_host_of(l->one[0])->name;
	buf_addf(&command, "systemctl %s -- ", verb);
	str_shell_quote(&command, unit);
	const char *argv[] = { "run", name, "--", buf_text(&command) };
	if (begin(l, "run", argv, countof(argv), &name, 1, err) < 0)
		return -1;
	l->command = buf_detach(&command, NULL);
	l->fanout = fanout_start(&(struct fanout_spec){ .herd = l->config.herd,
	    .run = l->run,
	    .hosts = l->one,
	    .count = 1,
	    .command = l->command,
	    .keep = true,
	    .done = on_fanout_done,
	    .user = l });
	return 0;
}

void
launch_stop(struct launch *l)
{
	if (l->live && l->fanout)
		fanout_stop(l->fanout);
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
