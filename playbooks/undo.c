#include "playbooks/undo.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/digest.h"
#include "base/mem.h"
#include "base/str.h"
#include "playbooks/back.h"
#include "playbooks/kind.h"
#include "playbooks/observation.h"
#include "playbooks/plan.h"

#include <string.h>

#define RELEASE "undo of "

struct item {
	const struct back_step *step;
	struct resource *resource;
	struct undoing *how;
};

struct undo {
	struct arena *arena;
	const struct back *back;
	const char *uuid;
	bool force;
	struct item *item;
	const struct resource **wanted;
	size_t count;
	const char **note;
	size_t notes;
	struct buf stale;
	const char *stale_text;
};

static void
note(struct undo *u, const char *text)
{
	u->note[u->notes++] = text;
}

static void
cannot(struct undo *u, const struct back_step *s, const char *why)
{
	note(u, arena_printf(u->arena, "cannot be taken back: %.300s (%s)", s->title, why));
}

static const struct manifest_line *
line_of(const struct manifest_line *m, size_t n, const char *id)
{
	for (size_t i = 0; i < n; i++) {
		if (str_eq(m[i].resource, id))
			return &m[i];
	}
	return NULL;
}

static bool
is_active(const struct unit_block *u)
{
	return str_eq(u->active, "active") || str_eq(u->active, "reloading") ||
	       str_eq(u->active, "activating");
}

static bool
is_enabled(const char *state)
{
	return str_starts(state, "enabled");
}

/* Whether there is something there that goes when it is to be gone. */
static bool
went(const struct back_place *p)
{
	return strchr("reot", p->kind) != NULL;
}

static void
fill_then(struct undo *u, const struct back_step *s, struct resource *r)
{
	const struct back_step *then = NULL;

	for (size_t i = 0; s->then && i < u->back->count; i++) {
		if (u->back->step[i].is_then && u->back->step[i].number == s->then)
			then = &u->back->step[i];
	}
	if (!then)
		return;
	if (str_eq(then->class, "reload"))
		r->then.kind = FOLLOW_RELOAD;
	else if (str_eq(then->class, "restart"))
		r->then.kind = FOLLOW_RESTART;
	else if (str_eq(then->class, "run") && then->args)
		r->then.kind = FOLLOW_RUN;
	r->then.unit = then->id;
	r->then.argv = then->args;
}

static struct undoing *
add(struct undo *u, const struct back_step *s, enum resource_kind kind)
{
	struct resource *r = arena_alloc(u->arena, sizeof(*r));
	struct undoing *how = arena_alloc(u->arena, sizeof(*how));
	const struct back *b = u->back;

	r->kind = kind;
	r->id = s->id;
	r->title = s->title;
	r->secret = s->secret;
	r->undoing = how;
	how->wrote = line_of(b->manifest, b->manifest_count, s->id) != NULL;
	how->line = line_of(b->manifest_old, b->manifest_old_count, s->id);
	fill_then(u, s, r);
	u->wanted[u->count] = r;
	u->item[u->count++] = (struct item){ s, r, how };
	return how;
}

/* A file or link that was there comes back; what was not there goes. False: it was not kept. */
static bool
fill_place(struct undo *u, const struct back_step *s, struct resource *r, struct undoing *how)
{
	const struct back_place *p = s->place;

	r->path = p->path;
	r->absent = !p->was;
	if (r->absent)
		return !went(p);
	if (p->kept != 'f' || p->was->kind != 'f')
		return false;
	r->mode = p->was->mode & 07777;
	r->owner = p->was->owner;
	r->group = p->was->group;
	r->content = p->content;
	r->content_len = p->content_len;
	str_copy(r->digest, sizeof(r->digest), p->kept_sum);
	how->kept = arena_printf(u->arena, "%s/old/%zu", u->uuid, s->number);
	return true;
}

static void
fill_owner(const struct stat_line *was, struct resource *r)
{
	r->owner = was->owner;
	r->group = was->group;
}

/* It went whole, and was kept whole. */
static bool
is_kept_tree(const struct back_place *p)
{
	return p && p->kind == 't' && p->kept == 'd' && p->was && p->was->kind == 'd';
}

