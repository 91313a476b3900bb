/* The rows of the Fleet screen: equal hosts found by hash, folded, sorted. */
#include "base/mem.h"
#include "base/str.h"
#include "base/tally.h"
#include "inventory/set.h"
#include "tui/fleet_source.h"
#include "tui/view_fleet.h"

#include <stdio.h>
#include <string.h>

#define SORT_MS 1000 /* rows move at most once in it, and not so soon after a key */

static uint64_t
hash_images(const struct status *s)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < s->container_count; i++)
		sum += tally_text(TALLY_SEED, s->containers[i].image);
	return sum;
}

static void
weigh(struct fleet_host *fh, const struct scene_host *h)
{
	const struct status *s = h->status;
	char note[128];

	fh->glance = glance_of(h);
	fh->images = hash_images(s);
	/* An age, or that a connection is being made, is no difference. */
	glance_note(h, note, sizeof(note));
	if (fh->glance == GLANCE_WAIT || fh->glance == GLANCE_OK || fh->glance == GLANCE_STALE)
		note[0] = '\0';
	uint64_t key = tally_number(TALLY_SEED, (uint64_t)fh->glance);
	key = tally_text(key, h->group ? h->group : "");
	key = tally_text(key, s->os);
	key = tally_text(key, note);
	key = tally_number(key, s->units_failed);
	key = tally_number(key, s->containers_running);
	key = tally_number(key, s->container_count);
	key = tally_number(key, fh->images);
	fh->key = tally_number(key, h->pet) | 1;
}

struct labelled {
	const struct view *v;
	size_t host;
};

static const char *
label(void *user, const char *key)
{
	const struct labelled *l = user;
	const struct scene_host *h = &l->v->scene->hosts[l->host];
	const struct fleet_source *source = l->v->services->fleet;

	if (str_eq(key, "name"))
		return h->name;
	if (str_eq(key, "kind"))
		return h->pet ? "pet" : "cattle";
	if (str_eq(key, "group"))
		return h->group;
	if (str_eq(key, "os") && h->status->os[0])
		return h->status->os;
	if (str_eq(key, "state"))
		return h->strayed ? "strayed" : glance_word(glance_of(h));
	return source ? source->label(source->user, l->host, key) : NULL;
}

static bool
passes(const struct view *v, size_t host)
{
	const struct fleet *f = v->state;
	const struct scene_host *h = &v->scene->hosts[host];
	char text[512], note[128];
	struct labelled l = { v, host };

	if (f->faults && f->hosts[host].glance < GLANCE_WARN)
		return false;
	if (!match_on(&f->match))
		return true;
	glance_note(h, note, sizeof(note));
	snprintf(text, sizeof(text), "%s %s %s %s %s", h->name, h->group ? h->group : "",
	    h->status->os, glance_word(f->hosts[host].glance), note);
	return match_row(&f->match, text, label, &l);
}

static void
span(struct fleet_span *s, int64_t value)
{
	if (value < 0)
		return;
	if (s->least < 0 || value < s->least)
		s->least = value;
	if (value > s->most)
		s->most = value;
}

static struct fleet_row *
add_row(struct fleet *f)
{
	static const struct fleet_span none = { -1, -1 };

	mem_grow(f->rows, f->count, f->cap);
	f->rows[f->count] =
	    (struct fleet_row){ .cpu = none, .mem = none, .disk = none, .rtt = none, .age = none };
	return &f->rows[f->count++];
}

static void
join(struct fleet_row *r, const struct fleet_host *fh, const struct scene_host *h)
{
	const struct status *s = h->status;

	span(&r->cpu, s->cpu_pct);
	span(&r->mem, s->mem_pct);
	span(&r->disk, s->disk_pct);
	span(&r->rtt, h->rtt_ms);
	span(&r->age, h->age_ms);
	r->failed += s->units_failed;
	r->running += s->containers_running;
	r->containers += s->container_count;
	r->marked += h->marked;
	if (fh->rank < r->rank)
		r->rank = fh->rank;
	r->count++;
}

