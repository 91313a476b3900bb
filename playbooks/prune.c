#include "playbooks/prune.h"

#include "base/arena.h"
#include "base/digest.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/strmap.h"
#include "playbooks/app.h"
#include "playbooks/kind.h"
#include "playbooks/observation.h"

#include <string.h>

static void
note(struct prune *p, const char *text)
{
	p->note[p->note_count++] = text;
}

/* What stands behind "file " and the like; NULL when it is another kind. */
static const char *
name_of(const char *id, const char *kind)
{
	size_t n = strlen(kind);

	return str_starts(id, kind) && id[n] == ' ' && id[n + 1] ? id + n + 1 : NULL;
}

static bool
fill_kind(struct arena *a, struct resource *r)
{
	for (int i = 0; i < RESOURCE_KINDS; i++) {
		const struct kind *kind = kind_find((enum resource_kind)i);

		if (!kind || !name_of(r->id, kind->name))
			continue;
		r->kind = kind->kind;
		if (kind->away)
			kind->away(a, r);
		return kind->away && r->title;
	}
	return false;
}

/* The wish that what the manifest calls by this name be gone; false when nobody knows how. */
static bool
fill_gone(struct arena *a, const struct manifest_line *m, struct resource *r)
{
	const char *name;

	*r = (struct resource){ .id = m->resource, .absent = true };
	r->mark = (struct mark){ .file = "manifest" };
	r->app = *m->app && !str_eq(m->app, "-") ? m->app : NULL;
	r->secret = str_eq(m->shown, "s");
	name = name_of(m->resource, "file");
	if (name) {
		r->kind = RESOURCE_FILE;
		r->path = r->title = name;
		return *name == '/';
	}
	name = name_of(m->resource, "unit");
	if (name && !strchr(name, '/')) {
		r->kind = RESOURCE_UNIT;
		r->unit = r->title = name;
		r->path = arena_printf(a, "%s/%s", APP_UNIT_DIR, name);
		return true;
	}
	name = name_of(m->resource, "image");
	if (name) {
		r->kind = RESOURCE_IMAGE;
		r->image = r->title = name;
		return true;
	}
	return fill_kind(a, r);
}

/* A version of an app's native program, or of its root file system. */
static bool
is_version(const struct manifest_line *m)
{
	return str_starts(m->resource, "file " APP_BINARIES "/");
}

static bool
has_version(const struct resource *const *wanted, size_t count, const char *app)
{
	for (size_t i = 0; i < count; i++)
		if (wanted[i]->app && str_eq(wanted[i]->app, app) &&
		    str_starts(wanted[i]->id, "file " APP_BINARIES "/"))
			return true;
	return false;
}

/* The last versions stay beside the one that is wanted, as long as the app does; newer: how many of the app's
 * others came after it. */
static bool
version_stays(
    const struct manifest_line *m, size_t newer, const struct resource *const *wanted, size_t count)
{
	return is_version(m) && newer + 1 < PRUNE_VERSIONS && has_version(wanted, count, m->app);
}

static size_t
newer_versions(const struct observation *seen, size_t at, const struct strmap *named)
{
	size_t n = 0;

	for (size_t i = at + 1; i < seen->manifest_count; i++)
		if (is_version(&seen->manifest[i]) &&
		    str_eq(seen->manifest[i].app, seen->manifest[at].app) &&
		    !strmap_find(named, seen->manifest[i].resource, NULL))
			n++;
	return n;
}

static size_t
count_images(const struct release_change *c)
{
	size_t n = 0;

	for (size_t i = 0; c && i < c->drop_count; i++)
		n += c->drop[i]->image_count;
	return n;
}

/* It is not for this act to take away. */
static bool
is_kept(const struct prune_scope *s, const struct observation *seen, const struct manifest_line *m)
{
	const char *image = name_of(m->resource, "image");

	if (!str_eq(m->playbook, s->playbook) || str_starts(m->resource, "then "))
		return true;
	if (s->app)
		return image || !str_eq(m->app, s->app);
	return image && s->change && release_uses_name(s->change, &seen->releases, image);
}

/* An image of a release that goes: it may have lost its name to another one. */
static void
add_image(struct arena *a, const struct release_known *r, const struct release_image *image,
    struct prune *ret)
{
	struct resource *x = arena_alloc(a, sizeof(*x));

	for (size_t i = 0; i < ret->count; i++)
		if (ret->gone[i]->kind == RESOURCE_IMAGE && str_eq(ret->gone[i]->image, image->id))
			return;
	*x = (struct resource){ .kind = RESOURCE_IMAGE, .absent = true };
	x->mark = (struct mark){ .file = "release" };
	x->id = arena_printf(a, "image %s", image->id);
	x->title = arena_printf(
	    a, "image %.12s (%s of release %s of %s)", image->id, image->name, r->id, r->app);
	x->image = image->id;
	str_copy(x->image_id, sizeof(x->image_id), image->id);
	ret->gone[ret->count++] = x;
}

static void
add_images(struct arena *a, const struct release_change *c, const struct observation *seen,
    struct prune *ret)
{
	for (size_t i = 0; c && i < c->drop_count; i++) {
		const struct release_known *r = c->drop[i];

		for (size_t k = 0; k < r->image_count; k++)
			if (!release_uses_id(c, &seen->releases, r->image[k].name, r->image[k].id))
				add_image(a, r, &r->image[k], ret);
	}
}

