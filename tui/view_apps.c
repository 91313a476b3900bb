/* Apps: what is wanted to run against what is found, with what differs and since when. */
#include "tui/view_apps.h"

#include "base/mem.h"
#include "base/str.h"
#include "tui/apps_source.h"
#include "tui/canvas.h"

#include <stdio.h>
#include <string.h>

#define SIGHT_MAX 64 /* hosts */

static const struct apps_source *
source_of(const struct view *v)
{
	return v->services->apps;
}

/* The text of the tab, made anew when it is about something else, or what it is made of is new. */
static void
show(struct view *v)
{
	struct appsview *a = v->state;
	const struct apps_row *row = appsview_at(a);
	autofree char *about = NULL;

	if (!row || !row->app || a->tab == APPS_INSTANCES)
		return;
	about = xasprintf("%d %s", (int)a->tab, row->id);
	bool new = !a->shown || !str_eq(a->shown, about);
	if (!new && a->tab == APPS_RELEASES)
		return;
	autofree char *text =
	    a->tab == APPS_RELEASES ? appsview_releases(v, row->app) : appsview_difference(a);
	if (new) {
		a->text.top = 0;
		free(a->shown);
		a->shown = take(about);
	}
	a->text.diff = a->tab == APPS_DIFFERENCE;
	text_set(&a->text, text, strlen(text));
}

static void
apps_refresh(struct view *v)
{
	struct appsview *a = v->state;

	if (!source_of(v))
		return;
	a->roster = source_of(v)->roster(source_of(v)->user, v->scene);
	appsview_rows(a);
	if (!a->placed && a->rows > 1 && a->row[1].app) {
		a->placed = true;
		if (a->list.cursor == 0)
			list_move(&a->list, 1, appsview_id, a);
	}
	a->list.height = v->height >= APPS_TALL ? v->height * 3 / 5 - 2 : v->height - 2;
	a->members.height = v->height * 2 / 5 - 2;
	appsview_members(a);
	text_height(&a->text, a->members.height);
	if (a->inside && (!appsview_at(a) || !appsview_at(a)->app))
		a->inside = false;
	show(v);
}

static void
apps_open(struct view *v, const char *subject)
{
	struct appsview *a = v->state;

	a->placed = subject != NULL;
	if (subject)
		str_copy(a->list.id, sizeof(a->list.id), subject);
}

static void
apps_close(struct view *v)
{
	struct appsview *a = v->state;

	appsview_free_rows(a);
	appsview_free_members(a);
	for (size_t i = 0; i < a->folded_count; i++)
		free(a->folded[i]);
	free(a->folded);
	free(a->row);
	free(a->group);
	free(a->shown);
	sieve_fini(&a->sieve);
	text_fini(&a->text);
}

static bool
apps_key(struct view *v, const char *key)
{
	struct appsview *a = v->state;

	if (a->inside && (str_eq(key, "esc") || str_eq(key, "q"))) {
		a->inside = false;
		return true;
	}
	if (str_eq(key, "esc") && sieve_clear(&a->sieve))
		return true;
	if (a->inside && a->tab != APPS_INSTANCES)
		return text_key(&a->text, key);
	if (a->inside)
		return list_key(&a->members, key, appsview_member_id, a);
	if (!list_key(&a->list, key, appsview_id, a))
		return false;
	a->members.cursor = 0;
	a->members.id[0] = '\0';
	return true;
}

static size_t
apps_hosts(const struct view *v, const char **to, size_t max)
{
	return appsview_hosts(v->state, to, max);
}

static void
do_open(struct view *v)
{
	struct appsview *a = v->state;
	const struct apps_row *row = appsview_at(a);
	const struct roster_instance *one = appsview_one(a);

	if (!row->app && row->kind != APPS_FOREIGN && row->kind != APPS_HOST) {
		if (row->kind == APPS_HEAD)
			a->foreign = !a->foreign;
		else
			appsview_fold(a, row->id);
		apps_refresh(v);
	} else if (a->inside && a->tab == APPS_INSTANCES && !a->each && appsview_member(a) &&
		   appsview_member(a)->count > 1) {
		a->each = true;
		apps_refresh(v);
	} else if (one) {
		v->services->open(v->services->user, "host", one->host);
	} else if (row->app) {
		a->inside = true;
		a->tab = APPS_INSTANCES;
		apps_refresh(v);
	} else {
		v->services->open(
		    v->services->user, "host", row->foreign ? row->foreign->host : row->name);
	}
}

