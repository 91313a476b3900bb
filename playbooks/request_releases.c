#include "playbooks/request_inner.h"

#include "base/err.h"
#include "base/str.h"
#include "playbooks/plan.h"
#include "playbooks/release.h"
#include "playbooks/reply.h"
#include "playbooks/request.h"
#include "playbooks/tar.h"

#include <stdio.h>

static void
add_member(
    struct request_parts *p, const struct release *r, const char *name, const struct buf *text)
{
	char path[100];

	snprintf(path, sizeof(path), "release/%s/%s", r->app, name);
	tar_add(p->tar, path, text->data, text->len);
}

/* The text of a unit of a user's own, which the act puts where no other user looks. */
static void
add_text(struct request_parts *p, const struct resource *r, struct buf *files)
{
	char name[80];

	snprintf(name, sizeof(name), "f/%s", r->digest);
	if (strmap_add(&p->contents, r->digest, 0, NULL))
		tar_add(p->tar, name, r->content, r->content_len);
	buf_addf(files, "- %s %s\n", r->digest, name);
}

/* What is copied from where the act put it: "FLAG DIGEST PATH", FLAG s of a secret. */
static int
add_file(struct request_parts *p, const struct resource *r, struct buf *files)
{
	if (r->kind == RESOURCE_USERUNIT && r->content)
		add_text(p, r, files);
	if ((r->kind != RESOURCE_FILE && r->kind != RESOURCE_UNIT) || !r->path)
		return 0;
	if (!reply_is_path(r->path))
		return err_set(p->err, OUTCOME_INPUT, "%s: cannot be sent", r->path);
	buf_addf(files, "%c %s %s\n", r->secret ? 's' : '-', r->digest, r->path);
	return 0;
}

static int
add_release(struct request_parts *p, const struct release_change *c, const struct release *r)
{
	autobuf about = BUF_INIT(4096), resources = BUF_INIT(REQUEST_MAX);
	autobuf files = BUF_INIT(REQUEST_MAX), images = BUF_INIT(1U << 20);

	buf_addf(&about, "%s\t%s\t%s\t%s\n", r->app, r->id, p->spec->playbook, c->book);
	for (size_t i = 0; i < r->count; i++) {
		if (add_file(p, r->item[i], &files) < 0)
			return -1;
		if (r->item[i]->kind == RESOURCE_IMAGE)
			buf_addf(&images, "%s\n", r->item[i]->image);
	}
	release_write(r, &resources);
	add_member(p, r, "about", &about);
	add_member(p, r, "resources", &resources);
	add_member(p, r, "files", &files);
	add_member(p, r, "images", &images);
	return 0;
}

int
request_add_releases(struct request_parts *p)
{
	const struct release_change *c = p->spec->plan->releases;
	autobuf verb = BUF_INIT(64), drop = BUF_INIT(1U << 20);

	if (!c || (!c->made_count && !c->drop_count))
		return 0;
	for (size_t i = 0; i < c->made_count; i++) {
		if (add_release(p, c, &c->made[i]) < 0)
			return -1;
	}
	for (size_t i = 0; i < c->drop_count; i++)
		buf_addf(&drop, "%s %s\n", c->drop[i]->app, c->drop[i]->id);
	buf_addf(&verb, "%s\n", c->verb);
	tar_add(p->tar, "release/verb", verb.data, verb.len);
	tar_add(p->tar, "release/drop", drop.data, drop.len);
	return 0;
}
