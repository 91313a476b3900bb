#include "playbooks/load.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/digest.h"
#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/yaml.h"
#include "playbooks/habit.h"
#include "playbooks/override.h"
#include "playbooks/playbook.h"
#include "playbooks/read.h"
#include "playbooks/read_app.h"
#include "playbooks/read_rollout.h"
#include "playbooks/read_task.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

#define APPS_MAX   200
#define NAME_CHARS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-"

static void
parse_rollout(const struct field_context *c, const struct yaml_node *n, void *to)
{
	read_rollout(c, n, &((struct playbook *)to)->rollout);
}

static void
parse_hosts(const struct field_context *c, const struct yaml_node *n, void *to)
{
	struct playbook *p = to;

	if (!read_plain(c, "hosts", n, &p->hosts))
		return;
	p->hosts_mark = n->mark;
	if (!n->plain)
		p->hosts_mark.col++;
	if (!*n->text)
		diag_error(c->diag, n->mark, "hosts: an empty set is never everybody: write @all");
}

static bool
is_built_in(const char *name)
{
	return str_eq(name, "host") || str_eq(name, "kind");
}

static void
parse_vars(const struct field_context *c, const struct yaml_node *n, void *to)
{
	struct playbook *p = to;

	if (!field_vars(c, "vars", n, &p->vars))
		return;
	for (size_t i = 0; i < p->vars.count; i++) {
		const struct var *v = &p->vars.item[i];

		if (strstr(v->value, "{{") || strstr(v->value, "{%"))
			diag_error(c->diag, v->mark,
			    "vars: the value of %s is data: templates are not read in it", v->name);
		if (is_built_in(v->name))
			diag_error(c->diag, v->mark, "vars: %s is what drover calls the host's own",
			    v->name);
	}
}

static void
parse_apps(const struct field_context *c, const struct yaml_node *n, void *to)
{
	struct playbook *p = to;

	if (n->kind != YAML_MAP || n->count > APPS_MAX) {
		diag_error(c->diag, n->mark,
		    "apps: a mapping of at most %d names to apps is wanted here", APPS_MAX);
		return;
	}
	p->app = arena_alloc(c->arena, n->count * sizeof(*p->app) + 1);
	for (size_t i = 0; i < n->count; i++) {
		struct app_decl *app = &p->app[p->app_count];

		p->app_count += read_app(c, n->key[i], n->value[i], app);
		read_app_check_needs(c, n, app);
	}
	read_app_order(c, p->app, p->app_count);
}

static void
parse_tasks(const struct field_context *c, const struct yaml_node *n, void *to)
{
	struct playbook *p = to;

	read_tasks(c, n, &p->task, &p->task_count);
}

static const char *
is_name(const char *s)
{
	size_t n = strlen(s);

	return n > 0 && n <= 64 &&
		       strspn(s,
			   "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") == n
		   ? NULL
		   : "a name of letters, digits, '.', '_' and '-'";
}

const struct field load_fields[] = {
	{ FIELD_OF(FORM_TEXT, struct playbook, name), .grammar = is_name,
	    .doc = "what runs and hosts remember it by; the file's name by default" },
	{ .name = "hosts",
	    .form = FORM_CALL,
	    .parse = parse_hosts,
	    .doc = "a set: \"@web\", \"web[01-20]!web07\"; can also be given by argument" },
	{ .name = "vars",
	    .form = FORM_CALL,
	    .parse = parse_vars,
	    .doc = "variables, where the inventory says nothing else" },
	{ FIELD_OF(FORM_BOOL, struct playbook, prune),
	    .doc = "whether what this playbook put on a host and no longer names is taken away; "
		   "true by default" },
	{ .name = "rollout",
	    .form = FORM_CALL,
	    .parse = parse_rollout,
	    .doc = "how many hosts change at a time, and when to stop" },
	{ .name = "apps",
	    .form = FORM_CALL,
	    .parse = parse_apps,
	    .doc = "names to apps: what should run" },
	{ .name = "tasks", .form = FORM_CALL, .parse = parse_tasks, .doc = "a list of steps" },
	{ .name = "jobs", .form = FORM_LATER, .doc = "jobs are not supported yet" },
	{ .name = "secrets", .form = FORM_LATER, .doc = "secrets are not supported yet" },
	{ .name = "confirm", .form = FORM_LATER, .doc = "confirmation is not supported yet" },
	{ 0 },
};

/* A name that an expression can read. */
static bool
is_word(const char *name)
{
	return *name && !isdigit((unsigned char)*name) && name[strspn(name, NAME_CHARS)] == '\0';
}

static void
read_extra(struct playbook *p, const char *const *extra, struct diag *diag)
{
	size_t n = 0;

	while (extra && extra[n])
		n++;
	p->extra = arena_alloc(p->arena, n * sizeof(*p->extra) + 1);
	for (size_t i = 0; i < n; i++) {
		const char *equals = strchr(extra[i], '=');
		struct mark mark = { .file = "-e" };

		autofree char *name =
		    equals ? xmemdup0(extra[i], (size_t)(equals - extra[i])) : xstrdup("");

		if (is_built_in(name)) {
			diag_error(diag, mark, "%s is what drover calls the host's own", name);
			continue;
		}
		if (!is_word(name)) {
			diag_error(diag, mark,
			    "NAME=VALUE is wanted here, NAME of letters, digits and _, not "
			    "\"%.60s\"",
			    extra[i]);
			continue;
		}
		p->extra[p->extra_count++] = (struct var){
			.name = arena_strdup(p->arena, name),
			.value = arena_strdup(p->arena, equals + 1),
			.mark = mark,
			.plain = equals[1] != '\0',
		};
	}
}

