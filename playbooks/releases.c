#include "playbooks/releases.h"

#include "base/arena.h"
#include "base/str.h"
#include "playbooks/observation.h"

const char *
releases_current(const struct manifest_line *m, size_t count, const char *app)
{
	/* What an act wrote stands behind all that stays of releases before it. */
	for (size_t i = count; i-- > 0;)
		if (str_eq(m[i].app, app) && !str_starts(m[i].resource, "image "))
			return m[i].release;
	return NULL;
}

/* How many of the same app that stay beside the one being made are newer. */
static int64_t
rank(const struct release_list *known, const struct release_known *r, const char *made)
{
	int64_t n = 0;

	for (size_t i = 0; i < known->count; i++) {
		const struct release_known *x = &known->item[i];

		n += x != r && str_eq(x->app, r->app) && !str_eq(x->id, made) &&
		     release_is_newer(x, r);
	}
	return n;
}

void
releases_policy(struct arena *a, const char *playbook, const struct release_list *known,
    const struct manifest_line *manifest, size_t manifest_count, struct release_change *to)
{
	to->drop = arena_alloc(a, known->count * sizeof(*to->drop) + 1);
	for (size_t i = 0; i < known->count; i++) {
		const struct release_known *r = &known->item[i];
		const struct release *made = release_find(to->made, to->made_count, r->app);
		const char *now = releases_current(manifest, manifest_count, r->app);
		bool goes = made ? !str_eq(r->id, made->id) && !(now && str_eq(r->id, now)) &&
				       rank(known, r, made->id) >= made->keep - 1
				 : str_eq(r->playbook, playbook);

		if (goes)
			to->drop[to->drop_count++] = r;
	}
}
