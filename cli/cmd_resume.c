#include "base/err.h"
#include "base/event.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/uuid.h"
#include "cli/call.h"
#include "cli/commands.h"
#include "cli/drive.h"
#include "cli/history.h"
#include "cli/out.h"
#include "engine/run.h"
#include "inventory/fold.h"
#include "inventory/inventory.h"
#include "inventory/set.h"
#include "ledger/ledger.h"
#include "playbooks/resume.h"

#include <string.h>

struct work {
	struct call *call;
	struct drive *drive;
	struct resume *resume;
	char uuid[UUID_TEXT], alias[24];
	bool unfinished; /* its own run goes on; else a new one tells */
};

/* A row as far as the choice needs it. */
struct candidate {
	char uuid[UUID_TEXT], alias[24];
	bool resume, unfinished;
};

struct candidates {
	struct candidate *list;
	size_t count, cap;
};

static bool
proved_all(const struct ledger_row *row)
{
	return row->end_ms && row->unknown == 0 && row->unreachable == 0 &&
	       row->ok + row->changed + row->failed + row->untried == row->hosts;
}

static bool
acts(const char *verb)
{
	static const char *const verbs[] = { "apply", "undo", "rollback", "start", "stop",
		"restart" };

	for (size_t i = 0; i < countof(verbs); i++)
		if (str_eq(verb, verbs[i]))
			return true;
	return false;
}

/* Applies that left something open, and the resumes that proved what some left. */
static bool
consider(void *user, const struct ledger_row *row)
{
	struct candidates *all = user;
	struct candidate c = { .resume = str_eq(row->verb, "resume"),
		.unfinished = str_eq(row->state, "unfinished") };

	if (c.resume ? !proved_all(row) : !acts(row->verb) || (!c.unfinished && row->unknown == 0))
		return true;
	str_copy(c.uuid, sizeof(c.uuid), row->uuid);
	str_copy(c.alias, sizeof(c.alias), row->alias);
	mem_grow(all->list, all->count, all->cap);
	all->list[all->count++] = c;
	return true;
}

/* Which apply a resume asked about stands in its start. */
static bool
take_subject(void *user, const struct event *e)
{
	str_copy(user, UUID_TEXT, event_text(e, FIELD_NAME) ? event_text(e, FIELD_NAME) : "");
	return false;
}

static void
drop_proved(struct candidates *all, const char *uuid)
{
	for (size_t i = 0; i < all->count; i++) {
		if (!all->list[i].unfinished && str_eq(all->list[i].uuid, uuid))
			all->list[i].uuid[0] = '\0';
	}
}

static void
choose(struct work *w, const struct candidate *c)
{
	str_copy(w->uuid, sizeof(w->uuid), c->uuid);
	str_copy(w->alias, sizeof(w->alias), c->alias);
	w->unfinished = c->unfinished;
}

/* Nobody named it, so it is said which run is asked about. */
static void
tell_choice(const struct work *w)
{
	struct ledger_row row;
	struct err err;
	char when[20];

	if (!ledger_find_run(w->call->ledger, w->uuid, &row, &err))
		return;
	history_time(row.start_ms, when, sizeof(when));
	out_note(w->call->out, "resuming %s: %s%s%s of %s", w->alias, row.verb,
	    row.playbook[0] ? " " : "", row.playbook, when);
}

/* The newest apply that left something open which no later resume has proved. */
static void
find_newest(struct work *w)
{
	struct ledger *l = w->call->ledger;
	struct candidates all = { .list = NULL };
	char subject[UUID_TEXT] = "";

	ledger_runs(l, NULL, 1000, consider, &all);
	for (size_t i = 0; i < all.count && !w->uuid[0]; i++) {
		const struct candidate *c = &all.list[i];

		if (c->resume && c->uuid[0]) {
			ledger_events(l, c->uuid, take_subject, subject);
			drop_proved(&all, subject);
		} else if (c->uuid[0]) {
			choose(w, c);
		}
	}
	free(all.list);
}

