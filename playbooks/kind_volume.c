#include "playbooks/desire_inner.h"
#include "playbooks/kind.h"
#include "playbooks/kinds.h"
#include "playbooks/plan.h"
#include "playbooks/plan_inner.h"
#include "playbooks/podman.h"
#include "playbooks/read.h"
#include "playbooks/said.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/digest.h"
#include "base/err.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/yaml.h"
#include "inventory/inventory.h"

#include <string.h>

extern const char host_look_volume_sh[], host_do_volume_sh[], host_podman_sh[];

#define TOLD_MAX (256U << 10)

struct volume_decl {
	const struct yaml_node *name, *labels, *options;
	const char *driver, *state;
	bool force;
	struct source name_source;
	struct podman_pairs label, option;
};

/* What is wanted on one host. */
struct volume {
	const char *name, *user, *driver;
	const char *const *label, *const *option; /* NULL: not said */
	bool force, pet;
};

static const char *const states[] = { "present", "absent", NULL };

const struct field kind_volume_fields[] = {
	{ FIELD_OF(FORM_NODE, struct volume_decl, name), .flags = FIELD_REQUIRED,
	    .doc = "the volume's name" },
	{ FIELD_OF(FORM_TEXT, struct volume_decl, driver), .grammar = podman_is_name,
	    .doc = "podman's driver, local by default" },
	{ FIELD_OF(FORM_NODE, struct volume_decl, labels),
	    .doc = "a mapping; when it is not said, any labels are right" },
	{ FIELD_OF(FORM_NODE, struct volume_decl, options),
	    .doc =
		"a mapping of the driver's options: {type: tmpfs, device: tmpfs}; when it is not "
		"said, any are right" },
	{ FIELD_OF(FORM_BOOL, struct volume_decl, force),
	    .doc = "make a volume that differs anew, with what it holds, and remove one that "
		   "containers use together with them; without it both are refused" },
	{ FIELD_OF(FORM_CHOICE, struct volume_decl, state), .choices = states,
	    .doc = "present by default; absent removes it with what it holds, which on a pet is "
		   "exported to /var/lib/drover/volumes first" },
	{ 0 },
};

void
kind_volume_read(const struct field_context *c, const struct yaml_node *n, void *to)
{
	struct field_context mine = *c;
	struct volume_decl *got = arena_alloc(c->arena, sizeof(*got));

	mine.what = "the volume task";
	if (n->kind == YAML_SCALAR)
		got->name = n;
	else if (!field_read(&mine, kind_volume_fields, n, got))
		return;
	if (got->state && str_eq(got->state, "absent") &&
	    (got->driver || got->labels || got->options)) {
		diag_error(c->diag, n->mark,
		    "volume: what is to be absent has no driver, labels and options");
		return;
	}
	podman_read_name(c, got->name, "volume", &got->name_source);
	if (got->labels)
		podman_read_pairs(c, "labels", got->labels, &got->label);
	if (got->options)
		podman_read_pairs(c, "options", got->options, &got->option);
	((struct task_decl *)to)->detail = got;
}

static void
fill(struct arena *a, const struct volume *v, struct resource *r)
{
	const char **look = arena_alloc(a, 4 * sizeof(*look));

	look[0] = v->user;
	look[1] = v->name;
	look[2] = r->absent ? "going" : NULL;
	r->look = look;
	r->title = r->id;
	r->detail = v;
	r->user = str_eq(v->user, PODMAN_ROOT) ? NULL : v->user;
}

static bool
want(struct desire *d, const struct task_decl *t, struct resource *r)
{
	const struct volume_decl *decl = t->detail;
	struct volume *v = arena_alloc(d->arena, sizeof(*v));
	autobuf wish = BUF_INIT(1U << 20);

	v->name = podman_name(d, &decl->name_source, "volume");
	v->user = podman_user(d, &t->as);
	v->driver = decl->driver;
	v->label = decl->label.said ? podman_fill_pairs(d, &decl->label) : NULL;
	v->option = decl->option.said ? podman_fill_pairs(d, &decl->option) : NULL;
	v->force = decl->force;
	v->pet = d->host->kind == HOST_PET;
	if (!v->name || !v->user || (decl->label.said && !v->label) ||
	    (decl->option.said && !v->option))
		return false;
	r->id = podman_id(d->arena, "volume", v->name, v->user);
	r->absent = decl->state && str_eq(decl->state, "absent");
	buf_addf(&wish, "%s\n", v->driver ? v->driver : "");
	for (const char *const *w = v->label; w && *w; w++)
		buf_addf(&wish, "%s\n", *w);
	buf_addc(&wish, '\n');
	for (const char *const *w = v->option; w && *w; w++)
		buf_addf(&wish, "%s\n", *w);
	digest_hex(wish.data, wish.len, r->digest);
	fill(d->arena, v, r);
	return true;
}

