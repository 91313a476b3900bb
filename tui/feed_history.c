#include "tui/feed_history.h"

#include "base/clock.h"
#include "base/err.h"
#include "base/loop.h"
#include "base/mem.h"
#include "base/str.h"
#include "cli/history_row.h"
#include "engine/poll.h"
#include "ledger/prune.h"
#include "tui/launch.h"
#include "tui/onlook.h"
#include "tui/outputs.h"

#include <string.h>

#define LOOK_MS  1000 /* between two questions whether anything was committed */
#define MORE_MS  5    /* when a look has not read all that there is */
#define AGAIN_MS 10   /* until a view that has not read all is refreshed */

struct feed_history {
	struct feed_history_config config;
	struct history_source source;
	struct onlook *onlook;
	uint64_t generation;
	bool launched; /* our own run was live at the last look */
	struct loop_timer *look, *again;
};

static uint64_t
source_generation(void *user)
{
	return ((const struct feed_history *)user)->generation;
}

static void
source_runs(void *user, const char *before, int limit,
    bool (*each)(void *to, const struct ledger_row *row), void *to)
{
	ledger_runs_before(((struct feed_history *)user)->config.ledger, before, limit, each, to);
}

static bool
source_run(void *user, const char *name, struct ledger_row *ret, struct err *err)
{
	return ledger_find_run(((struct feed_history *)user)->config.ledger, name, ret, err);
}

static void
source_results(void *user, const char *uuid,
    bool (*each)(void *to, const struct ledger_result *result), void *to)
{
	ledger_results(((struct feed_history *)user)->config.ledger, uuid, each, to);
}

static int64_t
source_events(void *user, const char *uuid, int64_t seq, int limit,
    bool (*each)(void *to, const struct event *e), void *to)
{
	struct feed_history *f = user;

	return ledger_events_after(f->config.ledger, uuid, seq, limit, each, to);
}

static bool
source_had(void *user, int64_t number, const char *glob)
{
	return ledger_run_had(((struct feed_history *)user)->config.ledger, number, glob);
}

static char *
source_content(void *user, const char *digest, size_t *ret_len, struct err *err)
{
	return ledger_get(((struct feed_history *)user)->config.ledger, digest, ret_len, err);
}

static bool
source_pruned(void *user, const char *uuid)
{
	return ledger_is_pruned(((struct feed_history *)user)->config.ledger, uuid);
}

static int64_t
source_count(void *user)
{
	return ledger_run_count(((struct feed_history *)user)->config.ledger);
}

static int64_t
source_bytes(void *user)
{
	return ledger_bytes(((struct feed_history *)user)->config.ledger);
}

/* The UUID of our own run while it is at work; NULL: none is. */
static const char *
own_run(const struct feed_history *f)
{
	const struct progress *p = launch_progress(f->config.launch);

	return p && launch_live(f->config.launch) && p->run[0] ? p->run : NULL;
}

static void
source_live(void *user, bool (*each)(void *to, const struct history_live *live), void *to)
{
	struct feed_history *f = user;
	const struct progress *p = launch_progress(f->config.launch);
	const char *command = launch_last_command(f->config.launch);
	const char *playbook = launch_last_playbook(f->config.launch);
	autofree char *own =
	    !p        ? NULL
	    : command ? xstrdup(command)
		      : history_doing(p->verb ? p->verb : "", "", playbook ? playbook : "");

	if (own_run(f) && !each(to, &(struct history_live){ .uuid = p->run,
					.alias = launch_alias(f->config.launch),
					.verb = p->verb ? p->verb : "",
					.who = "this console",
					.what = own,
					.ours = true,
					.hosts = p->count,
					.start_ms = p->start_ms,
					.progress = p }))
		return;
	for (size_t i = 0; i < onlook_count(f->onlook); i++) {
		const struct onlook_run *r = onlook_at(f->onlook, i);
		autofree char *doing = history_doing(r->verb, r->argv, r->playbook);

		if (!each(to, &(struct history_live){ .uuid = r->uuid,
				  .alias = r->alias,
				  .verb = r->verb,
				  .who = r->who,
				  .what = doing,
				  .hosts = r->hosts,
				  .start_ms = r->start_ms,
				  .progress = &r->progress }))
			return;
	}
}

static size_t
source_polls(void *user)
{
	return poll_out(((const struct feed_history *)user)->config.poll);
}

static void
source_children(void *user, bool (*each)(void *to, const char *title, int64_t began_ms), void *to)
{
	const struct feed_history *f = user;

	for (size_t i = 0; f->config.outputs; i++) {
		const struct output *o = outputs_at(f->config.outputs, i);

		if (!o || (o->growing && !each(to, o->title, o->began_ms)))
			return;
	}
}

static void
source_again(void *user)
{
	loop_timer_start(((struct feed_history *)user)->again, AGAIN_MS);
}

static void
on_again(void *user)
{
	struct feed_history *f = user;

	f->config.changed(f->config.user);
}

/* Who is at work may go without a word: while anybody is, they are looked at even if nothing was written. */
static void
on_look(void *user)
{
	struct feed_history *f = user;
	const char *own = own_run(f);
	bool more = false, moved = false, changed = ledger_changed(f->config.ledger);

	if (changed || onlook_count(f->onlook))
		moved = onlook_look(f->onlook, own, &more);
	if (changed || moved || f->launched != (own != NULL)) {
		f->generation++;
		f->config.changed(f->config.user);
	}
	f->launched = own != NULL;
	loop_timer_start(f->look, more ? MORE_MS : LOOK_MS);
}

struct feed_history *
feed_history_new(const struct feed_history_config *config)
{
	struct feed_history *f = xcalloc(1, sizeof(*f));

	f->config = *config;
	f->generation = 1;
	f->onlook = onlook_new(config->ledger);
	f->source = (struct history_source){ .user = f,
		.generation = source_generation,
		.runs = source_runs,
		.run = source_run,
		.results = source_results,
		.events = source_events,
		.had = source_had,
		.content = source_content,
		.pruned = source_pruned,
		.count = source_count,
		.bytes = source_bytes,
		.live = source_live,
		.polls = source_polls,
		.children = source_children,
		.again = source_again };
	f->look = loop_timer_new(config->loop, on_look, f);
	f->again = loop_timer_new(config->loop, on_again, f);
	loop_timer_start(f->look, 0);
	return f;
}

void
feed_history_free(struct feed_history *f)
{
	if (!f)
		return;
	loop_timer_free(f->look);
	loop_timer_free(f->again);
	onlook_free(f->onlook);
	free(f);
}

const struct history_source *
feed_history_source(const struct feed_history *f)
{
	return &f->source;
}

int
feed_history_jobs(const struct feed_history *f)
{
	return (int)onlook_count(f->onlook) + (own_run(f) != NULL);
}
