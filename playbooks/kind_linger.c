#include "playbooks/desire_inner.h"
#include "playbooks/kind.h"
#include "playbooks/kinds.h"
#include "playbooks/plan.h"
#include "playbooks/plan_inner.h"
#include "playbooks/podman.h"
#include "playbooks/said.h"

#include "base/arena.h"
#include "base/str.h"

#include <string.h>

extern const char host_look_linger_sh[], host_do_linger_sh[];
extern const char host_look_subids_sh[], host_do_subids_sh[], host_podman_sh[];

#define CONTAINERS    "containers" /* who has them in /etc/subuid; no account */
#define CONTAINER_IDS ((int64_t)1 << 24)

/* What a user needs before units and containers of their own: nobody writes tasks of these kinds. */
struct resource *
kind_linger_of(struct arena *a, enum resource_kind kind, const char *user, bool containers)
{
	static const char yes[] = "containers";
	struct resource *r = arena_alloc(a, sizeof(*r));
	const char **look = arena_alloc(a, 2 * sizeof(*look));

	look[0] = user;
	r->kind = kind;
	r->id = arena_printf(a, "%s %s", kind_name(kind), user);
	r->title = kind == RESOURCE_LINGER ? arena_printf(a, "lingering of %s", user)
					   : arena_printf(a, "subordinate ids of %s", user);
	r->look = look;
	r->detail = containers ? yes : NULL;
	r->user = user;
	return r;
}

struct resource *
kind_subids_of_containers(struct arena *a)
{
	struct resource *r = kind_linger_of(a, RESOURCE_SUBIDS, CONTAINERS, false);
	const char **look = arena_alloc(a, 3 * sizeof(*look));

	look[0] = CONTAINERS;
	look[1] = "auto";
	r->look = look;
	r->user = NULL;
	r->title = "subordinate ids for containers of user: auto";
	return r;
}

static const char *const *
words(struct arena *a, const char *first, const char *second, const char *third)
{
	const char **word = arena_alloc(a, 4 * sizeof(*word));

	word[0] = first;
	word[1] = second;
	word[2] = third;
	return word;
}

static void
decide_linger(struct verdict *v)
{
	const char *said = v->step->found->said, *user = v->step->resource->user;
	bool lingers = said_has(said, "linger");

	if (!said_value(v->arena, said, "user") && !v->parted) {
		plan_refuse(v, "the host has no user %s (as: %s)", user, user);
		return;
	}
	if (lingers && said_has(said, "running"))
		return;
	if (lingers)
		plan_because(v, "the user's service manager does not run");
	else
		plan_because(v, "the user's units run without a login");
	v->step->doing = words(v->arena, "on", user, NULL);
	if (!lingers)
		v->step->back = words(v->arena, "off", user, NULL);
}

/* Why root's podman cannot give containers users of their own there; NULL: it can. */
static const char *
no_users(const char *said)
{
	if (said_has(said, "nousers"))
		return "the host's kernel makes no user namespaces (user.max_user_namespaces)";
	if (said_has(said, "mounted"))
		return "podman fails where /sys/kernel is a mount with others in it, as within "
		       "systemd-nspawn";
	return NULL;
}

static void
refuse_subids(struct verdict *v, bool of_user)
{
	const char *said = v->step->found->said;
	const char *missing = said_value(v->arena, said, "missing");
	const char *why = of_user ? NULL : no_users(said);

	if (why)
		plan_refuse(v, "unsupported: sandbox: {user: auto}: %s", why);
	else if (of_user && missing && !v->parted)
		plan_refuse(v, "unsupported: rootless podman needs %s (Debian: uidmap)", missing);
	else if (v->step->resource->detail && said_has(said, "oldgroups"))
		plan_refuse(v,
		    "unsupported: rootless containers need control groups of version 2, and the "
		    "host has version 1");
}

static void
decide_subids(struct verdict *v)
{
	const char *said = v->step->found->said, *user = v->step->resource->user;
	const char *next = said_value(v->arena, said, "next");
	bool uids = said_has(said, "subuid"), gids = said_has(said, "subgid");
	int64_t first, count = user ? 65536 : CONTAINER_IDS;

	refuse_subids(v, user != NULL);
	if ((uids && gids) || !next || !str_int(next, 1, UINT32_MAX - count, &first))
		return;
	plan_because(v, "%lld-%lld for %s", (long long)first, (long long)(first + count - 1),
	    uids   ? "groups"
	    : gids ? "users"
		   : "users and groups");
	v->step->doing = words(v->arena, user ? user : CONTAINERS, next, user ? NULL : "auto");
}

const struct kind kind_linger = {
	.kind = RESOURCE_LINGER,
	.name = "linger",
	.decide = decide_linger,
	.common = host_podman_sh,
	.look = host_look_linger_sh,
	.carry = host_do_linger_sh,
};

const struct kind kind_subids = {
	.kind = RESOURCE_SUBIDS,
	.name = "subids",
	.decide = decide_subids,
	.common = host_podman_sh,
	.look = host_look_subids_sh,
	.carry = host_do_subids_sh,
};