/* A tree that went comes back, and one that an undo brought back goes again. */
static void
wish_tree(struct undo *u, const struct back_step *s)
{
	const struct back_place *p = s->place;
	const char **look = arena_alloc(u->arena, 3 * sizeof(*look));
	struct undoing *how = add(u, s, RESOURCE_DIR);
	struct resource *r = u->item[u->count - 1].resource;

	look[0] = p->path;
	look[1] = "whole";
	r->look = look;
	r->path = p->path;
	r->mode = RESOURCE_KEEP;
	r->recursive = true;
	r->absent = p->kind == 'T';
	if (!r->absent)
		how->kept = arena_printf(u->arena, "%s/old/%zu", u->uuid, s->number);
}

/* A directory that the act made goes if nothing else is in it; what it changed of one, or took away when
 * it was empty, comes back. */
static void
wish_dir(struct undo *u, const struct back_step *s)
{
	const struct back_place *p = s->place;
	struct resource *r;

	if (is_kept_tree(p) || p->kind == 'T') {
		wish_tree(u, s);
		return;
	}
	if (p->kind == 't') {
		if (p->was)
			cannot(u, s, "what was in it was not kept");
		return;
	}
	if (!p->was && went(p))
		return;
	add(u, s, RESOURCE_DIR);
	r = u->item[u->count - 1].resource;
	r->path = p->path;
	r->absent = r->spared = !p->was;
	r->mode = RESOURCE_KEEP;
	if (!p->was)
		return;
	r->mode = p->was->mode & 07777;
	fill_owner(p->was, r);
}

/* It is a link now, or was one before. */
static void
wish_link(struct undo *u, const struct back_step *s)
{
	const struct back_place *p = s->place;
	struct resource *r;

	if (p->was && p->kept != 'l') {
		cannot(u, s, "what stood there was not kept");
		return;
	}
	add(u, s, RESOURCE_LINK);
	r = u->item[u->count - 1].resource;
	r->path = p->path;
	r->mode = RESOURCE_KEEP;
	r->absent = !p->was;
	if (!p->was)
		return;
	fill_owner(p->was, r);
	r->content = p->target;
	r->content_len = strlen(p->target);
	digest_hex(p->target, r->content_len, r->digest);
}

static void
wish_place(struct undo *u, const struct back_step *s)
{
	const struct back_place *p = s->place;
	struct undoing *how;

	if (strchr("deotT", p->kind)) {
		wish_dir(u, s);
		return;
	}
	if (p->was ? p->was->kind == 'l' : p->kind == 'l') {
		wish_link(u, s);
		return;
	}
	how = add(u, s, RESOURCE_FILE);
	if (fill_place(u, s, u->item[u->count - 1].resource, how))
		return;
	u->count--;
	cannot(u, s, p->kept == '-' ? "what stood there was not kept" : "it was no plain file");
}

/* What the act changed of its state, back. */
static void
fill_states(const struct back_unit *unit, struct resource *r)
{
	const struct unit_block *before = unit->before, *after = unit->after;

	if (!before)
		return;
	if (!after || is_active(before) != is_active(after))
		r->state = is_active(before) ? WANT_STARTED : WANT_STOPPED;
	if (!after || is_enabled(before->enabled) != is_enabled(after->enabled))
		r->enabled = is_enabled(before->enabled) ? WANT_ENABLED : WANT_DISABLED;
}

static void
wish_unit(struct undo *u, const struct back_step *s)
{
	bool has_place = s->place != NULL;
	struct undoing *how = add(u, s, has_place ? RESOURCE_UNIT : RESOURCE_SERVICE);
	struct resource *r = u->item[u->count - 1].resource;
	bool ran;

	if (!s->unit || (has_place && !fill_place(u, s, r, how))) {
		u->count--;
		cannot(u, s, "what stood there was not kept");
		return;
	}
	r->unit = s->unit->name;
	fill_states(s->unit, r);
	ran = s->unit->before && s->unit->after && is_active(s->unit->before) &&
	      is_active(s->unit->after);
	r->on_change = s->restart  ? ON_CHANGE_RESTART
		       : s->reload ? ON_CHANGE_RELOAD
				   : ON_CHANGE_NONE;
	if (!has_place && r->state == WANT_UNSAID && ran && s->kind == RESOURCE_UNIT)
		r->state = s->restart ? WANT_RESTARTED : s->reload ? WANT_RELOADED : WANT_UNSAID;
	if (!has_place && r->state == WANT_UNSAID && r->enabled == WANT_ENABLED_UNSAID)
		u->count--;
}

