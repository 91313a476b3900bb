/* The tree: playbooks with their apps and units, or hosts with what runs there; the rest apart. */
#include "base/buf.h"
#include "base/mem.h"
#include "base/str.h"
#include "tui/view_apps.h"

#include <string.h>

void
appsview_free_rows(struct appsview *a)
{
	for (size_t i = 0; i < a->rows; i++)
		free(a->row[i].id);
	a->rows = 0;
}

const char *
appsview_id(const void *user, size_t i)
{
	const struct appsview *a = user;

	return a->row[i].id;
}

const struct apps_row *
appsview_at(const struct appsview *a)
{
	return a->list.cursor < a->rows ? &a->row[a->list.cursor] : NULL;
}

bool
appsview_is_folded(const struct appsview *a, const char *id)
{
	for (size_t i = 0; i < a->folded_count; i++)
		if (str_eq(a->folded[i], id))
			return true;
	return false;
}

void
appsview_fold(struct appsview *a, const char *id)
{
	for (size_t i = 0; i < a->folded_count; i++) {
		if (!str_eq(a->folded[i], id))
			continue;
		free(a->folded[i]);
		a->folded[i] = a->folded[--a->folded_count];
		return;
	}
	mem_grow(a->folded, a->folded_count, a->folded_cap);
	a->folded[a->folded_count++] = xstrdup(id);
}

static struct apps_row *
add(struct appsview *a, enum apps_row_kind kind, const char *name, char *id)
{
	mem_grow(a->row, a->rows, a->cap);
	a->row[a->rows] = (struct apps_row){ .kind = kind, .name = name, .id = id };
	return &a->row[a->rows++];
}

struct labels {
	const struct roster_app *app;
	const struct roster_instance *item;
};

static const char *
label(void *user, const char *key)
{
	const struct labels *l = user;

	if (str_eq(key, "playbook"))
		return l->app->playbook;
	if (str_eq(key, "kind"))
		return roster_kind_name(l->app->kind);
	if (str_eq(key, "state"))
		return roster_state_name(l->item ? l->item->state : l->app->state);
	if (str_eq(key, "image"))
		return l->item ? l->item->image : l->app->image;
	if (str_eq(key, "host"))
		return l->item ? l->item->host : l->app->where;
	return NULL;
}

static bool
is_shown(const struct appsview *a, const struct roster_app *app, const struct roster_instance *item)
{
	struct labels l = { app, item };
	enum roster_state state = item ? item->state : app->state;
	autobuf text = BUF_INIT(4096);

	if (a->faults && state < ROSTER_UNKNOWN)
		return false;
	buf_addf(&text, "%s %s %s %s %s %s", app->playbook, app->name, item ? item->unit : "",
	    item ? item->host : app->where, app->image ? app->image : "", roster_state_name(state));
	return match_row(&a->sieve.match, buf_text(&text), label, &l);
}

static void
sum_app(struct apps_row *head, const struct roster_app *app)
{
	head->want += app->want;
	head->have += app->have;
	head->unknown += app->unknown;
	head->members++;
	head->state = app->state > head->state ? app->state : head->state;
}

/* The apps of one playbook, from `first` on; returns where the next begins. */
static size_t
add_playbook(struct appsview *a, size_t first)
{
	const struct roster *r = a->roster;
	const char *name = r->app[first].playbook;
	char *id = xasprintf("p %s", name);
	size_t head = a->rows, i;
	bool folded = appsview_is_folded(a, id);

	add(a, APPS_PLAYBOOK, name, id)->folded = folded;
	for (i = first; i < r->count && str_eq(r->app[i].playbook, name); i++) {
		const struct roster_app *app = &r->app[i];

		if (!is_shown(a, app, NULL))
			continue;
		sum_app(&a->row[head], app);
		if (folded)
			continue;
		struct apps_row *row =
		    add(a, APPS_APP, app->name, xasprintf("a %s\t%s", name, app->name));
		row->app = app;
		row->state = app->state;
		row->want = app->want;
		row->have = app->have;
		row->unknown = app->unknown;
	}
	if (a->row[head].members == 0)
		free(a->row[--a->rows].id);
	else
		a->row[a->rows - 1].last = true;
	return i;
}

static void
add_instance(struct appsview *a, size_t head, const struct roster_app *app,
    const struct roster_instance *item)
{
	struct apps_row *row, *h = &a->row[head];

	h->want += item->wanted;
	h->have += item->have;
	h->unknown += item->state == ROSTER_UNKNOWN;
	h->members++;
	h->state = item->state > h->state ? item->state : h->state;
	if (h->folded)
		return;
	row = add(a, APPS_INSTANCE, item->unit, xasprintf("i %s\t%s", item->host, item->unit));
	row->app = app;
	row->item = item;
	row->state = item->state;
	row->want = item->wanted;
	row->have = item->have;
	row->unknown = item->state == ROSTER_UNKNOWN;
}

static int
by_place(const void *x, const void *y)
{
	const struct labels *a = x, *b = y;

	if (a->item->index != b->item->index)
		return a->item->index < b->item->index ? -1 : 1;
	/* Of one host: in the order of the roster's apps and their items. */
	if (a->app != b->app)
		return a->app < b->app ? -1 : 1;
	return a->item < b->item ? -1 : a->item > b->item;
}

/* What stands on each host. */
static void
add_hosts(struct appsview *a)
{
	const struct roster *r = a->roster;
	autofree struct labels *all = xcalloc(r->units + 1, sizeof(*all));
	size_t n = 0, head = 0;

	for (size_t i = 0; i < r->count; i++)
		for (size_t k = 0; k < r->app[i].count; k++)
			if (is_shown(a, &r->app[i], &r->app[i].item[k]))
				all[n++] = (struct labels){ &r->app[i], &r->app[i].item[k] };
	qsort(all, n, sizeof(*all), by_place);
	for (size_t i = 0; i < n; i++) {
		const char *host = all[i].item->host;

		if (i == 0 || all[i - 1].item->index != all[i].item->index) {
			char *id = xasprintf("h %s", host);
			bool folded = appsview_is_folded(a, id);

			head = a->rows;
			add(a, APPS_HOST, host, id)->folded = folded;
		}
		add_instance(a, head, all[i].app, all[i].item);
		if (i + 1 == n || all[i + 1].item->index != all[i].item->index)
			a->row[a->rows - 1].last = true;
	}
}

/* Containers that drover did not make: folded until somebody wants to see them. */
static void
add_foreign(struct appsview *a)
{
	const struct roster *r = a->roster;
	size_t head = a->rows;

	if (!r->foreign_count || a->faults || match_on(&a->sieve.match))
		return;
	add(a, APPS_HEAD, "containers that drover did not make", xstrdup("f"))->folded =
	    !a->foreign;
	a->row[head].members = r->foreign_count;
	for (size_t i = 0; i < r->foreign_count; i++) {
		const struct roster_foreign *f = &r->foreign[i];

		a->row[head].have += str_eq(f->state, "running");
		if (!a->foreign)
			continue;
		struct apps_row *row =
		    add(a, APPS_FOREIGN, f->name, xasprintf("f %s\t%s", f->host, f->name));
		row->foreign = f;
	}
	a->row[a->rows - 1].last = true;
}

void
appsview_rows(struct appsview *a)
{
	const struct roster *r = a->roster;

	appsview_free_rows(a);
	if (a->by_host) {
		add_hosts(a);
	} else {
		for (size_t i = 0; i < r->count;)
			i = add_playbook(a, i);
	}
	add_foreign(a);
	list_update(&a->list, a->rows, appsview_id, a);
}
