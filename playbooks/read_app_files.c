/* `files:` of an app. */
#include "base/arena.h"
#include "base/str.h"
#include "base/yaml.h"
#include "playbooks/place.h"
#include "playbooks/read.h"
#include "playbooks/read_app.h"
#include "playbooks/read_app_inner.h"
#include "playbooks/read_step.h"

#include <ctype.h>
#include <stdint.h>
#include <string.h>

#define TMPFS_LEAST 65536

struct file_fields {
	const struct yaml_node *template, *content, *file, *volume, *dir, *mode;
	int64_t tmpfs;
	bool export;
};

const struct field read_app_file_fields[] = {
	{ FIELD_OF(FORM_NODE, struct file_fields, template),
	    .doc = "a file beside the playbook, filled in for each host" },
	{ FIELD_OF(FORM_NODE, struct file_fields, content),
	    .doc = "the contents themselves, filled in for each host" },
	{ FIELD_OF(FORM_NODE, struct file_fields, file),
	    .doc = "a file beside the playbook, as it is" },
	{ FIELD_OF(FORM_NODE, struct file_fields, volume),
	    .doc =
		"a named volume of the host, shared by the replicas; of a binary: a directory of "
		"its own" },
	{ FIELD_OF(FORM_NODE, struct file_fields, dir),
	    .doc = "a directory of the host, which is made where it is missing" },
	{ FIELD_OF(FORM_SIZE, struct file_fields, tmpfs), .min = TMPFS_LEAST, .max = INT64_MAX,
	    .doc = "an empty directory in memory, of at most that size; 64K at least" },
	{ FIELD_OF(FORM_NODE, struct file_fields, mode),
	    .doc = "of a volume rw or ro, rw by default; of a dir the same, ro by default; else a "
		   "file mode in octal, 0644 by default and 1777 of a tmpfs" },
	{ FIELD_OF(FORM_BOOL, struct file_fields, export),
	    .doc = "of a volume: on a pet, what it holds is kept before the app changes; true by "
		   "default" },
	{ .name = "then",
	    .form = FORM_LATER,
	    .doc = "a changed file restarts the app (on_change)" },
	{ .name = "secret", .form = FORM_LATER, .doc = "secrets are not supported yet" },
	{ 0 },
};

static bool
volume_ok(const char *s)
{
	size_t n = strlen(s);

	return n > 0 && n <= 128 && isalnum((unsigned char)s[0]) &&
	       strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-") == n;
}

/* rw or ro; a file's mode in octal. */
static void
take_mode(const struct field_context *c, const struct file_fields *got, struct file_decl *to)
{
	static const char *const words[] = { "ro", "rw", NULL };
	static const struct field word = { .name = "mode", .form = FORM_CHOICE, .choices = words },
				  octal = { .name = "mode", .form = FORM_MODE };
	const char *said = got->volume ? "rw" : "ro";

	to->mode = got->tmpfs ? 01777 : 0644;
	if (got->mode && (got->volume || got->dir))
		field_value(c, &word, got->mode, &said);
	else if (got->mode)
		field_value(c, &octal, got->mode, &to->mode);
	to->writable = got->tmpfs || ((got->volume || got->dir) && str_eq(said, "rw"));
}

static void
take_file(const struct field_context *c, const struct yaml_node *n, const struct file_fields *got,
    struct file_decl *to)
{
	int said = !!got->template + !!got->content + !!got->file + !!got->volume + !!got->dir +
		   !!got->tmpfs;

	if (said != 1) {
		diag_error(c->diag, n->mark,
		    "files: one of template, content, file, volume, dir and tmpfs is wanted here");
		return;
	}
	if (!got->export && !got->volume)
		diag_error(c->diag, n->mark, "export: only what is in a volume is exported");
	take_mode(c, got, to);
	to->unexported = !got->export;
	to->tmpfs = got->tmpfs;
	if (got->template)
		read_included(c, got->template, true, &to->content);
	if (got->file)
		read_included(c, got->file, false, &to->content);
	if (got->content)
		read_source(c, "content", got->content, &to->content.source);
	if (got->dir)
		place_read_path(c, "dir", got->dir, &to->dir);
	if (!got->volume)
		return;
	if (read_plain(c, "volume", got->volume, &to->volume) && !volume_ok(to->volume))
		diag_error(c->diag, got->volume->mark,
		    "volume: a name is wanted here, not \"%.60s\" (of the host's directories: dir)",
		    to->volume);
}

void
read_app_files(const struct field_context *c, const struct yaml_node *n, void *to)
{
	struct app_decl *app = to;
	struct field_context mine = *c;

	mine.what = "the file";
	if (!read_app_is_mapping(c, "files", n))
		return;
	app->file = arena_alloc(c->arena, n->count * sizeof(*app->file) + 1);
	app->file_count = n->count;
	for (size_t i = 0; i < n->count; i++) {
		struct file_fields got = { .export = true };
		const char *path = n->key[i]->text, *bad = read_is_path(path);

		app->file[i].path = path;
		app->file[i].mark = n->key[i]->mark;
		if (!bad && strpbrk(path, ":,{}"))
			bad = "a path without : , { and }";
		if (!bad && str_starts(path, "/run/drover"))
			bad = "a path outside of /run/drover";
		if (bad)
			diag_error(c->diag, n->key[i]->mark, "files: %s is wanted here", bad);
		if (field_read(&mine, read_app_file_fields, n->value[i], &got))
			take_file(c, n->value[i], &got, &app->file[i]);
	}
}