/* Words of a command: variables first. */
static void
split_words(struct arena *a, const char *const *words, const char *const **ret_env,
    const char *const **ret_argv)
{
	const char **env;
	size_t n = 0;

	while (words[n] && strchr(words[n], '='))
		n++;
	env = arena_alloc(a, (n + 1) * sizeof(*env));
	if (n)
		memcpy(env, words, n * sizeof(*env));
	*ret_env = env;
	*ret_argv = words + n;
}

static void
wish_run(struct undo *u, const struct back_step *s)
{
	const char *const *env;
	struct resource *r;

	if (!s->started)
		return;
	if (!s->undo) {
		cannot(u, s, "it has no undo:");
		return;
	}
	if (!s->changed && !u->force) {
		cannot(u, s, "it is not proved that it ended well; its undo: runs with --force");
		return;
	}
	add(u, s, RESOURCE_RUN);
	r = u->item[u->count - 1].resource;
	split_words(u->arena, s->undo, &r->env, &r->argv);
	if (s->args && !s->special)
		split_words(u->arena, s->args + (*s->args[0] == '/'), &env, &r->undo);
	r->title = arena_printf(u->arena, "undo of %s", s->title);
	r->parts = true;
}

static void
wish_kind(struct undo *u, const struct back_step *s)
{
	static const char *const passing[] = { "wait", "assert", "fetch" };
	const struct kind *kind = kind_find(s->kind);
	struct undoing *how;
	struct resource *r;

	for (size_t i = 0; i < countof(passing); i++) {
		if (str_eq(kind->name, passing[i]))
			return;
	}
	if (!s->started)
		return;
	if (!s->back || !s->args || !kind->carry) {
		cannot(u, s, "a step of this kind keeps nothing to put back");
		return;
	}
	if (!s->changed && !u->force) {
		cannot(u, s, "it is not proved that it ended well; it is put back with --force");
		return;
	}
	how = add(u, s, s->kind);
	r = u->item[u->count - 1].resource;
	how->doing = s->back;
	how->back = s->args;
	r->look = kind->look ? s->look : NULL;
	r->parts = true;
}

static void
wish(struct undo *u, const struct back_step *s)
{
	if (s->is_then)
		return;
	if (s->kind == RESOURCE_UNIT || s->kind == RESOURCE_SERVICE)
		wish_unit(u, s);
	else if (s->place)
		wish_place(u, s);
	else if (s->kind == RESOURCE_RUN)
		wish_run(u, s);
	else if (s->kind == RESOURCE_IMAGE)
		cannot(u, s, str_eq(s->class, "remove") ? "it is gone" : "it stays");
	else if (kind_find(s->kind))
		wish_kind(u, s);
	else if (s->kind == RESOURCE_KINDS)
		cannot(u, s, "this drover does not know its kind");
}

/* What went with a tree, and one by one, comes back with the tree. */
static void
join_trees(struct undo *u)
{
	for (size_t i = 0; i < u->count; i++) {
		const struct item *tree = &u->item[i];
		const char *top = tree->resource->path;

		if (!is_kept_tree(tree->step->place))
			continue;
		for (size_t j = 0; j < u->count; j++) {
			const char *path = u->item[j].resource->path;

			if (j != i && path && str_starts(path, top) && path[strlen(top)] == '/' &&
			    !u->item[j].resource->unit)
				u->item[j].how->inside = tree->resource;
		}
	}
}

