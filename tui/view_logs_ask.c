/* What is typed on the screen of logs: searches, filters, ranges, sources; and how it begins. */
#include "base/buf.h"
#include "base/mem.h"
#include "base/str.h"
#include "inventory/fold.h"
#include "tui/view_logs.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#define LIVE_LINES 1000 /* of each host, at first */
#define ALL_HOSTS  64   /* more are not followed unless asked for */

static const struct {
	const char *name, *since, *boot;
	int64_t lines;
} ranges[] = {
	{ "live", NULL, NULL, LIVE_LINES },
	{ "1m", "-1m", NULL, -1 },
	{ "5m", "-5m", NULL, -1 },
	{ "15m", "-15m", NULL, -1 },
	{ "1h", "-1h", NULL, -1 },
	{ "boot", NULL, "0", -1 },
	{ "previous", NULL, "-1", -1 },
	{ "all", NULL, NULL, -1 },
};

static void
flash(struct view *v, const char *text)
{
	v->services->flash(v->services->user, true, text);
}

static size_t
range_of(const char *name)
{
	size_t i = 0;

	while (i < countof(ranges) && !str_eq(ranges[i].name, name))
		i++;
	return i;
}

static struct logs_query
query_of(const struct logs_view *l)
{
	struct logs_query q = {
		.set = l->set, .what = l->what, .name = l->name, .user = l->user, .lines = -1
	};
	size_t i = range_of(l->range);

	if (i < countof(ranges)) {
		q.since = ranges[i].since;
		q.boot = ranges[i].boot;
		q.lines = ranges[i].lines;
	} else {
		q.since = l->since;
		q.until = l->until;
	}
	return q;
}

void
logs_start(struct view *v)
{
	struct logs_view *l = v->state;
	struct logs_query q = query_of(l);

	logs_rows_clear(l);
	if (l->feed)
		l->source->stop(l->feed);
	l->feed = NULL;
	l->book = NULL;
	free(take(l->hidden));
	l->sources = 0;
	l->at_line = false;
	l->follow = true;
	if (l->err.kind != OUTCOME_OK)
		return;
	if (!l->source) {
		err_set(&l->err, OUTCOME_FAILED, "there are no logs here");
		return;
	}
	l->feed = l->source->start(l->source->user, &q, &l->err);
	if (!l->feed)
		return;
	l->err = (struct err){ 0 };
	l->book = l->source->book(l->feed);
	if (l->search[0])
		logbook_search(l->book, l->search);
	logs_refilter(v);
}

void
logs_refilter(struct view *v)
{
	struct logs_view *l = v->state;

	if (!l->book)
		return;
	logbook_filter(l->book, &(struct logbook_filter){ .typed = l->filter,
				    .level = l->level,
				    .hidden = l->hidden,
				    .sources = l->sources,
				    .context = l->context });
	l->source->work(l->feed);
}

static void
replace(char **to, const char *s)
{
	free(*to);
	*to = s && *s ? xstrdup(s) : NULL;
}

/* The marked hosts, else all where they are not too many. */
static void
take_marks(struct view *v)
{
	struct logs_view *l = v->state;
	const struct scene *s = v->scene;
	autofree const char **names = xcalloc(s->count + 1, sizeof(*names));
	size_t n = 0;

	for (size_t i = 0; i < s->count; i++) {
		if (s->hosts[i].marked)
			names[n++] = s->hosts[i].name;
	}
	if (n) {
		free(l->set);
		l->set = names_fold(names, n);
	} else if (s->count > ALL_HOSTS) {
		err_set(&l->err, OUTCOME_USAGE, "%zu hosts are many: mark some, or say which",
		    s->count);
	}
}

/* "user NAME UNIT": what is left is the unit. Without a unit, user is one. */
static const char *
take_user(struct logs_view *l, const char *rest)
{
	replace(&l->user, NULL);
	if (!str_starts(rest, "user "))
		return rest;
	const char *name = rest + strlen("user ");
	size_t n = strcspn(name, " ");
	if (!name[n] || !name[n + 1])
		return rest;
	l->user = xmemdup0(name, n);
	if (strpbrk(name + n + 1, "*?["))
		err_set(&l->err, OUTCOME_USAGE, "a user's unit is named in full, not by a pattern");
	return name + n + 1;
}

