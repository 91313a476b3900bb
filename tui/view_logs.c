/* The journals of many hosts, merged by time: followed, searched, filtered, folded. */
#include "tui/view_logs.h"
#include "base/buf.h"
#include "base/mem.h"
#include "base/str.h"

#include <stdio.h>
#include <string.h>

#define SIDEWAYS 8 /* columns a key moves */

static void
logs_refresh(struct view *v)
{
	struct logs_view *l = v->state;

	if (!l->feed)
		return;
	if (l->seek)
		logs_rows_seek(l);
	logs_rows_make(l, v->height);
}

static void
logs_open(struct view *v, const char *subject)
{
	struct logs_view *l = v->state;

	l->source = v->services->logs;
	l->follow = l->times = l->hosts = true;
	l->level = -1;
	logs_take_subject(v, subject);
	logs_start(v);
}

static void
logs_close(struct view *v)
{
	struct logs_view *l = v->state;

	logs_rows_clear(l);
	if (l->feed)
		l->source->stop(l->feed);
	free(l->rows);
	free(l->hidden);
	free(l->set);
	free(l->name);
	free(l->user);
	free(l->since);
	free(l->until);
}

static const char *
logs_lacks(const struct view *v, unsigned needs)
{
	const struct logs_view *l = v->state;

	if (!l->feed)
		return "no lines are followed";
	if ((needs & NEEDS_ROW) && !l->row_count)
		return "there are no lines";
	return NULL;
}

/* From here on the reader moves by hand. */
static void
hold(struct logs_view *l)
{
	if (!l->follow)
		return;
	l->follow = false;
	l->known = logbook_count(l->book);
}

static void
move(struct view *v, long by)
{
	struct logs_view *l = v->state;

	if (by > 0 && l->follow)
		return;
	hold(l);
	logs_rows_move(l, by);
	logs_refresh(v);
}

static bool
logs_key(struct view *v, const char *key)
{
	struct logs_view *l = v->state;
	long page = v->height > 4 ? v->height - 4 : 1;
	const struct {
		const char *key;
		long by;
	} moves[] = { { "j", 1 }, { "down", 1 }, { "k", -1 }, { "up", -1 }, { "page-down", page },
		{ "page-up", -page }, { "ctrl-d", (page + 1) / 2 }, { "ctrl-u", -(page + 1) / 2 } };

	if (!l->feed)
		return false;
	for (size_t i = 0; i < countof(moves); i++) {
		if (str_eq(key, moves[i].key)) {
			move(v, moves[i].by);
			return true;
		}
	}
	if (str_eq(key, "g") || str_eq(key, "home")) {
		hold(l);
		logs_rows_first(l);
	} else if (str_eq(key, "G") || str_eq(key, "end")) {
		logs_rows_last(l);
	} else if (str_eq(key, "right")) {
		l->left += SIDEWAYS;
	} else if (str_eq(key, "left")) {
		l->left = l->left > SIDEWAYS ? l->left - SIDEWAYS : 0;
	} else {
		return false;
	}
	return true;
}

static void
do_follow(struct view *v)
{
	struct logs_view *l = v->state;

	if (l->follow)
		hold(l);
	else
		l->follow = true;
}

static void
seek(struct view *v, int direction)
{
	struct logs_view *l = v->state;

	if (!l->search[0]) {
		logs_ask_search(v);
		return;
	}
	hold(l);
	l->seek = direction;
}

static void
do_next(struct view *v)
{
	seek(v, 1);
}

static void
do_previous(struct view *v)
{
	seek(v, -1);
}

static void
do_wrap(struct view *v)
{
	struct logs_view *l = v->state;

	l->wrap = !l->wrap;
}

static void
do_times(struct view *v)
{
	struct logs_view *l = v->state;

	l->times = !l->times;
}

static void
do_hosts(struct view *v)
{
	struct logs_view *l = v->state;

	l->hosts = !l->hosts;
}

static void
do_fold(struct view *v)
{
	struct logs_view *l = v->state;

	l->fold = !l->fold;
	l->apart_from = l->apart_to = (struct logbook_place){ 0 };
	v->services->flash(v->services->user, false,
	    l->fold ? "equal neighbours are one row" : "each line is a row");
}

static void
do_mark(struct view *v)
{
	struct logs_view *l = v->state;
	const struct logs_row *row = &l->rows[l->cursor_row];

	logbook_mark(l->book, row->first, !row->marked);
	if (!l->follow)
		logs_rows_move(l, 1);
}

