#include "inventory/read.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/field.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/yaml.h"
#include "inventory/grammar.h"
#include "inventory/model.h"
#include "inventory/nodeset.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

/* One file being read; the user of every field_context. */
#define PROVISION_TIMEOUT_MS 1800000

struct reader {
	struct inventory *inv;
	struct diag *diag;
	const char *dir; /* absolute: where relative paths begin */
};

static const char *const kinds[] = { "pet", "cattle", NULL };
static const char *const becomes[] = { "sudo", "doas", "su", "run0", "none", NULL };
static const char *const transports[] = { "auto", "libssh", "ssh", "local", NULL };
static const char *const trusts[] = { "first-use", "known", NULL };
static const char *const transcripts[] = { "asked", "always", "never", NULL };
static const char *const colours[] = { "red", "yellow", "green", "blue", "magenta", "cyan", "white",
	NULL };

static void parse_path(const struct field_context *c, const struct yaml_node *n, void *to);

#define AT(member) .offset = offsetof(struct level, member)

#define REACH_FIELDS                                                                               \
	{ "user", FORM_TEXT, AT(settings.user), .grammar = grammar_user, .doc = "who logs in" },   \
	    { "port", FORM_PORT, AT(settings.port), .doc = "the port of its sshd" },               \
	    { "become", FORM_CHOICE, AT(settings.become), .choices = becomes,                      \
		    .doc = "how a login that is not root becomes root" },                          \
	    { "become_user", FORM_TEXT, AT(settings.become_user), .grammar = grammar_user,         \
		    .doc = "the user to become instead of root, for what you run" },               \
	    { "identity", FORM_CALL, .parse = parse_path,                                          \
		    .doc = "the private key to log in with; a relative path begins beside the "    \
			   "file" },                                                               \
	    { "connect_timeout", FORM_DURATION, AT(settings.connect_timeout_ms),                   \
		    .doc = "how long to try to connect" },                                         \
	    { "jump", FORM_TEXT, AT(settings.jump), .grammar = grammar_jump,                       \
		    .doc = "the host to go through: [user@]host[:port]; several with commas "      \
			   "between them, the nearest to here first; none: straight" },            \
	    { "transport", FORM_CHOICE, AT(settings.transport), .choices = transports,             \
		    .doc = "how to get there: libssh is drover's own SSH, ssh runs ssh(1), local " \
			   "is this machine without SSH; auto (the default) chooses" },            \
	    { "trust", FORM_CHOICE, AT(settings.trust), .choices = trusts,                         \
		    .doc = "first-use accepts the unknown key of a cattle host; known (the "       \
			   "default) does not" },                                                  \
	    { "transcripts", FORM_CHOICE, AT(settings.transcripts), .choices = transcripts,        \
		    .doc = "whether what its terminals show is kept for history play: always; "    \
			   "never, not even when it is asked for; asked (the default), when it "   \
			   "is" },                                                                 \
	{                                                                                          \
		"vars", FORM_VARS, AT(vars), .doc = "variables, for sets and playbooks"            \
	}

static const struct field defaults_fields[] = { REACH_FIELDS, { 0 } };

static const struct field host_fields[] = {
	{ "address", FORM_TEXT, AT(settings.address), .grammar = grammar_address,
	    .doc = "the name or IP address to connect to, when it is not the host's name" },
	{ "kind", FORM_CHOICE, AT(kind), .choices = kinds, .doc = "see above" },
	{ "host_key", FORM_TEXTS, AT(host_keys), .flags = FIELD_OR_ONE, .grammar = grammar_host_key,
	    .doc = "its public host key or keys, as in a .pub file" },
	REACH_FIELDS,
	{ "proxy_command", FORM_TEXT, AT(settings.proxy_command), .grammar = grammar_command,
	    .doc = "a command whose input and output are the connection; %h, %n, %p and %r as "
		   "in ssh_config; none: straight" },
	{ 0 },
};

struct group_file {
	struct level level; /* first: the fields above are at the same offsets */
	const struct yaml_node *hosts;
	struct field_texts children;
};

static const struct field group_fields[] = {
	{ "hosts", FORM_NODE, .offset = offsetof(struct group_file, hosts),
	    .doc = "a node set (web[01-20]), a list of them, or a mapping of host to its keys" },
	{ "children", FORM_TEXTS, .offset = offsetof(struct group_file, children),
	    .grammar = grammar_group, .doc = "groups whose hosts are in this group too" },
	{ "kind", FORM_CHOICE, AT(kind), .choices = kinds, .doc = "see above" },
	REACH_FIELDS,
	{ 0 },
};

