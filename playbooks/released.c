#include "playbooks/released.h"

#include "base/arena.h"
#include "base/digest.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/strmap.h"
#include "playbooks/kinds.h"
#include "playbooks/observation.h"
#include "playbooks/reply.h"
#include "playbooks/resource.h"

#include <string.h>

extern const char host_released_sh[];

struct piece {
	const char *text;
	size_t len;
};

struct release_reading {
	struct arena *arena;
	struct reply reply;
	struct released told;
	struct strmap names; /* "resources/ID" and "content/DIGEST" */
	struct piece *piece;
	size_t count, cap;
};

char *
released_command(const char *nonce, const char *app)
{
	return reply_command(host_released_sh, NULL, (const char *const[]){ nonce, app, NULL });
}

/* "NAME", newline, bytes. */
static void
keep(struct release_reading *r, const char *kind, char *bytes, size_t len)
{
	char *nl = memchr(bytes, '\n', len), hex[DIGEST_HEX];
	size_t n;

	if (!nl)
		return;
	*nl = '\0';
	n = len - (size_t)(nl + 1 - bytes);
	digest_hex(nl + 1, n, hex);
	if (str_eq(kind, "content") && !str_eq(hex, bytes))
		return;
	if (!strmap_add(&r->names, arena_printf(r->arena, "%s/%s", kind, bytes), r->count, NULL))
		return;
	mem_grow(r->piece, r->count, r->cap);
	r->piece[r->count++] = (struct piece){ nl + 1, n };
}

static void
take_frame(void *user, const char *kind, const char *payload, size_t len)
{
	struct release_reading *r = user;
	struct observation seen = { 0 };
	char *text = arena_memdup0(r->arena, payload, len);

	if (str_eq(kind, "refused")) {
		r->told.refused = text;
	} else if (str_eq(kind, "manifest")) {
		manifest_parse(r->arena, text, &seen);
		r->told.manifest = seen.manifest;
		r->told.manifest_count = seen.manifest_count;
	} else if (str_eq(kind, "releases")) {
		release_parse(r->arena, text, &r->told.known);
	} else if (str_eq(kind, "resources") || str_eq(kind, "content")) {
		keep(r, kind, text, len);
	}
}

struct release_reading *
released_new(struct arena *a, const char *nonce)
{
	struct release_reading *r = xcalloc(1, sizeof(*r));

	r->arena = a;
	reply_init(&r->reply, nonce, take_frame, r);
	return r;
}

void
released_feed(struct release_reading *r, const void *p, size_t n)
{
	reply_feed(&r->reply, p, n);
}

void
released_free(struct release_reading *r)
{
	if (!r)
		return;
	reply_fini(&r->reply);
	strmap_fini(&r->names);
	free(r->piece);
	free(r);
}

const struct released *
released_end(struct release_reading *r, struct err *err)
{
	return reply_verdict(&r->reply, err) < 0 ? NULL : &r->told;
}

static const struct piece *
find(const struct release_reading *r, const char *kind, const char *name)
{
	size_t at;

	return strmap_find(&r->names, arena_printf(r->arena, "%s/%s", kind, name), &at)
		   ? &r->piece[at]
		   : NULL;
}

static const char *
image_id(const struct release_known *known, const char *name)
{
	for (size_t i = 0; i < known->image_count; i++)
		if (str_eq(known->image[i].name, name))
			return known->image[i].id;
	return NULL;
}

/* Where it comes from: contents from what the host keeps, an image by the id it had. */
static int
aim(const struct release_reading *r, const struct release_known *known, struct resource *x,
    struct err *err)
{
	const struct piece *piece = x->digest[0] ? find(r, "content", x->digest) : NULL;
	bool image = x->kind == RESOURCE_IMAGE || x->kind == RESOURCE_USERIMAGE;
	const char *id = image ? image_id(known, x->image) : NULL;

	if (x->kind == RESOURCE_FILE || x->kind == RESOURCE_UNIT) {
		x->kept = arena_printf(
		    r->arena, "../releases/%s/%s/f/%s", known->app, known->id, x->digest);
		x->content = piece && !x->secret ? piece->text : NULL;
		x->content_len = x->content ? piece->len : 0;
		return 0;
	}
	if (x->kind == RESOURCE_USERUNIT && !piece)
		return err_set(err, OUTCOME_FAILED,
		    "the host did not keep the text of %s as it was in release %s", x->title,
		    known->id);
	if (x->kind == RESOURCE_USERUNIT) {
		x->content = piece->text;
		x->content_len = piece->len;
		kind_userunit_again(r->arena, x);
	}
	if (!image)
		return 0;
	if (!id)
		return err_set(err, OUTCOME_FAILED,
		    "the host did not keep which image %s was in release %s", x->image, known->id);
	str_copy(x->image_id, sizeof(x->image_id), id);
	x->retag = x->kind == RESOURCE_IMAGE;
	if (x->retag)
		return 0;
	str_copy(x->digest, sizeof(x->digest), id);
	kind_userimage_again(r->arena, x);
	return 0;
}

struct release *
released_wish(struct release_reading *r, const struct release_known *known, struct err *err)
{
	const struct piece *text = find(r, "resources", known->id);
	struct release *made;

	if (!text) {
		err_set(err, OUTCOME_FAILED,
		    "the host does not tell what release %s of %s was made of", known->id,
		    known->app);
		return NULL;
	}
	made = release_read(r->arena, text->text, text->len, err);
	if (made && (!str_eq(made->app, known->app) || !str_eq(made->id, known->id))) {
		err_set(err, OUTCOME_FAILED, "what the host keeps as release %s is another one",
		    known->id);
		return NULL;
	}
	for (size_t i = 0; made && i < made->count; i++) {
		struct resource *x = arena_alloc(r->arena, sizeof(*x));

		*x = *made->item[i];
		if (aim(r, known, x, err) < 0)
			return NULL;
		made->item[i] = x;
	}
	if (!made)
		err->kind = OUTCOME_FAILED;
	return made;
}