struct undo *
undo_wish(struct arena *a, const struct back *b, const struct undo_spec *spec)
{
	struct undo *u = arena_alloc(a, sizeof(*u));

	u->arena = a;
	u->back = b;
	u->uuid = spec->uuid;
	u->force = spec->force;
	u->item = arena_alloc(a, b->count * sizeof(*u->item) + 1);
	u->wanted = arena_alloc(a, b->count * sizeof(*u->wanted) + 1);
	u->note = arena_alloc(a, (2 * b->count + 8) * sizeof(*u->note));
	if (b->undone)
		note(u, arena_printf(a, "taken back already: by %s, run %s, at %s", b->undone->who,
			    b->undone->run, b->undone->time));
	/* What came last goes first. */
	for (size_t i = b->count; i > 0 && (!b->undone || u->force); i--)
		wish(u, &b->step[i - 1]);
	join_trees(u);
	return u;
}

const struct resource *const *
undo_wanted(const struct undo *u, size_t *ret_count)
{
	*ret_count = u->count;
	return u->wanted;
}

static bool
same_owner(const struct found *f, const char *owner, const char *group)
{
	return str_eq(f->owner, owner) && str_eq(f->group, group);
}

/* As the act left it. */
static bool
place_is_left(const struct back_place *p, const struct found *f)
{
	char hex[DIGEST_HEX];

	if (went(p))
		return f->kind == '-' || !f->present;
	if (p->kind == 'T')
		return f->kind == 'd' && *p->kept_sum && f->said && str_eq(f->said, p->kept_sum);
	if (p->kind == 'd')
		return f->kind == 'd' &&
		       (p->mode == RESOURCE_KEEP || (f->mode & 07777) == p->mode) &&
		       (str_eq(p->owner, "-") || str_eq(p->owner, f->owner)) &&
		       (str_eq(p->group, "-") || str_eq(p->group, f->group));
	if (p->kind == 'l') {
		digest_hex(f->target ? f->target : "", f->target ? strlen(f->target) : 0, hex);
		return f->kind == 'l' && str_eq(hex, p->digest);
	}
	return f->present && f->kind == 'f' && str_eq(f->digest, p->digest) &&
	       (f->mode & 07777) == (p->mode & 07777) && same_owner(f, p->owner, p->group);
}

/* As it was before the act. */
static bool
place_was(const struct item *item, const struct found *f)
{
	const struct resource *r = item->resource;
	const char *sum = item->step->place->kept_sum;

	if (r->absent)
		return f->kind == '-' || !f->present;
	if (item->how->kept && r->kind == RESOURCE_DIR)
		return f->kind == 'd' && *sum && f->said && str_eq(f->said, sum);
	if (r->kind == RESOURCE_DIR)
		return f->kind == 'd' && (f->mode & 07777) == r->mode &&
		       same_owner(f, r->owner, r->group);
	if (r->kind == RESOURCE_LINK)
		return f->kind == 'l' && f->target && str_eq(f->target, r->content);
	return f->present && f->kind == 'f' && str_eq(f->digest, r->digest) &&
	       (f->mode & 07777) == r->mode && same_owner(f, r->owner, r->group);
}

static bool
unit_is_left(const struct item *item, const struct found *f)
{
	const struct back_unit *unit = item->step->unit;
	const struct resource *r = item->resource;
	bool on = is_enabled(f->enabled);

	if (r->absent || !unit->before || r->enabled == WANT_ENABLED_UNSAID)
		return true;
	return unit->after &&
	       (on == is_enabled(unit->after->enabled) || on == is_enabled(unit->before->enabled));
}

static bool
is_left(const struct item *item, const struct found *f)
{
	const struct resource *r = item->resource;

	if (r->path && !place_is_left(item->step->place, f) && !place_was(item, f))
		return false;
	if (r->path)
		return !r->unit || unit_is_left(item, f);
	if (r->unit)
		return unit_is_left(item, f);
	if (r->look)
		return f->said && item->step->left && str_eq(f->said, item->step->left);
	return true;
}

