#include "playbooks/desire_inner.h"
#include "playbooks/kind.h"
#include "playbooks/kinds.h"
#include "playbooks/place.h"
#include "playbooks/plan.h"
#include "playbooks/plan_inner.h"
#include "playbooks/read.h"

#include "base/arena.h"
#include "base/str.h"
#include "base/strmap.h"
#include "base/yaml.h"

#include <stdio.h>
#include <string.h>

extern const char host_look_dir_sh[];

struct dir_decl {
	const struct yaml_node *path;
	int64_t mode;
	const char *owner, *group, *state;
	bool recursive;
	struct source path_source;
};

const struct field kind_dir_fields[] = {
	{ FIELD_OF(FORM_NODE, struct dir_decl, path), .flags = FIELD_REQUIRED,
	    .doc = "where it stands on the host" },
	{ FIELD_OF(FORM_MODE, struct dir_decl, mode),
	    .doc = "by default 0755 for a new directory, and as it is for one that is there" },
	{ FIELD_OF(FORM_TEXT, struct dir_decl, owner), .grammar = read_is_user,
	    .doc = "by default root for a new directory, and as it is for one that is there" },
	{ FIELD_OF(FORM_TEXT, struct dir_decl, group), .grammar = read_is_user, .doc = "the same" },
	{ FIELD_OF(FORM_CHOICE, struct dir_decl, state), .choices = place_states,
	    .doc = "present by default; absent takes it away if nothing is in it, or only what "
		   "the same run takes away" },
	{ FIELD_OF(FORM_BOOL, struct dir_decl, recursive),
	    .doc = "with absent: with all that is in it" },
	{ 0 },
};

void
kind_dir_read(const struct field_context *c, const struct yaml_node *n, void *to)
{
	struct field_context mine = *c;
	struct dir_decl *got = arena_alloc(c->arena, sizeof(*got));
	bool absent;

	got->mode = -1;
	mine.what = "the dir task";
	if (!field_read(&mine, kind_dir_fields, n, got))
		return;
	absent = got->state && str_eq(got->state, "absent");
	place_read_path(c, "path", got->path, &got->path_source);
	if (absent)
		place_refuse_keys(c, n, (const char *const[]){ "mode", "owner", "group", NULL });
	else if (yaml_find(n, "recursive"))
		diag_error(c->diag, yaml_find(n, "recursive")->mark,
		    "recursive: it goes with state: absent");
	((struct task_decl *)to)->detail = got;
}

/* What a slip must never take away. */
static bool
is_pillar(const char *path)
{
	static const char *const pillars[] = { "/usr/bin", "/usr/lib", "/usr/lib64", "/usr/libexec",
		"/usr/local", "/usr/sbin", "/usr/share", "/var/lib", "/var/lib/dpkg",
		"/var/lib/drover", "/var/lib/systemd", "/var/log", "/var/spool", "/etc/systemd",
		"/etc/systemd/system", "/etc/ssh", "/etc/pam.d" };

	if (!strchr(path + 1, '/'))
		return true;
	for (size_t i = 0; i < sizeof(pillars) / sizeof(*pillars); i++)
		if (str_eq(pillars[i], path))
			return true;
	return str_starts(path, "/var/lib/drover/") || str_starts(path, "/proc/") ||
	       str_starts(path, "/sys/") || str_starts(path, "/dev/");
}

static bool
want(struct desire *d, const struct task_decl *t, struct resource *r)
{
	const struct dir_decl *decl = t->detail;
	const char *path = desire_path(d, &decl->path_source, "path");

	if (!path)
		return false;
	r->absent = decl->state && str_eq(decl->state, "absent");
	if (r->absent && is_pillar(path)) {
		desire_wrong_text(d, decl->path_source.mark,
		    "path: %.200s is not taken away: the system stands on it", path);
		return false;
	}
	place_dir(d->arena, r, path);
	r->mode = decl->mode < 0 ? RESOURCE_KEEP : (unsigned)decl->mode;
	r->owner = decl->owner;
	r->group = decl->group;
	r->recursive = decl->recursive;
	if (r->absent)
		place_look_in(d->arena, r);
	place_seal(r);
	return true;
}

