#include "inventory/resolve.h"

#include "base/arena.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/yaml.h"
#include "inventory/model.h"
#include "inventory/order.h"
#include "inventory/reach.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

/* Something said twice at the same distance, with two meanings. */
struct clash {
	const char *what;
	bool is_setting;
	struct mark a, b;
	bool told;
};

/* A variable while levels are merged, with how far away it was said. */
struct merged {
	const struct var *var;
	size_t depth;
};

/* What the groups and defaults give to every host with the same groups. */
struct profile {
	char *key;     /* the groups it stands for */
	size_t *group; /* every group, nearest first */
	size_t *depth; /* beside group */
	size_t count;
	const char *const *names;
	struct merged *var;
	size_t var_count, var_cap;
	const struct var *const *vars; /* the same, for hosts that add none */
	const struct level *setting[SETTING_COUNT];
	size_t setting_depth[SETTING_COUNT];
	struct clash *clash;
	size_t clash_count, clash_cap;
	bool kind_said, pet, cattle;
	const struct group *pet_group, *cattle_group;
	size_t steps;    /* levels merged so far, in Ansible's order */
	size_t disagree; /* hosts whose kind the groups dispute */
};

struct resolver {
	struct inventory *inv;
	struct diag *diag;
	struct profile *profile;
	size_t count, cap;
	struct strmap map;
};

static void
add_clash(struct profile *p, const char *what, bool is_setting, struct mark a, struct mark b)
{
	mem_grow(p->clash, p->clash_count, p->clash_cap);
	p->clash[p->clash_count++] =
	    (struct clash){ .what = what, .is_setting = is_setting, .a = a, .b = b };
}

/* The first `among` of the variables that are there may be the same one. */
static void
merge_var(struct profile *p, size_t among, const struct var *v, size_t depth)
{
	for (size_t i = 0; i < among; i++) {
		const struct merged *m = &p->var[i];

		if (!str_eq(m->var->name, v->name))
			continue;
		if (m->depth == depth &&
		    (!str_eq(m->var->value, v->value) || m->var->is_json != v->is_json))
			add_clash(p, v->name, false, m->var->mark, v->mark);
		return;
	}
	mem_grow(p->var, p->var_count, p->var_cap);
	p->var[p->var_count++] = (struct merged){ .var = v, .depth = depth };
}

static bool
same_setting(const struct level *a, const struct level *b, enum setting s)
{
	return str_eq(a->said[s]->text, b->said[s]->text);
}

static void
merge_level(struct profile *p, const struct level *l, size_t depth)
{
	for (enum setting s = 0; s < SETTING_COUNT; s++) {
		const struct level *have = p->setting[s];

		if (!l->said[s])
			continue;
		if (!have) {
			p->setting[s] = l;
			p->setting_depth[s] = depth;
		} else if (p->setting_depth[s] == depth && !same_setting(have, l, s)) {
			add_clash(
			    p, setting_kinds[s].name, true, have->said[s]->mark, l->said[s]->mark);
		}
	}
	for (size_t i = 0; i < l->vars.count; i++)
		merge_var(p, p->var_count, &l->vars.item[i], depth);
}

/* What was said last goes before what was said first, and nothing clashes. */
static void
merge_backwards(struct profile *p, const struct level *list, bool from_file)
{
	size_t count = 0, at = 0;

	for (const struct level *l = list; l; l = l->next)
		count += l->from_file == from_file;
	if (!count)
		return;
	autofree const struct level **each = xcalloc(count, sizeof(*each));
	for (const struct level *l = list; l; l = l->next) {
		if (l->from_file == from_file)
			each[at++] = l;
	}
	while (at)
		merge_level(p, each[--at], p->steps++);
}

/* Every group above the host, nearest first: breadth first along the parents. */
static void
climb(const struct inventory *inv, const struct model_host *h, struct profile *p)
{
	autofree bool *seen = xcalloc(inv->group_count + 1, 1);

	p->group = arena_alloc(inv->arena, inv->group_count * sizeof(*p->group) + 1);
	p->depth = arena_alloc(inv->arena, inv->group_count * sizeof(*p->depth) + 1);
	for (size_t i = 0; i < h->group_count; i++) {
		seen[h->group[i]] = true;
		p->depth[p->count] = 1;
		p->group[p->count++] = h->group[i];
	}
	for (size_t i = 0; i < p->count; i++) {
		const struct model_group *g = inv->group[p->group[i]];

		for (size_t k = 0; k < g->parent_count; k++) {
			if (seen[g->parent[k]])
				continue;
			seen[g->parent[k]] = true;
			p->depth[p->count] = p->depth[i] + 1;
			p->group[p->count++] = g->parent[k];
		}
	}
}

