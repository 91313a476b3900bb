#include "playbooks/roster.h"

#include "base/arena.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/strmap.h"
#include "base/uuid.h"
#include "inventory/fold.h"
#include "inventory/inventory.h"
#include "playbooks/roster_inner.h"
#include "playbooks/sighting.h"
#include "playbooks/unit.h"
#include "playbooks/wanted.h"

#include <string.h>

/* What is being made: instances of all apps, each with the number of its app. */
struct making {
	struct arena *arena;
	const struct roster_input *in;
	struct roster_app *app;
	size_t app_count, app_cap;
	struct strmap apps, wanted; /* wanted: its hosts */
	struct found_instance {
		size_t app;
		struct roster_instance item;
	} * item;
	size_t count, cap;
	struct roster_foreign *foreign;
	size_t foreign_count, foreign_cap;
};

const char *
roster_state_name(enum roster_state s)
{
	static const char *const names[ROSTER_STATES] = { [ROSTER_OK] = "ok",
		[ROSTER_WAIT] = "starting",
		[ROSTER_UNKNOWN] = "unknown",
		[ROSTER_PENDING] = "pending",
		[ROSTER_DRIFT] = "drift",
		[ROSTER_DOWN] = "down",
		[ROSTER_FAILED] = "failed" };

	return names[s];
}

const char *
roster_kind_name(enum roster_kind k)
{
	static const char *const names[] = { "app", "container", "unit" };

	return names[k];
}

const char *
roster_differs_name(unsigned bit)
{
	static const char *const names[] = { "text", "gone", "drop-in", "file", "image", "reload",
		"missing", "config", "extra", "foreign", "stopped", "boot" };

	for (size_t i = 0; i < countof(names); i++)
		if (bit == 1U << i)
			return names[i];
	return "?";
}

static size_t
app_of(struct making *m, const char *playbook, const char *name, enum roster_kind kind)
{
	const char *key =
	    arena_printf(m->arena, "%s\t%c\t%s", playbook, kind == ROSTER_APP ? 'a' : 'u', name);
	size_t at;

	if (strmap_find(&m->apps, key, &at)) {
		if (kind == ROSTER_CONTAINER)
			m->app[at].kind = kind;
		return at;
	}
	mem_grow(m->app, m->app_count, m->app_cap);
	m->app[m->app_count] =
	    (struct roster_app){ .playbook = playbook, .name = name, .kind = kind };
	strmap_add(&m->apps, key, m->app_count, NULL);
	return m->app_count++;
}

/* "shop-2.service" of shop: 2; -1: it is no replica. */
static int
replica_of(const char *app, const char *unit)
{
	size_t n = app ? strlen(app) : 0;
	const char *slash = strchr(unit, '/');
	char *end;
	long replica;

	unit = slash ? slash + 1 : unit;
	if (!app || strncmp(unit, app, n) != 0 || unit[n] != '-')
		return -1;
	replica = strtol(unit + n + 1, &end, 10);
	return end > unit + n + 1 && replica >= 0 && replica < 100000 && str_eq(end, ".service")
		   ? (int)replica
		   : -1;
}

/* The name of the container that a unit runs, if it runs one. */
static const char *
container_name(struct arena *a, const char *unit)
{
	return str_ends(unit, ".service")
		   ? arena_memdup0(a, unit, strlen(unit) - strlen(".service"))
		   : unit;
}

static const char *
said(const char *word)
{
	return word && *word && !str_eq(word, "-") ? word : NULL;
}

static void
add_instance(struct making *m, size_t host, const char *unit, struct roster_join *j)
{
	const char *playbook = j->wanted ? m->in->wanted->playbook : j->line->playbook;
	enum roster_kind kind = ROSTER_UNIT;
	struct found_instance *f;

	if (j->app)
		kind = ROSTER_APP;
	else if (j->container || (j->wanted && j->wanted->container))
		kind = ROSTER_CONTAINER;
	size_t app = app_of(m, playbook, j->app ? j->app : unit, kind);
	mem_grow(m->item, m->count, m->cap);
	f = &m->item[m->count++];
	*f = (struct found_instance){ .app = app,
		.item = { .host = j->host->name,
		    .unit = unit,
		    .index = host,
		    .replica = replica_of(j->app, unit),
		    .run = j->line && uuid_is(j->line->run) ? j->line->run : NULL,
		    .release = j->line ? said(j->line->release) : NULL } };
	roster_judge(j, &f->item);
}