/* The row of count hosts at member[first]; folded only when there are more than one. */
static void
add_hosts(const struct view *v, size_t first, size_t count, bool member)
{
	struct fleet *f = v->state;
	struct fleet_row *r = add_row(f);

	r->first = first;
	r->host = f->member[first];
	r->member = member;
	r->glance = f->hosts[r->host].glance;
	r->norm = f->hosts[r->host].norm;
	r->rank = SIZE_MAX;
	for (size_t i = first; i < first + count; i++)
		join(r, &f->hosts[f->member[i]], &v->scene->hosts[f->member[i]]);
	if (count == 1)
		return;
	autofree const char **names = xcalloc(count, sizeof(*names));
	size_t open = 0;
	for (size_t i = 0; i < count; i++) {
		names[i] = v->scene->hosts[f->member[first + i]].name;
		open += f->hosts[f->member[first + i]].open;
	}
	r->text = names_fold(names, count);
	r->id = xasprintf("+%s", names[0]);
	r->open = open * 2 > count;
}

static int64_t
weight(const struct fleet_row *r, enum fleet_column column)
{
	switch (column) {
	case FLEET_HEALTH:
	case FLEET_NOTE:
		return (int64_t)r->glance;
	case FLEET_UNITS:
		return (int64_t)r->failed;
	case FLEET_CTRS:
		return (int64_t)(r->containers - r->running);
	case FLEET_CPU:
		return r->cpu.most;
	case FLEET_MEM:
		return r->mem.most;
	case FLEET_DISK:
		return r->disk.most;
	case FLEET_RTT:
		return r->rtt.most;
	case FLEET_AGE:
		return r->age.most;
	case FLEET_HOST:
	case FLEET_GROUP:
	case FLEET_OS:
	case FLEET_SPARK:
	case FLEET_COLUMNS:
		break;
	}
	return 0;
}

struct order {
	const struct scene *scene;
	enum fleet_column column;
	bool inverse, kept;
};

/* The most on top; texts from A. */
static int
by_column(const struct order *o, const struct fleet_row *x, const struct fleet_row *y)
{
	const struct scene_host *a = &o->scene->hosts[x->host], *b = &o->scene->hosts[y->host];
	int64_t wx = weight(x, o->column), wy = weight(y, o->column);

	if (o->column == FLEET_HOST)
		return str_natural(a->name, b->name);
	if (o->column == FLEET_GROUP)
		return str_natural(a->group ? a->group : "", b->group ? b->group : "");
	if (o->column == FLEET_OS)
		return str_natural(a->status->os, b->status->os);
	return wx == wy ? 0 : wx > wy ? -1 : 1;
}

static int
compare(const void *a, const void *b, void *user)
{
	const struct fleet_row *x = a, *y = b;
	const struct order *o = user;
	int by;

	if (o->kept && x->rank != y->rank)
		return x->rank < y->rank ? -1 : 1;
	by = by_column(o, x, y);
	if (by)
		return o->inverse ? -by : by;
	if (x->glance != y->glance)
		return x->glance > y->glance ? -1 : 1;
	return str_natural(o->scene->hosts[x->host].name, o->scene->hosts[y->host].name);
}

/* The hosts of each class one behind the other: class c at first[c]. Returns how many classes. */
static size_t
gather(const struct view *v, bool pets, struct tally *t, size_t *first)
{
	struct fleet *f = v->state;
	bool fold = !pets && !f->unfolded, added;
	size_t classes = 0, at = f->members;

	for (size_t i = 0; i < v->scene->count; i++) {
		struct fleet_host *fh = &f->hosts[i];

		if (v->scene->hosts[i].pet != pets || !fh->shown)
			continue;
		size_t *number = fold ? tally_at(t, fh->key, &added) : &classes;
		if (fold && added)
			*number = classes;
		fh->class = *number;
		classes += !fold || added;
		first[fh->class]++;
	}
	for (size_t i = 0; i < classes; i++) {
		size_t n = first[i];

		first[i] = at;
		at += n;
	}
	first[classes] = at;
	for (size_t i = 0; i < v->scene->count; i++) {
		struct fleet_host *fh = &f->hosts[i];

		if (v->scene->hosts[i].pet == pets && fh->shown)
			f->member[first[fh->class]++] = i;
	}
	for (size_t i = classes; i > 0; i--)
		first[i] = first[i - 1];
	first[0] = f->members;
	f->members = at;
	return classes;
}

