/* The members of an app: those that are alike are one row, the odd ones are named with what they differ in. */
#include "base/buf.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/str.h"
#include "inventory/fold.h"
#include "tui/apps_source.h"
#include "tui/view_apps.h"

#include <stdio.h>
#include <string.h>

#define RELEASES 20

void
appsview_free_members(struct appsview *a)
{
	for (size_t i = 0; i < a->groups; i++) {
		free(a->group[i].id);
		free(a->group[i].name);
		free(a->group[i].odd);
	}
	a->groups = 0;
}

const char *
appsview_member_id(const void *user, size_t i)
{
	const struct appsview *a = user;

	return a->group[i].id;
}

const struct apps_group *
appsview_member(const struct appsview *a)
{
	return a->members.cursor < a->groups ? &a->group[a->members.cursor] : NULL;
}

/* "web1", or "web1/2" where a host has several: those stand together. */
static char *
name_of(const struct roster_app *app, size_t i)
{
	const struct roster_instance *x = &app->item[i];
	bool several =
	    (i > 0 && x[-1].index == x->index) || (i + 1 < app->count && x[1].index == x->index);

	return several && x->replica >= 0 ? xasprintf("%s/%d", x->host, x->replica)
					  : xstrdup(x->host);
}

static char *
name_all(const struct roster_app *app, size_t first)
{
	autofree char **names = xcalloc(app->count, sizeof(*names));
	size_t n = 0;

	for (size_t i = first; i < app->count; i++)
		if (roster_alike(&app->item[first], &app->item[i]))
			names[n++] = name_of(app, i);
	char *folded = n > 1 ? names_fold((const char *const *)names, n) : xstrdup(names[0]);
	for (size_t i = 0; i < n; i++)
		free(names[i]);
	return folded;
}

static bool
same(const char *x, const char *y)
{
	return x && y ? str_eq(x, y) : !x && !y;
}

/* In what x differs from y, in a few words; caller frees. NULL: in nothing that counts. */
static char *
difference(const struct roster_instance *x, const struct roster_instance *y)
{
	autobuf b = BUF_INIT(1024);
	const struct {
		bool differs;
		const char *what;
	} words[] = {
		{ !same(x->image_id, y->image_id) && x->image_id && y->image_id, "image digest" },
		{ x->state == ROSTER_UNKNOWN, "not seen" },
		{ !str_eq(x->active, y->active) && x->state != ROSTER_UNKNOWN, "state" },
		{ (x->differs & DIFFERS_TEXT) != 0, "unit file" },
		{ (x->differs & DIFFERS_GONE) != 0, "removed" },
		{ (x->differs & DIFFERS_DROPIN) != 0, "drop-in" },
		{ (x->differs & DIFFERS_FILE) != 0, "files" },
		{ (x->differs & DIFFERS_BOOT) != 0, "not enabled" },
		{ (x->differs & DIFFERS_MISSING) != 0, "not there yet" },
		{ (x->differs & DIFFERS_CONFIG) != 0, "older playbook" },
		{ (x->differs & DIFFERS_EXTRA) != 0, "not wanted" },
		{ (x->differs & DIFFERS_FOREIGN) != 0, "not drover's" },
		{ !same(x->release, y->release) && x->release && y->release, "release" },
		{ (x->restarts > 0) != (y->restarts > 0), "restarts" },
		{ !str_eq(x->health, y->health), "health" },
	};

	for (size_t i = 0; i < countof(words); i++)
		if (words[i].differs)
			buf_addf(&b, "%s%s", b.len ? ", " : "", words[i].what);
	return b.len ? buf_detach(&b, NULL) : NULL;
}

static size_t
alike(const struct roster_app *app, size_t first)
{
	size_t n = 0;

	for (size_t i = 0; i < app->count; i++)
		n += roster_alike(&app->item[first], &app->item[i]);
	return n;
}

static bool
seen_before(const struct roster_app *app, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (roster_alike(&app->item[k], &app->item[i]))
			return true;
	return false;
}

/* The largest part of those that are seen, and of equal ones the best: what the others are compared with. */
static size_t
usual(const struct roster_app *app)
{
	size_t best = 0, most = 0;

	for (size_t i = 0; i < app->count; i++) {
		size_t n = seen_before(app, i) ? 0 : alike(app, i) * ROSTER_STATES;

		if (n && app->item[i].state != ROSTER_UNKNOWN)
			n += app->count * ROSTER_STATES;
		if (n)
			n += ROSTER_STATES - (size_t)app->item[i].state;
		if (n > most) {
			most = n;
			best = i;
		}
	}
	return best;
}

