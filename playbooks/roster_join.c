/* One unit on one host: what differs, and how it is. */
#include "playbooks/roster_inner.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/digest.h"
#include "base/str.h"
#include "engine/status.h"
#include "playbooks/app.h"
#include "playbooks/roster.h"
#include "playbooks/sighting.h"
#include "playbooks/wanted.h"

#include <stdarg.h>
#include <string.h>

struct judging {
	struct roster_join *j;
	struct roster_instance *to;
	struct buf why;
};

__attribute__((format(printf, 3, 4))) static void
differs(struct judging *g, unsigned bit, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	g->to->differs |= bit;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	buf_addf(&g->why, "%s%s", g->why.len ? ", " : "", text);
}

/* "; last on 2026-01-02 03:04" */
static const char *
when(struct judging *g, const struct sighting_file *f)
{
	char text[32];

	if (f->written_s <= 0)
		return "";
	clock_rfc3339(f->written_s * 1000, text, sizeof(text));
	text[10] = ' ';
	text[16] = '\0';
	return arena_printf(g->j->arena, " on %s", text);
}

/* A file against what its line in the manifest says was put there. */
static void
judge_file(struct judging *g, const struct manifest_line *line, const char *path, bool unit)
{
	const struct sighting_file *f = sighting_file(g->j->host->sight, path);
	const char *text = manifest_text(line), *what = unit ? "its unit file" : path;

	if (!f || !text)
		return;
	if (f->kind == '-')
		differs(g, DIFFERS_GONE, "%s was removed by hand", what);
	else if (f->kind != 'f')
		differs(g, unit ? DIFFERS_TEXT : DIFFERS_FILE,
		    "something else stands in place of %s", what);
	else if (*f->digest && !str_eq(f->digest, text))
		differs(g, unit ? DIFFERS_TEXT : DIFFERS_FILE, "%s was changed by hand%s", what,
		    when(g, f));
}

/* What only another replica reads is none of this one's. */
static bool
is_of_another(const struct roster_join *j, const struct roster_instance *to, const char *path)
{
	const char *all = arena_printf(j->arena, "%s/%s/resources-", APP_DIR, j->app);

	return str_starts(path, all) &&
	       !str_eq(path, arena_printf(j->arena, "%s%d.json", all, to->replica));
}

static void
judge_files(struct judging *g)
{
	const struct roster_join *j = g->j;
	const struct observation *known = &j->host->sight->known;

	/* The file of a user's own unit is told by the name of that. */
	judge_file(g, j->line,
	    strchr(g->to->unit, '/') ? g->to->unit
				     : arena_printf(j->arena, "%s/%s", APP_UNIT_DIR, g->to->unit),
	    true);
	for (size_t i = 0; j->app && i < known->manifest_count; i++) {
		const struct manifest_line *m = &known->manifest[i];

		if (str_starts(m->resource, "file ") && str_eq(m->app, j->app) &&
		    !is_of_another(j, g->to, m->resource + strlen("file ")))
			judge_file(g, m, m->resource + strlen("file "), false);
	}
}

static void
judge_unit(struct judging *g)
{
	const struct sighting_unit *u = g->j->unit;
	const char *slash = strchr(g->to->unit, '/');
	const char *own = arena_printf(g->j->arena, "/%s.d/", slash ? slash + 1 : g->to->unit);

	if (!u)
		return;
	if (strstr(u->dropins, own))
		differs(g, DIFFERS_DROPIN, "%s changes it", u->dropins);
	if (u->needs_reload)
		differs(g, DIFFERS_RELOAD, "systemd has not read its file again");
	if (g->j->app && *u->file_state && !str_starts(u->file_state, "enabled"))
		differs(g, DIFFERS_BOOT, "it is not enabled (%s)", u->file_state);
}

/* The image that was put there for it; NULL: its manifest does not say. */
static const struct manifest_line *
image_line(const struct roster_join *j, const char *image)
{
	const struct observation *known = &j->host->sight->known;
	const struct manifest_line *named =
	    image ? sighting_line(j->host->sight, arena_printf(j->arena, "image %s", image)) : NULL;

	for (size_t i = 0; !named && j->app && i < known->manifest_count; i++)
		if (str_starts(known->manifest[i].resource, "image ") &&
		    str_eq(known->manifest[i].app, j->app))
			named = &known->manifest[i];
	return named;
}

static void
judge_image(struct judging *g)
{
	const struct roster_join *j = g->j;
	const struct sighting *s = j->host->sight;
	const char *name = NULL, *id = NULL;
	const struct manifest_line *m;

	if (!j->container)
		return;
	m = image_line(j, j->wanted ? j->wanted->image : j->container->image);
	if (m) {
		name = m->resource + strlen("image ");
		id = strlen(m->digest) == DIGEST_HEX - 1 ? m->digest : NULL;
	}
	for (size_t i = 0; name && !id && i < s->image_count; i++)
		if (str_eq(s->image[i].name, name))
			id = s->image[i].id;
	if (id && *j->container->image_id && !str_eq(id, j->container->image_id))
		differs(g, DIFFERS_IMAGE, "it runs the image %.12s, and %s is %.12s",
		    j->container->image_id, name, id);
}

/* What the playbook says by now, where all of it is known. */
static void
judge_wish(struct judging *g)
{
	const struct roster_join *j = g->j;
	const char *digest = j->wanted ? j->wanted->config_digest : NULL;

	if (!digest && j->wanted)
		digest = j->wanted->digest;
	if (j->wanted && !j->unsure && digest && !str_eq(digest, j->line->digest))
		differs(g, DIFFERS_CONFIG, "the playbook says something else of it by now");
	if (j->extra)
		differs(g, DIFFERS_EXTRA, "the playbook does not want it any more");
}

