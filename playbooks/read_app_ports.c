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

static const char *
is_address(const char *s)
{
	unsigned char raw[16];

	if (inet_pton(AF_INET, s, raw) == 1 || inet_pton(AF_INET6, s, raw) == 1)
		return NULL;
	return "an IP address (127.0.0.1, ::1)";
}

const struct field read_app_port_fields[] = {
	{ .name = "container",
	    .form = FORM_PORT,
	    .offset = offsetof(struct app_port, container),
	    .flags = FIELD_REQUIRED,
	    .doc = "where the app listens in its container; of a binary: on the host, replica n at "
		   "that plus n" },
	{ .name = "host",
	    .form = FORM_PORT,
	    .offset = offsetof(struct app_port, host),
	    .doc = "where replica 0 is published on the host, replica n at that plus n; by default "
		   "the container's number" },
	{ .name = "bind",
	    .form = FORM_TEXT,
	    .offset = offsetof(struct app_port, bind),
	    .grammar = is_address,
	    .doc = "the address it is published on, 0.0.0.0 by default" },
	{ 0 },
};

static bool
is_word(const char *s, size_t max)
{
	size_t n = strlen(s);

	return n > 0 && n <= max && islower((unsigned char)s[0]) &&
	       strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789-") == n;
}

static void
read_port(const struct field_context *c, const struct yaml_node *key, const struct yaml_node *n,
    struct app_port *to)
{
	static const struct field number = {
		.name = "port", .form = FORM_PORT, .offset = offsetof(struct app_port, container)
	};
	struct field_context mine = *c;

	*to = (struct app_port){ .name = key->text, .bind = "0.0.0.0", .mark = key->mark };
	if (!is_word(key->text, 32))
		diag_error(c->diag, key->mark,
		    "ports: a name of small letters, digits and - is wanted here, not \"%.40s\"",
		    key->text);
	mine.what = "the port";
	if (n->kind == YAML_SCALAR)
		field_value(&mine, &number, n, to);
	else
		field_read(&mine, read_app_port_fields, n, to);
	if (!to->host)
		to->host = to->container;
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
}