/* What a volume holds that nobody names any more is exported first, on any host. */
static void
away(struct arena *a, struct resource *r)
{
	struct volume *v = arena_alloc(a, sizeof(*v));

	*v = (struct volume){ .pet = true };
	podman_parse_id(a, r->id, &v->name, &v->user);
	fill(a, v, r);
}

static const char *const *
words(struct arena *a, const struct volume *v, const char *verb, const char *data)
{
	const char **word = arena_alloc(a, (2 * 256 + 8) * sizeof(*word));
	size_t n = 0;

	word[n++] = verb;
	word[n++] = v->user;
	word[n++] = v->name;
	word[n++] = v->force ? "force" : "-";
	word[n++] = data;
	if (str_eq(verb, "absent"))
		return word;
	word[n++] = arena_printf(a, "--driver=%s", v->driver ? v->driver : "local");
	for (const char *const *w = v->label; w && *w; w++)
		word[n++] = arena_printf(a, "--label=%s", *w);
	for (const char *const *w = v->option; w && *w; w++)
		word[n++] = arena_printf(a, "--opt=%s", *w);
	return word;
}

static void
decide_absent(struct verdict *v, const struct volume *wish, const char *said)
{
	const char *used = said_value(v->arena, said, "used");

	v->step->class = PLAN_REMOVE;
	if (used && wish->force)
		plan_because(v, "with the containers that use it: %.200s", used);
	else if (used)
		plan_because(
		    v, "used by %.200s: it goes only when they do (or with force: true)", used);
	if (said_value(v->arena, said, "full"))
		plan_because(v, "%s",
		    wish->pet ? "what it holds is exported to /var/lib/drover/volumes first"
			      : "with what it holds");
	v->step->doing = words(v->arena, wish, "absent", wish->pet ? "export" : "drop");
}

/* JSON on the line of key; NULL when it is none. */
static struct json *
told(struct verdict *v, const char *key)
{
	const char *text = said_value(v->arena, v->step->found->said, key);
	struct err err;

	return text ? json_parse(text, strlen(text), TOLD_MAX, &err) : NULL;
}

static void
compare_pairs(struct verdict *v, const char *key, const char *const *wanted)
{
	autojson *found = told(v, key);
	autobuf was = BUF_INIT(400), wish = BUF_INIT(400);

	if (!wanted || podman_same_pairs(found, wanted))
		return;
	podman_show_pairs(found, &was);
	podman_show_list(wanted, &wish);
	plan_because(v, "%s %s -> %s", key, buf_text(&was), buf_text(&wish));
}

static void
decide_present(struct verdict *v, const struct volume *wish, const char *said)
{
	const char *driver = said_value(v->arena, said, "driver");

	if (!driver) {
		plan_because(v, "what it is made of is not known yet");
		v->step->doing = words(v->arena, wish, "keep", "keep");
		return;
	}
	if (wish->driver && !str_eq(driver, wish->driver))
		plan_because(v, "driver %.60s -> %s", driver, wish->driver);
	compare_pairs(v, "labels", wish->label);
	compare_pairs(v, "options", wish->option);
	if (v->step->class != PLAN_SAME && !wish->force) {
		plan_refuse(v,
		    "%s is there and differs, and a volume cannot be changed: force: true makes it "
		    "anew, with what it holds",
		    v->step->resource->id);
	} else if (v->step->class != PLAN_SAME) {
		plan_because(v, "made anew, with what it holds");
		v->step->doing = words(v->arena, wish, "renew", "export");
	} else if (!v->step->found->owned) {
		plan_because(v, "not yet in drover's manifest");
		v->step->doing = words(v->arena, wish, "keep", "keep");
	}
}

static void
decide(struct verdict *v)
{
	const struct volume *wish = v->step->resource->detail;
	const char *said = v->step->found->said;
	bool there = said_value(v->arena, said, "there") != NULL;

	if (v->step->resource->absent) {
		if (there)
			decide_absent(v, wish, said);
	} else if (there) {
		decide_present(v, wish, said);
	} else {
		v->step->class = PLAN_CREATE;
		v->step->doing = words(v->arena, wish, "create", "keep");
		v->step->back = words(v->arena, wish, "absent", "keep");
	}
}

const struct kind kind_volume = {
	.kind = RESOURCE_VOLUME,
	.name = "volume",
	.want = want,
	.away = away,
	.decide = decide,
	.common = host_podman_sh,
	.look = host_look_volume_sh,
	.carry = host_do_volume_sh,
};
