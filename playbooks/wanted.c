#include "playbooks/wanted.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/mem.h"
#include "base/str.h"
#include "inventory/inventory.h"
#include "playbooks/kinds.h"
#include "playbooks/playbook.h"
#include "playbooks/resource.h"

#include <string.h>

#define NAMES_MAX (256U << 10) /* what apps.sh reads */

struct asked {
	const struct wanted_spec *spec;
	const struct host *host;
	bool missed;
};

static const char *
fact_of(void *user, const char *key)
{
	struct asked *a = user;
	const char *value = a->spec->fact ? a->spec->fact(a->spec->user, a->host, key) : NULL;

	a->missed = a->missed || !value;
	return value;
}

static const char *
image_id(const struct desired *d, const char *image)
{
	for (size_t i = 0; image && i < d->count; i++)
		if (d->item[i]->kind == RESOURCE_IMAGE && str_eq(d->item[i]->image, image))
			return d->item[i]->image_id[0] ? d->item[i]->image_id : NULL;
	return NULL;
}

static struct wanted_unit
unit_of(const struct desired *d, const struct resource *r)
{
	bool of_user = r->kind == RESOURCE_USERUNIT;
	bool container = of_user ? strcmp(r->look[2], "-") != 0 : r->look != NULL;

	return (struct wanted_unit){ .app = r->app,
		.unit = of_user ? kind_userunit_word(r) : r->unit,
		.digest = r->digest,
		.config_digest = r->config_digest,
		.image = r->image,
		.image_id = image_id(d, r->image),
		.health = &r->health,
		.running = r->state == WANT_STARTED || r->state == WANT_RESTARTED ||
			   r->state == WANT_RELOADED,
		.container = !r->app && container };
}

/* A unit with a text of ours, of root's or of a user's. */
static bool
is_unit(const struct resource *r)
{
	return !r->absent &&
	       (r->kind == RESOURCE_UNIT || (r->kind == RESOURCE_USERUNIT && r->digest[0]));
}

static bool
fill(struct wanted *w, const struct wanted_spec *spec, const struct host *host,
    struct wanted_host *ret, struct diag *diag)
{
	struct asked asked = { .spec = spec, .host = host };
	const struct facts facts = { .fact = fact_of, .user = &asked, .unknown_ok = true };
	struct desired d;
	struct wanted_unit *unit;

	if (!playbook_desire(spec->playbook, host, &facts, w->arena, diag, &d))
		return false;
	unit = arena_alloc(w->arena, d.count * sizeof(*unit) + 1);
	*ret = (struct wanted_host){ .host = host, .unit = unit, .unsure = asked.missed };
	for (size_t i = 0; i < d.count; i++)
		if (is_unit(d.item[i]))
			unit[ret->count++] = unit_of(&d, d.item[i]);
	return true;
}

struct wanted *
wanted_new(const struct wanted_spec *spec, struct diag *diag)
{
	struct wanted *w = xcalloc(1, sizeof(*w));
	bool good = true;

	w->arena = arena_new();
	w->playbook = arena_strdup(w->arena, playbook_name(spec->playbook));
	w->path = arena_strdup(w->arena, playbook_path(spec->playbook));
	str_copy(w->release, sizeof(w->release), playbook_digest(spec->playbook));
	w->host = arena_alloc(w->arena, spec->count * sizeof(*w->host) + 1);
	for (size_t i = 0; i < spec->count; i++)
		good = fill(w, spec, spec->hosts[i], &w->host[w->count++], diag) && good;
	if (good)
		return w;
	wanted_free(w);
	return NULL;
}

void
wanted_free(struct wanted *w)
{
	if (!w)
		return;
	arena_free(w->arena);
	free(w);
}

const struct wanted_host *
wanted_host(const struct wanted *w, const char *name)
{
	for (size_t i = 0; w && i < w->count; i++)
		if (str_eq(w->host[i].host->name, name))
			return &w->host[i];
	return NULL;
}

const struct wanted_unit *
wanted_unit(const struct wanted_host *h, const char *unit)
{
	for (size_t i = 0; h && i < h->count; i++)
		if (str_eq(h->unit[i].unit, unit))
			return &h->unit[i];
	return NULL;
}

char *
wanted_names(const struct wanted *w, const char *host)
{
	const struct wanted_host *h = wanted_host(w, host);
	struct buf b = BUF_INIT(NAMES_MAX);

	for (size_t i = 0; h && i < h->count; i++)
		buf_addf(&b, "%s\n", h->unit[i].unit);
	return b.data ? buf_detach(&b, &(size_t){ 0 }) : xstrdup("");
}
