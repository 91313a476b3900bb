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

#include <arpa/inet.h>
#include <string.h>

extern const char host_look_network_sh[], host_do_network_sh[], host_podman_sh[];

#define FILE_MAX 65536U

enum said { SAID_NOT, SAID_FALSE, SAID_TRUE };

struct network_decl {
	const struct yaml_node *name, *subnet, *gateway, *labels, *options;
	const struct yaml_node *internal, *ipv6, *dns;
	const char *driver, *state;
	bool force;
	struct source name_source;
	struct podman_list subnets, gateways;
	struct podman_pairs label, option;
	enum said is_internal, is_ipv6, is_dns;
};

/* What is wanted on one host. */
struct network {
	const struct network_decl *decl;
	const char *name, *user;
	const char *const *subnet, *const *gateway;
	const char *const *label, *const *option; /* NULL: not said */
	bool force;
};

static const char *const states[] = { "present", "absent", NULL };
static const char *const drivers[] = { "bridge", "macvlan", "ipvlan", NULL };

const struct field kind_network_fields[] = {
	{ FIELD_OF(FORM_NODE, struct network_decl, name), .flags = FIELD_REQUIRED,
	    .doc = "the network's name" },
	{ FIELD_OF(FORM_CHOICE, struct network_decl, driver), .choices = drivers,
	    .doc = "bridge by default" },
	{ FIELD_OF(FORM_NODE, struct network_decl, subnet),
	    .doc = "10.89.7.0/24, or a list of them; when it is not said, podman chooses one and "
		   "any is right" },
	{ FIELD_OF(FORM_NODE, struct network_decl, gateway),
	    .doc = "an address in the subnet, or a list of them in the order of the subnets" },
	{ FIELD_OF(FORM_NODE, struct network_decl, internal), .doc = "true: without a way out" },
	{ FIELD_OF(FORM_NODE, struct network_decl, ipv6), .doc = "true: with IPv6 beside IPv4" },
	{ FIELD_OF(FORM_NODE, struct network_decl, dns),
	    .doc = "false: containers do not find one another by name" },
	{ FIELD_OF(FORM_NODE, struct network_decl, labels),
	    .doc = "a mapping; when it is not said, any labels are right" },
	{ FIELD_OF(FORM_NODE, struct network_decl, options),
	    .doc = "a mapping of the driver's options: {mtu: \"1400\"}; when it is not said, any "
		   "are right" },
	{ FIELD_OF(FORM_BOOL, struct network_decl, force),
	    .doc = "remove a network that containers use, or make it anew, together with them; "
		   "without it the act fails and names them" },
	{ FIELD_OF(FORM_CHOICE, struct network_decl, state), .choices = states,
	    .doc = "present by default, or absent" },
	{ 0 },
};

static bool
read_said(
    const struct field_context *c, const char *name, const struct yaml_node *n, enum said *ret)
{
	struct field f = { .name = name, .form = FORM_BOOL };
	bool value = false;

	if (!n)
		return true;
	if (!field_value(c, &f, n, &value))
		return false;
	*ret = value ? SAID_TRUE : SAID_FALSE;
	return true;
}

/* An address, with the length of a prefix behind it for a subnet. */
static const char *
is_net(const char *s, bool subnet)
{
	char address[64];
	unsigned char raw[16];
	const char *slash = strchr(s, '/');
	int64_t bits = 0;
	bool v6;

	if (!slash != !subnet || strlen(s) >= sizeof(address))
		return subnet ? "a subnet (10.89.7.0/24)" : "an address (10.89.7.1)";
	str_copy(address, sizeof(address), s);
	if (slash)
		address[slash - s] = '\0';
	v6 = strchr(address, ':') != NULL;
	if (inet_pton(v6 ? AF_INET6 : AF_INET, address, raw) != 1 ||
	    (slash && !str_int(slash + 1, 1, v6 ? 128 : 32, &bits)))
		return subnet ? "a subnet (10.89.7.0/24)" : "an address (10.89.7.1)";
	return NULL;
}

static void
read_nets(const struct field_context *c, const char *name, const struct yaml_node *n,
    struct podman_list *ret)
{
	if (!n || !podman_read_list(c, name, n, ret))
		return;
	for (size_t i = 0; i < ret->count; i++) {
		const char *bad = render_is_template(&ret->item[i])
				      ? NULL
				      : is_net(ret->item[i].text, str_eq(name, "subnet"));

		if (bad)
			diag_error(c->diag, ret->item[i].mark,
			    "%s: %s is wanted here, not \"%.60s\"", name, bad, ret->item[i].text);
	}
}

static void
read_rest(const struct field_context *c, const struct yaml_node *n, struct network_decl *got)
{
	read_nets(c, "subnet", got->subnet, &got->subnets);
	read_nets(c, "gateway", got->gateway, &got->gateways);
	if (got->gateways.count > got->subnets.count)
		diag_error(c->diag, n->mark, "network: gateway: each belongs to a subnet");
	read_said(c, "internal", got->internal, &got->is_internal);
	read_said(c, "ipv6", got->ipv6, &got->is_ipv6);
	read_said(c, "dns", got->dns, &got->is_dns);
	if (got->labels)
		podman_read_pairs(c, "labels", got->labels, &got->label);
	if (got->options)
		podman_read_pairs(c, "options", got->options, &got->option);
}

