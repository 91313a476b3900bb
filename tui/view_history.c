/* The runs of this seat's ledger: what was done, by whom, how it ended; detail of the one under the cursor. */
#include "tui/view_history.h"

#include "base/buf.h"
#include "base/mem.h"
#include "base/str.h"
#include "cli/history_source.h"
#include "cli/record_text.h"
#include "tui/view.h"

#include <stdio.h>
#include <string.h>

#define DETAIL_MAX (16U << 10)

static const char *
row_id(const void *user, size_t i)
{
	const struct histview *h = user;

	return h->runs.shown[i]->uuid;
}

struct history_row *
histview_row(const struct histview *h)
{
	return h->list.cursor < h->list.count ? h->runs.shown[h->list.cursor] : NULL;
}

/* The record of the run under the cursor, as far as it is read. */
static void
read_detail(struct histview *h)
{
	const struct history_row *r = histview_row(h);

	if (!r || (h->record.arena && !str_eq(h->record.uuid, r->uuid))) {
		record_fini(&h->record);
		free(take(h->detail));
	}
	if (!r)
		return;
	if (!h->record.arena)
		record_init(&h->record, h->runs.source, r->uuid);
	if (!record_refresh(&h->record) && h->detail)
		return;
	autobuf b = BUF_INIT(DETAIL_MAX);
	record_tell(&h->record, r, &b);
	free(h->detail);
	h->detail = buf_detach(&b, NULL);
}

static void
history_view_refresh(struct view *v)
{
	struct histview *h = v->state;
	int rows = histview_rows(h, v->height);

	h->list.height = rows > 0 ? rows : 1;
	history_refresh(&h->runs, h->list.cursor + (size_t)h->list.height * 2);
	list_update(&h->list, h->runs.count, row_id, h);
	size_t first = list_top(&h->list, h->list.height);
	for (size_t i = first; i < h->list.count && i < first + (size_t)h->list.height; i++)
		history_head(&h->runs, h->runs.shown[i]);
	if (rows < v->height - 1)
		read_detail(h);
}

static void
history_view_open(struct view *v, const char *subject)
{
	struct histview *h = v->state;

	history_init(&h->runs, v->services->history);
	if (!subject)
		return;
	str_copy(h->filter, sizeof(h->filter), subject);
	history_filter(&h->runs, subject);
}

static void
history_view_close(struct view *v)
{
	struct histview *h = v->state;

	record_fini(&h->record);
	free(h->detail);
	history_fini(&h->runs);
}

static void
flash(struct view *v, bool bad, const char *text)
{
	v->services->flash(v->services->user, bad, text);
}

static void
open_record(struct view *v, const char *part)
{
	const struct history_row *r = histview_row(v->state);
	autofree char *subject = xasprintf("%s%s", r->uuid, part);

	v->services->open(v->services->user, "record", subject);
}

static void
do_open(struct view *v)
{
	open_record(v, "");
}

static void
do_diff(struct view *v)
{
	open_record(v, " diff");
}

static void
do_mark(struct view *v)
{
	struct histview *h = v->state;
	struct history_row *r = histview_row(h);

	r->marked = !r->marked;
	list_move(&h->list, 1, row_id, h);
}

static void
do_unmark(struct view *v)
{
	struct histview *h = v->state;

	for (size_t i = 0; i < h->runs.count; i++)
		h->runs.rows[i]->marked = false;
}

/* The two that are marked, the older first; else the marked one and the one under the cursor. False: there
 * are not two. */
static bool
compared(const struct histview *h, const struct history_row *ret[2])
{
	const struct history_row *two[2], *cursor = histview_row(h);
	size_t n = 0;

	for (size_t i = h->runs.count; i > 0; i--) {
		const struct history_row *r = h->runs.rows[i - 1];

		if (r->marked && n < 2)
			two[n] = r;
		n += r->marked;
	}
	if (n == 1 && cursor && !cursor->marked)
		two[n++] = cursor;
	if (n != 2)
		return false;
	bool turn = strcmp(two[0]->uuid, two[1]->uuid) > 0;
	ret[0] = two[turn];
	ret[1] = two[!turn];
	return true;
}

static void
do_compare(struct view *v)
{
	const struct history_row *two[2];

	if (!compared(v->state, two)) {
		flash(v, true, "mark two runs with Space to compare them");
		return;
	}
	autofree char *subject = xasprintf("%s %s", two[0]->uuid, two[1]->uuid);
	v->services->open(v->services->user, "record", subject);
}