static const struct field environment_fields[] = {
	{ "name", FORM_TEXT, .offset = offsetof(struct environment, name), .flags = FIELD_REQUIRED,
	    .doc = "shown wherever something is changed" },
	{ "readonly", FORM_BOOL, .offset = offsetof(struct environment, readonly),
	    .doc = "true: nothing is changed from here" },
	{ "colour", FORM_CHOICE, .offset = offsetof(struct environment, colour), .choices = colours,
	    .doc = "of the name on the screen" },
	{ 0 },
};

struct top {
	const char *fleet;
	const struct yaml_node *environment, *defaults, *groups, *hosts;
	struct field_texts known_hosts, provision;
	int64_t provision_timeout_ms;
	struct retention retention;
};

static const struct field top_fields[] = {
	{ "fleet", FORM_TEXT, .offset = offsetof(struct top, fleet), .grammar = grammar_group,
	    .doc = "the name under which hosts are remembered; main by default" },
	{ "environment", FORM_NODE, .offset = offsetof(struct top, environment),
	    .doc = "a mapping: what kind of fleet this is" },
	{ "known_hosts", FORM_TEXTS, .offset = offsetof(struct top, known_hosts),
	    .flags = FIELD_OR_ONE, .grammar = grammar_path,
	    .doc = "files of host keys; a relative path begins beside the file" },
	{ "provision", FORM_TEXTS, .offset = offsetof(struct top, provision),
	    .doc = "a list: the program that makes a new machine for a cattle host, and its "
		   "arguments, for drover replace; a relative path begins beside the file" },
	{ "provision_timeout", FORM_DURATION, .offset = offsetof(struct top, provision_timeout_ms),
	    .doc = "how long that may take, 30m by default" },
	{ "transcripts_keep", FORM_DURATION, .offset = offsetof(struct top, retention.keep_ms),
	    .doc = "how long what terminals showed is kept, as 90d; for ever by default" },
	{ "transcripts_most", FORM_SIZE, .offset = offsetof(struct top, retention.most),
	    .doc = "how much of it is kept, the newest first, as 2G; all by default" },
	{ "defaults", FORM_NODE, .offset = offsetof(struct top, defaults),
	    .doc = "a mapping: what holds for every host that is not told otherwise" },
	{ "groups", FORM_NODE, .offset = offsetof(struct top, groups),
	    .doc = "a mapping of group to its keys" },
	{ "hosts", FORM_NODE, .offset = offsetof(struct top, hosts),
	    .doc = "a mapping of host to its keys" },
	{ 0 },
};

static const char *
absolute(const struct reader *r, const char *path)
{
	if (path[0] == '~' && path[1] == '/') {
		autofree char *home = file_home();

		return arena_printf(r->inv->arena, "%s%s", home, path + 1);
	}
	autofree char *joined = file_join(r->dir, path);
	return arena_strdup(r->inv->arena, joined);
}

static void
parse_path(const struct field_context *c, const struct yaml_node *n, void *to)
{
	struct level *l = to;
	const struct field f = { .name = "identity", .form = FORM_TEXT, .grammar = grammar_path };
	const char *path = NULL;

	if (field_value(c, &f, n, &path))
		l->settings.identity = absolute(c->user, path);
}

static struct field_context
context(struct reader *r, const char *what)
{
	return (struct field_context){
		.arena = r->inv->arena, .diag = r->diag, .what = what, .user = r
	};
}

/* What a mapping of reach fields says; a value that was refused is not said. */
static void
note_said(struct level *l, const struct yaml_node *map)
{
	static const struct settings nothing;

	l->mark = map->mark;
	for (enum setting s = 0; s < SETTING_COUNT; s++) {
		const struct setting_kind *k = &setting_kinds[s];

		if (memcmp((char *)&l->settings + k->offset, (const char *)&nothing + k->offset,
			k->size) != 0)
			l->said[s] = yaml_find(map, k->name);
	}
}

/* Hosts of one pattern or one mapping key. */
struct naming {
	struct reader *r;
	struct mark at;
	const struct level *level; /* what is said about them, or NULL */
	bool in_group;
	size_t group;
};

static int
name_host(void *user, const char *name, struct err *err)
{
	struct naming *n = user;
	struct model_host *h = model_host(n->r->inv, name, n->at, n->r->diag);

	(void)err;
	if (!h)
		return n->r->diag->errors > DIAG_MAX ? -1 : 0;
	if (n->in_group)
		model_join(h, n->group);
	if (n->level)
		model_say(&h->levels, model_level(n->r->inv, n->level));
	return 0;
}

/* What is meant where only names can stand. */
static const char *
not_a_name(const char *s)
{
	if (*s == '@')
		return "these are names of hosts: for the hosts of another group write `children:`";
	if (strpbrk(s, "*?"))
		return "these are names of hosts: a glob has nothing to look in";
	if (strpbrk(s, "!&^="))
		return "these are names of hosts, joined by commas";
	return NULL;
}

