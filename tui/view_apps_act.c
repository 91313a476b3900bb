/* What is asked for of an app: logs, a plan, a rolling restart; on which hosts, and as what command. */
#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "inventory/fold.h"
#include "playbooks/resource.h"
#include "tui/apps_source.h"
#include "tui/plan_source.h"
#include "tui/view_apps.h"

extern const char host_restart_sh[];

/* The members that an action is about: that under the cursor in the pane, else all of the row. */
const struct roster_instance *
appsview_one(const struct appsview *a)
{
	const struct apps_row *row = appsview_at(a);
	const struct apps_group *g = a->inside ? appsview_member(a) : NULL;

	if (g && row && row->app)
		return &row->app->item[g->first];
	return row ? row->item : NULL;
}

static bool
is_about(const struct appsview *a, const struct roster_app *app, size_t i)
{
	const struct roster_instance *one = appsview_one(a);

	if (!one)
		return true;
	return a->inside && !a->each ? roster_alike(one, &app->item[i]) : one == &app->item[i];
}

/* The hosts of those, each once; borrowed. */
size_t
appsview_hosts(const struct appsview *a, const char **to, size_t max)
{
	const struct apps_row *row = appsview_at(a);
	size_t n = 0;

	if (row && row->foreign && max) {
		to[0] = row->foreign->host;
		return 1;
	}
	if (row && row->kind == APPS_HOST && max) {
		to[0] = row->name;
		return 1;
	}
	for (size_t i = 0; row && row->app && i < row->app->count && n < max; i++)
		if (is_about(a, row->app, i) &&
		    (n == 0 || !str_eq(to[n - 1], row->app->item[i].host)))
			to[n++] = row->app->item[i].host;
	return n;
}

/* "web[1-3]"; caller frees. */
static char *
set_of(const struct appsview *a)
{
	const struct apps_row *row = appsview_at(a);
	size_t max = row && row->app ? row->app->count : 1;
	autofree const char **names = xcalloc(max + 1, sizeof(*names));
	size_t n = appsview_hosts(a, names, max);

	return n ? names_fold(names, n) : NULL;
}

/* One unit's name, or the pattern of all replicas. */
static char *
pattern_of(const struct appsview *a)
{
	const struct apps_row *row = appsview_at(a);
	const struct roster_instance *one = appsview_one(a);

	if (one)
		return xstrdup(one->unit);
	if (row->app->kind == ROSTER_APP)
		return xasprintf("%s-*", row->app->name);
	return xstrdup(row->app->count ? row->app->item[0].unit : row->app->name);
}

void
appsview_do_logs(struct view *v)
{
	const struct appsview *a = v->state;
	autofree char *set = set_of(a), *pattern = pattern_of(a);
	autofree char *subject = xasprintf("%s %s", set, pattern);

	v->services->open(v->services->user, "logs", subject);
}

/* A plan of what wants this: the playbook that is known, if it is this row's. */
void
appsview_do_plan(struct view *v)
{
	const struct plan_source *p = v->services->plan;
	const char *path = v->services->apps->playbook(v->services->apps->user);
	struct err err;

	if (p->plan(p->user, path, false, &err) < 0)
		v->services->flash(v->services->user, true, err.text);
	else
		v->services->open(v->services->user, "plan", NULL);
}

/* The units of all members that the row, or the pane's cursor, is about; each once. */
static void
put_units(const struct appsview *a, struct buf *to)
{
	const struct roster_app *app = appsview_at(a)->app;

	for (size_t i = 0; i < app->count; i++) {
		bool told = false;

		for (size_t k = 0; k < i && !told; k++)
			told = is_about(a, app, k) && str_eq(app->item[k].unit, app->item[i].unit);
		if (told || !is_about(a, app, i))
			continue;
		buf_addc(to, ' ');
		str_shell_quote(to, app->item[i].unit);
	}
}

/* How its health is asked for, as words of restart.sh. */
static void
put_check(const struct health *h, struct buf *to)
{
	if (!h || h->kind == HEALTH_NONE || h->kind == HEALTH_UNIT)
		return;
	if (h->kind == HEALTH_JOURNAL) {
		buf_adds(to, " journal ");
		str_shell_quote(to, h->pattern);
		return;
	}
	buf_adds(to, h->kind == HEALTH_HTTP ? " http" : h->kind == HEALTH_TCP ? " tcp" : " exec");
	for (size_t i = 0; h->kind == HEALTH_EXEC && h->argv[i]; i++) {
		buf_addc(to, ' ');
		str_shell_quote(to, h->argv[i]);
	}
	if (h->kind == HEALTH_EXEC)
		return;
	buf_addc(to, ' ');
	str_shell_quote(to, h->address);
	buf_addf(to, " %d", h->port);
	if (h->kind == HEALTH_HTTP) {
		buf_addc(to, ' ');
		str_shell_quote(to, h->path);
	}
}