static void
add_group(struct appsview *a, const struct roster_app *app, size_t i, size_t best)
{
	const struct roster_instance *x = &app->item[i];
	struct apps_group *g;

	mem_grow(a->group, a->groups, a->group_cap);
	g = &a->group[a->groups++];
	*g = (struct apps_group){ .first = i,
		.count = a->each ? 1 : alike(app, i),
		.id = xasprintf("%s\t%s", x->host, x->unit),
		.name = a->each ? name_of(app, i) : name_all(app, i) };
	if (!roster_alike(x, &app->item[best]) || x->differs)
		g->odd = difference(x, &app->item[best]);
}

void
appsview_members(struct appsview *a)
{
	const struct apps_row *row = appsview_at(a);
	const struct roster_app *app = row ? row->app : NULL;
	size_t best = app && app->count ? usual(app) : 0;

	appsview_free_members(a);
	for (size_t i = 0; app && i < app->count; i++) {
		if (row->item ? row->item == &app->item[i] : a->each || !seen_before(app, i))
			add_group(a, app, i, best);
	}
	list_update(&a->members, a->groups, appsview_member_id, a);
}

static void
tell(struct buf *b, const char *what, const char *usual_value, const char *odd_value)
{
	const char *u = usual_value && *usual_value ? usual_value : "-";
	const char *o = odd_value && *odd_value ? odd_value : "-";

	if (str_eq(u, o))
		buf_addf(b, "   %-9s %s\n", what, u);
	else
		buf_addf(b, "-  %-9s %s\n+  %-9s %s\n", what, u, what, o);
}

static void
tell_member(struct buf *b, const struct roster_instance *usual_one, const struct roster_instance *x)
{
	char was[32], is[32];

	if (*x->why)
		buf_addf(b, "!  %s\n", x->why);
	tell(b, "state", usual_one->active, x->active);
	tell(b, "image", usual_one->image, x->image);
	tell(b, "digest", usual_one->image_id, x->image_id);
	tell(b, "release", usual_one->release, x->release);
	tell(b, "health", usual_one->health, x->health);
	snprintf(was, sizeof(was), "%d", usual_one->restarts);
	snprintf(is, sizeof(is), "%d", x->restarts);
	tell(b, "restarts", was, is);
}

char *
appsview_difference(const struct appsview *a)
{
	const struct apps_row *row = appsview_at(a);
	const struct roster_app *app = row ? row->app : NULL;
	struct buf b = BUF_INIT(1U << 20);
	size_t best, told = 0;

	if (!app || !app->count)
		return xstrdup("");
	best = usual(app);
	autofree char *all = name_all(app, best);
	for (size_t i = 0; i < app->count; i++) {
		if (seen_before(app, i) || roster_alike(&app->item[i], &app->item[best]))
			continue;
		autofree char *names = name_all(app, i);

		buf_addf(&b, "%s--- %s\n+++ %s\n", told++ ? "\n" : "", all, names);
		tell_member(&b, &app->item[best], &app->item[i]);
	}
	if (!told) {
		buf_addf(&b, "%s: all alike\n", all);
		tell_member(&b, &app->item[best], &app->item[best]);
	}
	return buf_detach(&b, &(size_t){ 0 });
}

char *
appsview_releases(const struct view *v, const struct roster_app *app)
{
	const struct apps_source *s = v->services->apps;
	struct apps_release release[RELEASES];
	struct buf b = BUF_INIT(1U << 16);
	size_t n = s->releases(s->user, app->playbook, app->name, release, RELEASES);

	for (size_t i = 0; i < n; i++) {
		const struct apps_release *r = &release[i];
		char time[32];

		clock_rfc3339(r->when_ms, time, sizeof(time));
		time[10] = ' ';
		time[16] = '\0';
		buf_addf(&b, "%-8s %s  %-6s %-12s release %-12s %lld of %lld hosts changed  %s\n",
		    r->alias, time, r->verb, r->state, *r->release ? r->release : "-",
		    (long long)r->changed, (long long)r->hosts, r->who);
	}
	if (!n)
		buf_adds(&b, "this seat's ledger has no run that changed it\n");
	return buf_detach(&b, &(size_t){ 0 });
}