static void
profile_kinds(struct profile *p, const struct model_group *g, const struct level *l)
{
	if (!l->kind)
		return;
	p->kind_said = true;
	if (str_eq(l->kind, "pet")) {
		p->pet = true;
		p->pet_group = &g->pub;
	} else {
		p->cattle = true;
		p->cattle_group = &g->pub;
	}
}

/* Files go before inventories, groups before all; of groups what order_groups() says. */
static void
merge_in_order(const struct inventory *inv, struct profile *p)
{
	autofree size_t *group = order_groups(inv, p->group, p->count);

	for (int file = 1; file >= 0; file--) {
		for (size_t i = 0; i < p->count; i++)
			merge_backwards(p, inv->group[group[i]]->levels, file);
		merge_backwards(p, inv->all, file);
	}
	for (const struct level *l = inv->all; l && !p->kind_said; l = l->next) {
		if (!l->kind)
			continue;
		p->kind_said = true;
		p->cattle = str_eq(l->kind, "cattle");
	}
}

static void
fill_profile(const struct inventory *inv, const struct model_host *h, struct profile *p)
{
	climb(inv, h, p);
	const char **names = arena_alloc(inv->arena, (p->count + 1) * sizeof(*names));
	for (size_t i = 0; i < p->count; i++) {
		const struct model_group *g = inv->group[p->group[i]];

		names[i] = g->pub.name;
		for (const struct level *l = g->levels; l; l = l->next) {
			if (!inv->ansible)
				merge_level(p, l, p->depth[i]);
			profile_kinds(p, g, l);
		}
	}
	if (inv->ansible)
		merge_in_order(inv, p);
	for (const struct level *l = inv->defaults; l; l = l->next)
		merge_level(p, l, SIZE_MAX);
	p->names = names;
	const struct var **vars = arena_alloc(inv->arena, p->var_count * sizeof(*vars) + 1);
	for (size_t i = 0; i < p->var_count; i++)
		vars[i] = p->var[i].var;
	p->vars = vars;
}

static int
compare_size(const void *a, const void *b)
{
	size_t x = *(const size_t *)a, y = *(const size_t *)b;

	return (x > y) - (x < y);
}

static struct profile *
profile_of(struct resolver *r, struct model_host *h)
{
	char *key = arena_alloc(r->inv->arena, h->group_count * 9 + 1), *to = key;
	size_t i;

	if (h->group_count > 1)
		qsort(h->group, h->group_count, sizeof(*h->group), compare_size);
	for (size_t k = 0; k < h->group_count; k++) {
		snprintf(to, 10, "%08zx,", h->group[k]);
		to += 9;
	}
	if (strmap_find(&r->map, key, &i))
		return &r->profile[i];
	mem_grow(r->profile, r->count, r->cap);
	i = r->count++;
	r->profile[i] = (struct profile){ .key = key };
	strmap_add(&r->map, key, i, NULL);
	fill_profile(r->inv, h, &r->profile[i]);
	return &r->profile[i];
}

static void
place(struct mark at, const struct mark *from, char *to, size_t size)
{
	if (from->file && at.file && str_eq(from->file, at.file))
		snprintf(to, size, "line %d", at.line);
	else
		snprintf(to, size, "%s:%d", at.file ? at.file : "-", at.line);
}

static void
tell_clash(struct resolver *r, const struct host *h, struct clash *c)
{
	char where[300];

	if (c->told)
		return;
	c->told = true;
	place(c->a, &c->b, where, sizeof(where));
	diag_error(r->diag, c->b,
	    "%s \"%.60s\" disagrees with %s, and neither is nearer to host %.60s: say it once, or "
	    "at the host",
	    c->is_setting ? "the setting" : "the variable", c->what, where, h->name);
}

