/* The order that needs: of apps puts between the hosts of a run. */
#include "base/mem.h"
#include "base/str.h"
#include "inventory/fold.h"
#include "playbooks/apply_inner.h"
#include "playbooks/model.h"
#include "playbooks/order.h"
#include "playbooks/rollout.h"

static size_t
index_of(const struct playbook *p, const char *name)
{
	size_t i = 0;

	while (i < p->app_count && !str_eq(p->app[i].name, name))
		i++;
	return i;
}

static struct order_app *
make_apps(const struct playbook *p)
{
	struct order_app *app = xcalloc(p->app_count + 1, sizeof(*app));

	for (size_t i = 0; i < p->app_count; i++) {
		const struct field_texts *needs = &p->app[i].needs;
		size_t *need = xcalloc(needs->count + 1, sizeof(*need));
		size_t n = 0;

		for (size_t j = 0; j < needs->count; j++) {
			need[n] = index_of(p, needs->item[j]);
			n += need[n] < p->app_count;
		}
		app[i] = (struct order_app){ .need = need, .need_count = n };
	}
	return app;
}

static void
free_apps(struct order_app *app, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free((void *)app[i].need);
	free(app);
}

static void
note_apps(const struct playbook *p, const struct apply_host *h, bool *has)
{
	for (size_t i = 0; h->plan && i < h->plan->count; i++) {
		const struct resource *r = h->plan->steps[i].resource;
		bool unit = r->kind == RESOURCE_UNIT || r->kind == RESOURCE_USERUNIT;
		size_t app = r->app && unit && !r->absent ? index_of(p, r->app) : p->app_count;

		if (app < p->app_count)
			has[app] = true;
	}
}

/* "needs: db1 before web[1-3]"; NULL where none waits for another. */
static char *
tell_levels(const struct apply_host *hosts, size_t count, const unsigned *level)
{
	autofree const char **name = xcalloc(count + 1, sizeof(*name));
	autobuf text = BUF_INIT(4096);
	size_t left = count;

	for (unsigned at = 0; left; at++) {
		size_t n = 0;

		for (size_t i = 0; i < count; i++) {
			left -= level[i] == at;
			if (level[i] == at && hosts[i].plan)
				name[n++] = hosts[i].name;
		}
		autofree char *folded = names_fold(name, n);
		if (at == 0 && left == 0)
			return NULL;
		buf_addf(&text, "%s%s", at ? " before " : "needs: ", n ? folded : "nobody");
	}
	return xstrdup(buf_text(&text));
}

char *
apply_order(const struct apply_host *hosts, size_t count)
{
	const struct playbook *p = hosts[0].ground->playbook;
	autofree bool *has = xcalloc(count * p->app_count + 1, sizeof(*has));
	autofree unsigned *level = xcalloc(count + 1, sizeof(*level));
	struct order_app *app = make_apps(p);
	bool good;

	for (size_t i = 0; i < count; i++)
		note_apps(p, &hosts[i], has + i * p->app_count);
	good = order_hosts(app, p->app_count, has, count, level);
	free_apps(app, p->app_count);
	if (!good)
		return xstrdup("needs: hosts need apps of one another in a circle: no host waits "
			       "for another");
	rollout_order(hosts[0].ground->rollout, level);
	return tell_levels(hosts, count, level);
}
