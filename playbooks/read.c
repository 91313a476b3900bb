#include "playbooks/read.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/digest.h"
#include "base/err.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/yaml.h"
#include "playbooks/archive.h"
#include "playbooks/confirm.h"
#include "playbooks/include.h"
#include "playbooks/unit.h"

#include <ctype.h>
#include <string.h>

#define ITEMS_MAX   256
#define SOURCES_MAX 1024

const char *const read_on_change[] = { "restart", "reload", "none", NULL };

enum on_change
read_on_change_of(const char *word)
{
	if (word && str_eq(word, "reload"))
		return ON_CHANGE_RELOAD;
	return word && str_eq(word, "none") ? ON_CHANGE_NONE : ON_CHANGE_RESTART;
}

const char *
read_is_path(const char *path)
{
	size_t n = strlen(path);

	if (path[0] != '/' || n < 2 || n > 1024 || path[n - 1] == '/' || strstr(path, "//") ||
	    strstr(path, "/../") || str_ends(path, "/..") || strstr(path, "/./") ||
	    str_ends(path, "/."))
		return "an absolute path without . and ..";
	for (const char *p = path; *p; p++)
		if ((unsigned char)*p < ' ' || *p == 0x7f || *p == '\\')
			return "a path without control characters and backslashes";
	return NULL;
}

const char *
read_is_user(const char *name)
{
	size_t n = strlen(name);

	if (n == 0 || n > 32 || !(islower((unsigned char)name[0]) || name[0] == '_') ||
	    strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_-") != n)
		return "a user or group name";
	return NULL;
}

static bool
is_inner_name(const char *s, size_t n)
{
	return n > 0 && n <= 64 && *s != '-' &&
	       strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-") >= n;
}

const char *
read_is_inner_user(const char *s)
{
	const char *colon = strchr(s, ':');

	if (is_inner_name(s, colon ? (size_t)(colon - s) : strlen(s)) &&
	    (!colon || is_inner_name(colon + 1, strlen(colon + 1))))
		return NULL;
	return "USER or USER:GROUP, by number or by name,";
}

const char *
read_is_unit(const char *name)
{
	return unit_name_ok(name) ? NULL : "a unit name with its suffix (caddy.service)";
}

/* host.name[:port] or localhost in front: a short name could mean any registry. */
const char *
read_is_image(const char *name)
{
	const char *slash = strchr(name, '/'), *p = name;
	size_t n = strlen(name);

	if (n > 255 || !isalnum((unsigned char)name[0]) ||
	    strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
			 "._:/@-") != n ||
	    strstr(name, "//") || name[n - 1] == '/' || name[n - 1] == ':')
		return "an image name (registry.example.org/name:tag)";
	for (bool named = false; p < (slash ? slash : name + n); p++) {
		named = named || *p == '.' || *p == ':' || str_starts(name, "localhost/");
		if (named && slash)
			return NULL;
	}
	return "an image name with its registry (localhost/name:tag, "
	       "registry.example.org/name:tag)";
}

bool
read_plain(
    const struct field_context *c, const char *name, const struct yaml_node *n, const char **ret)
{
	if (!field_text(c, name, n, ret))
		return false;
	if (strstr(n->text, "{{") || strstr(n->text, "{%")) {
		diag_error(c->diag, n->mark, "%s: no template can stand here", name);
		return false;
	}
	return true;
}

struct source
read_source_of(const struct yaml_node *n, const char *text)
{
	struct source s = { .text = text, .len = n->len, .mark = n->mark };

	s.exact = n->indent > 0 || (!n->block && !memchr(text, '\n', n->len));
	s.indent = n->indent;
	if (n->indent > 0) {
		s.mark.line++;
		s.mark.col = n->indent + 1;
	} else if (s.exact && !n->plain) {
		s.mark.col++;
	}
	return s;
}

bool
read_source(
    const struct field_context *c, const char *name, const struct yaml_node *n, struct source *ret)
{
	const char *text = NULL;

	if (!field_text(c, name, n, &text))
		return false;
	struct source s = read_source_of(n, text);
	if (!render_check(&s, c->diag))
		return false;
	*ret = s;
	return true;
}

bool
read_sources(const struct field_context *c, const char *name, const struct yaml_node *n,
    struct source_list *ret)
{
	bool listed = n->kind == YAML_LIST, good = true;

	ret->mark = n->mark;
	ret->count = listed ? n->count : 1;
	if (n->kind == YAML_MAP || ret->count > SOURCES_MAX) {
		diag_error(c->diag, n->mark, "%s: a text or a list of at most %d is wanted here",
		    name, SOURCES_MAX);
		return false;
	}
	ret->item = arena_alloc(c->arena, ret->count * sizeof(*ret->item) + 1);
	for (size_t i = 0; i < ret->count; i++)
		good &= read_source(c, name, listed ? n->value[i] : n, &ret->item[i]);
	return good;
}

static bool
say(const struct field_context *c, const struct yaml_node *n, const struct err *err)
{
	diag_error(c->diag, n->mark, "%s", err->text);
	return false;
}

