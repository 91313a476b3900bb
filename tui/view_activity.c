/* What this console and other drovers are doing now: runs, questions that are out, connections being made. */
#include "base/buf.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/str.h"
#include "cli/history_source.h"
#include "inventory/fold.h"
#include "tui/canvas.h"
#include "tui/list.h"
#include "tui/table.h"
#include "tui/view.h"

#include <stdio.h>
#include <string.h>

#define BAR 10

struct entry {
	char id[UUID_TEXT + 8];
	bool run, ours;
	char who[64], what[256], hosts[256], how[64];
	int64_t since_ms; /* 0: not known */
	size_t done, count, bad;
};

struct activity {
	struct list list;
	struct entry *entries;
	size_t count, cap;
};

enum column {
	COLUMN_WHAT,
	COLUMN_WHO,
	COLUMN_VERB,
	COLUMN_HOSTS,
	COLUMN_PROGRESS,
	COLUMN_SINCE,
	COLUMN_COUNT
};

static const struct table_column columns[COLUMN_COUNT] = {
	[COLUMN_WHAT] = { "ACTIVITY", 12, 0, 0, false },
	[COLUMN_WHO] = { "WHO", 12, 0, 2, false },
	[COLUMN_VERB] = { "WHAT", 12, 2, 0, false },
	[COLUMN_HOSTS] = { "HOSTS", 10, 2, 3, false },
	[COLUMN_PROGRESS] = { "PROGRESS", 24, 0, 4, false },
	[COLUMN_SINCE] = { "SINCE", 6, 0, 1, true },
};

static const char *
row_id(const void *user, size_t i)
{
	const struct activity *a = user;

	return a->entries[i].id;
}

static struct entry *
add(struct activity *a, const char *id)
{
	struct entry *e;

	mem_grow(a->entries, a->count, a->cap);
	e = &a->entries[a->count++];
	*e = (struct entry){ .run = false };
	str_copy(e->id, sizeof(e->id), id);
	return e;
}

/* The hosts of a run as far as its progress has named them. */
static void
fold_hosts(const struct progress *p, char *to, size_t size)
{
	autofree const char **names = xcalloc(p->count + 1, sizeof(*names));

	for (size_t i = 0; i < p->count; i++)
		names[i] = p->rows[i].host;
	autofree char *set = p->count ? names_fold(names, p->count) : xstrdup("");
	str_copy(to, size, set);
}

static bool
add_run(void *to, const struct history_live *live)
{
	struct entry *e = add(to, live->uuid);
	const struct progress *p = live->progress;

	e->run = true;
	e->ours = live->ours;
	e->since_ms = live->start_ms;
	e->count = live->hosts;
	str_copy(e->how, sizeof(e->how), live->alias);
	str_copy(e->who, sizeof(e->who), live->ours ? "this console" : live->who);
	str_copy(e->what, sizeof(e->what), live->what[0] ? live->what : live->verb);
	if (!p)
		return true;
	e->done = p->done;
	e->bad = p->done - p->by_outcome[OUTCOME_OK] - p->by_outcome[OUTCOME_CHANGED];
	fold_hosts(p, e->hosts, sizeof(e->hosts));
	return true;
}

static void
add_links(
    struct activity *a, const struct scene *s, enum link link, const char *how, const char *what)
{
	autofree const char **names = xcalloc(s->count + 1, sizeof(*names));
	size_t n = 0;

	for (size_t i = 0; i < s->count; i++) {
		if (s->hosts[i].link == link)
			names[n++] = s->hosts[i].name;
	}
	if (!n)
		return;
	autofree char *set = names_fold(names, n);
	struct entry *e = add(a, how);
	str_copy(e->how, sizeof(e->how), how);
	str_copy(e->who, sizeof(e->who), "this console");
	snprintf(e->what, sizeof(e->what), "%zu host%s %s", n, n == 1 ? "" : "s", what);
	str_copy(e->hosts, sizeof(e->hosts), set);
}

static bool
add_child(void *to, const char *title, int64_t began_ms)
{
	struct activity *a = to;
	char id[32];

	snprintf(id, sizeof(id), "child %zu", a->count);
	struct entry *e = add(a, id);
	str_copy(e->how, sizeof(e->how), "verb");
	str_copy(e->who, sizeof(e->who), "this console");
	str_copy(e->what, sizeof(e->what), title);
	e->since_ms = began_ms;
	return true;
}

static void
activity_refresh(struct view *v)
{
	struct activity *a = v->state;
	const struct history_source *s = v->services->history;
	size_t polls = s->polls(s->user);

	a->count = 0;
	s->live(s->user, add_run, a);
	s->children(s->user, add_child, a);
	add_links(a, v->scene, LINK_CONNECTING, "connecting", "being connected");
	if (polls) {
		struct entry *e = add(a, "polls");

		str_copy(e->how, sizeof(e->how), "polls");
		str_copy(e->who, sizeof(e->who), "this console");
		snprintf(
		    e->what, sizeof(e->what), "%zu question%s out", polls, polls == 1 ? "" : "s");
	}
	a->list.height = v->height > 2 ? v->height - 2 : 1;
	list_update(&a->list, a->count, row_id, a);
}