void
kind_network_read(const struct field_context *c, const struct yaml_node *n, void *to)
{
	struct field_context mine = *c;
	struct network_decl *got = arena_alloc(c->arena, sizeof(*got));

	mine.what = "the network task";
	if (n->kind == YAML_SCALAR)
		got->name = n;
	else if (!field_read(&mine, kind_network_fields, n, got))
		return;
	podman_read_name(c, got->name, "network", &got->name_source);
	if (got->name->kind == YAML_SCALAR && str_eq(got->name->text, "podman"))
		diag_error(c->diag, got->name->mark,
		    "network: podman has a network of its own by "
		    "this name");
	if (got->state && str_eq(got->state, "absent") && n->count > (got->force ? 3U : 2U))
		diag_error(
		    c->diag, n->mark, "network: what is to be absent has a name and force only");
	read_rest(c, n, got);
	((struct task_decl *)to)->detail = got;
}

static void
fill(struct arena *a, const struct network *w, struct resource *r)
{
	const char **look = arena_alloc(a, 4 * sizeof(*look));

	look[0] = w->user;
	look[1] = w->name;
	look[2] = r->absent ? "going" : NULL;
	r->look = look;
	r->title = r->id;
	r->detail = w;
	r->user = str_eq(w->user, PODMAN_ROOT) ? NULL : w->user;
}

static bool
good_nets(struct desire *d, const struct podman_list *l, const char *const *text, bool subnet)
{
	for (size_t i = 0; i < l->count; i++) {
		const char *bad = text ? is_net(text[i], subnet) : "";

		if (bad && *bad)
			desire_wrong_text(d, l->item[i].mark,
			    "%s: %s is wanted here, not \"%.60s\" (host %s)",
			    subnet ? "subnet" : "gateway", bad, text[i], d->host->name);
		if (bad)
			return false;
	}
	return true;
}

/* Options for podman network create, which are also the whole wish. */
static const char *const *
options(struct arena *a, const struct network *w)
{
	const struct network_decl *d = w->decl;
	const char **word = arena_alloc(a, (4 * 256 + 8) * sizeof(*word));
	size_t n = 0;

	word[n++] = arena_printf(a, "--driver=%s", d && d->driver ? d->driver : "bridge");
	for (const char *const *t = w->subnet; t && *t; t++)
		word[n++] = arena_printf(a, "--subnet=%s", *t);
	for (const char *const *t = w->gateway; t && *t; t++)
		word[n++] = arena_printf(a, "--gateway=%s", *t);
	if (d && d->is_internal == SAID_TRUE)
		word[n++] = "--internal";
	if (d && d->is_ipv6 == SAID_TRUE)
		word[n++] = "--ipv6";
	if (d && d->is_dns == SAID_FALSE)
		word[n++] = "--disable-dns";
	for (const char *const *t = w->label; t && *t; t++)
		word[n++] = arena_printf(a, "--label=%s", *t);
	for (const char *const *t = w->option; t && *t; t++)
		word[n++] = arena_printf(a, "--opt=%s", *t);
	return word;
}

static bool
want(struct desire *d, const struct task_decl *t, struct resource *r)
{
	const struct network_decl *decl = t->detail;
	struct network *w = arena_alloc(d->arena, sizeof(*w));
	autobuf wish = BUF_INIT(1U << 20);

	w->decl = decl;
	w->name = podman_name(d, &decl->name_source, "network");
	w->user = podman_user(d, &t->as);
	w->subnet = podman_fill_list(d, &decl->subnets);
	w->gateway = podman_fill_list(d, &decl->gateways);
	w->label = decl->label.said ? podman_fill_pairs(d, &decl->label) : NULL;
	w->option = decl->option.said ? podman_fill_pairs(d, &decl->option) : NULL;
	w->force = decl->force;
	if (!w->name || !w->user || (decl->label.said && !w->label) ||
	    (decl->option.said && !w->option) || !good_nets(d, &decl->subnets, w->subnet, true) ||
	    !good_nets(d, &decl->gateways, w->gateway, false))
		return false;
	r->id = podman_id(d->arena, "network", w->name, w->user);
	r->absent = decl->state && str_eq(decl->state, "absent");
	for (const char *const *o = options(d->arena, w); *o; o++)
		buf_addf(&wish, "%s\n", *o);
	digest_hex(wish.data, wish.len, r->digest);
	fill(d->arena, w, r);
	return true;
}

static void
away(struct arena *a, struct resource *r)
{
	struct network *w = arena_alloc(a, sizeof(*w));

	podman_parse_id(a, r->id, &w->name, &w->user);
	fill(a, w, r);
}

static const char *const *
words(struct arena *a, const struct network *w, const char *verb)
{
	const char **word = arena_alloc(a, (4 * 256 + 16) * sizeof(*word));
	size_t n = 0;

	word[n++] = verb;
	word[n++] = w->user;
	word[n++] = w->name;
	word[n++] = w->force ? "force" : "-";
	for (const char *const *o = options(a, w); !str_eq(verb, "absent") && *o; o++)
		word[n++] = *o;
	return word;
}