bool
read_included(const struct field_context *c, const struct yaml_node *n, bool is_template,
    struct text_decl *ret)
{
	struct reader *r = c->user;
	const char *said = NULL;
	char hex[DIGEST_HEX];
	struct err err;
	size_t len = 0;

	if (!read_plain(c, "a file", n, &said))
		return false;
	autofree char *path = include_path(r->dir, said);
	autofree char *text = include_read(r->playbook->dir, path, &len, &err);
	if (!text)
		return say(c, n, &err);
	digest_hex(text, len, hex);
	digest_add(r->included, path, strlen(path) + 1);
	digest_add(r->included, hex, sizeof(hex));
	autofree char *shown = *r->file_dir ? file_join(r->file_dir, path) : xstrdup(path);
	ret->literal = !is_template;
	ret->source = (struct source){ .text = arena_memdup0(c->arena, text, len),
		.len = len,
		.mark = { .file = arena_strdup(c->arena, shown), .line = 1, .col = 1 },
		.exact = true };
	if (is_template && memchr(text, '\0', len)) {
		diag_error(c->diag, n->mark, "%s is binary: send it with source:", path);
		return false;
	}
	return !is_template || render_check(&ret->source, c->diag);
}

static bool
read_shell(const struct field_context *c, const char *name, const struct yaml_node *n,
    struct argv_decl *ret)
{
	if (strstr(n->text, "{{") || strstr(n->text, "{%")) {
		diag_error(c->diag, n->mark,
		    "%s: shell text takes no {{ }}: pass values by env: and use \"$NAME\", or "
		    "write "
		    "the command as a list",
		    name);
		return false;
	}
	if (n->len == 0) {
		diag_error(c->diag, n->mark, "%s: the command is empty", name);
		return false;
	}
	ret->shell = n->text;
	return true;
}

bool
read_command(const struct field_context *c, const char *name, const struct yaml_node *n,
    struct argv_decl *ret)
{
	const char *text = NULL;
	bool good = true;

	ret->mark = n->mark;
	if (n->kind == YAML_SCALAR)
		return field_text(c, name, n, &text) && read_shell(c, name, n, ret);
	if (n->kind != YAML_LIST || n->count == 0 || n->count > ITEMS_MAX) {
		diag_error(c->diag, n->mark,
		    "%s: a list of arguments or a line of shell is wanted here", name);
		return false;
	}
	struct source *item = arena_alloc(c->arena, n->count * sizeof(*item));
	for (size_t i = 0; i < n->count; i++)
		good &= read_source(c, name, n->value[i], &item[i]);
	ret->item = item;
	ret->count = n->count;
	return good;
}

static bool
env_name_ok(const char *s)
{
	return *s && !isdigit((unsigned char)*s) && strlen(s) <= 64 &&
	       strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") ==
		   strlen(s);
}

bool
read_env(const struct field_context *c, const struct yaml_node *n, struct env_decl **ret,
    size_t *ret_count)
{
	bool good = true;

	if (n->kind != YAML_MAP) {
		diag_error(c->diag, n->mark, "env: a mapping of names to texts is wanted here");
		return false;
	}
	struct env_decl *env = arena_alloc(c->arena, n->count * sizeof(*env) + 1);
	for (size_t i = 0; i < n->count; i++) {
		env[i].name = n->key[i]->text;
		if (!env_name_ok(env[i].name)) {
			diag_error(c->diag, n->key[i]->mark,
			    "env: a name of letters, digits and _ is wanted here");
			good = false;
		}
		good &= read_source(c, env[i].name, n->value[i], &env[i].value);
	}
	*ret = env;
	*ret_count = n->count;
	return good;
}

/* The first name that says its registry; NULL when there is none. */
static const char *
archive_name(const struct archive *found)
{
	for (size_t i = 0; i < found->tag_count; i++)
		if (!read_is_image(found->tags[i]))
			return found->tags[i];
	return NULL;
}

static bool
read_archive(const struct field_context *c, const struct yaml_node *n, struct image_decl *ret)
{
	struct reader *r = c->user;
	const char *said = NULL;
	struct archive found;
	struct err err;

	if (!read_plain(c, "archive", n, &said))
		return false;
	autofree char *path = include_path(r->dir, said);
	autofree char *whole = file_join(r->playbook->dir, path);
	autoclose int fd = include_open(r->playbook->dir, path, &err);
	if (fd < 0 || archive_read(whole, &found, &err) < 0)
		return say(c, n, &err);
	if (archive_name(&found)) {
		ret->archive = arena_strdup(c->arena, whole);
		ret->archive_name = arena_strdup(c->arena, archive_name(&found));
		ret->size = found.size;
		str_copy(ret->id, sizeof(ret->id), found.id);
		digest_add(r->included, path, strlen(path) + 1);
		digest_add(r->included, found.id, sizeof(found.id));
	} else {
		diag_error(c->diag, n->mark,
		    "archive: the image in %s has no full name: save it as localhost/NAME:TAG",
		    path);
	}
	archive_fini(&found);
	return ret->archive != NULL;
}

struct image_fields {
	const struct yaml_node *archive;
};