/* Does the host itself say what its groups dispute? */
static bool
settled(const struct model_host *h, const struct clash *c)
{
	for (const struct level *l = h->levels; l; l = l->next) {
		for (size_t i = 0; !c->is_setting && i < l->vars.count; i++) {
			if (str_eq(l->vars.item[i].name, c->what))
				return true;
		}
		for (enum setting s = 0; c->is_setting && s < SETTING_COUNT; s++) {
			if (l->said[s] && str_eq(setting_kinds[s].name, c->what))
				return true;
		}
	}
	return false;
}

static void
copy_setting(struct host *h, const struct level *l, enum setting s)
{
	const struct settings *from = &l->settings;

	switch (s) {
	case SETTING_ADDRESS:
		h->address = from->address;
		break;
	case SETTING_USER:
		h->user = from->user;
		break;
	case SETTING_IDENTITY:
		h->identity = from->identity;
		break;
	case SETTING_JUMP:
		h->jump = from->jump;
		break;
	case SETTING_BECOME:
		h->become = str_eq(from->become, "none") ? NULL : from->become;
		break;
	case SETTING_BECOME_USER:
		h->become_user = from->become_user;
		break;
	case SETTING_TRANSPORT:
		h->transport = from->transport;
		break;
	case SETTING_TRANSCRIPTS:
		h->transcripts = str_eq(from->transcripts, "asked") ? NULL : from->transcripts;
		break;
	case SETTING_PROXY_COMMAND:
		h->proxy_command = from->proxy_command;
		break;
	case SETTING_TRUST:
		h->trust = str_eq(from->trust, "known") ? NULL : from->trust;
		break;
	case SETTING_PORT:
		h->port = from->port;
		break;
	case SETTING_CONNECT_TIMEOUT:
		h->connect_timeout_ms = from->connect_timeout_ms;
		break;
	case SETTING_BECOME_FLAG:
	case SETTING_BECOME_METHOD:
	case SETTING_SSH_ARGS:
	case SETTING_COMMON_ARGS:
	case SETTING_EXTRA_ARGS:
	case SETTING_EXECUTABLE:
	case SETTING_SHELL:
	case SETTING_BECOME_EXE:
	case SETTING_COUNT:
		break;
	}
}

/* The host's own words first, then what its profile gives and they do not. */
static void
merge_host(struct resolver *r, struct model_host *h, const struct profile *p)
{
	struct profile own = { 0 };
	const struct level *chosen[SETTING_COUNT];

	if (r->inv->ansible) {
		merge_backwards(&own, h->levels, true);
		merge_backwards(&own, h->levels, false);
	}
	for (const struct level *l = h->levels; l && !r->inv->ansible; l = l->next)
		merge_level(&own, l, 0);
	for (size_t i = 0; i < own.clash_count; i++)
		tell_clash(r, &h->pub, &own.clash[i]);
	h->pub.vars = p->vars;
	h->pub.var_count = p->var_count;
	if (own.var_count) {
		size_t said = own.var_count;

		for (size_t i = 0; i < p->var_count; i++)
			merge_var(&own, said, p->vars[i], SIZE_MAX);
		const struct var **vars = arena_alloc(r->inv->arena, own.var_count * sizeof(*vars));
		for (size_t i = 0; i < own.var_count; i++)
			vars[i] = own.var[i].var;
		h->pub.vars = vars;
		h->pub.var_count = own.var_count;
	}
	for (enum setting s = 0; s < SETTING_COUNT; s++) {
		chosen[s] = own.setting[s] ? own.setting[s] : p->setting[s];
		if (chosen[s])
			copy_setting(&h->pub, chosen[s], s);
	}
	reach_host(r->inv, &h->pub, chosen);
	free(own.var);
	free(own.clash);
}

static void
set_kind(struct resolver *r, struct model_host *h, struct profile *p)
{
	const struct level *said = NULL;

	for (const struct level *l = h->levels; l; l = l->next) {
		if (l->kind && said && !str_eq(l->kind, said->kind))
			diag_error(r->diag, l->mark, "host %.60s is %s here and %s in line %d",
			    h->pub.name, l->kind, said->kind, said->mark.line);
		if (l->kind)
			said = l;
	}
	h->pub.kind_said = said || p->kind_said;
	h->pub.kind = HOST_PET;
	if (said ? str_eq(said->kind, "cattle") : p->cattle && !p->pet)
		h->pub.kind = HOST_CATTLE;
	if (!said && p->cattle && p->pet && p->disagree++ == 0)
		diag_warn(r->diag, p->cattle_group->mark,
		    "host %.60s is in group %s (cattle) and group %s (pet): it counts as a pet",
		    h->pub.name, p->cattle_group->name, p->pet_group->name);
}

