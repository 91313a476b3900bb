#include "playbooks/playbook.h"

#include "base/arena.h"
#include "base/digest.h"
#include "base/mem.h"
#include "base/str.h"
#include "inventory/inventory.h"
#include "playbooks/app.h"
#include "playbooks/desire.h"
#include "playbooks/desire_inner.h"
#include "playbooks/kind.h"
#include "playbooks/kind_copy.h"
#include "playbooks/kinds.h"
#include "playbooks/model.h"
#include "playbooks/place.h"
#include "playbooks/podman.h"
#include "playbooks/read.h"
#include "playbooks/unit.h"

#include <string.h>

#define UNIT_MAX ((size_t)256 << 10)

static bool
fill_then(struct desire *d, const struct then_decl *decl, struct resource *r)
{
	r->then = decl->follow;
	if (r->then.kind == FOLLOW_RUN)
		r->then.argv = desire_argv(d, &decl->argv);
	return r->then.kind != FOLLOW_RUN || r->then.argv;
}

static const char *
with_tag(struct desire *d, const char *name)
{
	const char *slash = strrchr(name, '/');

	if (strchr(slash ? slash : name, ':') || strchr(name, '@'))
		return name;
	return arena_printf(d->arena, "%s:latest", name);
}

/* The same resource, or another one at the same path, that is wanted for certain if this one is. */
static bool
find_place(const struct desire *d, const struct resource *r, size_t *ret_at)
{
	if (d->here.maybe)
		return false;
	return strmap_find(&d->known, r->id, ret_at) ||
	       (r->path && strmap_find(&d->known, r->path, ret_at));
}

static const struct resource *
find_resource(const struct desire *d, const struct resource *r)
{
	size_t at;

	return find_place(d, r, &at) ? d->list.item[at] : NULL;
}

/* Two that want the same directory to be there: who says more of it has the word. */
static bool
is_one_dir(struct desire *d, const struct resource *r)
{
	size_t at;

	if (!find_place(d, r, &at))
		return false;
	const struct resource *other = d->list.item[at];
	if (r->kind != RESOURCE_DIR || other->kind != RESOURCE_DIR || r->absent || other->absent ||
	    !(r->implied || other->implied))
		return false;
	if (other->implied)
		d->list.item[at] = r;
	return true;
}

static void
append(struct desire *d, const struct resource *r)
{
	mem_grow(d->maybe, d->list.count, d->maybe_cap);
	d->maybe[d->list.count] = d->here.maybe;
	if (!d->here.maybe) {
		strmap_add(&d->known, r->id, d->list.count, NULL);
		if (r->path)
			strmap_add(&d->known, r->path, d->list.count, NULL);
	}
	resource_list_add(&d->list, r);
}

bool
desire_add(struct desire *d, const struct resource *r)
{
	const struct resource *other = find_resource(d, r);
	const char *why = resource_is_place(r) && r->path ? place_forbidden(r) : NULL;

	if (why) {
		desire_wrong(d, r->mark, "%.200s: %s (host %s)", r->path, why, d->host->name);
		return false;
	}
	if (is_one_dir(d, r))
		return true;
	if (other) {
		desire_wrong(d, r->mark, "%s is declared twice: also at line %d",
		    r->path ? r->path : r->id, other->mark.line);
		return false;
	}
	if (r->app && (r->kind == RESOURCE_UNIT || r->kind == RESOURCE_USERUNIT) &&
	    r->content_len > UNIT_MAX) {
		desire_wrong(d, r->mark,
		    "app %s: its unit is larger than %zu KiB: put long values into files:", r->app,
		    UNIT_MAX >> 10);
		return false;
	}
	append(d, r);
	return true;
}

/* NULL when a mistake was told. */
static struct resource *
make_image(struct desire *d, const struct image_decl *decl, const char *app)
{
	const char *name = decl->archive ? decl->archive_name : desire_word(d, &decl->name);
	const char *bad = name ? read_is_image(name) : NULL;

	if (bad)
		desire_wrong_text(d, decl->mark,
		    "image: %s is wanted here, not \"%.100s\" (host %s)", bad, name, d->host->name);
	if (!name || bad)
		return NULL;
	struct resource *r = arena_alloc(d->arena, sizeof(*r));
	r->kind = RESOURCE_IMAGE;
	r->image = with_tag(d, name);
	r->id = arena_printf(d->arena, "image %s", r->image);
	r->title = r->image;
	r->app = app;
	r->mark = decl->mark;
	r->archive = decl->archive;
	r->archive_size = decl->size;
	r->absent = decl->absent;
	memcpy(r->image_id, decl->id, sizeof(r->image_id));
	return r;
}

