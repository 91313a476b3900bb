#include "playbooks/override.h"

#include "base/arena.h"
#include "base/diag.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/yaml.h"
#include "playbooks/app.h"
#include "playbooks/model.h"
#include "playbooks/playbook.h"

#include <string.h>

#define WORDS_MAX 8

/* One --set being done. */
struct setting {
	struct arena *arena;
	struct diag *diag;
	struct mark mark;            /* its option: "--set app.shop.replicas" */
	const char *word[WORDS_MAX]; /* apps, NAME, FIELD, ... */
	size_t count;
};

bool
override_is_place(const char *file)
{
	return file && str_starts(file, "--");
}

static const struct yaml_node *
scalar(struct setting *s, const char *text)
{
	struct yaml_node *n = arena_alloc(s->arena, sizeof(*n));

	*n = (struct yaml_node){ .kind = YAML_SCALAR,
		.mark = s->mark,
		.plain = true,
		.text = text,
		.len = strlen(text) };
	return n;
}

/* A copy of the mapping (NULL: an empty one) with this under the key. */
static const struct yaml_node *
put(struct setting *s, const struct yaml_node *map, const char *key, const struct yaml_node *value)
{
	struct yaml_node *n = arena_alloc(s->arena, sizeof(*n));
	size_t count = map ? map->count : 0, at = 0;
	const struct yaml_node **keys = arena_alloc(s->arena, (count + 1) * sizeof(*keys));
	const struct yaml_node **values = arena_alloc(s->arena, (count + 1) * sizeof(*values));

	*n = map ? *map : (struct yaml_node){ .kind = YAML_MAP, .mark = s->mark };
	for (size_t i = 0; i < count; i++) {
		keys[i] = map->key[i];
		values[i] = map->value[i];
	}
	while (at < count && !str_eq(keys[at]->text, key))
		at++;
	keys[at] = scalar(s, key);
	values[at] = value;
	n->count = at == count ? count + 1 : count;
	n->key = keys;
	n->value = values;
	return n;
}

static bool
is_known_app(struct setting *s, const struct yaml_node *apps)
{
	size_t count = apps && apps->kind == YAML_MAP ? apps->count : 0;
	const char **names = arena_alloc(s->arena, (count + 1) * sizeof(*names));

	for (size_t i = 0; i < count; i++)
		names[i] = apps->key[i]->text;
	if (yaml_find(apps, s->word[1]))
		return true;
	const char *near = count ? str_nearest(s->word[1], names) : NULL;
	diag_error(s->diag, s->mark, "the playbook has no app \"%.60s\"%s%s%s", s->word[1],
	    near ? "; did you mean \"" : "", near ? near : "", near ? "\"?" : "");
	return false;
}

/* The node with the value at the words from `at` on; NULL when a mistake was told. */
static const struct yaml_node *
with(struct setting *s, const struct yaml_node *n, size_t at, const struct yaml_node *value)
{
	const struct yaml_node *inner;

	if (at == s->count)
		return value;
	if (n && n->kind != YAML_MAP && !yaml_is_null(n)) {
		diag_error(s->diag, s->mark, "%s is %s in the playbook, so %s cannot be set in it",
		    s->word[at - 1], yaml_kind_name(n), s->word[at]);
		return NULL;
	}
	n = n && n->kind == YAML_MAP ? n : NULL;
	inner = with(s, n ? yaml_find(n, s->word[at]) : NULL, at + 1, value);
	return inner ? put(s, n, s->word[at], inner) : NULL;
}

/* app.NAME.FIELD.KEY: what begins with a slash is one key. */
static bool
cut(struct setting *s, char *path)
{
	s->word[s->count++] = "apps";
	path += strlen("app.");
	for (char *next; path && s->count < WORDS_MAX; path = next) {
		next = *path == '/' ? NULL : strchr(path, '.');
		if (next)
			*next++ = '\0';
		if (!*path)
			return false;
		s->word[s->count++] = path;
	}
	return !path && s->count >= 3;
}

static const struct yaml_node *
set_one(struct arena *a, const struct yaml_node *root, const char *text, struct diag *diag)
{
	struct setting s = { .arena = a, .diag = diag };
	const char *equals = strchr(text, '=');
	size_t n = equals ? (size_t)(equals - text) : strlen(text);
	char *path = arena_memdup0(a, text, n);
	const struct yaml_node *value;

	s.mark = (struct mark){
		.file = arena_printf(a, "--set %.*s", (int)n, text), .line = 1, .col = 1
	};
	if (!equals || !str_starts(path, "app.") || !cut(&s, path)) {
		diag_error(diag, (struct mark){ .file = s.mark.file },
		    "app.NAME.FIELD=VALUE is wanted here (app.shop.replicas=3, "
		    "app.shop.env.LOG=debug)");
		return root;
	}
	if (root->kind != YAML_MAP || !is_known_app(&s, yaml_find(root, "apps")))
		return root;
	value = equals[1] ? yaml_parse(a, s.mark.file, equals + 1, strlen(equals + 1), diag)
			  : scalar(&s, "");
	value = value ? with(&s, root, 0, value) : NULL;
	return value ? value : root;
}

