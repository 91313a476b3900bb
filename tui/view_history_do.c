/* What can be done with a recorded run: again, back, on, and out into a file. */
#include "tui/view_history.h"

#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "cli/history_source.h"
#include "cli/record_export.h"
#include "tui/plan_source.h"
#include "tui/view.h"

#include <stdio.h>
#include <string.h>

#define FILE_MAX (64U << 20)
#define HIDDEN   "=\342\200\246" /* what a record has in place of a value of -e */

static void
flash(struct view *v, const char *text)
{
	v->services->flash(v->services->user, true, text);
}

static bool
is_unfinished(const struct history_row *r)
{
	return str_eq(r->state, "unfinished");
}

/* Why a run cannot be done again; NULL: it can. */
static const char *
not_again(const struct history_row *r)
{
	if (r->foreign || !r->argv[0])
		return "another seat's run: its command is not known here";
	if (strstr(r->what, HIDDEN))
		return "values of -e are not recorded: give the command again by hand (:)";
	return r->running ? "it still runs" : NULL;
}

static void
plan_again(struct view *v, const struct history_row *r)
{
	struct err err;

	if (v->services->plan->plan(v->services->plan->user, r->playbook, false, &err) < 0)
		flash(v, err.text);
	else
		v->services->open(v->services->user, "plan", NULL);
}

void
histview_rerun(struct view *v)
{
	const struct history_row *r = histview_row(v->state);
	const char *why = not_again(r);

	if (why) {
		flash(v, why);
	} else if (str_eq(r->verb, "apply") && r->playbook[0]) {
		plan_again(v, r);
	} else {
		autofree char *line = histview_again(r);

		v->services->verb(v->services->user, line);
	}
}

char *
histview_again(const struct history_row *r)
{
	return not_again(r) ? NULL : xasprintf("drover %s", r->what);
}

/* An unfinished run is taken on, one that changed something is taken back. */
char *
histview_back(const struct history_row *r)
{
	return xasprintf("drover %s %s", is_unfinished(r) ? "resume" : "undo", r->alias);
}

void
histview_undo(struct view *v)
{
	const struct history_row *r = histview_row(v->state);

	if (r->running) {
		flash(v, "it still runs");
	} else if (r->foreign) {
		flash(v, "another seat's run: its own seat takes it back");
	} else if (!is_unfinished(r) && !str_eq(r->verb, "apply")) {
		flash(v, "only an apply is taken back: what a command did is not known");
	} else {
		autofree char *line = histview_back(r);

		v->services->verb(v->services->user, line);
	}
}

static void
put_line(void *user, const char *line, size_t len)
{
	buf_add(user, line, len);
}

static int
write_run(
    struct histview *h, const struct history_row *r, bool junit, struct buf *to, struct err *err)
{
	struct record whole;

	if (!junit)
		return record_export_json(h->runs.source, r->uuid, RECORD_EXPORT_EVENTS,
		    &(struct record_sink){ .put = put_line, .user = to }, err);
	record_init(&whole, h->runs.source, r->uuid);
	int failed = record_read_all(&whole, RECORD_STEPS)
			 ? record_export_junit(&whole, r->alias, r->verb, to, err)
			 : record_export_beyond(RECORD_STEPS, err);
	record_fini(&whole);
	return failed;
}

static void
export_to(struct view *v, const char *path)
{
	struct histview *h = v->state;
	const struct history_row *r = histview_row(h);
	autobuf b = BUF_INIT(FILE_MAX);
	struct err err;

	if (!r || !*path)
		return;
	if (write_run(h, r, record_export_is_junit(path), &b, &err) < 0)
		flash(v, err.text);
	else if (b.dropped)
		flash(v, "too large for a screen: drover history export RUN FILE writes it");
	else
		v->services->save(v->services->user, path, buf_text(&b), b.len);
}

void
histview_export(struct view *v)
{
	const struct history_row *r = histview_row(v->state);
	autofree char *preset = xasprintf("%s.json", r->alias);

	v->services->prompt(v->services->user,
	    &(struct view_prompt){ .title = "Write the run to FILE (.json events, .xml JUnit)",
		.preset = preset,
		.yes = export_to });
}

void
histview_things(
    const struct view *v, void (*put)(void *user, const char *what, const char *text), void *user)
{
	const struct history_row *r = histview_row(v->state);

	if (!r)
		return;
	autofree char *command = history_command(r);
	put(user, "run", r->alias);
	put(user, "uuid", r->uuid);
	if (command)
		put(user, "its command", command);
	if (r->folded && r->folded[0])
		put(user, "its hosts", r->folded);
	if (r->playbook[0])
		put(user, "its playbook", r->playbook);
}
