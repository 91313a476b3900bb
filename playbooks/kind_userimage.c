#include "playbooks/kind.h"
#include "playbooks/kinds.h"
#include "playbooks/observation.h"
#include "playbooks/plan.h"
#include "playbooks/plan_inner.h"
#include "playbooks/podman.h"
#include "playbooks/said.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/json.h"
#include "base/str.h"

#include <string.h>

extern const char host_look_userimage_sh[], host_do_userimage_sh[], host_podman_sh[];

#define IMAGES_MAX (4U << 20)

static const char *const *
look_for(struct arena *a, const char *user, const char *image)
{
	const char **look = arena_alloc(a, 3 * sizeof(*look));

	look[0] = user;
	look[1] = image;
	return look;
}

/* The image of that resource, in the store of a user. */
struct resource *
kind_userimage_of(struct arena *a, const char *user, const struct resource *image)
{
	struct resource *r = arena_alloc(a, sizeof(*r));

	*r = *image;
	r->kind = RESOURCE_USERIMAGE;
	r->id = podman_id(a, "userimage", image->image, user);
	r->title = podman_id(a, "image", image->image, user);
	r->user = user;
	r->look = look_for(a, user, r->image);
	r->detail = r->image;
	str_copy(r->digest, sizeof(r->digest), image->image_id[0] ? image->image_id : "present");
	return r;
}

void
kind_userimage_again(struct arena *a, struct resource *r)
{
	podman_parse_id(a, r->id, &r->image, &r->user);
	r->look = look_for(a, r->user, r->image);
	r->title = podman_id(a, "image", r->image, r->user);
	r->detail = r->image;
}

static void
away(struct arena *a, struct resource *r)
{
	kind_userimage_again(a, r);
}

static const char *
bare_id(const char *id)
{
	return str_starts(id, "sha256:") ? id + strlen("sha256:") : id;
}

/* The name goes back to the image that had it, which root's store keeps with the releases; or nothing has it. */
static const char *const *
back_words(struct verdict *v, const char *how, const char *id)
{
	const char **word = arena_alloc(v->arena, 5 * sizeof(*word));

	word[0] = how;
	word[1] = v->step->resource->user;
	word[2] = v->step->resource->image;
	word[3] = arena_strdup(v->arena, id);
	return word;
}

static void
decide(struct verdict *v)
{
	const struct resource *r = v->step->resource;
	const char *text = said_value(v->arena, v->step->found->said, "images");
	const char **word = arena_alloc(v->arena, 5 * sizeof(*word));
	struct found there = { 0 };
	struct err err;
	autojson *images = text ? json_parse(text, strlen(text), IMAGES_MAX, &err) : NULL;

	image_find(images, r->image, &there);
	word[0] = r->absent ? "absent" : "present";
	word[1] = r->user;
	word[2] = r->image;
	word[3] = r->image_id[0] ? bare_id(r->image_id) : "-";
	if (r->absent) {
		if (!there.present)
			return;
		v->step->class = PLAN_REMOVE;
		v->step->back = back_words(v, "tag", bare_id(there.image_id));
	} else if (!there.present) {
		v->step->class = PLAN_CREATE;
		v->step->back = back_words(v, "absent", "-");
	} else if (r->image_id[0] && strcmp(bare_id(there.image_id), bare_id(r->image_id)) != 0) {
		plan_because(
		    v, "another image of this name is there (%.12s)", bare_id(there.image_id));
		v->step->back = back_words(v, "tag", bare_id(there.image_id));
	} else {
		return;
	}
	v->step->doing = word;
}

const struct kind kind_userimage = {
	.kind = RESOURCE_USERIMAGE,
	.name = "userimage",
	.away = away,
	.decide = decide,
	.common = host_podman_sh,
	.look = host_look_userimage_sh,
	.carry = host_do_userimage_sh,
};