const char *
desire_image(struct desire *d, const struct image_decl *decl, const char *app)
{
	const struct resource *r = make_image(d, decl, app);
	const struct resource *other = r ? find_resource(d, r) : NULL;

	if (!r)
		return NULL;
	if (!other)
		append(d, r);
	else if (strcmp(other->image_id, r->image_id) != 0 || other->absent != r->absent)
		desire_wrong(
		    d, r->mark, "%s is another image than at line %d", r->id, other->mark.line);
	return r->image;
}

static enum wanted_state
state_of(const char *word)
{
	static const char *const words[] = { "started", "stopped", "restarted", "reloaded" };

	for (size_t i = 0; word && i < countof(words); i++)
		if (str_eq(words[i], word))
			return (enum wanted_state)(WANT_STARTED + (int)i);
	return WANT_UNSAID;
}

static bool
want_content(struct desire *d, const struct task_decl *t, struct resource *r)
{
	r->content = desire_content(d, &t->content, &r->content_len);
	if (!r->content)
		return false;
	digest_hex(r->content, r->content_len, r->digest);
	r->mode = (unsigned)t->mode;
	r->owner = t->owner;
	r->group = t->group;
	r->secret = t->secret;
	return true;
}

static bool
want_file(struct desire *d, const struct task_decl *t, struct resource *r)
{
	r->path = desire_path(d, &t->path, "path");
	if (!r->path)
		return false;
	r->id = arena_printf(d->arena, "file %s", r->path);
	r->title = r->path;
	r->absent = t->absent;
	if (r->absent)
		return true;
	if (t->validate.mark.line) {
		r->validate = desire_argv(d, &t->validate);
		if (!r->validate)
			return false;
	}
	return want_content(d, t, r);
}

/* The unit's name; a service is understood to end in .service. */
static const char *
unit_name(struct desire *d, const struct task_decl *t)
{
	const char *name = t->unit_name.text ? desire_word(d, &t->unit_name) : t->unit;

	if (name && t->kind == RESOURCE_SERVICE && read_is_unit(name))
		name = arena_printf(d->arena, "%s.service", name);
	if (!name || !read_is_unit(name))
		return name;
	desire_wrong_text(d, t->unit_name.mark, "%s is wanted here, not \"%.100s\" (host %s)",
	    read_is_unit(name), name, d->host->name);
	return NULL;
}

static bool
want_unit(struct desire *d, const struct task_decl *t, struct resource *r)
{
	bool good;

	r->unit = unit_name(d, t);
	if (!r->unit)
		return false;
	r->path = arena_printf(d->arena, "%s/%s", APP_UNIT_DIR, r->unit);
	r->id = arena_printf(d->arena, "unit %s", r->unit);
	r->title = r->unit;
	r->absent = t->absent;
	if (r->absent)
		return true;
	r->state = state_of(t->state);
	r->enabled = !t->enabled_said ? WANT_ENABLED_UNSAID
		     : t->enabled     ? WANT_ENABLED
				      : WANT_DISABLED;
	r->on_change = read_on_change_of(t->on_change);
	r->health.kind = r->state == WANT_STARTED ? HEALTH_UNIT : HEALTH_NONE;
	r->health.interval_ms = r->health.timeout_ms = 2000;
	r->health.retries = 10;
	d->scope.one_line = true;
	good = want_content(d, t, r);
	d->scope.one_line = false;
	if (!good)
		return false;
	r->mode = 0644;
	r->config_digest = r->digest;
	return true;
}

static bool
want_service(struct desire *d, const struct task_decl *t, struct resource *r)
{
	r->unit = unit_name(d, t);
	if (!r->unit)
		return false;
	r->id = arena_printf(d->arena, "service %s", r->unit);
	r->title = r->unit;
	r->state = state_of(t->state);
	r->enabled = !t->enabled_said ? WANT_ENABLED_UNSAID
		     : t->enabled     ? WANT_ENABLED
				      : WANT_DISABLED;
	return true;
}

/* Of the kinds that are not of the table. Images stand in front, with those of apps; a copy is many
 * resources. */
