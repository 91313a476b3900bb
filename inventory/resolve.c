#include "inventory/resolve.h"

#include "base/arena.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/yaml.h"
#include "inventory/model.h"
#include "inventory/profile.h"
#include "inventory/reach.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

struct resolver {
	struct inventory *inv;
	struct diag *diag;
	struct profiles profiles;
};

static void
place(struct mark at, const struct mark *from, char *to, size_t size)
{
	if (from->file && at.file && str_eq(from->file, at.file))
		snprintf(to, size, "line %d", at.line);
	else
		snprintf(to, size, "%s:%d", at.file ? at.file : "-", at.line);
}

static void
tell_clash(struct resolver *r, const struct host *h, struct profile_clash *c)
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
settled(const struct model_host *h, const struct profile_clash *c)
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
		profile_merge_backwards(&own, h->levels, true);
		profile_merge_backwards(&own, h->levels, false);
	}
	for (const struct level *l = h->levels; l && !r->inv->ansible; l = l->next)
		profile_merge_level(&own, l, 0);
	for (size_t i = 0; i < own.clash_count; i++)
		tell_clash(r, &h->pub, &own.clash[i]);
	h->pub.vars = p->vars;
	h->pub.var_count = p->var_count;
	if (own.var_count) {
		size_t said = own.var_count;

		for (size_t i = 0; i < p->var_count; i++)
			profile_merge_var(&own, said, p->vars[i], SIZE_MAX);
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
	profile_fini(&own);
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
	struct profile *p = profiles_of(&r->profiles, r->inv, h);

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
	profiles_fini(&r.profiles);
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
		profile_merge_level(&own, l, 0);
	profile_fill(inv, host, &above);
	for (enum setting s = 0; s < SETTING_COUNT; s++) {
		if (!str_eq(setting_kinds[s].name, setting))
			continue;
		node = said_at(&own, s) ? said_at(&own, s) : said_at(&above, s);
	}
	profile_fini(&own);
	profile_fini(&above);
	if (node)
		*ret = node->mark;
	return node != NULL;
}
