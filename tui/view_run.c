/* A run: hosts in the same state as one, failures on top, what the one under the cursor did. */
#include "tui/view_run.h"

#include "base/clock.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "inventory/set.h"
#include "tui/run_source.h"
#include "tui/view.h"

#include <stdio.h>
#include <string.h>

static const struct run_source *
source_of(const struct view *v)
{
	return v->services->run;
}

static void
show(struct view *v)
{
	struct runview *r = v->state;
	const struct run_group *g = runview_at(r);

	if (!g) {
		text_set(&r->text, "", 0);
		return;
	}
	const char *host = runview_id(r, r->list.cursor);
	if (!r->host || !str_eq(r->host, host)) {
		free(r->host);
		r->host = xstrdup(host);
		text_set(&r->text, "", 0);
		r->text.top = 0;
		r->text.left = 0;
	}
	autofree char *said = runview_tell(r->run, progress_find(r->run, r->host), source_of(v));
	bool fresh = !r->text.lines;
	text_set(&r->text, said, strlen(said));
	if (fresh)
		text_key(&r->text, "end");
}

static void
run_refresh(struct view *v)
{
	struct runview *r = v->state;
	int output = runview_output_rows(v->height);

	r->run = v->scene->run;
	r->text.diff = true;
	r->list.height = v->height - 3 - output;
	text_height(&r->text, r->reading ? v->height - 3 : output - 1);
	runview_groups(r);
	show(v);
}

static void
run_close(struct view *v)
{
	struct runview *r = v->state;

	runview_free_groups(r);
	free(r->group);
	free(r->host);
	text_fini(&r->text);
	sieve_fini(&r->sieve);
}

static void
flash(struct view *v, const char *text)
{
	v->services->flash(v->services->user, true, text);
}

static bool
run_key(struct view *v, const char *key)
{
	struct runview *r = v->state;

	if (!r->run)
		return false;
	if (r->reading && (str_eq(key, "esc") || str_eq(key, "q"))) {
		r->reading = false;
		return true;
	}
	if (r->reading)
		return text_key(&r->text, key);
	if (str_eq(key, "esc") && sieve_clear(&r->sieve))
		return true;
	run_refresh(v);
	if (!list_key(&r->list, key, runview_id, r))
		return false;
	show(v);
	return true;
}

static void
do_open(struct view *v)
{
	struct runview *r = v->state;

	r->reading = true;
}

static void
do_faults(struct view *v)
{
	struct runview *r = v->state;

	r->faults = !r->faults;
	run_refresh(v);
}

static void
do_unfold(struct view *v)
{
	struct runview *r = v->state;

	r->unfold = !r->unfold;
	run_refresh(v);
}

static void
do_times(struct view *v)
{
	struct runview *r = v->state;

	r->times = !r->times;
}

static void
do_wrap(struct view *v)
{
	struct runview *r = v->state;

	text_key(&r->text, "w");
}

static void
do_search(struct view *v)
{
	sieve_ask(v, "Hosts with");
}

static void
do_page(struct view *v)
{
	const struct runview *r = v->state;

	run_refresh(v);
	if (!r->host)
		return;
	autofree char *said = runview_tell(r->run, progress_find(r->run, r->host), source_of(v));
	source_of(v)->page(source_of(v)->user, said);
}

static void
do_shell(struct view *v)
{
	const struct runview *r = v->state;

	run_refresh(v);
	if (r->host)
		v->services->login(v->services->user, r->host);
}

static void
do_pause(struct view *v)
{
	const struct run_source *s = source_of(v);
	bool on = !s->paused(s->user);
	struct err err;

	if (s->pause(s->user, on, &err) < 0)
		flash(v, err.text);
	else
		v->services->flash(v->services->user, false,
		    on ? "paused: the next batch waits until p is pressed again" : "going on");
}

/* Who failed or was never tried; returns how many. */
static size_t
left_over(const struct progress *p, const char **names)
{
	size_t n = 0;

	for (size_t i = 0; i < p->count; i++) {
		if (runview_is_bad(&p->rows[i]) ||
		    (p->rows[i].state == PROGRESS_ENDED && p->rows[i].outcome == OUTCOME_UNTRIED))
			names[n++] = p->rows[i].host;
	}
	return n;
}

static void
retried(struct view *v)
{
	const struct progress *p = v->scene->run;
	autofree const char **names = xcalloc(p->count + 1, sizeof(*names));
	size_t count = left_over(p, names);
	bool plans = str_eq(p->verb, "apply");
	struct err err;

	if (!count || source_of(v)->retry(source_of(v)->user, names, count, &err) < 0)
		flash(v, count ? err.text : "no host failed");
	else if (plans)
		v->services->open(v->services->user, "plan", NULL);
}

static void
do_retry(struct view *v)
{
	const struct progress *p = v->scene->run;
	autofree const char **names = xcalloc(p->count + 1, sizeof(*names));
	size_t count = left_over(p, names);

	if (!count) {
		flash(v, "no host failed");
		return;
	}
	if (p->verb && str_eq(p->verb, "apply")) {
		retried(v);
		return;
	}
	autofree char *set = names_fold(names, count);
	autofree char *text = xasprintf("Once more on %.300s (%zu host%s):\n\n  drover %s %.400s",
	    set, count, count == 1 ? "" : "s", p->verb ? p->verb : "", p->argv ? p->argv : "");
	v->services->confirm(v->services->user,
	    &(struct view_confirm){ .title = "Retry what failed", .text = text, .yes = retried });
}

