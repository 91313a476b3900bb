/* `ports:` of an app. */
#include "base/arena.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/yaml.h"
#include "playbooks/read_app.h"
#include "playbooks/read_app_inner.h"
#include "playbooks/read_step.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <string.h>

#define SPAN_MAX 1000

struct port_fields {
	const struct yaml_node *container, *host;
	struct field_texts bind;
	const char *protocol;
};

static const char *
is_address(const char *s)
{
	unsigned char raw[16];

	if (inet_pton(AF_INET, s, raw) == 1 || inet_pton(AF_INET6, s, raw) == 1)
		return NULL;
	return "an IP address (127.0.0.1, ::1)";
}

static const char *const protocols[] = { "tcp", "udp", NULL };

const struct field read_app_port_fields[] = {
	{ FIELD_OF(FORM_NODE, struct port_fields, container), .flags = FIELD_REQUIRED,
	    .doc = "where the app listens in its container: a port, or a range of at most 1000; of "
		   "a binary: on the host" },
	{ FIELD_OF(FORM_NODE, struct port_fields, host),
	    .doc = "where replica 0 is published on the host, a port or a range as long; each "
		   "replica has those behind its neighbour's; by default the container's numbers" },
	{ .name = "bind",
	    .form = FORM_TEXTS,
	    .flags = FIELD_OR_ONE,
	    .offset = offsetof(struct port_fields, bind),
	    .grammar = is_address,
	    .doc = "the address it is published on, or a list of them, 0.0.0.0 by default" },
	{ FIELD_OF(FORM_CHOICE, struct port_fields, protocol), .choices = protocols,
	    .doc = "tcp by default" },
	{ 0 },
};

static bool
is_word(const char *s, size_t max)
{
	size_t n = strlen(s);

	return n > 0 && n <= max && islower((unsigned char)s[0]) &&
	       strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789-") == n;
}

/* FIRST-LAST, up to `len` bytes of s. */
static bool
parse_range(const char *s, size_t len, int *ret_first, int *ret_span)
{
	char copy[16], *dash;
	int64_t first, last;

	if (len >= sizeof(copy))
		return false;
	str_copy(copy, len + 1, s);
	dash = strchr(copy, '-');
	if (!dash)
		return false;
	*dash++ = '\0';
	if (!str_int(copy, 1, 65535, &first) || !str_int(dash, first, 65535, &last) ||
	    last - first >= SPAN_MAX)
		return false;
	*ret_first = (int)first;
	*ret_span = (int)(last - first) + 1;
	return true;
}

/* A port, or a range; ret_udp where /udp may stand behind it, NULL where it may not. */
static bool
read_range(const struct field_context *c, const char *name, const struct yaml_node *n, int *first,
    int *span, bool *ret_udp)
{
	const struct field number = { .name = name, .form = FORM_PORT };
	const char *text = n->kind == YAML_SCALAR ? n->text : "";
	const char *slash = ret_udp ? strchr(text, '/') : NULL;
	size_t len = slash ? (size_t)(slash - text) : strlen(text);
	int64_t one;

	*span = 1;
	if (!slash && !strchr(text, '-'))
		return field_value(c, &number, n, first);
	if (slash && !str_eq(slash, "/udp") && !str_eq(slash, "/tcp")) {
		diag_error(c->diag, n->mark, "%s: /tcp or /udp is wanted here, not \"%.20s\"", name,
		    slash);
		return false;
	}
	if (ret_udp)
		*ret_udp = slash && str_eq(slash, "/udp");
	autofree char *bare = xmemdup0(text, len);
	if (!strchr(bare, '-') && str_int(bare, 1, 65535, &one)) {
		*first = (int)one;
		return true;
	}
	if (parse_range(text, len, first, span))
		return true;
	diag_error(c->diag, n->mark,
	    "%s: a port (1 to 65535) or a range of at most %d (8000-8010) is wanted here, not "
	    "\"%.40s\"",
	    name, SPAN_MAX, text);
	return false;
}

static void
take_host(const struct field_context *c, const struct yaml_node *n, struct app_port *to)
{
	int span;

	if (!read_range(c, "host", n, &to->host, &span, NULL) || span == to->span || span == 1)
		return;
	diag_error(c->diag, n->mark, "host: %d ports cannot stand for %d of the container", span,
	    to->span);
}

/* An address of each family that is none in particular may stand beside the other. */
static void
take_binds(const struct field_context *c, const struct field_texts *bind, struct app_port *to)
{
	if (bind->item)
		to->bind = bind->item;
	if (bind->item && !bind->count)
		diag_error(c->diag, to->mark, "bind: an address is wanted here");
	for (size_t i = 0; i < bind->count; i++) {
		for (size_t j = 0; j < i; j++) {
			if (!app_same_address(bind->item[i], bind->item[j]) ||
			    app_is_ipv6(bind->item[i]) != app_is_ipv6(bind->item[j]))
				continue;
			diag_error(c->diag, bind->mark[i], "bind: %s overlaps %s", bind->item[i],
			    bind->item[j]);
		}
	}
}

static void
read_port(const struct field_context *c, const struct yaml_node *key, const struct yaml_node *n,
    struct app_port *to)
{
	static const char *const anywhere[] = { "0.0.0.0", NULL };
	struct field_context mine = *c;
	struct port_fields got = { 0 };

	*to =
	    (struct app_port){ .name = key->text, .bind = anywhere, .span = 1, .mark = key->mark };
	if (!is_word(key->text, 32))
		diag_error(c->diag, key->mark,
		    "ports: a name of small letters, digits and - is wanted here, not \"%.40s\"",
		    key->text);
	mine.what = "the port";
	if (n->kind == YAML_SCALAR) {
		read_range(c, "port", n, &to->container, &to->span, &to->udp);
	} else if (field_read(&mine, read_app_port_fields, n, &got)) {
		read_range(c, "container", got.container, &to->container, &to->span, NULL);
		to->udp = got.protocol && str_eq(got.protocol, "udp");
		if (got.host)
			take_host(c, got.host, to);
		take_binds(c, &got.bind, to);
	}
	if (!to->host)
		to->host = to->container;
}

/* What the app is told of one by a name that ends so is told of no other. */
static void
check_names(const struct field_context *c, const struct app_decl *app)
{
	for (size_t i = 0; i < app->port_count; i++) {
		for (size_t j = 0; j < app->port_count; j++) {
			const struct app_port *p = &app->port[i], *other = &app->port[j];
			size_t n = strlen(p->name);

			if (!str_starts(other->name, p->name) ||
			    !((p->span > 1 && str_eq(other->name + n, "-last")) ||
				(p->udp && str_eq(other->name + n, "-protocol"))))
				continue;
			diag_error(c->diag, other->mark,
			    "ports: by its name %s would be told in the place of the %s of %s",
			    other->name, other->name + n + 1, p->name);
		}
	}
}

void
read_app_ports(const struct field_context *c, const struct yaml_node *n, void *to)
{
	struct app_decl *app = to;

	if (!read_app_is_mapping(c, "ports", n))
		return;
	if (n->count > READ_APP_PORTS) {
		diag_error(c->diag, n->mark, "ports: at most %d", READ_APP_PORTS);
		return;
	}
	app->port = arena_alloc(c->arena, n->count * sizeof(*app->port) + 1);
	app->port_count = n->count;
	for (size_t i = 0; i < n->count; i++)
		read_port(c, n->key[i], n->value[i], &app->port[i]);
	check_names(c, app);
}