static bool
want_other(struct desire *d, const struct task_decl *t, struct resource *r)
{
	static bool (*const want[RESOURCE_KINDS])(
	    struct desire *, const struct task_decl *, struct resource *) = {
		[RESOURCE_FILE] = want_file,
		[RESOURCE_UNIT] = want_unit,
		[RESOURCE_SERVICE] = want_service,
		[RESOURCE_RUN] = desire_run,
	};

	return t->kind < RESOURCE_KINDS && want[t->kind] && want[t->kind](d, t, r);
}

static bool
fill_undo(struct desire *d, const struct argv_decl *undo, struct resource *r)
{
	const char **words;

	if (r->kind != RESOURCE_RUN || (!undo->shell && !undo->count))
		return true;
	if (!undo->shell) {
		r->undo = desire_argv(d, undo);
		return r->undo != NULL;
	}
	words = arena_alloc(d->arena, 4 * sizeof(*words));
	words[0] = "sh";
	words[1] = "-c";
	words[2] = undo->shell;
	r->undo = words;
	return true;
}

void
desire_add_once(struct desire *d, struct resource *r, struct mark mark)
{
	r->mark = mark;
	if (!find_resource(d, r))
		append(d, r);
}

static const struct image_decl *
image_of(const struct task_decl *t)
{
	if (t->kind == RESOURCE_CONTAINER)
		return kind_container_image(t);
	return t->kind == RESOURCE_IMAGE ? &t->image : NULL;
}

/* Images of tasks come first, with those of apps; those of users go through root's store. */
static void
want_task_image(struct desire *d, const struct task_decl *t)
{
	const struct image_decl *image = image_of(t);
	const char *user = image ? podman_user(d, &t->as) : NULL;

	if (user && (str_eq(user, PODMAN_ROOT) || !image->absent))
		desire_image(d, image, NULL);
}

/* What a user needs first, each once: ids where there are things of podman's, the image in their store. */
static void
want_for_user(struct desire *d, const char *user, bool podman, bool container, struct mark mark)
{
	desire_add_once(d, kind_linger_of(d->arena, RESOURCE_LINGER, user, container), mark);
	if (podman)
		desire_add_once(
		    d, kind_linger_of(d->arena, RESOURCE_SUBIDS, user, container), mark);
}

static void
give_image(struct desire *d, const char *user, const struct image_decl *decl, const char *app,
    struct mark mark)
{
	const struct resource *image = decl ? make_image(d, decl, app) : NULL;

	if (image)
		desire_add_once(d, kind_userimage_of(d->arena, user, image), mark);
}

void
desire_for_app(struct desire *d, const char *user, const struct app_decl *app)
{
	want_for_user(d, user, true, true, app->mark);
	give_image(d, user, &app->image, app->name, app->mark);
}

/* as: what would be root's becomes a user's. What they need first stands in front of it, once. */
static bool
want_of_user(struct desire *d, const struct task_decl *t, struct resource *r)
{
	const char *user = podman_user(d, &t->as);
	bool podman = t->kind != RESOURCE_UNIT && t->kind != RESOURCE_SERVICE;

	if (!user || str_eq(user, PODMAN_ROOT))
		return user != NULL;
	want_for_user(d, user, podman, t->kind == RESOURCE_CONTAINER, t->mark);
	give_image(d, user, image_of(t), NULL, t->mark);
	if (r->kind == RESOURCE_UNIT || r->kind == RESOURCE_SERVICE)
		kind_userunit_take(d->arena, user, r);
	return true;
}

static void
want_task(struct desire *d, const struct task_decl *t)
{
	const struct kind *kind = kind_find(t->kind);
	struct resource *r = arena_alloc(d->arena, sizeof(*r));
	bool good;

	r->kind = t->kind;
	r->mark = t->mark;
	if (t->kind == RESOURCE_COPY) {
		if (fill_then(d, &t->then, r))
			kind_copy_want(d, t, &r->then);
		return;
	}
	if (t->kind == RESOURCE_IMAGE) {
		want_of_user(d, t, r);
		return;
	}
	good = kind ? kind->want(d, t, r) : want_other(d, t, r);
	if (!fill_then(d, &t->then, r) || !good || !fill_undo(d, &t->undo, r))
		return;
	r->confirm_ms = t->confirm_ms;
	if (t->name)
		r->title = t->name;
	if (t->as.text && !want_of_user(d, t, r))
		return;
	desire_add(d, r);
}

/* What the apps of the host need to be there before them. */
struct ahead {
	bool networks, users;
};