static void
name_pattern(struct naming *n, const char *s)
{
	struct err err = { 0 };

	while (s) {
		const char *end = nodeset_term_end(s), *why = not_a_name(s);

		if (!end && !why)
			why = "a bracket is not closed";
		if (why) {
			diag_error(n->r->diag, n->at, "\"%.60s\": %s", s, why);
			return;
		}
		while (*s == ' ')
			s++;
		size_t len = (size_t)(end - s);
		while (len && s[len - 1] == ' ')
			len--;
		if (nodeset_expand(s, len, name_host, n, &err) < 0 && err.text[0])
			diag_error(n->r->diag, n->at, "\"%.60s\": %s", s, err.text);
		s = *end ? end + 1 : NULL;
	}
}

static void
read_host(struct naming *n, const struct yaml_node *key, const struct yaml_node *value)
{
	struct level level = { 0 };
	const char *what = arena_printf(n->r->inv->arena, "host %.60s", key->text);
	const struct field_context c = context(n->r, what);

	n->at = key->mark;
	n->level = NULL;
	if (!yaml_is_null(value)) {
		field_read(&c, host_fields, value, &level);
		note_said(&level, value);
		level.mark = key->mark;
		n->level = &level;
	}
	name_pattern(n, key->text);
	n->level = NULL;
}

static void
read_host_map(struct naming *n, const struct yaml_node *map)
{
	for (size_t i = 0; i < map->count; i++)
		read_host(n, map->key[i], map->value[i]);
}

/* hosts: of a group: a pattern, a list of them, or a mapping. */
static void
read_members(struct reader *r, size_t group, const struct yaml_node *hosts)
{
	struct naming n = { .r = r, .in_group = true, .group = group };
	const struct field_context c = context(r, "hosts");
	const char *text = NULL;

	if (hosts->kind == YAML_MAP) {
		read_host_map(&n, hosts);
		return;
	}
	size_t count = hosts->kind == YAML_LIST ? hosts->count : 1;
	for (size_t i = 0; i < count; i++) {
		const struct yaml_node *item = hosts->kind == YAML_LIST ? hosts->value[i] : hosts;

		n.at = item->mark;
		if (field_text(&c, "hosts", item, &text))
			name_pattern(&n, text);
	}
}

static void
read_group(struct reader *r, const struct yaml_node *key, const struct yaml_node *value)
{
	struct group_file file = { 0 };
	const char *what = arena_printf(r->inv->arena, "group %.60s", key->text);
	const struct field_context c = context(r, what);
	struct model_group *g = model_group(r->inv, key->text, key->mark, r->diag);
	size_t at;

	if (!g || yaml_is_null(value))
		return;
	field_read(&c, group_fields, value, &file);
	if (value->kind != YAML_MAP)
		return;
	note_said(&file.level, value);
	file.level.mark = key->mark;
	model_say(&g->levels, model_level(r->inv, &file.level));
	strmap_find(&r->inv->group_map, g->pub.name, &at);
	if (file.hosts)
		read_members(r, at, file.hosts);
	if (file.children.count) {
		mem_grow(g->children, g->children_count, g->children_cap);
		g->children[g->children_count++] = file.children;
	}
}

static bool
wants_map(struct reader *r, const char *name, const struct yaml_node *n)
{
	if (n->kind == YAML_MAP)
		return true;
	if (!yaml_is_null(n))
		diag_error(r->diag, n->mark, "%s: a mapping is wanted here, not %s", name,
		    yaml_kind_name(n));
	return false;
}

static void
read_environment(struct reader *r, const struct yaml_node *n)
{
	const struct field_context c = context(r, "environment");

	if (r->inv->environment.name) {
		diag_error(r->diag, n->mark, "the environment is given twice: first in %s:%d",
		    r->inv->environment_mark.file, r->inv->environment_mark.line);
		return;
	}
	field_read(&c, environment_fields, n, &r->inv->environment);
	r->inv->environment_mark = n->mark;
}

static void
read_known_hosts(struct reader *r, const struct field_texts *t)
{
	struct inventory *inv = r->inv;

	for (size_t i = 0; i < t->count; i++) {
		const char *path = absolute(r, t->item[i]);

		if (!file_exists(path))
			diag_warn(r->diag, t->mark[i], "known_hosts: there is no file %s", path);
		mem_grow(inv->known_hosts, inv->known_hosts_count, inv->known_hosts_cap);
		inv->known_hosts[inv->known_hosts_count++] = path;
	}
}