/* A run of equal lines comes apart; a long line is shown whole. */
static void
do_open(struct view *v)
{
	struct logs_view *l = v->state;
	const struct logs_row *row = &l->rows[l->cursor_row];
	bool apart = logbook_compare(l->apart_from, row->first) <= 0 &&
		     logbook_compare(row->first, l->apart_to) <= 0;
	bool opened = logbook_compare(l->opened, row->first) == 0;

	hold(l);
	if (row->count > 1) {
		l->apart_from = row->first;
		l->apart_to = row->last;
	} else if (apart) {
		l->apart_from = l->apart_to = (struct logbook_place){ 0 };
	} else {
		l->opened = opened ? (struct logbook_place){ 0 } : row->first;
	}
}

/* All levels, then fewer and fewer. */
static void
do_level(struct view *v)
{
	static const int order[] = { -1, 6, 5, 4, 3 };
	static const char *const says[] = { "all levels", "no debug", "notice and graver",
		"warning and graver", "error and graver" };
	struct logs_view *l = v->state;
	size_t i = 0;

	while (order[i] != l->level)
		i++;
	i = (i + 1) % countof(order);
	l->level = order[i];
	logs_refilter(v);
	v->services->flash(v->services->user, false, says[i]);
}

/* The host of the line under the cursor is seen no more; the others are. */
static void
do_hide(struct view *v)
{
	struct logs_view *l = v->state;
	struct logs_totals t;
	size_t source = l->rows[l->cursor_row].source;

	l->source->totals(l->feed, &t);
	if (!l->hidden) {
		l->hidden = xcalloc(t.hosts + 1, sizeof(*l->hidden));
		l->sources = t.hosts;
	}
	if (source < l->sources)
		l->hidden[source] = true;
	logs_refilter(v);
	v->services->flash(v->services->user, false, "its lines are left out; + shows all hosts");
}

static void
do_show(struct view *v)
{
	struct logs_view *l = v->state;

	free(take(l->hidden));
	l->sources = 0;
	logs_refilter(v);
}

/* The boot before this one, and back to now. */
static void
do_boot(struct view *v)
{
	struct logs_view *l = v->state;

	str_copy(l->range, sizeof(l->range), str_eq(l->range, "previous") ? "live" : "previous");
	logs_start(v);
}

/* "drover logs OPTIONS SET UNIT" for what is followed. */
static char *
batch(const struct view *v, const char *options, const char *value)
{
	const struct logs_view *l = v->state;
	struct buf b = BUF_INIT(SIZE_MAX);

	buf_addf(&b, "drover logs%s", options);
	if (value) {
		buf_addc(&b, ' ');
		str_shell_quote(&b, value);
	}
	if (l->what == LOGS_CONTAINER) {
		buf_adds(&b, " -c ");
		str_shell_quote(&b, l->name);
	}
	if (l->user) {
		buf_adds(&b, " --user ");
		str_shell_quote(&b, l->user);
	}
	buf_addc(&b, ' ');
	str_shell_quote(&b, l->set ? l->set : "@*");
	if (l->what == LOGS_UNIT) {
		buf_addc(&b, ' ');
		str_shell_quote(&b, l->name);
	}
	return buf_detach(&b, &(size_t){ 0 });
}

static char *
follow_equal(const struct view *v)
{
	return batch(v, " -f", NULL);
}

static char *
filter_equal(const struct view *v)
{
	const struct logs_view *l = v->state;
	bool plain = l->filter[0] && l->filter[0] != '!';

	return batch(v, plain ? " -g" : "", plain ? l->filter : NULL);
}

static char *
range_equal(const struct view *v)
{
	const struct logs_view *l = v->state;
	const char *since = !l->range[0] ? l->since : NULL;
	autofree char *ago =
	    strchr("15", l->range[0]) && l->range[0] ? xasprintf("-%s", l->range) : NULL;

	return batch(v, ago || since ? " --since" : "", ago ? ago : since);
}

static void
logs_things(
    const struct view *v, void (*put)(void *user, const char *what, const char *text), void *user)
{
	const struct logs_view *l = v->state;

	if (!l->feed || !l->row_count)
		return;
	const struct logs_row *row = &l->rows[l->cursor_row];
	struct logs_host h;

	l->source->host(l->feed, row->source, &h);
	put(user, "line", row->text);
	put(user, "host", h.name);
	if (row->hosts)
		put(user, "hosts", row->hosts);
}