void
prune_wishes(struct arena *a, const struct prune_scope *scope, const struct observation *seen,
    const struct resource *const *wanted, size_t count, struct prune *ret)
{
	size_t most = seen->manifest_count + count_images(scope->change);
	struct resource **gone = arena_alloc(a, most * sizeof(*gone) + 1);
	autostrmap named = STRMAP_INIT;

	*ret = (struct prune){ .gone = gone };
	ret->note = arena_alloc(a, most * sizeof(*ret->note) + 1);
	for (size_t i = 0; i < count; i++)
		strmap_add(&named, wanted[i]->id, i, NULL);
	/* What was made last goes first. */
	for (size_t i = seen->manifest_count; i-- > 0;) {
		const struct manifest_line *m = &seen->manifest[i];
		struct resource *r;

		if (strmap_find(&named, m->resource, NULL)) {
			ret->known = ret->known || str_eq(m->playbook, scope->playbook);
			continue;
		}
		if (is_kept(scope, seen, m) ||
		    (is_version(m) &&
			version_stays(m, newer_versions(seen, i, &named), wanted, count)))
			continue;
		r = arena_alloc(a, sizeof(*r));
		if (fill_gone(a, m, r))
			gone[ret->count++] = r;
		else
			note(ret, arena_printf(a, "left behind: %s (drover cannot take it away)",
				      m->resource));
	}
	add_images(a, scope->change, seen, ret);
}

void
prune_keep(struct arena *a, struct prune *p, const char *why)
{
	for (size_t i = 0; i < p->count; i++)
		note(p, arena_printf(a, "left behind: %s (%s)", p->gone[i]->id, why));
	p->count = 0;
}

/* Why the file stays; NULL: it is as drover left it. */
static const char *
file_stays(const struct found *f)
{
	const char *text = manifest_text(f->known);

	if (!f->present || f->kind == '-')
		return NULL;
	if (f->kind != 'f')
		return "something else stands there now";
	if (!text)
		return "the last act on it did not end";
	return strcmp(f->digest, text) == 0 ? NULL : "it was changed by hand";
}

/* A container that uses the image and is no replica of a unit that goes with it. */
static const char *
user_of(const struct prune *p, const struct found *f)
{
	for (const char *const *u = f->users; u && *u; u++) {
		bool going = false;

		for (size_t i = 0; i < p->count && !going; i++)
			going = p->gone[i]->unit && str_starts(p->gone[i]->unit, *u) &&
				str_eq(p->gone[i]->unit + strlen(*u), ".service");
		if (!going)
			return *u;
	}
	return NULL;
}

static const char *
image_stays(struct arena *a, const struct prune *p, const struct found *f)
{
	const char *user = f->present ? user_of(p, f) : NULL;

	if (user)
		return arena_printf(a, "the container %s uses it", user);
	if (f->present && strlen(f->known->digest) == DIGEST_HEX - 1 &&
	    strcmp(f->known->digest, f->image_id) != 0)
		return "it is another one now";
	return NULL;
}

/* False: it stays, and the manifest goes on to know it. */
static bool
settle(struct arena *a, struct prune *p, struct resource *r, const struct found *f)
{
	const char *why = NULL;

	if (r->kind == RESOURCE_IMAGE && r->image_id[0]) {
		why = f->present ? user_of(p, f) : NULL;
		if (why)
			note(p, arena_printf(a, "left behind: %s (the container %s uses it)",
				    r->title, why));
		return f->present && !why;
	}
	if (!f->known)
		return false;
	if (str_eq(f->known->origin, "f")) {
		r->forgotten = true;
		if (f->present || f->said)
			note(
			    p, arena_printf(a, "lets go of %s: it was there before drover", r->id));
		return true;
	}
	if (r->kind == RESOURCE_FILE || r->kind == RESOURCE_UNIT)
		why = file_stays(f);
	else if (r->kind == RESOURCE_IMAGE)
		why = image_stays(a, p, f);
	if (why)
		note(p, arena_printf(a, "left behind: %s (%s)", r->id, why));
	return !why;
}

/* It goes already, with its name. */
static bool
goes_by_name(const struct prune *p, const struct found *left, const bool *goes, size_t i)
{
	for (size_t k = 0; k < i && p->gone[i]->kind == RESOURCE_IMAGE && p->gone[i]->image_id[0];
	     k++)
		if (goes[k] && p->gone[k]->kind == RESOURCE_IMAGE && !p->gone[k]->forgotten &&
		    strcmp(left[k].image_id, left[i].image_id) == 0)
			return true;
	return false;
}

static bool
is_image(const struct resource *r)
{
	return r->kind == RESOURCE_IMAGE || r->kind == RESOURCE_USERIMAGE;
}

void
prune_settle(struct arena *a, struct prune *p, const struct found *left,
    const struct resource *const **wanted, struct found **found, size_t *count)
{
	size_t all = p->count + *count, n = 0;
	const struct resource **item = arena_alloc(a, all * sizeof(*item) + 1);
	struct found *of = arena_alloc(a, all * sizeof(*of) + 1);
	bool *goes = arena_alloc(a, p->count * sizeof(*goes) + 1);

	for (size_t i = 0; i < p->count; i++) {
		goes[i] = !goes_by_name(p, left, goes, i) && settle(a, p, p->gone[i], &left[i]);
		if (!goes[i] || is_image(p->gone[i]))
			continue;
		item[n] = p->gone[i];
		of[n++] = left[i];
	}
	for (size_t i = 0; i < *count; i++) {
		item[n] = (*wanted)[i];
		of[n++] = (*found)[i];
	}
	for (size_t i = 0; i < p->count; i++) {
		if (!goes[i] || !is_image(p->gone[i]))
			continue;
		item[n] = p->gone[i];
		of[n++] = left[i];
	}
	*wanted = item;
	*found = of;
	*count = n;
}