static bool
find(struct work *w)
{
	struct call *c = w->call;
	struct ledger_row row;
	struct err err;

	if (c->argc == 0) {
		find_newest(w);
		if (!w->uuid[0])
			out_note(c->out, "no apply is unfinished or left hosts unknown");
		else
			tell_choice(w);
		c->exit = 0;
		return w->uuid[0] != '\0';
	}
	if (!ledger_find_run(c->ledger, c->argv[0], &row, &err)) {
		call_fail(c, &err);
		return false;
	}
	if (!acts(row.verb)) {
		call_usage(c, "%s was no apply and no undo: there is nothing to resume", row.alias);
		return false;
	}
	if (str_eq(row.state, "running")) {
		err_set(&err, OUTCOME_LOCKED, "%s still runs", row.alias);
		call_fail(c, &err);
		return false;
	}
	str_copy(w->uuid, sizeof(w->uuid), row.uuid);
	str_copy(w->alias, sizeof(w->alias), row.alias);
	w->unfinished = str_eq(row.state, "unfinished");
	return true;
}

static void
describe(void *user, struct event *start)
{
	const struct work *w = user;

	event_set_text(start, FIELD_NAME, w->uuid);
}

static void
on_done(void *user)
{
	struct work *w = user;

	drive_end(w->drive, OUTCOME_OK);
}

static void
count_other(void *user, enum outcome o)
{
	run_count_earlier(user, o);
}

/* Untried says of other runs that the failure limit stopped them; here it is another reason. */
static void
tell_unsent(const struct work *w)
{
	size_t n = 0;
	autofree const char **host = xcalloc(resume_count(w->resume) + 1, sizeof(*host));

	for (size_t i = 0; i < resume_count(w->resume); i++) {
		if (!resume_sent(w->resume, i))
			host[n++] = resume_host(w->resume, i);
	}
	if (n == 0)
		return;
	autofree char *names = names_fold(host, n);
	out_note(w->call->out,
	    "%s: untried (exit code 8): nothing was sent before drover was gone; apply again",
	    names);
}

static int
carry_out(struct work *w)
{
	struct call *c = w->call;
	struct set set = { .hosts = xcalloc(resume_count(w->resume) + 1, sizeof(*set.hosts)) };
	struct drive_spec drive = { .call = c,
		.set = &set,
		.verb = "resume",
		.adopt = w->unfinished ? w->uuid : NULL,
		.describe = describe,
		.user = w };
	int code;

	for (size_t i = 0; i < resume_count(w->resume); i++) {
		const struct host *h = inventory_find(c->inventory, resume_host(w->resume, i));

		if (h)
			set.hosts[set.count++] = h;
	}
	w->drive = drive_new(&drive);
	if (w->drive) {
		struct resume_config config = { .herd = c->herd,
			.run = drive_run(w->drive),
			.parallel = (int)c->globals.parallel,
			.done = on_done,
			.user = w };

		if (w->unfinished)
			resume_others(w->resume, count_other, config.run);
		resume_start(w->resume, &config);
		code = drive_wait(w->drive, NULL);
		tell_unsent(w);
	} else {
		code = c->exit;
	}
	set_fini(&set);
	return code;
}

static int
run(struct call *call)
{
	struct work w = { .call = call };
	struct err err;
	int code;

	if (!call_herd(call) || !find(&w))
		return call->exit;
	w.resume = resume_new(call->ledger, w.uuid, &err);
	if (!w.resume)
		return call_fail(call, &err);
	if (resume_count(w.resume) == 0 && !w.unfinished) {
		out_note(call->out, "%s: every host is proved", w.alias);
		resume_free(w.resume);
		return 0;
	}
	code = carry_out(&w);
	resume_free(w.resume);
	return code;
}

const struct command command_resume = {
	.name = "resume",
	.synopsis = "[RUN]",
	.summary = "ask the hosts what became of an apply or undo",
	.text =
	    "An act goes on by itself on its host when drover or the link dies. Resume reads the\n"
	    "result there, follows it to its end, and records what it proved; it changes nothing.\n"
	    "Without RUN: the newest apply that is unfinished or left hosts unknown.\n"
	    "\n"
	    "A host that nothing was sent to is untried (exit code 8): apply again. One of which\n"
	    "nothing can be proved stays unknown (7), with the steps that are recorded as done.\n",
	.examples = "drover resume\tthe newest\n"
		    "drover resume r-12\tthat run\n",
	.min_args = 0,
	.max_args = 1,
	.run = run,
};