static void
compare_bool(struct verdict *v, const struct json *net, const char *key, enum said wanted)
{
	bool found = json_get_bool(net, key, false);

	if (wanted != SAID_NOT && found != (wanted == SAID_TRUE))
		plan_because(v, "%s %s -> %s", key, found ? "true" : "false",
		    wanted == SAID_TRUE ? "true" : "false");
}

static bool
has_text(const char *const *list, const char *text)
{
	for (; list && *list; list++)
		if (str_eq(*list, text))
			return true;
	return false;
}

/* All that were said are there, and no others of them. */
static void
compare_nets(struct verdict *v, const struct json *net, const struct network *w)
{
	const struct json *subnets = json_get(net, "subnets");
	autobuf was = BUF_INIT(400), wish = BUF_INIT(400);
	size_t subnet = 0, gateway = 0, want_subnet = w->decl->subnets.count;

	for (size_t i = 0; i < json_count(subnets); i++) {
		const char *s = json_get_text(json_at(subnets, i), "subnet");
		const char *g = json_get_text(json_at(subnets, i), "gateway");

		subnet += has_text(w->subnet, s ? s : "");
		gateway += has_text(w->gateway, g ? g : "");
		buf_addf(&was, "%s%s via %s", i ? " " : "", s ? s : "-", g ? g : "-");
	}
	if (!want_subnet || (subnet == want_subnet && json_count(subnets) >= subnet &&
				gateway == w->decl->gateways.count &&
				(json_count(subnets) == subnet || w->decl->is_ipv6 == SAID_TRUE)))
		return;
	podman_show_list(w->subnet, &wish);
	if (w->decl->gateways.count) {
		buf_adds(&wish, " via");
		podman_show_list(w->gateway, &wish);
	}
	plan_because(v, "subnets %s -> %s", buf_text(&was), buf_text(&wish));
}

static void
compare_pairs(struct verdict *v, const struct json *net, const char *key, const char *const *wanted)
{
	autobuf was = BUF_INIT(400), wish = BUF_INIT(400);

	if (!wanted || podman_same_pairs(json_get(net, key), wanted))
		return;
	podman_show_pairs(json_get(net, key), &was);
	podman_show_list(wanted, &wish);
	plan_because(v, "%s %s -> %s", key, buf_text(&was), buf_text(&wish));
}

static void
decide_present(struct verdict *v, const struct network *w, const char *text)
{
	struct err err;
	autojson *net = json_parse(text, strlen(text), FILE_MAX, &err);
	const char *driver = json_get_text(net, "driver");

	if (!net) {
		plan_refuse(v, "%s: its file cannot be read: %s", v->step->resource->id, err.text);
		return;
	}
	if (w->decl->driver && driver && !str_eq(driver, w->decl->driver))
		plan_because(v, "driver %.40s -> %s", driver, w->decl->driver);
	compare_nets(v, net, w);
	compare_bool(v, net, "internal", w->decl->is_internal);
	compare_bool(v, net, "ipv6_enabled", w->decl->is_ipv6);
	compare_bool(v, net, "dns_enabled", w->decl->is_dns);
	compare_pairs(v, net, "labels", w->label);
	compare_pairs(v, net, "options", w->option);
	if (v->step->class != PLAN_SAME) {
		plan_because(v, "made anew");
		v->step->doing = words(v->arena, w, "renew");
	} else if (!v->step->found->owned) {
		plan_because(v, "not yet in drover's manifest");
		v->step->doing = words(v->arena, w, "keep");
	}
}

static void
decide_absent(struct verdict *v, const struct network *w, const char *said)
{
	const char *used = said_value(v->arena, said, "used");

	if (!said_value(v->arena, said, "there"))
		return;
	v->step->class = PLAN_REMOVE;
	if (used && w->force)
		plan_because(v, "with the containers that use it: %.200s", used);
	else if (used)
		plan_because(
		    v, "used by %.200s: it goes only when they do (or with force: true)", used);
	v->step->doing = words(v->arena, w, "absent");
}

static void
decide(struct verdict *v)
{
	const struct network *w = v->step->resource->detail;
	const char *said = v->step->found->said;
	const char *text = said_value(v->arena, said, "network");

	if (said_value(v->arena, said, "cni")) {
		plan_refuse(v, "unsupported: podman there keeps its networks by CNI, not netavark");
	} else if (v->step->resource->absent) {
		decide_absent(v, w, said);
	} else if (text) {
		decide_present(v, w, text);
	} else {
		v->step->class = PLAN_CREATE;
		v->step->doing = words(v->arena, w, "create");
		v->step->back = words(v->arena, w, "absent");
	}
}

const struct kind kind_network = {
	.kind = RESOURCE_NETWORK,
	.name = "network",
	.want = want,
	.away = away,
	.decide = decide,
	.common = host_podman_sh,
	.look = host_look_network_sh,
	.carry = host_do_network_sh,
};