/* What most of a group are is its norm, where there is more than one of it; who differs can say how. */
static void
find_norms(const struct view *v)
{
	struct fleet *f = v->state;
	struct tally many, best;
	bool added;

	tally_init(&many, v->scene->count);
	tally_init(&best, v->scene->count);
	for (size_t i = 0; i < v->scene->count; i++)
		++*tally_at(&many, f->hosts[i].key, &added);
	for (int pass = 0; pass < 2; pass++) {
		for (size_t i = 0; i < v->scene->count; i++) {
			const struct scene_host *h = &v->scene->hosts[i];
			uint64_t group =
			    tally_text(TALLY_SEED + h->pet, h->group ? h->group : "") | 1;
			size_t *norm = tally_at(&best, group, &added);
			size_t mine = *tally_at(&many, f->hosts[i].key, &(bool){ false });
			size_t most = *tally_at(&many, f->hosts[*norm].key, &(bool){ false });

			if (pass == 1)
				f->hosts[i].norm = most > 1 ? *norm : i;
			else if (added || mine > most)
				*norm = i;
		}
	}
	tally_fini(&many);
	tally_fini(&best);
}

static char *
heading(const struct fleet *f, bool pets, size_t hosts, size_t shown, size_t herds)
{
	const char *kind = pets ? "PETS" : "CATTLE";
	char held[320] = "";

	if (match_on(&f->match))
		snprintf(held, sizeof(held), ": only %s", f->filter);
	else if (f->faults)
		snprintf(held, sizeof(held), ": only what is not ok");
	if (shown < hosts)
		return xasprintf("%s (%zu of %zu)%s", kind, shown, hosts, held);
	if (herds)
		return xasprintf(
		    "%s (%zu in %zu herd%s): identical members fold, odd ones stay visible", kind,
		    hosts, herds, herds == 1 ? "" : "s");
	return xasprintf("%s (%zu)", kind, hosts);
}

/* The members of the herds that are open, each behind its herd. */
static void
open_herds(const struct view *v, size_t first)
{
	struct fleet *f = v->state;
	size_t rows = f->count - first;
	autofree struct fleet_row *made = xcalloc(rows + 1, sizeof(*made));

	if (!rows)
		return;
	memcpy(made, f->rows + first, rows * sizeof(*made));
	f->count = first;
	for (size_t i = 0; i < rows; i++) {
		*add_row(f) = made[i];
		for (size_t k = 0; made[i].open && k < made[i].count; k++)
			add_hosts(v, made[i].first + k, 1, true);
	}
}

static void
add_section(const struct view *v, bool pets, const struct order *order)
{
	struct fleet *f = v->state;
	size_t begin = f->count, hosts = 0, members = f->members, herds = 0;
	autofree size_t *first = xcalloc(v->scene->count + 2, sizeof(*first));
	struct tally t;

	for (size_t i = 0; i < v->scene->count; i++)
		hosts += v->scene->hosts[i].pet == pets;
	if (!hosts)
		return;
	add_row(f)->heading = true;
	tally_init(&t, v->scene->count);
	size_t classes = gather(v, pets, &t, first);
	tally_fini(&t);
	for (size_t i = 0; i < classes; i++) {
		add_hosts(v, first[i], first[i + 1] - first[i], false);
		herds += first[i + 1] - first[i] > 1;
	}
	qsort_r(f->rows + begin + 1, classes, sizeof(*f->rows), compare, (void *)(uintptr_t)order);
	f->rows[begin].text = heading(f, pets, hosts, f->members - members, herds);
	open_herds(v, begin + 1);
}

static void
clear_rows(struct fleet *f)
{
	for (size_t i = 0; i < f->count; i++) {
		free(f->rows[i].text);
		free(f->rows[i].id);
	}
	f->count = f->members = 0;
}

void
fleet_rows_free(struct fleet *f)
{
	clear_rows(f);
	free(f->rows);
	free(f->hosts);
	free(f->member);
	match_fini(&f->match);
}

const char *
fleet_row_id(const void *user, size_t i)
{
	const struct fleet *f = user;
	const struct fleet_row *r = &f->rows[i];

	if (r->heading)
		return NULL;
	return r->id ? r->id : f->names[r->host].name;
}