static struct roster_join
join_of(struct making *m, const struct roster_host *h, const char *unit)
{
	const struct sighting *s = h->sight;

	return (struct roster_join){ .arena = m->arena,
		.host = h,
		.line = s ? sighting_line(s, unit_to_id(m->arena, unit)) : NULL,
		.unit = s ? sighting_unit(s, unit) : NULL,
		.container = s ? sighting_container(s, container_name(m->arena, unit)) : NULL };
}

static void
join_wanted(struct making *m, size_t host, const struct wanted_host *wh)
{
	for (size_t i = 0; wh && i < wh->count; i++) {
		const struct wanted_unit *w = &wh->unit[i];
		struct roster_join j = join_of(m, &m->in->host[host], w->unit);

		j.wanted = w;
		j.app = w->app;
		j.unsure = wh->unsure;
		j.need = w->running;
		add_instance(m, host, w->unit, &j);
	}
}

static void
join_known(struct making *m, size_t host, const struct wanted_host *wh)
{
	const struct roster_host *h = &m->in->host[host];
	const struct observation *known = &h->sight->known;

	for (size_t i = 0; i < known->manifest_count; i++) {
		const struct manifest_line *line = &known->manifest[i];
		const char *unit = unit_of_id(m->arena, line->resource);

		if (!unit || wanted_unit(wh, unit) ||
		    (m->in->only && !str_eq(m->in->only, line->playbook)))
			continue;
		struct roster_join j = join_of(m, h, unit);

		j.line = line;
		j.app = said(line->app);
		j.need = j.app || (j.unit && str_starts(j.unit->file_state, "enabled"));
		j.extra = wh && !wh->unsure && str_eq(line->playbook, m->in->wanted->playbook);
		add_instance(m, host, unit, &j);
	}
}

/* The containers of a host that no unit of drover's has. */
static void
join_foreign(struct making *m, size_t host, size_t first)
{
	const struct roster_host *h = &m->in->host[host];

	for (size_t i = 0; i < h->sight->container_count; i++) {
		const struct sighting_container *c = &h->sight->container[i];
		bool ours = sighting_line(h->sight,
				unit_to_id(m->arena,
				    arena_printf(m->arena, "%s.service", c->name))) != NULL;

		for (size_t k = first; k < m->count && !ours; k++)
			ours =
			    m->item[k].item.container && str_eq(m->item[k].item.container, c->name);
		if (ours)
			continue;
		mem_grow(m->foreign, m->foreign_count, m->foreign_cap);
		m->foreign[m->foreign_count++] = (struct roster_foreign){ h->name, c->name,
			c->image, sighting_container_state(c), c->status };
	}
}

static void
join_host(struct making *m, size_t host, struct roster *r)
{
	const struct roster_host *h = &m->in->host[host];
	const struct wanted_host *wh = NULL;
	size_t first = m->count, at;

	if (strmap_find(&m->wanted, h->name, &at))
		wh = &m->in->wanted->host[at];

	join_wanted(m, host, wh);
	if (!h->sight)
		return;
	r->seen++;
	join_known(m, host, wh);
	join_foreign(m, host, first);
	r->containers += h->sight->container_count;
	for (size_t i = 0; i < h->sight->container_count; i++)
		r->running += str_eq(sighting_container_state(&h->sight->container[i]), "running");
}

static int
by_place(const void *a, const void *b)
{
	const struct roster_instance *x = &((const struct found_instance *)a)->item,
				     *y = &((const struct found_instance *)b)->item;

	if (x->index != y->index)
		return x->index < y->index ? -1 : 1;
	return str_natural(x->unit, y->unit);
}

static int
by_app(const void *a, const void *b)
{
	const struct roster_app *x = a, *y = b;
	int d = str_natural(x->playbook, y->playbook);

	if (d)
		return d;
	if ((x->kind == ROSTER_APP) != (y->kind == ROSTER_APP))
		return x->kind == ROSTER_APP ? -1 : 1;
	return str_natural(x->name, y->name);
}

/* The image that most of its instances run. */
static void
find_image(struct roster_app *app)
{
	size_t most = 0;

	for (size_t i = 0; i < app->count; i++) {
		const struct roster_instance *x = &app->item[i];
		size_t same = 0;

		if (!app->image && x->image)
			app->image = x->image;
		for (size_t k = 0; x->image_id && k < app->count; k++)
			same += app->item[k].image_id && str_eq(app->item[k].image_id, x->image_id);
		app->mixed = app->mixed || (most && same && !str_eq(app->image_id, x->image_id));
		if (same > most) {
			most = same;
			app->image = x->image;
			app->image_id = x->image_id;
		}
		if (same == app->count)
			return;
	}
}