/* Who put there what stands there now: another run that wrote its line, or a person. */
static const char *
by_whom(const struct undo *u, const struct item *item, const struct observation *seen)
{
	const char *id = item->resource->id;
	const struct manifest_line *now = line_of(seen->manifest, seen->manifest_count, id);
	const char *run = now && *now->run && strcmp(now->run, "-") != 0 ? now->run : NULL;

	if (!run || str_eq(run, u->uuid))
		return "by hand";
	for (size_t i = seen->journal_count; i > 0; i--) {
		const struct journal_line *j = &seen->journal[i - 1];

		if (str_eq(j->run, run))
			return arena_printf(u->arena, "by run %s: %s with %s at %s", run, j->who,
			    j->playbook, j->time);
	}
	return arena_printf(u->arena, "by run %s with %s", run, now->playbook);
}

/* Another playbook has it now, also where it left it as it was. */
static bool
taken_over(const struct undo *u, const struct item *item, const struct observation *seen)
{
	const char *id = item->resource->id;
	const struct manifest_line *now = line_of(seen->manifest, seen->manifest_count, id);
	const struct manifest_line *then = line_of(u->back->manifest, u->back->manifest_count, id);

	return now && then && !str_eq(now->playbook, then->playbook) &&
	       !(item->resource->undoing->line &&
		   str_eq(now->playbook, item->resource->undoing->line->playbook));
}

static void
leave_alone(struct undo *u, const struct item *item, const struct observation *seen)
{
	const char *who = by_whom(u, item, seen);

	note(u, arena_printf(u->arena, "not touched: %.300s: changed since, %s",
		    item->resource->title, who));
	buf_addf(&u->stale, "%s%.300s was changed since, %s", u->stale.len ? "; " : "",
	    item->resource->title, who);
}

/* A restart alone is no change: it follows one. */
static bool
only_restarts(const struct plan *p)
{
	for (size_t i = 0; i < p->count; i++) {
		const struct resource *r = p->steps[i].resource;

		if (p->steps[i].class != PLAN_SAME && r->state != WANT_RESTARTED &&
		    r->state != WANT_RELOADED)
			return false;
	}
	return true;
}

static void
calm(struct plan *p)
{
	p->then_count = 0;
	for (size_t i = 0; i < p->count; i++) {
		p->by_class[p->steps[i].class]--;
		p->steps[i].class = PLAN_SAME;
		p->by_class[PLAN_SAME]++;
	}
}

/* A tree comes back whole or not at all: nothing that stands there now goes for it. */
static bool
is_taken(const struct item *item, const struct found *f)
{
	return is_kept_tree(item->step->place) && f->present && f->kind != '-';
}

struct plan *
undo_plan(struct undo *u, const struct host *host, const struct observation *seen)
{
	const struct resource **wanted = arena_alloc(u->arena, u->count * sizeof(*wanted) + 1);
	struct found *found = arena_alloc(u->arena, u->count * sizeof(*found) + 1);
	struct plan *p;
	size_t n = 0;

	buf_init(&u->stale, 2000);
	for (size_t i = 0; i < u->count; i++) {
		const struct found *f = &seen->found[i];
		bool untouched = is_left(&u->item[i], f) && !taken_over(u, &u->item[i], seen);

		if (!untouched && (!u->force || is_taken(&u->item[i], f))) {
			leave_alone(u, &u->item[i], seen);
			continue;
		}
		wanted[n] = u->wanted[i];
		found[n++] = *f;
	}
	u->stale_text = u->stale.len ? arena_strdup(u->arena, buf_text(&u->stale)) : NULL;
	buf_fini(&u->stale);
	p = plan_make(u->arena, host, wanted, found, n);
	if (only_restarts(p))
		calm(p);
	p->unmade = u->back->dirs;
	for (size_t i = 0; i < p->note_count && p->notes[i]; i++)
		note(u, p->notes[i]);
	p->notes = u->note;
	p->note_count = u->notes;
	return p;
}

const char *
undo_stale(const struct undo *u)
{
	return u->stale_text;
}

const char *
undo_release(const struct undo *u)
{
	return arena_printf(u->arena, RELEASE "%s", u->uuid);
}

const char *
undo_release_of(const char *release)
{
	return str_starts(release, RELEASE) ? release + strlen(RELEASE) : NULL;
}

const char *
undo_playbook(const struct undo *u)
{
	return u->back->playbook;
}
