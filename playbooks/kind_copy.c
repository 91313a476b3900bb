#include "playbooks/kind_copy.h"

#include "playbooks/desire_inner.h"
#include "playbooks/include.h"
#include "playbooks/include_tree.h"
#include "playbooks/place.h"
#include "playbooks/read.h"
#include "playbooks/request.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/yaml.h"
#include "inventory/inventory.h"

#include <string.h>

struct copy_decl {
	const struct yaml_node *src, *dest;
	int64_t mode, dir_mode;
	const char *owner, *group;
	struct field_texts exclude;
	struct source dest_source;
	struct include_tree tree;
};

const struct field kind_copy_fields[] = {
	{ FIELD_OF(FORM_NODE, struct copy_decl, src), .flags = FIELD_REQUIRED,
	    .doc = "a directory or file beside the playbook, sent as it is" },
	{ FIELD_OF(FORM_NODE, struct copy_decl, dest), .flags = FIELD_REQUIRED,
	    .doc = "what it is called on the host: DEST/x for SRC/x" },
	{ FIELD_OF(FORM_MODE, struct copy_decl, mode),
	    .doc = "of all files; by default 0755 for those that can be executed here, 0644 for "
		   "the others" },
	{ FIELD_OF(FORM_MODE, struct copy_decl, dir_mode),
	    .doc = "of all directories; by default 0755 for a new one, and as it is for one that "
		   "is there" },
	{ FIELD_OF(FORM_TEXT, struct copy_decl, owner), .grammar = read_is_user,
	    .doc = "of all that is copied; by default root, but for directories that are there" },
	{ FIELD_OF(FORM_TEXT, struct copy_decl, group), .grammar = read_is_user,
	    .doc = "the same" },
	{ FIELD_OF(FORM_TEXTS, struct copy_decl, exclude), .flags = FIELD_OR_ONE,
	    .doc = "globs of what stays here: of names, or of paths below SRC where there is a / "
		   "in them; a / at the end means directories only" },
	{ 0 },
};

/* The playbook's digest stands for what the tree holds. */
static void
note_tree(const struct reader *r, const struct include_tree *tree)
{
	for (size_t i = 0; i < tree->count; i++) {
		const struct include_entry *e = &tree->entry[i];
		const char marks[] = { e->kind, e->runs ? 'x' : '-' };

		digest_add(r->included, e->path, strlen(e->path) + 1);
		digest_add(r->included, marks, sizeof(marks));
		digest_add(r->included, e->digest, sizeof(e->digest));
	}
}

static void
read_tree(const struct field_context *c, struct copy_decl *decl)
{
	const struct reader *r = c->user;
	const char *said = NULL;
	struct err err;

	if (!read_plain(c, "src", decl->src, &said))
		return;
	autofree char *path = include_path(r->dir, said);
	const struct include_tree_spec spec = { .dir = r->playbook->dir,
		.path = path,
		.exclude = decl->exclude.item,
		.exclude_count = decl->exclude.count,
		.max = REQUEST_MAX };
	if (include_tree(c->arena, &spec, &decl->tree, &err) < 0)
		diag_error(c->diag, decl->src->mark, "src: %s", err.text);
	else
		note_tree(r, &decl->tree);
}

void
kind_copy_read(const struct field_context *c, const struct yaml_node *n, void *to)
{
	struct field_context mine = *c;
	struct copy_decl *got = arena_alloc(c->arena, sizeof(*got));

	got->mode = got->dir_mode = -1;
	mine.what = "the copy task";
	if (!field_read(&mine, kind_copy_fields, n, got))
		return;
	place_read_path(c, "dest", got->dest, &got->dest_source);
	read_tree(c, got);
	((struct task_decl *)to)->detail = got;
}

static void
fill_entry(struct desire *d, const struct copy_decl *decl, const struct include_entry *e,
    struct resource *r)
{
	if (e->kind == 'd') {
		place_dir(d->arena, r, r->path);
		r->mode = decl->dir_mode < 0 ? RESOURCE_KEEP : (unsigned)decl->dir_mode;
	} else if (e->kind == 'l') {
		place_link(d->arena, r, r->path, e->content);
	} else {
		r->kind = RESOURCE_FILE;
		r->id = arena_printf(d->arena, "file %s", r->path);
		r->title = r->path;
		r->content = e->content;
		r->content_len = e->len;
		memcpy(r->digest, e->digest, sizeof(r->digest));
		r->mode = decl->mode >= 0 ? (unsigned)decl->mode : e->runs ? 0755 : 0644;
	}
	r->owner = decl->owner;
	r->group = decl->group;
	if (e->kind == 'd')
		place_seal(r);
}

void
kind_copy_want(struct desire *d, const struct task_decl *t, const struct follow_up *then)
{
	const struct copy_decl *decl = t->detail;
	const char *dest = desire_path(d, &decl->dest_source, "dest");

	for (size_t i = 0; dest && i < decl->tree.count; i++) {
		const struct include_entry *e = &decl->tree.entry[i];
		struct resource *r = arena_alloc(d->arena, sizeof(*r));

		r->mark = t->mark;
		r->then = *then;
		r->path = *e->path ? arena_printf(d->arena, "%s/%s", dest, e->path) : dest;
		if (read_is_path(r->path)) {
			desire_wrong(d, t->mark, "copy: %.200s: %s is wanted here (host %s)",
			    r->path, read_is_path(r->path), d->host->name);
			return;
		}
		fill_entry(d, decl, e, r);
		if (!desire_add(d, r))
			return;
	}
}