static void
sum_up(struct making *m, struct roster_app *app)
{
	autofree const char **names = xcalloc(app->count, sizeof(*names));
	size_t n = 0;

	for (size_t i = 0; i < app->count; i++) {
		const struct roster_instance *x = &app->item[i];

		app->want += x->wanted;
		app->have += x->have;
		app->unknown += x->state == ROSTER_UNKNOWN;
		app->drifted += (x->differs & DIFFERS_HAND) != 0;
		app->differs |= x->differs;
		app->state = x->state > app->state ? x->state : app->state;
		if (x->run && (!app->run || strcmp(x->run, app->run) > 0)) {
			app->run = x->run;
			app->release = x->release;
		}
		if (n == 0 || !str_eq(names[n - 1], x->host))
			names[n++] = x->host;
	}
	find_image(app);
	autofree char *where = names_fold(names, n);
	app->where = arena_strdup(m->arena, where);
}

/* The instances of an app stand together, in the order of hosts. */
static void
deal(struct making *m, struct roster *r)
{
	struct roster_instance *all = arena_alloc(m->arena, m->count * sizeof(*all) + 1);
	size_t *start = arena_alloc(m->arena, (m->app_count + 1) * sizeof(*start));
	size_t sum = 0;

	if (m->count)
		qsort(m->item, m->count, sizeof(*m->item), by_place);
	for (size_t i = 0; i < m->count; i++)
		start[m->item[i].app]++;
	for (size_t i = 0; i < m->app_count; i++) {
		size_t count = start[i];

		m->app[i].item = all + sum;
		start[i] = sum;
		sum += count;
	}
	for (size_t i = 0; i < m->count; i++) {
		all[start[m->item[i].app]++] = m->item[i].item;
		m->app[m->item[i].app].count++;
	}
	for (size_t i = 0; i < m->app_count; i++) {
		sum_up(m, &m->app[i]);
		r->apps += m->app[i].kind == ROSTER_APP;
		r->units += m->app[i].count;
	}
	if (m->app_count)
		qsort(m->app, m->app_count, sizeof(*m->app), by_app);
}

static void *
keep(struct arena *a, const void *items, size_t size)
{
	void *to = arena_alloc(a, size + 1);

	if (size)
		memcpy(to, items, size);
	return to;
}

static const char *
unseen_of(struct making *m)
{
	autofree const char **names = xcalloc(m->in->count + 1, sizeof(*names));
	size_t n = 0;

	for (size_t i = 0; i < m->in->count; i++)
		if (!m->in->host[i].sight)
			names[n++] = m->in->host[i].name;
	if (n == 0)
		return "";
	autofree char *set = names_fold(names, n);
	return arena_strdup(m->arena, set);
}

struct roster *
roster_new(const struct roster_input *in)
{
	struct roster *r = xcalloc(1, sizeof(*r));
	struct making m = { .arena = arena_new(), .in = in };

	r->arena = m.arena;
	r->hosts = in->count;
	for (size_t i = 0; in->wanted && i < in->wanted->count; i++)
		strmap_add(&m.wanted, in->wanted->host[i].host->name, i, NULL);
	for (size_t i = 0; i < in->count; i++)
		join_host(&m, i, r);
	deal(&m, r);
	r->app = keep(m.arena, m.app, m.app_count * sizeof(*m.app));
	r->count = m.app_count;
	r->foreign = keep(m.arena, m.foreign, m.foreign_count * sizeof(*m.foreign));
	r->foreign_count = m.foreign_count;
	r->unseen = unseen_of(&m);
	strmap_fini(&m.apps);
	strmap_fini(&m.wanted);
	free(m.app);
	free(m.item);
	free(m.foreign);
	return r;
}

void
roster_free(struct roster *r)
{
	if (!r)
		return;
	arena_free(r->arena);
	free(r);
}

bool
roster_differs(const struct roster *r)
{
	for (size_t i = 0; i < r->count; i++)
		if (r->app[i].differs)
			return true;
	return false;
}

bool
roster_alike(const struct roster_instance *a, const struct roster_instance *b)
{
	bool same_image = a->image_id && b->image_id ? str_eq(a->image_id, b->image_id)
						     : a->image_id == b->image_id;

	return a->state == b->state && a->differs == b->differs && same_image &&
	       str_eq(a->why, b->why) && str_eq(a->sub, b->sub) && str_eq(a->health, b->health) &&
	       (a->restarts > 0) == (b->restarts > 0) &&
	       (a->release && b->release ? str_eq(a->release, b->release)
					 : a->release == b->release);
}