static void
activity_close(struct view *v)
{
	free(((struct activity *)v->state)->entries);
}

/* "[####......] 4/9 2 bad" */
static void
progress_text(const struct entry *e, char *to, size_t size)
{
	char bar[BAR + 1];
	int full = e->count ? (int)(e->done * BAR / e->count) : 0;

	to[0] = '\0';
	if (!e->run)
		return;
	for (int i = 0; i < BAR; i++)
		bar[i] = i < full ? '#' : '.';
	bar[BAR] = '\0';
	snprintf(to, size, "[%s] %zu/%zu", bar, e->done, e->count);
	if (e->bad)
		snprintf(to + strlen(to), size - strlen(to), " %zu bad", e->bad);
}

static void
paint_entry(
    const struct view *v, const struct table *t, struct canvas *c, int row, const struct entry *e)
{
	char text[80];

	snprintf(text, sizeof(text), "%s %s", e->run ? ">" : " ", e->how);
	table_cell(t, c, row, COLUMN_WHAT, STYLE_BOLD, text);
	table_cell(t, c, row, COLUMN_WHO, e->ours ? STYLE_BOLD : STYLE_TEXT, e->who);
	table_cell(t, c, row, COLUMN_VERB, STYLE_TEXT, e->what);
	table_cell(t, c, row, COLUMN_HOSTS, STYLE_TEXT, e->hosts);
	progress_text(e, text, sizeof(text));
	table_cell(t, c, row, COLUMN_PROGRESS, e->bad ? STYLE_BAD : STYLE_TEXT, text);
	text[0] = '\0';
	if (e->since_ms)
		clock_spent(v->scene->wall_ms - e->since_ms, text, sizeof(text));
	table_cell(t, c, row, COLUMN_SINCE, STYLE_DIM, text);
}

static void
activity_paint(const struct view *v, struct canvas *c, int top, int bottom)
{
	const struct activity *a = v->state;
	int rows = bottom - top - 2;
	size_t first = list_top(&a->list, rows);
	struct table t;

	canvas_print(c, top, 1, c->cols - 2, STYLE_HEAD,
	    "Activity: what this console and other drovers on this ledger do now");
	table_lay(&t, columns, COLUMN_COUNT, 1, c->cols - 1);
	table_head(&t, c, top + 1);
	if (!a->count)
		canvas_print(c, top + 2, 2, c->cols - 3, STYLE_DIM,
		    "Nothing: no run is at work, no host is being connected, no question is out.");
	for (int i = 0; i < rows && first + (size_t)i < a->list.count; i++) {
		size_t at = first + (size_t)i;

		paint_entry(v, &t, c, top + 2 + i, &a->entries[at]);
		if (at == a->list.cursor) {
			canvas_select(c, top + 2 + i, 0, c->cols);
			c->cursor_row = top + 2 + i;
			c->cursor_col = 1;
		}
	}
}

static bool
activity_key(struct view *v, const char *key)
{
	struct activity *a = v->state;

	return list_key(&a->list, key, row_id, a);
}

static const struct entry *
entry_at(const struct view *v)
{
	const struct activity *a = v->state;

	return a->list.cursor < a->count ? &a->entries[a->list.cursor] : NULL;
}

static const char *
activity_lacks(const struct view *v, unsigned needs)
{
	const struct entry *e = entry_at(v);

	if (!(needs & NEEDS_ROW))
		return NULL;
	return e && e->run ? NULL : "it is no run";
}

static void
do_open(struct view *v)
{
	const struct entry *e = entry_at(v);

	if (e->ours)
		v->services->open(v->services->user, "run", NULL);
	else
		v->services->open(v->services->user, "record", e->id);
}

static void
do_stop(struct view *v)
{
	const struct entry *e = entry_at(v);

	if (e && e->run && !e->ours)
		v->services->flash(
		    v->services->user, true, "another drover's run: Ctrl-C where it was started");
	else
		v->services->stop_run(v->services->user);
}

static char *
equal_show(const struct view *v)
{
	const struct entry *e = entry_at(v);

	return e && e->run ? xasprintf("drover history show %s", e->how) : NULL;
}

static const struct action actions[] = {
	{ .key = "enter",
	    .name = "open",
	    .summary = "the run under the cursor",
	    .needs = NEEDS_ROW,
	    .hint = true,
	    .run = do_open,
	    .command = "drover history show RUN",
	    .equal = equal_show },
	{ .key = "ctrl-c",
	    .name = "stop",
	    .summary = "stop this console's run: no more hosts; twice: cut it",
	    .hint = true,
	    .run = do_stop },
	{ 0 },
};

static void
activity_status(const struct view *v, char *to, size_t size)
{
	const struct activity *a = v->state;
	size_t runs = 0;

	for (size_t i = 0; i < a->count; i++)
		runs += a->entries[i].run;
	snprintf(to, size, "%zu run%s at work", runs, runs == 1 ? "" : "s");
}

const struct view_class view_activity = {
	.name = "activity",
	.title = "Activity",
	.actions = actions,
	.state_size = sizeof(struct activity),
	.close = activity_close,
	.refresh = activity_refresh,
	.paint = activity_paint,
	.key = activity_key,
	.status = activity_status,
	.lacks = activity_lacks,
};