/* One host after another; on each, one unit after another. */
static char *
restart_program(const struct appsview *a)
{
	const struct roster_app *app = appsview_at(a)->app;
	struct buf b = BUF_INIT(1U << 20);

	buf_adds(&b, ": rolling restart of ");
	str_shell_quote(&b, app->name);
	buf_addf(&b, "\n%s\n", host_restart_sh);
	for (size_t i = 0; i < app->count; i++) {
		bool told = !is_about(a, app, i);

		for (size_t k = 0; k < i && !told; k++)
			told = is_about(a, app, k) && str_eq(app->item[k].unit, app->item[i].unit);
		if (told)
			continue;
		buf_adds(&b, "one ");
		str_shell_quote(&b, app->item[i].unit);
		put_check(app->item[i].check, &b);
		buf_addc(&b, '\n');
	}
	return buf_detach(&b, &(size_t){ 0 });
}

void
appsview_do_restart(struct view *v)
{
	const struct appsview *a = v->state;
	const struct apps_row *row = appsview_at(a);
	autofree const char **hosts = xcalloc(row->app->count + 1, sizeof(*hosts));
	size_t n = appsview_hosts(a, hosts, row->app->count);
	autofree char *program = restart_program(a);
	autofree char *title = xasprintf("Rolling restart of %.60s", row->app->name);
	autobuf what = BUF_INIT(1024);

	buf_adds(&what, "systemctl restart");
	put_units(a, &what);
	v->services->rolling(v->services->user, &(struct view_rolling){ .title = title,
						    .hosts = hosts,
						    .count = n,
						    .what = buf_text(&what),
						    .command = program });
}

/* Somewhere among its hosts a login becomes root. */
static bool
becomes(const struct view *v)
{
	const struct appsview *a = v->state;
	const struct apps_row *row = appsview_at(a);
	size_t max = row && row->app ? row->app->count : 1;
	autofree const char **names = xcalloc(max + 1, sizeof(*names));
	size_t n = appsview_hosts(a, names, max);

	for (size_t i = 0; i < v->scene->count; i++) {
		for (size_t k = 0; v->scene->hosts[i].becomes && k < n; k++) {
			if (str_eq(names[k], v->scene->hosts[i].name))
				return true;
		}
	}
	return false;
}

char *
appsview_equal_restart(const struct view *v)
{
	const struct appsview *a = v->state;
	autofree char *set = set_of(a);
	struct buf b = BUF_INIT(1U << 20);

	if (!set || !appsview_at(a)->app)
		return NULL;
	buf_addf(&b, "drover -P 1 run %s", becomes(v) ? "-B " : "");
	str_shell_quote(&b, set);
	buf_adds(&b, " -- systemctl restart");
	put_units(a, &b);
	return buf_detach(&b, &(size_t){ 0 });
}

char *
appsview_equal_logs(const struct view *v)
{
	const struct appsview *a = v->state;
	autofree char *set = appsview_at(a) ? set_of(a) : NULL;
	struct buf b = BUF_INIT(1U << 16);

	if (!set || !appsview_at(a)->app)
		return NULL;
	autofree char *pattern = pattern_of(a);
	buf_adds(&b, "drover logs -f ");
	str_shell_quote(&b, set);
	buf_addc(&b, ' ');
	str_shell_quote(&b, pattern);
	return buf_detach(&b, &(size_t){ 0 });
}

static char *
equal_path(const struct view *v, const char *verb)
{
	const char *path =
	    v->services->apps ? v->services->apps->playbook(v->services->apps->user) : NULL;
	struct buf b = BUF_INIT(1U << 16);

	if (!path)
		return NULL;
	buf_addf(&b, "drover %s ", verb);
	str_shell_quote(&b, path);
	return buf_detach(&b, &(size_t){ 0 });
}

char *
appsview_equal_plan(const struct view *v)
{
	return equal_path(v, "plan");
}

char *
appsview_equal_look(const struct view *v)
{
	return equal_path(v, "apps");
}

void
appsview_things(
    const struct view *v, void (*put)(void *user, const char *what, const char *text), void *user)
{
	const struct appsview *a = v->state;
	const struct apps_row *row = appsview_at(a);
	const struct roster_instance *one = appsview_one(a);

	if (!row)
		return;
	put(user, "name", row->name);
	if (one) {
		put(user, "unit", one->unit);
		put(user, "host", one->host);
	}
	autofree char *set = set_of(a);
	if (set && !one)
		put(user, "hosts", set);
	const char *image = one ? one->image : row->app ? row->app->image : NULL;
	const char *id = one ? one->image_id : row->app ? row->app->image_id : NULL;
	const char *run = one ? one->run : row->app ? row->app->run : NULL;
	if (row->foreign)
		image = row->foreign->image;
	if (image)
		put(user, "image", image);
	if (id)
		put(user, "digest", id);
	if (run)
		put(user, "run", run);
	if (one && *one->why)
		put(user, "why", one->why);
}