static void
do_pane(struct view *v)
{
	struct appsview *a = v->state;

	a->inside = !a->inside && appsview_at(a) && appsview_at(a)->app;
}

static void
turn(struct view *v, int by)
{
	struct appsview *a = v->state;

	a->tab = (enum apps_tab)(((int)a->tab + by + APPS_TABS) % APPS_TABS);
	a->inside = appsview_at(a) && appsview_at(a)->app;
	apps_refresh(v);
}

static void
do_next_tab(struct view *v)
{
	turn(v, 1);
}

static void
do_previous_tab(struct view *v)
{
	turn(v, -1);
}

static void
do_difference(struct view *v)
{
	struct appsview *a = v->state;

	a->tab = APPS_DIFFERENCE;
	a->inside = true;
	apps_refresh(v);
}

static void
do_fold(struct view *v)
{
	struct appsview *a = v->state;
	const struct apps_row *row = appsview_at(a);
	size_t head = a->list.cursor;

	if (a->inside || !row) {
		a->each = !a->each;
	} else if (row->kind == APPS_HEAD || row->kind == APPS_FOREIGN) {
		a->foreign = !a->foreign;
	} else {
		while (head > 0 && a->row[head].kind != APPS_PLAYBOOK &&
		       a->row[head].kind != APPS_HOST)
			head--;
		str_copy(a->list.id, sizeof(a->list.id), a->row[head].id);
		appsview_fold(a, a->row[head].id);
	}
	apps_refresh(v);
}

static void
do_group(struct view *v)
{
	struct appsview *a = v->state;

	a->by_host = !a->by_host;
	a->inside = false;
	apps_refresh(v);
}

static void
do_faults(struct view *v)
{
	struct appsview *a = v->state;

	a->faults = !a->faults;
	apps_refresh(v);
}

static void
do_filter(struct view *v)
{
	sieve_ask(v, "Apps with");
}

static void
do_look(struct view *v)
{
	source_of(v)->look(source_of(v)->user);
	v->services->flash(v->services->user, false, "looking at the hosts");
}

static struct sieve *
apps_sieve(struct view *v)
{
	return &((struct appsview *)v->state)->sieve;
}

static struct text *
apps_reads(struct view *v)
{
	struct appsview *a = v->state;

	return a->inside && a->tab != APPS_INSTANCES ? &a->text : NULL;
}

static const char *
apps_lacks(const struct view *v, unsigned needs)
{
	const struct appsview *a = v->state;
	const struct apps_row *row = appsview_at(a);

	if ((needs & NEEDS_ROW) && !row)
		return "no app is under the cursor";
	if ((needs & NEEDS_APP) && (!row || !row->app))
		return "no app is under the cursor";
	if ((needs & NEEDS_PLAYBOOK) &&
	    (!source_of(v) || !source_of(v)->playbook(source_of(v)->user)))
		return "no playbook is known: drover ui FILE, or :plan FILE";
	return NULL;
}

static void
apps_status(const struct view *v, char *to, size_t size)
{
	const struct appsview *a = v->state;
	const struct roster *r = a->roster;

	if (!r) {
		snprintf(to, size, "no apps");
		return;
	}
	snprintf(to, size, "apps %zu units %zu ctrs %zu/%zu by %s%s%s%s", r->apps, r->units,
	    r->running, r->containers, a->by_host ? "HOST" : "APP", a->faults ? " faults" : "",
	    a->sieve.typed[0] ? " /" : "", a->sieve.typed);
}