static void
read_provision(struct reader *r, const struct top *top, struct mark at)
{
	struct inventory *inv = r->inv;
	size_t n = top->provision.count;
	const char **argv = arena_alloc(inv->arena, (n + 1) * sizeof(*argv));

	if (inv->provision.argv)
		diag_error(r->diag, at, "provision is said already in %s:%d",
		    inv->provision_mark.file, inv->provision_mark.line);
	if (n == 0 || !*top->provision.item[0]) {
		diag_error(r->diag, at, "provision: a program and its arguments are wanted here");
		return;
	}
	for (size_t i = 0; i < n; i++)
		argv[i] = top->provision.item[i];
	if (strchr(argv[0], '/'))
		argv[0] = absolute(r, argv[0]);
	inv->provision = (struct provision){ .argv = argv,
		.timeout_ms =
		    top->provision_timeout_ms ? top->provision_timeout_ms : PROVISION_TIMEOUT_MS };
	inv->provision_mark = at;
}

static void
read_fleet(struct reader *r, const char *fleet, struct mark at)
{
	struct inventory *inv = r->inv;

	if (inv->fleet && inv->fleet_mark.line && !str_eq(inv->fleet, fleet))
		diag_error(r->diag, at, "the fleet is \"%s\" here and \"%s\" in %s:%d", fleet,
		    inv->fleet, inv->fleet_mark.file, inv->fleet_mark.line);
	inv->fleet = fleet;
	inv->fleet_mark = at;
}

/* Each is said once, wherever. */
static void
read_retention(
    struct reader *r, const struct yaml_node *root, const char *key, int64_t value, int64_t *to)
{
	const struct yaml_node *said = yaml_find(root, key);

	if (!said)
		return;
	if (*to && *to != value)
		diag_error(r->diag, said->mark, "%s is said already, and is another", key);
	*to = value;
}

static void
read_top(struct reader *r, const struct top *top, const struct yaml_node *root)
{
	struct naming n = { .r = r };

	if (top->fleet)
		read_fleet(r, top->fleet, yaml_find(root, "fleet")->mark);
	if (top->environment)
		read_environment(r, top->environment);
	read_known_hosts(r, &top->known_hosts);
	if (yaml_find(root, "provision"))
		read_provision(r, top, yaml_find(root, "provision")->mark);
	else if (yaml_find(root, "provision_timeout"))
		diag_error(r->diag, yaml_find(root, "provision_timeout")->mark,
		    "provision_timeout: there is no provision here");
	read_retention(
	    r, root, "transcripts_keep", top->retention.keep_ms, &r->inv->retention.keep_ms);
	read_retention(r, root, "transcripts_most", top->retention.most, &r->inv->retention.most);
	if (top->defaults && wants_map(r, "defaults", top->defaults)) {
		struct level level = { 0 };
		const struct field_context c = context(r, "defaults");

		field_read(&c, defaults_fields, top->defaults, &level);
		note_said(&level, top->defaults);
		model_say(&r->inv->defaults, model_level(r->inv, &level));
	}
	for (size_t i = 0;
	     top->groups && wants_map(r, "groups", top->groups) && i < top->groups->count; i++)
		read_group(r, top->groups->key[i], top->groups->value[i]);
	if (top->hosts && wants_map(r, "hosts", top->hosts))
		read_host_map(&n, top->hosts);
}

static void
read_root(struct reader *r, const struct yaml_node *root)
{
	const struct field_context c = context(r, "an inventory");
	struct top top = { 0 };

	if (root->kind == YAML_LIST && root->count && yaml_find(root->value[0], "tasks")) {
		diag_error(
		    r->diag, root->mark, "this is a playbook of Ansible's, not an inventory");
		return;
	}
	field_read(&c, top_fields, root, &top);
	if (root->kind == YAML_MAP)
		read_top(r, &top, root);
}

static const char *
absolute_dir(struct arena *a, const char *path)
{
	autofree char *dir = file_dir(path);
	char real[PATH_MAX];

	return arena_strdup(a, realpath(dir, real) ? real : dir);
}

void
read_text(struct inventory *inv, const char *path, const char *text, size_t len, struct diag *diag)
{
	struct reader r = { .inv = inv, .diag = diag, .dir = absolute_dir(inv->arena, path) };
	const struct yaml_node *root = yaml_parse(inv->arena, path, text, len, diag);

	if (root)
		read_root(&r, root);
}

void
read_manual(struct buf *to)
{
	static const struct {
		const char *title;
		const struct field *table;
	} tables[] = { { "The file", top_fields }, { "environment", environment_fields },
		{ "defaults", defaults_fields }, { "A group", group_fields },
		{ "A host", host_fields } };

	for (size_t i = 0; i < countof(tables); i++) {
		buf_addf(to, ".Ss %s\n.Bl -tag -width Ds\n", tables[i].title);
		field_manual(tables[i].table, to);
		buf_adds(to, ".El\n");
	}
}