bool
read_image(const struct field_context *c, const struct yaml_node *n, struct image_decl *ret)
{
	static const struct field fields[] = {
		{ FIELD_OF(FORM_NODE, struct image_fields, archive), .flags = FIELD_REQUIRED,
		    .doc = "a file beside the playbook that podman save wrote" },
		{ .name = "build", .form = FORM_LATER, .doc = "images are not built yet" },
		{ 0 },
	};
	struct field_context mine = *c;
	struct image_fields got = { 0 };

	ret->mark = n->mark;
	if (n->kind == YAML_SCALAR) {
		if (!read_source(c, "image", n, &ret->name))
			return false;
		const char *bad = render_is_template(&ret->name) ? NULL : read_is_image(n->text);

		if (bad)
			diag_error(c->diag, n->mark, "image: %s is wanted here, not \"%.100s\"",
			    bad, n->text);
		return !bad;
	}
	mine.what = "image";
	return field_read(&mine, fields, n, &got) && read_archive(c, got.archive, ret);
}

struct image_state_fields {
	const struct yaml_node *name;
	const char *state;
};

void
read_image_task(const struct field_context *c, const struct yaml_node *n, struct image_decl *image)
{
	static const char *const states[] = { "present", "absent", NULL };
	static const struct field fields[] = {
		{ FIELD_OF(FORM_NODE, struct image_state_fields, name), .flags = FIELD_REQUIRED,
		    .doc = "the image's name" },
		{ FIELD_OF(FORM_CHOICE, struct image_state_fields, state), .choices = states,
		    .doc = "present by default, or absent" },
		{ 0 },
	};
	struct field_context mine = *c;
	struct image_state_fields got = { 0 };

	if (n->kind != YAML_MAP || yaml_find(n, "archive")) {
		read_image(c, n, image);
		return;
	}
	mine.what = "the image task";
	if (!field_read(&mine, fields, n, &got))
		return;
	if (got.name->kind != YAML_SCALAR)
		diag_error(c->diag, got.name->mark, "image: name: a name is wanted here");
	else
		read_image(c, got.name, image);
	image->absent = got.state && str_eq(got.state, "absent");
}

struct then_fields {
	const struct yaml_node *run;
};

static bool
read_then_word(const struct field_context *c, const struct yaml_node *n, struct then_decl *ret)
{
	static const char *const verbs[] = { "reload", "restart", NULL };
	const char *text = NULL, *unit, *near;
	bool reload;

	if (!read_plain(c, "then", n, &text))
		return false;
	reload = str_starts(text, "reload ");
	unit = strchr(text, ' ');
	if (unit && (reload || str_starts(text, "restart ")) && !read_is_unit(unit + 1)) {
		ret->follow.kind = reload ? FOLLOW_RELOAD : FOLLOW_RESTART;
		ret->follow.unit = unit + 1;
		return true;
	}
	autofree char *verb = xmemdup0(text, unit ? (size_t)(unit - text) : strlen(text));
	near = str_nearest(verb, verbs);
	if (near && unit && !str_eq(near, verb)) {
		diag_error(c->diag, n->mark,
		    "then: no such word \"%.40s\"; did you mean \"%s %.60s\"?", verb, near,
		    unit + 1);
		return false;
	}
	diag_error(c->diag, n->mark,
	    "then: \"reload UNIT\", \"restart UNIT\" (caddy.service) or {run: [...]} is wanted "
	    "here, not \"%.60s\"",
	    text);
	return false;
}

bool
read_then(const struct field_context *c, const struct yaml_node *n, struct then_decl *ret)
{
	static const struct field fields[] = {
		{ FIELD_OF(FORM_NODE, struct then_fields, run), .flags = FIELD_REQUIRED,
		    .doc = "a command: a list of arguments, or a line of shell" },
		{ 0 },
	};
	struct field_context mine = *c;
	struct then_fields got = { 0 };

	if (n->kind == YAML_SCALAR)
		return read_then_word(c, n, ret);
	mine.what = "then";
	if (!field_read(&mine, fields, n, &got) || !read_command(c, "run", got.run, &ret->argv))
		return false;
	ret->follow.kind = FOLLOW_RUN;
	return true;
}

bool
read_confirm(const struct field_context *c, const struct yaml_node *n, int64_t *ret_ms)
{
	static const struct field fields[] = {
		{ .name = "within",
		    .form = FORM_DURATION,
		    .flags = FIELD_REQUIRED,
		    .doc = "how long the confirmation may take, 60s by default" },
		{ 0 },
	};
	static const struct field yes = { .name = "confirm", .form = FORM_BOOL };
	struct field_context mine = *c;
	bool on = false;

	mine.what = "confirm";
	if (n->kind == YAML_SCALAR) {
		if (!field_value(c, &yes, n, &on))
			return false;
		*ret_ms = on ? CONFIRM_MS : -1;
		return true;
	}
	if (!field_read(&mine, fields, n, ret_ms))
		return false;
	if (*ret_ms < 5000 || *ret_ms > 3600000) {
		diag_error(c->diag, n->mark, "confirm: within: 5s to 1h is wanted here");
		return false;
	}
	return true;
}