/* The hosts of what is under the cursor, of a whole playbook too; not so many that all are asked often. */
static void
apps_sight(const struct view *v, bool *in)
{
	const struct appsview *a = v->state;
	const struct apps_row *row = appsview_at(a);
	size_t n = 0;

	for (size_t i = 0; row && a->roster && i < a->roster->count; i++) {
		const struct roster_app *app = &a->roster->app[i];
		bool about = row->app ? app == row->app : str_eq(app->playbook, row->name);

		for (size_t k = 0; k < app->count && n < SIGHT_MAX; k++) {
			const struct roster_instance *x = &app->item[k];
			bool here = about || (row->kind == APPS_HOST && str_eq(x->host, row->name));

			if (!here || x->index >= v->scene->count || in[x->index])
				continue;
			in[x->index] = true;
			n++;
		}
	}
}

static const struct action actions[] = {
	{ .key = "enter",
	    .name = "instances",
	    .summary = "the members of the app; there: the host of one, or what was folded",
	    .needs = NEEDS_ROW,
	    .hint = true,
	    .run = do_open },
	{ .key = "r",
	    .name = "rolling restart",
	    .summary = "restart the replicas, one host after another, each up before the next; the "
		       "first failure stops",
	    .needs = NEEDS_APP | NEEDS_WRITE,
	    .hint = true,
	    .run = appsview_do_restart,
	    .command = "drover -P 1 run SET -- systemctl restart UNIT...",
	    .equal = appsview_equal_restart },
	{ .key = "P",
	    .name = "plan",
	    .summary = "plan the playbook that wants these apps",
	    .needs = NEEDS_PLAYBOOK,
	    .hint = true,
	    .run = appsview_do_plan,
	    .command = "drover plan FILE",
	    .equal = appsview_equal_plan },
	{ .key = "l",
	    .name = "logs",
	    .summary = "the journals of all members, merged",
	    .needs = NEEDS_APP,
	    .hint = true,
	    .run = appsview_do_logs,
	    .command = "drover logs -f SET UNIT",
	    .equal = appsview_equal_logs },
	{ .key = "d",
	    .name = "differences",
	    .summary = "in what the odd members differ from most",
	    .needs = NEEDS_APP,
	    .hint = true,
	    .run = do_difference },
	{ .key = "]",
	    .name = "next tab",
	    .summary = "instances, releases, differences",
	    .needs = NEEDS_APP,
	    .run = do_next_tab },
	{ .key = "[",
	    .name = "previous tab",
	    .summary = "the other way round",
	    .needs = NEEDS_APP,
	    .run = do_previous_tab },
	{ .key = "tab|shift-tab",
	    .name = "pane",
	    .summary = "from the tree to the members and back",
	    .needs = NEEDS_APP,
	    .run = do_pane },
	{ .key = "=",
	    .name = "fold",
	    .summary = "fold a playbook or a host; in the members: one by one, or alike as one",
	    .needs = NEEDS_ROW,
	    .hint = true,
	    .run = do_fold },
	{ .key = "<|>",
	    .name = "group",
	    .summary = "by app, or by host",
	    .run = do_group,
	    .command = "drover apps --instances" },
	{ .key = "f",
	    .name = "faults",
	    .summary = "show only what is not as it is wanted",
	    .run = do_faults },
	{ .key = "/",
	    .name = "filter",
	    .summary = "apps that match; in a text: search",
	    .run = do_filter },
	{ .key = "R",
	    .name = "look",
	    .summary = "look at all hosts now: manifests, units, images",
	    .run = do_look,
	    .command = "drover apps",
	    .equal = appsview_equal_look },
	{ 0 },
};

const struct view_class view_apps = {
	.name = "apps",
	.title = "Apps",
	.digit = '3',
	.actions = actions,
	.state_size = sizeof(struct appsview),
	.open = apps_open,
	.close = apps_close,
	.refresh = apps_refresh,
	.paint = appsview_paint,
	.key = apps_key,
	.status = apps_status,
	.lacks = apps_lacks,
	.sieve = apps_sieve,
	.reads = apps_reads,
	.things = appsview_things,
	.hosts = apps_hosts,
	.sight = apps_sight,
};
