/* `rootfs:` of an app, and what may not stand beside it; and which of the three forms an app has. */
#include "base/arena.h"
#include "base/buf.h"
#include "base/digest.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/yaml.h"
#include "playbooks/app.h"
#include "playbooks/include.h"
#include "playbooks/read.h"
#include "playbooks/read_app_inner.h"
#include "playbooks/rootfs.h"

void
read_app_rootfs(const struct field_context *c, const struct yaml_node *n, void *to)
{
	struct app_decl *app = to;
	struct app_binary *b = &app->binary;
	struct reader *r = c->user;
	const char *said = NULL;
	autobuf archive = BUF_INIT(ROOTFS_ARCHIVE_MAX);
	struct err err;

	app->form = APP_ROOTFS;
	b->mark = n->mark;
	b->name = APP_ROOTFS_NAME;
	if (!read_plain(c, "rootfs", n, &said))
		return;
	autofree char *path = include_path(r->dir, said);
	if (rootfs_read(r->playbook->dir, path, &archive, &err) < 0) {
		diag_error(c->diag, n->mark, "rootfs: %s", err.text);
		return;
	}
	digest_hex(archive.data, archive.len, b->digest);
	digest_add(r->included, path, strlen(path) + 1);
	digest_add(r->included, b->digest, sizeof(b->digest));
	b->content = arena_memdup0(c->arena, archive.data, archive.len);
	b->len = archive.len;
}

/* An image says what is to run; and podman gives its files to whom it likes, those of a tree are the host's. */
static void
check_rootfs(const struct field_context *c, const struct yaml_node *n, const struct app_decl *app)
{
	const struct yaml_node *as = yaml_find(n, "as"), *sandbox = yaml_find(n, "sandbox");

	if (!app->command.count && !app->args.count)
		diag_error(c->diag, yaml_find(n, "rootfs")->mark,
		    "rootfs: a root file system does not say what is to run: give command");
	if (as)
		diag_error(c->diag, as->mark,
		    "as: a root file system of a user's own is not supported yet: what lies in it "
		    "would be nobody's to their podman");
	if (app->sandbox.own_users)
		diag_error(c->diag, yaml_find(sandbox, "user")->mark,
		    "user: auto is not supported yet beside rootfs: what lies in it would be "
		    "nobody's in the container");
}

void
read_app_check_form(const struct field_context *c, const struct yaml_node *n, struct app_decl *app)
{
	const struct yaml_node *image = yaml_find(n, "image"), *binary = yaml_find(n, "binary");
	const struct yaml_node *rootfs = yaml_find(n, "rootfs");

	if (!image && !binary && !rootfs)
		diag_error(c->diag, app->mark,
		    "app %.60s: one of image, binary and rootfs is wanted here", app->name);
	else if (!!image + !!binary + !!rootfs > 1)
		diag_error(c->diag, (rootfs ? rootfs : binary)->mark,
		    "app %.60s: only one of image, binary and rootfs", app->name);
	else if (rootfs)
		check_rootfs(c, n, app);
	if (binary)
		read_app_check_native(c, n, app);
	else if (app->relaxed.count)
		diag_error(c->diag, app->relaxed.mark[0],
		    "relax: only the unit of a binary has these directives");
}