/* The host of the line: a shell, a command are about it. */
static size_t
logs_hosts(const struct view *v, const char **to, size_t max)
{
	const struct logs_view *l = v->state;
	struct logs_host h;

	if (!l->feed || !l->row_count || !max)
		return 0;
	l->source->host(l->feed, l->rows[l->cursor_row].source, &h);
	to[0] = h.name;
	return 1;
}

static const struct action actions[] = {
	{ .key = "F",
	    .name = "follow",
	    .summary = "follow new lines, or hold",
	    .hint = true,
	    .needs = NEEDS_ROW,
	    .run = do_follow,
	    .command = "drover logs -f SET UNIT",
	    .equal = follow_equal },
	{ .key = "/",
	    .name = "search",
	    .summary = "search; n and N go on",
	    .hint = true,
	    .run = logs_ask_search },
	{ .key = "n",
	    .name = "next",
	    .summary = "the next line that has it",
	    .needs = NEEDS_ROW,
	    .run = do_next },
	{ .key = "N",
	    .name = "previous",
	    .summary = "the one before",
	    .needs = NEEDS_ROW,
	    .run = do_previous },
	{ .key = "&",
	    .name = "filter",
	    .summary = "only lines that have it; !TEXT: that have it not",
	    .hint = true,
	    .run = logs_ask_filter,
	    .command = "drover logs --grep TEXT SET UNIT",
	    .equal = filter_equal },
	{ .key = "z",
	    .name = "context",
	    .summary = "so many lines around those that are kept",
	    .run = logs_ask_context },
	{ .key = "T",
	    .name = "range",
	    .summary = "live, 1m 5m 15m 1h, boot, all, or since when",
	    .hint = true,
	    .run = logs_ask_range,
	    .command = "drover logs --since TIME SET UNIT",
	    .equal = range_equal },
	{ .key = "@",
	    .name = "sources",
	    .summary = "other hosts, another unit",
	    .hint = true,
	    .run = logs_ask_sources },
	{ .key = "L",
	    .name = "level",
	    .summary = "less and less of what is not grave",
	    .run = do_level },
	{ .key = "w",
	    .name = "wrap",
	    .summary = "long lines on several rows",
	    .hint = true,
	    .run = do_wrap },
	{ .key = "t",
	    .name = "time",
	    .summary = "times on and off",
	    .hint = true,
	    .run = do_times },
	{ .key = "=",
	    .name = "fold",
	    .summary = "equal neighbours are one row",
	    .hint = true,
	    .run = do_fold },
	{ .key = "H",
	    .name = "hosts",
	    .summary = "the column of hosts on and off",
	    .hint = true,
	    .run = do_hosts },
	{ .key = "-",
	    .name = "leave out",
	    .summary = "the lines of the host under the cursor are not seen",
	    .needs = NEEDS_ROW,
	    .run = do_hide },
	{ .key = "+",
	    .name = "all hosts",
	    .summary = "the lines of all hosts again",
	    .run = do_show },
	{ .key = "p",
	    .name = "previous boot",
	    .summary = "what the hosts said before they were started last, and back",
	    .run = do_boot },
	{ .key = "s",
	    .name = "save",
	    .summary = "the lines that are seen, to a file",
	    .needs = NEEDS_ROW,
	    .hint = true,
	    .run = logs_ask_save,
	    .command = "drover logs SET UNIT >FILE" },
	{ .key = "|",
	    .name = "pipe",
	    .summary = "the lines that are seen, to a command",
	    .needs = NEEDS_ROW,
	    .hint = true,
	    .run = logs_ask_pipe,
	    .command = "drover logs SET UNIT | COMMAND" },
	{ .key = "e",
	    .name = "pager",
	    .summary = "the lines that are seen, in the pager",
	    .needs = NEEDS_ROW,
	    .run = logs_page },
	{ .key = "m",
	    .name = "mark",
	    .summary = "mark this line",
	    .needs = NEEDS_ROW,
	    .run = do_mark },
	{ .key = "enter",
	    .name = "open",
	    .summary = "take a folded row apart; a long line whole",
	    .needs = NEEDS_ROW,
	    .run = do_open },
	{ 0 },
};

const struct view_class view_logs = {
	.name = "logs",
	.title = "Logs",
	.digit = '4',
	.actions = actions,
	.state_size = sizeof(struct logs_view),
	.open = logs_open,
	.close = logs_close,
	.refresh = logs_refresh,
	.paint = logs_paint,
	.key = logs_key,
	.status = logs_status,
	.lacks = logs_lacks,
	.things = logs_things,
	.hosts = logs_hosts,
};