const char *
fleet_row_name(const struct view *v, const struct fleet_row *r)
{
	return r->text ? r->text : v->scene->hosts[r->host].name;
}

const struct fleet_row *
fleet_current(const struct view *v)
{
	const struct fleet *f = v->state;

	if (f->list.cursor >= f->count || f->rows[f->list.cursor].heading)
		return NULL;
	return &f->rows[f->list.cursor];
}

bool
fleet_range(const struct fleet *f, size_t *ret_from, size_t *ret_to)
{
	size_t at = f->count;

	for (size_t i = 0; f->ranging && i < f->count; i++) {
		const char *id = fleet_row_id(f, i);

		if (id && str_eq(id, f->anchor))
			at = i;
	}
	if (at == f->count || f->list.cursor >= f->count)
		return false;
	*ret_from = at < f->list.cursor ? at : f->list.cursor;
	*ret_to = at < f->list.cursor ? f->list.cursor : at;
	return true;
}

/* The hosts the cursor stood on: their row may have another name now. */
static size_t
stood_on(const struct fleet *f, size_t **ret)
{
	const struct fleet_row *r = f->list.cursor < f->count ? &f->rows[f->list.cursor] : NULL;

	*ret = NULL;
	if (!r || r->heading)
		return 0;
	*ret = xcalloc(r->count, sizeof(**ret));
	memcpy(*ret, f->member + r->first, r->count * sizeof(**ret));
	return r->count;
}

/* Stand on the row that has the most of them; a host's own row, as long as there is one. */
static void
follow(struct fleet *f, const size_t *stood, size_t count)
{
	autofree size_t *votes = xcalloc(f->count + 1, sizeof(*votes));
	size_t best = f->count;

	for (size_t i = 0; i < f->count; i++) {
		const struct fleet_row *r = &f->rows[i];

		if (count > 1 && r->member)
			continue; /* it was on a herd */
		for (size_t k = 0; k < r->count; k++)
			f->hosts[f->member[r->first + k]].row = i;
	}
	for (size_t i = 0; i < count; i++) {
		const struct fleet_host *fh = &f->hosts[stood[i]];

		if (!fh->shown)
			continue;
		if (++votes[fh->row] > (best < f->count ? votes[best] : 0))
			best = fh->row;
	}
	if (best < f->count)
		str_copy(f->list.id, sizeof(f->list.id), fleet_row_id(f, best));
}

/* May rows move now? Not under a hand, and not twice in a second. */
static bool
may_sort(struct fleet *f, int64_t now)
{
	bool may = f->resort || now < f->sorted_ms ||
		   (now - f->sorted_ms >= SORT_MS && now - f->key_ms >= SORT_MS);

	if (f->touched)
		f->key_ms = now;
	f->touched = f->resort = false;
	if (may)
		f->sorted_ms = now;
	return may;
}

static void
keep_ranks(struct fleet *f)
{
	for (size_t i = 0; i < f->count; i++) {
		for (size_t k = 0; k < f->rows[i].count; k++)
			f->hosts[f->member[f->rows[i].first + k]].rank = i;
	}
}

void
fleet_rows_make(struct view *v)
{
	struct fleet *f = v->state;
	const struct scene *s = v->scene;
	autofree size_t *stood = NULL;
	size_t count = stood_on(f, &stood);

	clear_rows(f);
	if (f->known != s->count) {
		free(f->hosts);
		f->hosts = xcalloc(s->count + 1, sizeof(*f->hosts));
		f->member = xrealloc(f->member, s->count + 1, sizeof(*f->member));
		f->known = s->count;
	}
	f->names = s->hosts;
	for (size_t i = 0; i < s->count; i++) {
		weigh(&f->hosts[i], &s->hosts[i]);
		f->hosts[i].shown = passes(v, i);
	}
	find_norms(v);
	struct order order = { .scene = s, .column = f->sort, .inverse = f->inverse };
	order.kept = !may_sort(f, s->wall_ms);
	add_section(v, true, &order);
	add_section(v, false, &order);
	if (!order.kept)
		keep_ranks(f);
	follow(f, stood, count);
	list_update(&f->list, f->count, fleet_row_id, f);
}