static void
filter_with(struct view *v, const char *input)
{
	struct histview *h = v->state;

	if (str_eq(h->filter, input))
		return;
	str_copy(h->filter, sizeof(h->filter), input);
	history_filter(&h->runs, input);
	h->list.cursor = h->list.top = 0;
	h->list.id[0] = '\0';
	v->services->changed(v->services->user);
}

static void
do_filter(struct view *v)
{
	struct histview *h = v->state;

	v->services->prompt(v->services->user,
	    &(struct view_prompt){
		.title = "Only runs with (failed, changed, host=web*, who=ana, text)",
		.preset = h->filter,
		.empty = true,
		.changed = filter_with,
		.yes = filter_with });
}

static char *
equal_show(const struct view *v)
{
	const struct history_row *r = histview_row(v->state);

	return r ? xasprintf("drover history show %s", r->alias) : NULL;
}

static char *
equal_export(const struct view *v)
{
	const struct history_row *r = histview_row(v->state);

	return r ? xasprintf("drover history export %s %s.json", r->alias, r->alias) : NULL;
}

static char *
equal_compare(const struct view *v)
{
	const struct history_row *two[2];

	return compared(v->state, two)
		   ? xasprintf("drover history diff %s %s", two[0]->alias, two[1]->alias)
		   : NULL;
}

static char *
equal_again(const struct view *v)
{
	const struct history_row *r = histview_row(v->state);

	return r ? histview_again(r) : NULL;
}

static char *
equal_back(const struct view *v)
{
	const struct history_row *r = histview_row(v->state);

	return r ? histview_back(r) : NULL;
}

static const struct action actions[] = {
	{ .key = "enter",
	    .name = "open",
	    .summary = "the run: its hosts, their outputs and results",
	    .needs = NEEDS_ROW,
	    .hint = true,
	    .run = do_open,
	    .command = "drover history show RUN",
	    .equal = equal_show },
	{ .key = "d",
	    .name = "diff",
	    .summary = "the contents that the run changed",
	    .needs = NEEDS_ROW,
	    .hint = true,
	    .run = do_diff,
	    .command = "drover history show RUN",
	    .equal = equal_show },
	{ .key = "space",
	    .name = "mark",
	    .summary = "mark the run, and go on",
	    .needs = NEEDS_ROW,
	    .run = do_mark },
	{ .key = "c",
	    .name = "compare",
	    .summary = "what is different between two runs: mark them first",
	    .needs = NEEDS_ROW,
	    .hint = true,
	    .run = do_compare,
	    .command = "drover history diff RUN RUN",
	    .equal = equal_compare },
	{ .key = "r",
	    .name = "rerun",
	    .summary = "the same again: a command after its question, an apply as a plan",
	    .needs = NEEDS_ROW | NEEDS_WRITE,
	    .hint = true,
	    .run = histview_rerun,
	    .equal = equal_again },
	{ .key = "u",
	    .name = "undo",
	    .summary = "take an apply back; an unfinished run: find out how it ended (resume)",
	    .needs = NEEDS_ROW | NEEDS_WRITE,
	    .hint = true,
	    .run = histview_undo,
	    .command = "drover undo RUN; drover resume RUN",
	    .equal = equal_back },
	{ .key = "E",
	    .name = "export",
	    .summary = "the run's events into a file as JSON, its results as JUnit",
	    .needs = NEEDS_ROW,
	    .run = histview_export,
	    .command = "drover history export RUN FILE",
	    .equal = equal_export },
	{ .key = "/|&",
	    .name = "filter",
	    .summary = "only some runs: failed, changed, host=web*, who=ana, any text",
	    .hint = true,
	    .run = do_filter,
	    .command = "drover history SET" },
	{ .key = "U", .name = "unmark", .summary = "no run is marked any more", .run = do_unmark },
	{ 0 },
};

static bool
history_view_key(struct view *v, const char *key)
{
	struct histview *h = v->state;

	if (str_eq(key, "esc") && h->filter[0]) {
		filter_with(v, "");
		return true;
	}
	return list_key(&h->list, key, row_id, h);
}

static const char *
history_view_lacks(const struct view *v, unsigned needs)
{
	return (needs & NEEDS_ROW) && !histview_row(v->state) ? "no run is under the cursor" : NULL;
}

const struct view_class view_history = {
	.name = "history",
	.title = "History",
	.digit = '8',
	.actions = actions,
	.state_size = sizeof(struct histview),
	.open = history_view_open,
	.close = history_view_close,
	.refresh = history_view_refresh,
	.paint = histview_paint,
	.key = history_view_key,
	.status = histview_status,
	.lacks = history_view_lacks,
	.things = histview_things,
};