static void
do_stop(struct view *v)
{
	v->services->stop_run(v->services->user);
}

static void
run_status(const struct view *v, char *to, size_t size)
{
	const struct runview *r = v->state;
	const struct progress *p = v->scene->run;
	const struct run_source *s = source_of(v);
	char took[16];

	if (!p) {
		snprintf(to, size, "no run");
		return;
	}
	clock_spent((p->ended ? p->end_ms : v->scene->wall_ms) - p->start_ms, took, sizeof(took));
	snprintf(to, size, "%s%s %s  ", r->faults ? "ACTIVE+FAILED  " : "", p->verb ? p->verb : "",
	    v->scene->run_alias);
	size_t used = strlen(to);
	if (p->ended)
		snprintf(to + used, size - used, "exit %d  %s", p->exit, took);
	else
		snprintf(to + used, size - used, "%s %s",
		    s && s->paused(s->user) ? "PAUSED" : "RUNNING", took);
}

static struct sieve *
run_sieve(struct view *v)
{
	return &((struct runview *)v->state)->sieve;
}

static struct text *
run_reads(struct view *v)
{
	struct runview *r = v->state;

	return r->reading ? &r->text : NULL;
}

static const char *
run_lacks(const struct view *v, unsigned needs)
{
	const struct progress *p = v->scene->run;

	if ((needs & NEEDS_ROW) && !runview_at(v->state))
		return p ? "there is no host here" : "no run has been started from here";
	if ((needs & NEEDS_RUN) && !v->scene->run_live)
		return "the run has ended";
	if ((needs & NEEDS_ENDED) && (!p || v->scene->run_live))
		return p ? "the run is at work" : "no run has been started from here";
	return NULL;
}

static void
run_things(
    const struct view *v, void (*put)(void *user, const char *what, const char *text), void *user)
{
	const struct runview *r = v->state;
	const struct run_group *g = runview_at(r);

	if (!g)
		return;
	put(user, "host", runview_id(r, r->list.cursor));
	autofree char *set = runview_set(r, g);
	if (g->count > 1)
		put(user, "hosts", set);
	put(user, "output",
	    r->text.lines ? runview_row(r, g)->output ? runview_row(r, g)->output : "" : "");
	put(user, "run", v->scene->run_alias);
}

static size_t
run_hosts(const struct view *v, const char **to, size_t max)
{
	const struct runview *r = v->state;
	const struct run_group *g = runview_at(r);
	size_t n = 0;

	for (; g && n < g->count && n < max; n++)
		to[n] = r->run->rows[g->row[n]].host;
	return n;
}

static const struct action actions[] = {
	{ .key = "enter",
	    .name = "output",
	    .summary = "what the host did, on the whole screen; Esc comes back",
	    .needs = NEEDS_ROW,
	    .hint = true,
	    .run = do_open },
	{ .key = "f",
	    .name = "faults",
	    .summary = "show only failures and what is at work",
	    .hint = true,
	    .run = do_faults },
	{ .key = "r",
	    .name = "retry",
	    .summary = "the same once more on the hosts that failed or were not tried",
	    .needs = NEEDS_ENDED | NEEDS_WRITE,
	    .hint = true,
	    .run = do_retry,
	    .command = "drover apply FILE --limit SET" },
	{ .key = "p",
	    .name = "pause",
	    .summary = "hold the next batch back, or go on",
	    .needs = NEEDS_RUN,
	    .hint = true,
	    .run = do_pause },
	{ .key = "ctrl-c",
	    .name = "stop",
	    .summary = "start no more hosts; twice: cut the running ones",
	    .needs = NEEDS_RUN,
	    .hint = true,
	    .run = do_stop },
	{ .key = "s",
	    .name = "shell",
	    .summary = "a login on the host under the cursor",
	    .needs = NEEDS_ROW,
	    .run = do_shell,
	    .command = "drover ssh HOST" },
	{ .key = "=",
	    .name = "unfold",
	    .summary = "hosts one by one, or folded by their state",
	    .run = do_unfold },
	{ .key = "t",
	    .name = "times",
	    .summary = "when each step ran, as a line",
	    .run = do_times },
	{ .key = "e",
	    .name = "pager",
	    .summary = "what the host did, in $PAGER",
	    .needs = NEEDS_ROW,
	    .run = do_page },
	{ .key = "/",
	    .name = "filter",
	    .summary = "hosts that match; in the output: search",
	    .run = do_search },
	{ .key = "w", .name = "wrap", .summary = "wrap long lines of the output", .run = do_wrap },
	{ 0 },
};

const struct view_class view_run = {
	.name = "run",
	.title = "Run",
	.digit = '6',
	.actions = actions,
	.state_size = sizeof(struct runview),
	.close = run_close,
	.refresh = run_refresh,
	.paint = runview_paint,
	.key = run_key,
	.status = run_status,
	.lacks = run_lacks,
	.sieve = run_sieve,
	.reads = run_reads,
	.things = run_things,
	.hosts = run_hosts,
};