/* Nothing of drover's stands there: a name that is taken, or an app that never came. */
static void
judge_absent(struct judging *g)
{
	const struct roster_join *j = g->j;
	bool there = j->unit && *j->unit->load && !str_eq(j->unit->load, "not-found");

	if (there)
		differs(g, DIFFERS_FOREIGN,
		    "a unit of this name stands there that drover did not make");
	else if (j->container)
		differs(g, DIFFERS_FOREIGN,
		    "a container of this name stands there that drover did not make");
	else
		differs(g, DIFFERS_MISSING, "it was not put there yet");
}

static bool
is_up(const char *active)
{
	return str_eq(active, "active") || str_eq(active, "reloading");
}

/* How it runs, by the newest that is known of it. */
static void
judge_running(struct judging *g)
{
	struct roster_instance *to = g->to;
	const char *result = g->j->unit ? g->j->unit->result : "";

	to->have = is_up(to->active) && !(to->differs & DIFFERS_FOREIGN);
	if (str_eq(to->active, "failed"))
		differs(g, DIFFERS_STOPPED, "failed%s%s%s", *result ? " (" : "", result,
		    *result ? ")" : "");
	else if (g->j->need && !to->have && !str_eq(to->active, "activating") &&
		 !str_eq(to->active, "deactivating") &&
		 !(to->differs & (DIFFERS_MISSING | DIFFERS_FOREIGN)))
		differs(g, DIFFERS_STOPPED, "not running");
}

static enum roster_state
state_of(const struct judging *g)
{
	const struct roster_instance *to = g->to;
	bool moving = str_eq(to->active, "activating") || str_eq(to->active, "deactivating");

	if (str_eq(to->active, "failed") && !(to->differs & DIFFERS_FOREIGN))
		return ROSTER_FAILED;
	if (to->differs & (DIFFERS_STOPPED | DIFFERS_FOREIGN))
		return ROSTER_DOWN;
	if (to->differs & DIFFERS_HAND)
		return ROSTER_DRIFT;
	if (to->differs)
		return ROSTER_PENDING;
	if (g->j->blind)
		return ROSTER_UNKNOWN;
	return moving ? ROSTER_WAIT : ROSTER_OK;
}

/* podman's own word of a health check: "Up 3 minutes (healthy)". */
static const char *
health_of(struct arena *a, const struct sighting_container *c)
{
	const char *open = c ? strrchr(c->status, '(') : NULL;
	const char *close = open ? strchr(open, ')') : NULL;

	if (!close || !str_starts(c->status, "Up"))
		return "";
	return arena_memdup0(a, open + 1, (size_t)(close - open - 1));
}

/* UNIT, or USER/UNIT of a user's own. */
static bool
is_called(const struct unit_status *u, const char *name)
{
	size_t n = strlen(u->user);

	if (n == 0)
		return str_eq(u->name, name);
	return strncmp(name, u->user, n) == 0 && name[n] == '/' && str_eq(name + n + 1, u->name);
}

static void
take_state(struct roster_join *j, struct roster_instance *to)
{
	const struct sighting_unit *u = j->unit;
	const struct status *s = j->host->status;

	to->active = u ? u->active : "";
	to->sub = u ? u->sub : "";
	to->since_s = u ? u->since_s : -1;
	to->restarts = u ? u->restarts : -1;
	if (!s || (j->host->sight && !j->host->status_newer))
		return;
	to->active = "inactive";
	to->sub = "dead";
	to->since_s = -1;
	for (size_t i = 0; i < s->unit_count; i++) {
		if (!is_called(&s->units[i], to->unit))
			continue;
		to->active = arena_strdup(j->arena, s->units[i].active);
		to->sub = arena_strdup(j->arena, s->units[i].sub);
		to->since_s = s->units[i].since_s;
		to->restarts = s->units[i].restarts;
	}
}

/* Nothing is told of what nobody saw: only the state that a poll brought. */
static void
judge_unseen(struct judging *g)
{
	const struct roster_host *h = g->j->host;

	if (h->status)
		judge_running(g);
	buf_addf(&g->why, "%s%s", g->why.len ? ", " : "", h->why ? h->why : "not looked at yet");
}

static void
judge_seen(struct judging *g)
{
	const struct sighting *s = g->j->host->sight;

	if (g->j->blind) {
		judge_running(g);
		buf_addf(&g->why, "%s%s", g->why.len ? ", " : "",
		    s->damaged ? "its manifest is damaged: nobody knows what drover put there"
			       : "the login is not root: it cannot see what drover put there");
		return;
	}
	if (g->j->line) {
		judge_files(g);
		judge_unit(g);
		judge_image(g);
		judge_wish(g);
	} else {
		judge_absent(g);
	}
	judge_running(g);
}

void
roster_judge(struct roster_join *j, struct roster_instance *to)
{
	struct judging g = { .j = j, .to = to, .why = BUF_INIT(4096) };
	const struct sighting_container *c = j->container;

	take_state(j, to);
	j->blind = !j->host->sight || !j->host->sight->root || j->host->sight->damaged;
	if (j->host->sight)
		judge_seen(&g);
	else
		judge_unseen(&g);
	to->check = j->wanted ? j->wanted->health : NULL;
	to->health = health_of(j->arena, c);
	if (c && !(to->differs & DIFFERS_FOREIGN)) {
		to->image = c->image;
		to->image_id = c->image_id;
		to->container = c->name;
	} else if (j->wanted) {
		to->image = j->wanted->image;
	}
	to->wanted = j->need && !j->extra;
	to->state = state_of(&g);
	to->why = arena_strdup(j->arena, buf_text(&g.why));
	buf_fini(&g.why);
}