static void
away(struct arena *a, struct resource *r)
{
	r->path = r->id + strlen("dir ");
	r->spared = true;
	r->title = arena_printf(a, "%s/", r->path);
	place_look_in(a, r);
}

static void
decide_absent(struct verdict *v)
{
	const struct resource *r = v->step->resource;
	const struct found *f = v->step->found;
	const char *said = f->said ? f->said : "";
	size_t n = 0;

	if (!f->present || f->kind == '-')
		return;
	if (f->kind != 'd') {
		plan_blocked(v, "%s stands there, not a directory", plan_standing(f));
		return;
	}
	v->step->class = PLAN_REMOVE;
	if (r->undoing && r->recursive) {
		plan_because(v, "with all in it");
		return;
	}
	for (const char *p = said; *p; p++)
		n += *p == '\n';
	n += *said != '\0';
	if (n > 0)
		plan_because(v, "%s %.*s%s",
		    r->recursive ? "with all in it:"
		    : r->spared  ? "if nothing else is left in it:"
				 : "it holds",
		    (int)strcspn(said, "\n"), said, n > 1 ? ", ..." : "");
}

static bool
may_stay(const struct plan_step *s)
{
	return s->resource->kind == RESOURCE_DIR && s->resource->spared && !s->resource->undoing &&
	       s->class == PLAN_REMOVE;
}

/* Whether all that was seen in it goes, too. */
static bool
empties(const struct plan_step *s, const struct strmap *leaving)
{
	const char *said = s->found->said ? s->found->said : "";
	char path[4096];

	for (size_t n; *said; said += n + (said[n] == '\n')) {
		n = strcspn(said, "\n");
		snprintf(path, sizeof(path), "%s/%.*s", s->resource->path, (int)n, said);
		if (n && !strmap_find(leaving, path, NULL))
			return false;
	}
	return true;
}

/* What removes something, by its path. */
static void
find_leaving(const struct plan *p, struct strmap *ret)
{
	for (size_t i = 0; i < p->count; i++) {
		const struct plan_step *s = &p->steps[i];

		if (s->class == PLAN_REMOVE && s->resource->path)
			strmap_add(ret, s->resource->path, i, NULL);
	}
}

/* One that stays keeps those above it: until there is no more to be found. */
void
kind_dir_plan(struct plan *p)
{
	for (bool again = true; again;) {
		autostrmap leaving = STRMAP_INIT;

		again = false;
		for (size_t i = 0; i < p->count; i++) {
			struct plan_step *s = &p->steps[i];

			if (!may_stay(s))
				continue;
			if (!leaving.slot)
				find_leaving(p, &leaving);
			if (empties(s, &leaving))
				continue;
			p->by_class[s->class]--;
			s->class = PLAN_SAME;
			p->by_class[PLAN_SAME]++;
			s->stays = again = true;
		}
	}
}

static void
decide(struct verdict *v)
{
	const struct resource *r = v->step->resource;
	const struct found *f = v->step->found;

	if (r->absent) {
		decide_absent(v);
	} else if (!f->present || f->kind == '-') {
		v->step->class = PLAN_CREATE;
		if (r->undoing && r->undoing->kept)
			plan_because(v, "with all that was in it");
	} else if (f->kind == 'l') {
		plan_blocked(v, "a link stands there, to %.200s: name the directory it leads to",
		    f->target ? f->target : "?");
	} else if (f->kind != 'd') {
		plan_blocked(v, "%s stands there", plan_standing(f));
	} else {
		plan_decide_owners(v);
	}
}

const struct kind kind_dir = {
	.kind = RESOURCE_DIR,
	.name = "dir",
	.want = want,
	.away = away,
	.decide = decide,
	.look = host_look_dir_sh,
};
