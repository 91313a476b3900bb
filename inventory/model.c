#include "inventory/model.h"

#include "base/arena.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/yaml.h"
#include "inventory/grammar.h"

#include <ctype.h>
#include <string.h>

#define SETTING(key, member)                                                                       \
	{                                                                                          \
		(key), offsetof(struct settings, member), sizeof(((struct settings *)0)->member)   \
	}

const struct setting_kind setting_kinds[SETTING_COUNT] = {
	[SETTING_ADDRESS] = SETTING("address", address),
	[SETTING_USER] = SETTING("user", user),
	[SETTING_IDENTITY] = SETTING("identity", identity),
	[SETTING_JUMP] = SETTING("jump", jump),
	[SETTING_BECOME] = SETTING("become", become),
	[SETTING_BECOME_USER] = SETTING("become_user", become_user),
	[SETTING_TRUST] = SETTING("trust", trust),
	[SETTING_TRANSPORT] = SETTING("transport", transport),
	[SETTING_TRANSCRIPTS] = SETTING("transcripts", transcripts),
	[SETTING_PROXY_COMMAND] = SETTING("proxy_command", proxy_command),
	[SETTING_PORT] = SETTING("port", port),
	[SETTING_CONNECT_TIMEOUT] = SETTING("connect_timeout", connect_timeout_ms),
	[SETTING_BECOME_FLAG] = SETTING("ansible_become", become_flag),
	[SETTING_BECOME_METHOD] = SETTING("ansible_become_method", become_method),
	[SETTING_SSH_ARGS] = SETTING("ansible_ssh_args", ssh_args),
	[SETTING_COMMON_ARGS] = SETTING("ansible_ssh_common_args", common_args),
	[SETTING_EXTRA_ARGS] = SETTING("ansible_ssh_extra_args", extra_args),
	[SETTING_EXECUTABLE] = { "ansible_ssh_executable", 0, 0 },
	[SETTING_SHELL] = { "ansible_shell_type", 0, 0 },
	[SETTING_BECOME_EXE] = { "ansible_become_exe", 0, 0 },
};

static const char *
lower(struct arena *a, const char *s)
{
	char *copy = arena_strdup(a, s);

	for (char *p = copy; *p; p++)
		*p = (char)tolower((unsigned char)*p);
	return copy;
}

struct model_host *
model_host(struct inventory *inv, const char *name, struct mark at, struct diag *diag)
{
	const char *wanted = grammar_host(name);
	size_t i;

	if (strmap_find(&inv->host_map, name, &i))
		return inv->host[i];
	if (wanted) {
		diag_error(diag, at, "\"%.60s\" is no host: %s", name, wanted);
		return NULL;
	}
	name = arena_strdup(inv->arena, name);
	if (!strmap_add(&inv->folded_map, lower(inv->arena, name), inv->host_count, &i)) {
		const struct host *other = &inv->host[i]->pub;

		diag_error(diag, at,
		    "the hosts \"%.60s\" and \"%.60s\" (line %d) differ only in case", name,
		    other->name, other->mark.line);
		return NULL;
	}
	struct model_host *h = arena_alloc(inv->arena, sizeof(*h));
	h->pub.name = name;
	h->pub.mark = at;
	strmap_add(&inv->host_map, name, inv->host_count, NULL);
	mem_grow(inv->host, inv->host_count, inv->host_cap);
	inv->host[inv->host_count++] = h;
	return h;
}

struct model_group *
model_group(struct inventory *inv, const char *name, struct mark at, struct diag *diag)
{
	const char *wanted = grammar_group(name);
	size_t i;

	if (strmap_find(&inv->group_map, name, &i))
		return inv->group[i];
	if (wanted || str_eq(name, "all")) {
		diag_error(diag, at, "\"%.60s\" is no group: %s", name,
		    wanted ? wanted : "@all is every host already");
		return NULL;
	}
	struct model_group *g = arena_alloc(inv->arena, sizeof(*g));
	g->pub.name = arena_strdup(inv->arena, name);
	g->pub.mark = at;
	strmap_add(&inv->group_map, g->pub.name, inv->group_count, NULL);
	mem_grow(inv->group, inv->group_count, inv->group_cap);
	inv->group[inv->group_count++] = g;
	return g;
}

void
model_join(struct model_host *h, size_t group)
{
	for (size_t i = 0; i < h->group_count; i++) {
		if (h->group[i] == group)
			return;
	}
	mem_grow(h->group, h->group_count, h->group_cap);
	h->group[h->group_count++] = group;
}

const struct yaml_node *
model_said(struct inventory *inv, const char *text, struct mark at)
{
	struct yaml_node *n = arena_alloc(inv->arena, sizeof(*n));

	*n = (struct yaml_node){
		.kind = YAML_SCALAR, .mark = at, .plain = true, .text = text, .len = strlen(text)
	};
	return n;
}

struct level *
model_level(struct inventory *inv, const struct level *l)
{
	struct level *copy = arena_alloc(inv->arena, sizeof(*copy));

	*copy = *l;
	copy->next = NULL;
	return copy;
}

void
model_say(struct level **list, struct level *l)
{
	while (*list)
		list = &(*list)->next;
	*list = l;
}

const char *
inventory_fleet(const struct inventory *inv)
{
	return inv->fleet;
}

const char *
inventory_path(const struct inventory *inv)
{
	return inv->path;
}

const char *const *
inventory_known_hosts(const struct inventory *inv)
{
	return inv->known_hosts;
}

const struct environment *
inventory_environment(const struct inventory *inv)
{
	return &inv->environment;
}

const struct retention *
inventory_retention(const struct inventory *inv)
{
	return &inv->retention;
}

const struct provision *
inventory_provision(const struct inventory *inv)
{
	return &inv->provision;
}

size_t
inventory_count(const struct inventory *inv)
{
	return inv->host_count;
}

const struct host *
inventory_host(const struct inventory *inv, size_t i)
{
	return &inv->host[i]->pub;
}

const struct host *
inventory_find(const struct inventory *inv, const char *name)
{
	size_t i;

	return strmap_find(&inv->host_map, name, &i) ? &inv->host[i]->pub : NULL;
}

size_t
inventory_group_count(const struct inventory *inv)
{
	return inv->group_count;
}

const struct group *
inventory_group(const struct inventory *inv, size_t i)
{
	return &inv->group[i]->pub;
}

const struct group *
inventory_find_group(const struct inventory *inv, const char *name)
{
	size_t i;

	return strmap_find(&inv->group_map, name, &i) ? &inv->group[i]->pub : NULL;
}

const struct var *
host_var(const struct host *h, const char *name)
{
	for (size_t i = 0; i < h->var_count; i++) {
		if (str_eq(h->vars[i]->name, name))
			return h->vars[i];
	}
	return NULL;
}

const char *
host_kind_name(enum host_kind k)
{
	return k == HOST_CATTLE ? "cattle" : "pet";
}