/* shop.yaml is the playbook "shop". */
static const char *
stem(struct arena *a, const char *path)
{
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
	const char *dot = strrchr(name, '.');

	return dot && dot != name ? arena_memdup0(a, name, (size_t)(dot - name))
				  : arena_strdup(a, name);
}

static bool
place(struct playbook *p, const char *path, struct diag *diag)
{
	autofree char *absolute = realpath(path, NULL);

	if (!absolute) {
		diag_error(diag, (struct mark){ .file = path }, "%s", strerror(errno));
		return false;
	}
	autofree char *dir = file_dir(absolute);
	p->path = arena_strdup(p->arena, absolute);
	p->dir = arena_strdup(p->arena, dir);
	p->stem = p->name = stem(p->arena, absolute);
	return true;
}

static void
add_shape(struct digest *d, const struct playbook_given *given)
{
	autobuf b = BUF_INIT(256);

	if (!given->offset && !given->as)
		return;
	buf_addf(&b, "%lld %s", (long long)given->offset, given->as ? given->as : "");
	digest_add(d, b.data, b.len);
}

static void
read_document(struct playbook *p, const char *path, const struct playbook_given *given,
    const char *text, size_t len, struct diag *diag)
{
	autofree char *shown_dir = strchr(path, '/') ? file_dir(path) : xstrdup("");
	struct reader reader = {
		.playbook = p, .file_dir = shown_dir, .included = digest_new(), .dir = ""
	};
	struct field_context c = { .arena = p->arena,
		.diag = diag,
		.what = "the playbook",
		.user = &reader,
		.key_hint = habit_of_key,
		.word_hint = habit_of_word };
	const struct yaml_node *root = yaml_parse(p->arena, path, text, len, diag);

	digest_add(reader.included, text, len);
	for (const char *const *s = given->sets; s && *s; s++)
		digest_add(reader.included, *s, strlen(*s) + 1);
	root = override_document(p->arena, root, given, diag);
	if (root && root->kind == YAML_LIST && root->count && yaml_find(root->value[0], "hosts"))
		diag_error(diag, root->mark,
		    "this looks like an ansible playbook, a list of plays: a drover playbook is "
		    "one "
		    "mapping with name, hosts and tasks");
	else if (root)
		field_read(&c, load_fields, root, p);
	add_shape(reader.included, given);
	digest_end(reader.included, p->digest);
}

struct playbook *
playbook_load(const char *path, const char *const *extra_vars, struct diag *diag)
{
	return playbook_load_given(path, &(struct playbook_given){ .vars = extra_vars }, diag);
}

struct playbook *
playbook_load_given(const char *path, const struct playbook_given *given, struct diag *diag)
{
	struct arena *a = arena_new();
	struct playbook *p = arena_alloc(a, sizeof(*p));
	int before = diag->errors;
	struct err err;
	size_t len;

	p->arena = a;
	p->prune = true;
	/* Marks name the file as the user did. */
	if (place(p, path, diag)) {
		autofree char *text = file_read(path, YAML_SIZE_MAX, &len, &err);

		if (text)
			read_document(p, path, given, text, len, diag);
		else
			diag_error(diag, (struct mark){ .file = path }, "%s",
			    str_starts(err.text, path) ? err.text + strlen(path) + 2 : err.text);
	}
	read_extra(p, given->vars, diag);
	if (diag->errors == before)
		override_playbook(p, given, diag);
	if (diag->errors == before)
		return p;
	playbook_free(p);
	return NULL;
}

struct playbook *
playbook_none(const char *name)
{
	struct arena *a = arena_new();
	struct playbook *p = arena_alloc(a, sizeof(*p));

	p->arena = a;
	p->name = arena_strdup(a, name);
	return p;
}

void
playbook_roll(struct playbook *p, const struct rollout *rollout)
{
	p->rollout = *rollout;
}

void
playbook_free(struct playbook *p)
{
	if (p)
		arena_free(p->arena);
}

bool
playbook_choose(
    struct playbook *p, const char *const *only, const char *const *skip, struct diag *diag)
{
	return tags_choose(&p->tags, p->arena, only, skip, diag);
}

bool
playbook_partial(const struct playbook *p)
{
	return tags_is_choice(&p->tags);
}

bool
playbook_is_named(const struct playbook *p)
{
	return p->name != p->stem;
}

bool
playbook_keeps(const struct playbook *p)
{
	return !p->prune;
}

const char *
playbook_name(const struct playbook *p)
{
	return p->name;
}

const char *const *
playbook_notes(const struct playbook *p, size_t *ret_count)
{
	*ret_count = p->note_count;
	return p->notes;
}

const char *
playbook_path(const struct playbook *p)
{
	return p->path;
}

const char *
playbook_digest(const struct playbook *p)
{
	return p->digest;
}

const char *
playbook_hosts(const struct playbook *p)
{
	return p->hosts;
}

struct mark
playbook_hosts_mark(const struct playbook *p)
{
	return p->hosts_mark;
}

const struct rollout *
playbook_rollout(const struct playbook *p)
{
	return &p->rollout;
}