static bool
is_ahead(const struct task_decl *t, const struct ahead *a)
{
	if (t->kind == RESOURCE_NETWORK)
		return a->networks && (!t->as.text || a->users);
	return t->kind == RESOURCE_USER && a->users;
}

/* those: only what stands ahead of apps; else all the others. */
static void
want_tasks(struct desire *d, const struct ahead *ahead, bool those)
{
	for (size_t i = 0; i < d->placed_count; i++) {
		if (is_ahead(d->placed[i].task, ahead) != those)
			continue;
		desire_enter(d, &d->placed[i].here);
		want_task(d, d->placed[i].task);
	}
}

/* Images of apps and tasks come first, networks where an app stands in one, users where an app is one's. */
static void
want_all(struct desire *d)
{
	const struct playbook *p = d->playbook;
	struct here *here = arena_alloc(d->arena, p->app_count * sizeof(*here) + 1);
	bool *there = arena_alloc(d->arena, p->app_count * sizeof(*there) + 1);
	const char **image = arena_alloc(d->arena, p->app_count * sizeof(*image) + 1);
	struct ahead ahead = { 0 };

	for (size_t i = 0; i < p->app_count; i++) {
		there[i] = desire_app(d, &p->app[i], &here[i]);
		ahead.networks |= there[i] && app_network_is_own(p->app[i].network);
		ahead.users |= there[i] && p->app[i].as.text;
		desire_enter(d, &here[i]);
		image[i] = there[i] && p->app[i].form == APP_IMAGE
			       ? desire_image(d, &p->app[i].image, p->app[i].name)
			       : NULL;
	}
	d->app_there = there;
	desire_place(d);
	for (size_t i = 0; i < d->placed_count; i++) {
		desire_enter(d, &d->placed[i].here);
		want_task_image(d, d->placed[i].task);
	}
	want_tasks(d, &ahead, true);
	for (size_t i = 0; i < p->app_count; i++) {
		desire_enter(d, &here[i]);
		if (there[i])
			desire_want_app(d, &p->app[i], image[i]);
	}
	want_tasks(d, &ahead, false);
}

/* What the rollout is spread over, as this host has it. Pets go one at a time wherever they stand. */
static const char *
domain_of(struct desire *d)
{
	const struct rollout *r = &d->playbook->rollout;
	struct scope_value value = { 0 };

	if (!r->domain || d->host->kind != HOST_CATTLE)
		return NULL;
	switch (d->scope.find(d->scope.user, r->domain, &value)) {
	case SCOPE_FOUND:
		if (value.text && !value.is_json && *value.text)
			return arena_strdup(d->arena, value.text);
		desire_wrong(d, r->domain_mark, "domain: %s of host %s is no word", r->domain,
		    d->host->name);
		break;
	case SCOPE_LATER:
		break;
	case SCOPE_OPAQUE:
		desire_wrong(d, r->domain_mark,
		    "domain: %s of host %s holds a template of Ansible's", r->domain,
		    d->host->name);
		break;
	case SCOPE_ABSENT:
		desire_wrong(d, r->domain_mark, "domain: host %s has no variable or fact %s",
		    d->host->name, r->domain);
		break;
	}
	return NULL;
}

bool
playbook_desire(const struct playbook *p, const struct host *h, const struct facts *facts,
    struct arena *a, struct diag *diag, struct desired *ret)
{
	struct desire d = { .playbook = p, .host = h, .facts = facts, .arena = a, .diag = diag };
	int before = diag->errors;

	desire_scope(&d);
	const char *domain = domain_of(&d);
	want_all(&d);
	const struct resource **all = arena_alloc(a, (d.list.count + 1) * sizeof(*all));
	struct skipped *skipped = arena_alloc(a, d.skipped_count * sizeof(*skipped) + 1);
	if (d.list.count)
		memcpy(all, d.list.item, d.list.count * sizeof(*all));
	if (d.skipped_count)
		memcpy(skipped, d.skipped, d.skipped_count * sizeof(*skipped));
	*ret = (struct desired){ all, d.list.count, skipped, d.skipped_count, domain };
	ret->item = kind_export_insert(a, all, &ret->count);
	free(d.list.item);
	free(d.maybe);
	strmap_fini(&d.known);
	strmap_fini(&d.logs);
	free(d.placed);
	free(d.skipped);
	free(d.port);
	free(d.port_app);
	return diag->errors == before;
}