/* First use is for machines that come and go: a pet's key is somebody's to check. */
static void
check_trust(struct resolver *r, struct model_host *h)
{
	if (h->pub.kind == HOST_CATTLE || !h->pub.trust)
		return;
	for (const struct level *l = h->levels; l; l = l->next) {
		const struct yaml_node *n = l->said[SETTING_TRUST];

		if (n && str_eq(n->text, "first-use"))
			diag_error(r->diag, n->mark,
			    "trust: first-use is for cattle, and host %.60s is a pet: give its "
			    "host_key",
			    h->pub.name);
	}
	h->pub.trust = NULL;
}

static void
join_host_keys(struct inventory *inv, struct model_host *h)
{
	size_t count = 0, at = 0;

	for (const struct level *l = h->levels; l; l = l->next)
		count += l->host_keys.count;
	const char **keys = arena_alloc(inv->arena, (count + 1) * sizeof(*keys));
	for (const struct level *l = h->levels; l; l = l->next) {
		for (size_t i = 0; i < l->host_keys.count; i++)
			keys[at++] = l->host_keys.item[i];
	}
	h->pub.host_keys = keys;
}

static void
resolve_host(struct resolver *r, struct model_host *h)
{
	struct profile *p = profile_of(r, h);

	h->pub.groups = p->names;
	for (size_t i = 0; i < p->clash_count; i++) {
		if (!settled(h, &p->clash[i]))
			tell_clash(r, &h->pub, &p->clash[i]);
	}
	merge_host(r, h, p);
	set_kind(r, h, p);
	check_trust(r, h);
	join_host_keys(r->inv, h);
}

/* One machine under two names is mostly a slip of the pen, and two runs would meet there. */
static void
warn_same_address(struct inventory *inv, struct diag *diag)
{
	autostrmap map = STRMAP_INIT;

	for (size_t i = 0; i < inv->host_count; i++) {
		const struct host *h = &inv->host[i]->pub;
		size_t other;

		if (!h->address)
			continue;
		const char *key = arena_printf(inv->arena, "%s|%d|%s", h->address,
		    h->port ? h->port : 22, h->jump ? h->jump : "");
		if (!strmap_add(&map, key, i, &other))
			diag_warn(diag, h->mark,
			    "hosts %.60s and %.60s have the same address %.60s",
			    inv->host[other]->pub.name, h->name, h->address);
	}
}

void
resolve_hosts(struct inventory *inv, struct diag *diag)
{
	struct resolver r = { .inv = inv, .diag = diag };

	for (size_t i = 0; i < inv->host_count; i++)
		resolve_host(&r, inv->host[i]);
	warn_same_address(inv, diag);
	for (size_t i = 0; i < r.count; i++) {
		free(r.profile[i].var);
		free(r.profile[i].clash);
	}
	free(r.profile);
	strmap_fini(&r.map);
}

static const struct yaml_node *
said_at(const struct profile *p, enum setting s)
{
	return p->setting[s] ? p->setting[s]->said[s] : NULL;
}

bool
inventory_said(
    const struct inventory *inv, const struct host *h, const char *setting, struct mark *ret)
{
	const struct model_host *host = inv->host[h->index];
	struct profile own = { 0 }, above = { 0 };
	const struct yaml_node *node = NULL;

	for (const struct level *l = host->levels; l; l = l->next)
		merge_level(&own, l, 0);
	fill_profile(inv, host, &above);
	for (enum setting s = 0; s < SETTING_COUNT; s++) {
		if (!str_eq(setting_kinds[s].name, setting))
			continue;
		node = said_at(&own, s) ? said_at(&own, s) : said_at(&above, s);
	}
	free(own.var);
	free(own.clash);
	free(above.var);
	free(above.clash);
	if (node)
		*ret = node->mark;
	return node != NULL;
}
