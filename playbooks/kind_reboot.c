#include "playbooks/desire_inner.h"
#include "playbooks/kind.h"
#include "playbooks/kinds.h"
#include "playbooks/plan.h"
#include "playbooks/plan_inner.h"
#include "playbooks/read.h"

#include "base/arena.h"
#include "base/str.h"
#include "base/yaml.h"
#include "inventory/inventory.h"

#include <string.h>

#define TIMEOUT_MS 600000

extern const char host_look_reboot_sh[], host_do_reboot_sh[];

struct reboot_decl {
	int64_t timeout_ms;
	bool if_required;
};

const struct field kind_reboot_fields[] = {
	{ FIELD_OF(FORM_BOOL, struct reboot_decl, if_required),
	    .doc = "only where /run/reboot-required is there when it comes to it" },
	{ .name = "timeout",
	    .form = FORM_DURATION,
	    .offset = offsetof(struct reboot_decl, timeout_ms),
	    .doc = "how long the host may take to be back; 10m by default" },
	{ 0 },
};

void
kind_reboot_read(const struct field_context *c, const struct yaml_node *n, void *to)
{
	struct field_context mine = *c;
	struct reboot_decl *got = arena_alloc(c->arena, sizeof(*got));

	mine.what = "the reboot task";
	got->timeout_ms = TIMEOUT_MS;
	if (!field_read(&mine, kind_reboot_fields, n, got))
		return;
	if (got->timeout_ms < 10000 || got->timeout_ms > 86400000)
		diag_error(c->diag, n->mark, "reboot: timeout: 10 seconds to a day");
	((struct task_decl *)to)->detail = got;
}

static bool
want(struct desire *d, const struct task_decl *t, struct resource *r)
{
	static const char *const nothing[] = { NULL };
	const struct reboot_decl *decl = t->detail;

	r->id = arena_printf(d->arena, "reboot %d%s", t->number, d->here.suffix);
	r->title = decl->if_required ? "reboot if required" : "reboot";
	r->detail = decl;
	r->look = nothing;
	r->parts = true;
	r->limit_ms = decl->timeout_ms;
	if (d->host->transport && str_eq(d->host->transport, "local")) {
		desire_wrong(d, t->mark,
		    "reboot: host %s is this machine (transport: local), which drover does not "
		    "reboot under itself",
		    d->host->name);
		return false;
	}
	return true;
}

static void
decide(struct verdict *v)
{
	static const char required[] = "required";
	const struct reboot_decl *decl = v->step->resource->detail;
	const char *said = v->step->found->said, **words;
	bool asked = said && str_starts(said, required);

	if (decl->if_required && !asked && !v->moved)
		return;
	if (decl->if_required && asked)
		plan_because(v, "required%s%.*s",
		    strcspn(said + sizeof(required), "\n") ? " by " : "",
		    (int)strcspn(said + sizeof(required), "\n"), said + sizeof(required));
	else if (decl->if_required)
		plan_because(v, "not required so far");
	else
		plan_because(v, "at every apply");
	v->step->class = asked || !decl->if_required ? PLAN_CHANGE : PLAN_UNPREDICTED;
	words = arena_alloc(v->arena, 3 * sizeof(*words));
	words[0] = arena_printf(v->arena, "%lld", (long long)decl->timeout_ms / 1000);
	words[1] = decl->if_required ? "required" : "always";
	v->step->doing = words;
}

const struct kind kind_reboot = {
	.kind = RESOURCE_REBOOT,
	.name = "reboot",
	.want = want,
	.decide = decide,
	.look = host_look_reboot_sh,
	.carry = host_do_reboot_sh,
};