/* "SET", "SET UNIT", "SET container NAME", "SET user NAME UNIT". */
static void
take_words(struct logs_view *l, const char *words)
{
	size_t n = strcspn(words, " ");
	autofree char *set = xmemdup0(words, n);
	const char *rest = words + n + strspn(words + n, " ");

	l->err = (struct err){ 0 };
	replace(&l->set, set);
	rest = take_user(l, rest);
	l->what = !*rest                                       ? LOGS_ALL
		  : !l->user && str_starts(rest, "container ") ? LOGS_CONTAINER
							       : LOGS_UNIT;
	replace(&l->name, l->what == LOGS_CONTAINER ? rest + strlen("container ") : rest);
	if (l->what != LOGS_ALL && !l->name)
		l->what = LOGS_ALL;
}

void
logs_take_subject(struct view *v, const char *subject)
{
	struct logs_view *l = v->state;

	str_copy(l->range, sizeof(l->range), "live");
	if (subject && *subject)
		take_words(l, subject);
	else
		take_marks(v);
}

static void
search_typed(struct view *v, const char *input)
{
	struct logs_view *l = v->state;

	str_copy(l->search, sizeof(l->search), input);
	l->not_found = false;
	if (!l->book)
		return;
	logbook_search(l->book, l->search);
	l->source->work(l->feed);
	if (!l->search[0])
		return;
	if (l->follow)
		l->known = logbook_count(l->book);
	l->seek = l->follow ? -1 : 1;
	l->follow = false;
}

void
logs_ask_search(struct view *v)
{
	const struct logs_view *l = v->state;

	v->services->prompt(
	    v->services->user, &(struct view_prompt){ .title = "Search (a regular expression)",
				   .preset = l->search,
				   .empty = true,
				   .yes = search_typed });
}

static void
filter_typed(struct view *v, const char *input)
{
	struct logs_view *l = v->state;

	str_copy(l->filter, sizeof(l->filter), input);
	logs_refilter(v);
}

void
logs_ask_filter(struct view *v)
{
	const struct logs_view *l = v->state;

	v->services->prompt(v->services->user,
	    &(struct view_prompt){ .title = "Keep lines that have (! before it: drop them)",
		.preset = l->filter,
		.empty = true,
		.yes = filter_typed });
}

static void
context_typed(struct view *v, const char *input)
{
	struct logs_view *l = v->state;
	int64_t n;

	if (!str_int(input, 0, 100, &n)) {
		flash(v, "context is a number of lines, 0 to 100");
		return;
	}
	l->context = (int)n;
	logs_refilter(v);
}

void
logs_ask_context(struct view *v)
{
	v->services->prompt(v->services->user,
	    &(struct view_prompt){ .title = "Lines shown around each that is kept (0: none)",
		.preset = "3",
		.yes = context_typed });
}

static void
range_typed(struct view *v, const char *input)
{
	struct logs_view *l = v->state;
	const char *dots = strstr(input, "..");
	autofree char *since = dots ? xmemdup0(input, (size_t)(dots - input)) : xstrdup(input);

	if (range_of(input) < countof(ranges)) {
		str_copy(l->range, sizeof(l->range), input);
	} else {
		l->range[0] = '\0';
		replace(&l->since, since);
		replace(&l->until, dots ? dots + 2 : NULL);
	}
	logs_start(v);
}

void
logs_ask_range(struct view *v)
{
	const struct logs_view *l = v->state;

	v->services->prompt(v->services->user,
	    &(struct view_prompt){
		.title = "live 1m 5m 15m 1h boot previous all, or SINCE or SINCE..UNTIL",
		.preset = l->range,
		.yes = range_typed });
}

static void
sources_typed(struct view *v, const char *input)
{
	struct logs_view *l = v->state;

	take_words(l, input);
	logs_start(v);
	if (!l->feed)
		flash(v, l->err.text);
}

void
logs_ask_sources(struct view *v)
{
	const struct logs_view *l = v->state;
	autofree char *now = xasprintf("%s%s%s%s%s%s", l->set ? l->set : "@*",
	    l->what == LOGS_CONTAINER ? " container" : "", l->user ? " user " : "",
	    l->user ? l->user : "", l->name ? " " : "", l->name ? l->name : "");

	v->services->prompt(v->services->user,
	    &(struct view_prompt){ .title = "Hosts; a unit, container NAME or user NAME UNIT",
		.preset = now,
		.yes = sources_typed });
}