const struct yaml_node *
override_document(struct arena *a, const struct yaml_node *root, const struct playbook_given *given,
    struct diag *diag)
{
	for (const char *const *s = given->sets; root && s && *s; s++)
		root = set_one(a, root, *s, diag);
	return root;
}

static void
shift(struct playbook *p, int64_t by, struct diag *diag)
{
	for (size_t i = 0; i < p->app_count; i++) {
		struct app_decl *app = &p->app[i];

		for (size_t k = 0; k < app->port_count; k++) {
			app->port[k].host += (int)by;
			if (app_port_host(&app->port[k], (int)app->replicas) - 1 > 65535)
				diag_error(diag, (struct mark){ .file = "--offset" },
				    "%s of %s goes past port 65535", app->port[k].name, app->name);
		}
	}
}

static const char *
renamed(struct playbook *p, const char *name, const char *as)
{
	return arena_printf(p->arena, "%s-%s", name, as);
}

/* What an app of the copy needs is of the copy. */
static struct field_texts
renamed_needs(struct playbook *p, const struct field_texts *needs, const char *as)
{
	const char **item = arena_alloc(p->arena, (needs->count + 1) * sizeof(*item));
	struct field_texts all = *needs;

	for (size_t i = 0; i < needs->count; i++)
		item[i] = renamed(p, needs->item[i], as);
	all.item = item;
	return all;
}

/* Another playbook with other apps and volumes; its tasks would be at the places of the first. */
static void
copy(struct playbook *p, const struct playbook_given *given, struct diag *diag)
{
	struct mark mark = { .file = "--as" };

	if (!app_name_ok(given->as) || strlen(given->as) > 20)
		diag_error(diag, mark,
		    "a name of at most 20 small letters, digits and - is wanted here, not "
		    "\"%.60s\"",
		    given->as);
	if (!p->app_count)
		diag_error(diag, mark, "the playbook has no apps to make a second copy of");
	p->name = renamed(p, p->name, given->as);
	for (size_t i = 0; i < p->app_count; i++) {
		struct app_decl *app = &p->app[i];

		if (app->port_count && !given->offset)
			diag_error(diag, mark,
			    "%s has host ports, which the first copy has already: shift them with "
			    "--offset N",
			    app->name);
		app->name = renamed(p, app->name, given->as);
		if (!app_name_ok(app->name))
			diag_error(diag, mark, "%s is too long for the name of an app", app->name);
		app->needs = renamed_needs(p, &app->needs, given->as);
		for (size_t k = 0; k < app->file_count; k++)
			if (app->file[k].volume)
				app->file[k].volume = renamed(p, app->file[k].volume, given->as);
	}
	p->left_out = p->task_count > 0;
	p->task_count = 0;
}

static void
keep_notes(struct playbook *p, const struct playbook_given *given)
{
	size_t n = 0, most = 4;

	for (const char *const *s = given->sets; s && *s; s++)
		most++;
	for (const char *const *v = given->vars; v && *v; v++)
		most++;
	const char **note = arena_alloc(p->arena, most * sizeof(*note));
	/* Its value may be a secret. */
	for (const char *const *v = given->vars; v && *v; v++)
		note[n++] = arena_printf(
		    p->arena, "by the command line: -e %.*s=...", (int)strcspn(*v, "="), *v);
	for (const char *const *s = given->sets; s && *s; s++)
		note[n++] = arena_printf(p->arena, "by the command line: --set %s", *s);
	if (given->offset)
		note[n++] = arena_printf(p->arena,
		    "by the command line: --offset %lld, added to the host ports of all apps",
		    (long long)given->offset);
	if (given->as)
		note[n++] = arena_printf(p->arena,
		    "by the command line: --as %s, a second copy of its apps with their own "
		    "volumes%s",
		    given->as, p->left_out ? "; its tasks are not part of it" : "");
	p->notes = note;
	p->note_count = n;
}

void
override_playbook(struct playbook *p, const struct playbook_given *given, struct diag *diag)
{
	if (given->offset)
		shift(p, given->offset, diag);
	if (given->as)
		copy(p, given, diag);
	keep_notes(p, given);
}
